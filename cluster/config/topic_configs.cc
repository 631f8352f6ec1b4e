// SPDX-License-Identifier: Apache-2.0
// The topic configs of Apache Kafka 4.3: names, types, defaults and limits are its own.
#include "cluster/config/config_rows.h"

namespace barnabas::cluster {

namespace {

constexpr ConfigDef topic_rows[] = {
    row("cleanup.policy", ConfigType::list, "delete")
        .one_of("compact,delete")
        .falls_back_to("log.cleanup.policy")
        .says("What becomes of old segments: delete drops them by age or size, compact keeps the "
              "newest record of each key."),
    row("compression.gzip.level", ConfigType::int32, "-1")
        .between(-1, 9)
        .falls_back_to("compression.gzip.level")
        .says("Level used when this broker compresses with gzip itself."),
    row("compression.lz4.level", ConfigType::int32, "9")
        .between(1, 17)
        .falls_back_to("compression.lz4.level")
        .says("Level used when this broker compresses with lz4 itself."),
    row("compression.type", ConfigType::string, "producer")
        .one_of("uncompressed,zstd,lz4,snappy,gzip,producer")
        .falls_back_to("compression.type")
        .says("Codec of stored batches; producer keeps what the producer chose."),
    row("compression.zstd.level", ConfigType::int32, "3")
        .between(-131072, 22)
        .falls_back_to("compression.zstd.level")
        .says("Level used when this broker compresses with zstd itself."),
    row("delete.retention.ms", ConfigType::int64, "86400000")
        .at_least(0)
        .falls_back_to("log.cleaner.delete.retention.ms")
        .says("How long a tombstone stays readable in a compacted topic."),
    row("file.delete.delay.ms", ConfigType::int64, "60000")
        .at_least(0)
        .falls_back_to("log.segment.delete.delay.ms")
        .says("Wait between dropping a segment and unlinking its files."),
    row("flush.messages", ConfigType::int64, "9223372036854775807")
        .at_least(1)
        .falls_back_to("log.flush.interval.messages")
        .says("fsync after this many records; 1 means that no record is acknowledged before it is "
              "on disk."),
    row("flush.ms", ConfigType::int64, "9223372036854775807")
        .at_least(0)
        .falls_back_to("log.flush.interval.ms")
        .says("fsync at least this often."),
    row("follower.replication.throttled.replicas", ConfigType::list, "")
        .says("Without effect: there is no replication between brokers here."),
    row("index.interval.bytes", ConfigType::int32, "4096")
        .at_least(0)
        .falls_back_to("log.index.interval.bytes")
        .says("Log bytes between two entries of the sparse offset index."),
    row("leader.replication.throttled.replicas", ConfigType::list, "")
        .says("Without effect: there is no replication between brokers here."),
    row("local.retention.bytes", ConfigType::int64, "-2")
        .at_least(-2)
        .falls_back_to("log.local.retention.bytes")
        .says("Without effect: there is no tiered storage here."),
    row("local.retention.ms", ConfigType::int64, "-2")
        .at_least(-2)
        .falls_back_to("log.local.retention.ms")
        .says("Without effect: there is no tiered storage here."),
    row("max.compaction.lag.ms", ConfigType::int64, "9223372036854775807")
        .at_least(1)
        .falls_back_to("log.cleaner.max.compaction.lag.ms")
        .says("Longest time a record may wait for compaction."),
    row("max.message.bytes", ConfigType::int32, "1048588")
        .at_least(0)
        .falls_back_to("message.max.bytes")
        .says("Largest record batch accepted, after compression."),
    row("message.timestamp.after.max.ms", ConfigType::int64, "3600000")
        .at_least(0)
        .falls_back_to("log.message.timestamp.after.max.ms")
        .says("How far a record's timestamp may lie ahead of the broker's clock."),
    row("message.timestamp.before.max.ms", ConfigType::int64, "9223372036854775807")
        .at_least(0)
        .falls_back_to("log.message.timestamp.before.max.ms")
        .says("How far a record's timestamp may lie behind the broker's clock."),
    row("message.timestamp.type", ConfigType::string, "CreateTime")
        .one_of("CreateTime,LogAppendTime")
        .falls_back_to("log.message.timestamp.type")
        .says(
            "Whether timestamps are the producer's (CreateTime) or the broker's (LogAppendTime)."),
    row("min.cleanable.dirty.ratio", ConfigType::float64, "0.5")
        .between(0, 1)
        .falls_back_to("log.cleaner.min.cleanable.ratio")
        .says("Share of a log that must be uncompacted before compaction starts."),
    row("min.compaction.lag.ms", ConfigType::int64, "0")
        .at_least(0)
        .falls_back_to("log.cleaner.min.compaction.lag.ms")
        .says("Shortest time a record stays uncompacted."),
    row("min.insync.replicas", ConfigType::int32, "1")
        .at_least(1)
        .falls_back_to("min.insync.replicas")
        .says("In-sync replicas needed for a write with acks=all."),
    row("preallocate", ConfigType::boolean, "false")
        .falls_back_to("log.preallocate")
        .says("Reserve a segment's blocks when it is created."),
    row("remote.log.copy.disable", ConfigType::boolean, "false")
        .says("Without effect: there is no tiered storage here."),
    row("remote.log.delete.on.disable", ConfigType::boolean, "false")
        .says("Without effect: there is no tiered storage here."),
    row("remote.storage.enable", ConfigType::boolean, "false")
        .says("Without effect: there is no tiered storage here."),
    row("retention.bytes", ConfigType::int64, "-1")
        .falls_back_to("log.retention.bytes")
        .says("Size a partition may reach before its oldest segments are deleted; -1 means no "
              "limit."),
    row("retention.ms", ConfigType::int64, "604800000")
        .at_least(-1)
        .falls_back_to("log.retention.ms")
        .says("Age at which segments are deleted; -1 means never."),
    row("segment.bytes", ConfigType::int32, "1073741824")
        .at_least(1048576)
        .falls_back_to("log.segment.bytes")
        .says("Size at which a segment is sealed."),
    row("segment.index.bytes", ConfigType::int32, "10485760")
        .at_least(4)
        .falls_back_to("log.index.size.max.bytes")
        .says("Largest size of a segment's index files."),
    row("segment.jitter.ms", ConfigType::int64, "0")
        .at_least(0)
        .falls_back_to("log.roll.jitter.ms")
        .says("Random part taken off segment.ms, so that segments do not all roll at once."),
    row("segment.ms", ConfigType::int64, "604800000")
        .at_least(1)
        .falls_back_to("log.roll.ms")
        .says("Age at which a segment is sealed even if it is not full."),
    row("unclean.leader.election.enable", ConfigType::boolean, "false")
        .falls_back_to("unclean.leader.election.enable")
        .says("Whether a replica that is not in sync may lead when no other can, losing records."),
};

}  // namespace

std::span<const ConfigDef> topic_config_defs() {
    return topic_rows;
}

}  // namespace barnabas::cluster
