// SPDX-License-Identifier: Apache-2.0
// The single list of APIs. A new API is one line here, one file in broker/handlers/.
#include "broker/server/api_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

#include "broker/handlers/handlers.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_delegation_token.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/expire_delegation_token.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/get_telemetry_subscriptions.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/push_telemetry.h"
#include "protocol/messages/renew_delegation_token.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"
#include "protocol/messages/write_txn_markers.h"

namespace barnabas::broker {
namespace {

constexpr std::array api_table{
    entry_of<handle_produce>::versions(3, 13),
    entry_of<handle_fetch>::versions(4, 18),
    entry_of<handle_list_offsets>::versions(1, 11),
    entry_of<handle_metadata>::versions(0, 13),
    entry_of<handle_offset_commit>::versions(2, 10),
    entry_of<handle_offset_fetch>::versions(1, 10),
    entry_of<handle_find_coordinator>::versions(0, 6),
    entry_of<handle_join_group>::versions(0, 9),
    entry_of<handle_heartbeat>::versions(0, 4),
    entry_of<handle_leave_group>::versions(0, 5),
    entry_of<handle_sync_group>::versions(0, 5),
    entry_of<handle_describe_groups>::versions(0, 6),
    entry_of<handle_list_groups>::versions(0, 5),
    entry_of<handle_sasl_handshake>::versions(0, 1),
    entry_of<handle_api_versions>::versions(0, 4),
    entry_of<handle_create_topics>::versions(2, 7),
    entry_of<handle_delete_topics>::versions(1, 6),
    entry_of<handle_delete_records>::versions(0, 2),
    entry_of<handle_init_producer_id>::versions(0, 5),
    entry_of<handle_offset_for_leader_epoch>::versions(2, 4),
    entry_of<handle_add_partitions_to_txn>::versions(0, 5),
    entry_of<handle_add_offsets_to_txn>::versions(0, 4),
    entry_of<handle_end_txn>::versions(0, 5),
    entry_of<handle_write_txn_markers>::versions(1, 2),
    entry_of<handle_txn_offset_commit>::versions(0, 5),
    entry_of<handle_describe_acls>::versions(1, 3),
    entry_of<handle_create_acls>::versions(1, 3),
    entry_of<handle_delete_acls>::versions(1, 3),
    entry_of<handle_describe_configs>::versions(1, 4),
    entry_of<handle_alter_configs>::versions(0, 2),
    entry_of<handle_alter_replica_log_dirs>::versions(1, 2),
    entry_of<handle_describe_log_dirs>::versions(1, 5),
    entry_of<handle_sasl_authenticate>::versions(0, 2),
    entry_of<handle_create_partitions>::versions(0, 3),
    entry_of<handle_create_delegation_token>::versions(1, 3),
    entry_of<handle_renew_delegation_token>::versions(1, 2),
    entry_of<handle_expire_delegation_token>::versions(1, 2),
    entry_of<handle_describe_delegation_token>::versions(1, 3),
    entry_of<handle_delete_groups>::versions(0, 2),
    entry_of<handle_elect_leaders>::versions(0, 2),
    entry_of<handle_incremental_alter_configs>::versions(0, 1),
    entry_of<handle_alter_partition_reassignments>::versions(0, 1),
    entry_of<handle_list_partition_reassignments>::versions(0, 0),
    entry_of<handle_offset_delete>::versions(0, 0),
    entry_of<handle_describe_client_quotas>::versions(0, 1),
    entry_of<handle_alter_client_quotas>::versions(0, 1),
    entry_of<handle_describe_user_scram_credentials>::versions(0, 0),
    entry_of<handle_alter_user_scram_credentials>::versions(0, 0),
    entry_of<handle_describe_quorum>::versions(0, 2),
    entry_of<handle_update_features>::versions(0, 2),
    entry_of<handle_describe_cluster>::versions(0, 2),
    entry_of<handle_describe_producers>::versions(0, 0),
    entry_of<handle_unregister_broker>::versions(0, 0),
    entry_of<handle_describe_transactions>::versions(0, 0),
    entry_of<handle_list_transactions>::versions(0, 2),
    entry_of<handle_consumer_group_heartbeat>::versions(0, 1),
    entry_of<handle_consumer_group_describe>::versions(0, 1),
    entry_of<handle_get_telemetry_subscriptions>::versions(0, 0),
    entry_of<handle_push_telemetry>::versions(0, 0),
    entry_of<handle_list_config_resources>::versions(0, 1),
    entry_of<handle_describe_topic_partitions>::versions(0, 0),
};

consteval bool is_sorted_by_key() {
    for (size_t i = 1; i < api_table.size(); ++i)
        if (api_table[i - 1].key >= api_table[i].key) return false;
    return true;
}
static_assert(is_sorted_by_key(), "keys are unique and in order");

// What is advertised is what is answered. Produce is Kafka's own exception: versions 0-2 are
// advertised for old clients to find, and refused.
consteval bool answers_what_it_advertises() {
    for (const ApiEntry& entry : api_table) {
        const protocol::ApiInfo* info = protocol::find_api(static_cast<int16_t>(entry.key));
        if (!info || info->broker_max != entry.version_max) return false;
        if (entry.version_min != std::max(info->version_min, info->broker_min)) return false;
    }
    return true;
}
static_assert(answers_what_it_advertises(), "versions are those of Apache Kafka 4.3 for the key");

}  // namespace

std::span<const ApiEntry> broker_apis() {
    return api_table;
}

void print_api_table(std::ostream& out) {
    out << "| key | API | versions | Apache Kafka 4.3 |\n|--:|---|---|---|\n";
    for (const protocol::ApiInfo& info : protocol::api_infos) {
        if (info.broker_max < 0) continue;
        const auto entry = std::ranges::find(api_table, info.key, &ApiEntry::key);
        const auto versions = entry == api_table.end()
                                  ? std::string("-")
                                  : fmt::format("{}-{}", entry->version_min, entry->version_max);
        out << fmt::format("| {} | {} | {} | {}-{} |\n", static_cast<int16_t>(info.key), info.name,
                           versions, info.version_min, info.broker_max);
    }
}

}  // namespace barnabas::broker
