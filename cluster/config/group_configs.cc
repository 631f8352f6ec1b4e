// SPDX-License-Identifier: Apache-2.0
// The group configs of Apache Kafka 4.3 (IncrementalAlterConfigs on GROUP resources).
#include "cluster/config/config_rows.h"

namespace barnabas::cluster {

namespace {

constexpr ConfigDef group_rows[] = {
    row("consumer.assignment.interval.ms", ConfigType::int32, "0")
        .at_least(0)
        .says("Shortest time between two assignments of the group."),
    row("consumer.heartbeat.interval.ms", ConfigType::int32, "5000")
        .at_least(1)
        .says("How often members report."),
    row("consumer.session.timeout.ms", ConfigType::int32, "45000")
        .at_least(1)
        .says("A member that is silent for this long is out."),
    row("share.assignment.interval.ms", ConfigType::int32, "1000").at_least(0),
    row("share.auto.offset.reset", ConfigType::string, "latest"),
    row("share.delivery.count.limit", ConfigType::int32, "5").at_least(2),
    row("share.heartbeat.interval.ms", ConfigType::int32, "5000").at_least(1),
    row("share.isolation.level", ConfigType::string, "read_uncommitted")
        .one_of("read_committed,read_uncommitted"),
    row("share.partition.max.record.locks", ConfigType::int32, "2000").at_least(100),
    row("share.record.lock.duration.ms", ConfigType::int32, "30000").at_least(1000),
    row("share.renew.acknowledge.enable", ConfigType::boolean, "true"),
    row("share.session.timeout.ms", ConfigType::int32, "45000").at_least(1),
    row("streams.assignment.interval.ms", ConfigType::int32, "1000").at_least(0),
    row("streams.heartbeat.interval.ms", ConfigType::int32, "5000").at_least(1),
    row("streams.initial.rebalance.delay.ms", ConfigType::int32, "3000").at_least(0),
    row("streams.num.standby.replicas", ConfigType::int32, "0").at_least(0),
    row("streams.session.timeout.ms", ConfigType::int32, "45000").at_least(1),
};

}  // namespace

std::span<const ConfigDef> group_config_defs() {
    return group_rows;
}

}  // namespace barnabas::cluster
