// SPDX-License-Identifier: Apache-2.0
// The broker configs of Apache Kafka 4.3, with Barnabas' own defaults where a developer's single
// node is better served (rebalance delay, internal topics' replication, listener, log directory).
#include "cluster/config/config_rows.h"

namespace barnabas::cluster {

namespace {

constexpr ConfigDef broker_rows[] = {
    row("add.partitions.to.txn.retry.backoff.max.ms", ConfigType::int32, "100")
        .at_least(0)
        .fixed()
        .says("Longest wait of a write for a transaction that is still ending."),
    row("add.partitions.to.txn.retry.backoff.ms", ConfigType::int32, "20")
        .at_least(1)
        .fixed()
        .says("Wait between looks at a transaction that is still ending."),
    row("advertised.listeners", ConfigType::list)
        .fixed()
        .says("Addresses told to clients; the listeners themselves where this is not set."),
    row("alter.config.policy.class.name", ConfigType::class_name).fixed(),
    row("alter.log.dirs.replication.quota.window.num", ConfigType::int32, "11").at_least(1).fixed(),
    row("alter.log.dirs.replication.quota.window.size.seconds", ConfigType::int32, "1")
        .at_least(1)
        .fixed(),
    row("authorizer.class.name", ConfigType::string, "").fixed(),
    row("auto.create.topics.enable", ConfigType::boolean, "true")
        .fixed()
        .says("Create a topic when a client asks for the metadata of one that does not exist."),
    row("auto.leader.rebalance.enable", ConfigType::boolean, "true").fixed(),
    row("background.threads", ConfigType::int32, "10").at_least(1),
    row("broker.heartbeat.interval.ms", ConfigType::int32, "2000").fixed(),
    row("broker.id", ConfigType::int32, "-1").fixed().says("Older name of node.id."),
    row("broker.rack", ConfigType::string)
        .fixed()
        .says("Where this broker stands; told to clients that prefer near replicas."),
    row("broker.session.timeout.ms", ConfigType::int32, "9000").fixed(),
    row("client.quota.callback.class", ConfigType::class_name).fixed(),
    row("compression.gzip.level", ConfigType::int32, "-1")
        .between(-1, 9)
        .says("Level used when this broker compresses with gzip itself."),
    row("compression.lz4.level", ConfigType::int32, "9")
        .between(1, 17)
        .says("Level used when this broker compresses with lz4 itself."),
    row("compression.type", ConfigType::string, "producer")
        .one_of("uncompressed,zstd,lz4,snappy,gzip,producer")
        .says("Codec of stored batches; producer keeps what the producer chose."),
    row("compression.zstd.level", ConfigType::int32, "3")
        .between(-131072, 22)
        .says("Level used when this broker compresses with zstd itself."),
    row("config.providers", ConfigType::list, ""),
    row("connection.failed.authentication.delay.ms", ConfigType::int32, "100").at_least(0).fixed(),
    row("connections.max.idle.ms", ConfigType::int64, "600000")
        .fixed()
        .says("Idle connections are closed after this time."),
    row("connections.max.reauth.ms", ConfigType::int64, "0").fixed(),
    row("controlled.shutdown.enable", ConfigType::boolean, "true").fixed(),
    row("controller.listener.names", ConfigType::list, "CONTROLLER")
        .fixed()
        .says("Listeners of the controller; accepted, for the controller is in this process."),
    row("controller.quorum.append.linger.ms", ConfigType::int32, "25").at_least(0).fixed(),
    row("controller.quorum.auto.join.enable", ConfigType::boolean, "false").fixed(),
    row("controller.quorum.bootstrap.servers", ConfigType::list, "")
        .fixed()
        .says("Accepted: this node is its own quorum."),
    row("controller.quorum.election.backoff.max.ms", ConfigType::int32, "1000").at_least(0).fixed(),
    row("controller.quorum.election.timeout.ms", ConfigType::int32, "1000").at_least(0).fixed(),
    row("controller.quorum.fetch.max.bytes", ConfigType::int32, "1048576").at_least(1).fixed(),
    row("controller.quorum.fetch.snapshot.max.bytes", ConfigType::int32, "1048576")
        .at_least(1)
        .fixed(),
    row("controller.quorum.fetch.timeout.ms", ConfigType::int32, "2000").at_least(0).fixed(),
    row("controller.quorum.request.timeout.ms", ConfigType::int32, "2000").at_least(0).fixed(),
    row("controller.quorum.retry.backoff.ms", ConfigType::int32, "20").at_least(0).fixed(),
    row("controller.quorum.voters", ConfigType::list, "")
        .fixed()
        .says("Accepted: this node is its own quorum."),
    row("controller.quota.window.num", ConfigType::int32, "11").at_least(1).fixed(),
    row("controller.quota.window.size.seconds", ConfigType::int32, "1").at_least(1).fixed(),
    row("controller.socket.timeout.ms", ConfigType::int32, "30000").fixed(),
    row("cordoned.log.dirs", ConfigType::list, ""),
    row("create.topic.policy.class.name", ConfigType::class_name).fixed(),
    row("default.replication.factor", ConfigType::int32, "1")
        .fixed()
        .says("Replicas of topics that are created without a number."),
    row("delegation.token.expiry.check.interval.ms", ConfigType::int64, "3600000")
        .at_least(1)
        .fixed(),
    row("delegation.token.expiry.time.ms", ConfigType::int64, "86400000").at_least(1).fixed(),
    row("delegation.token.max.lifetime.ms", ConfigType::int64, "604800000").at_least(1).fixed(),
    row("delegation.token.secret.key", ConfigType::password).fixed(),
    row("delete.records.purgatory.purge.interval.requests", ConfigType::int32, "1").fixed(),
    row("delete.topic.enable", ConfigType::boolean, "true")
        .fixed()
        .says("Allow topics to be deleted."),
    row("early.start.listeners", ConfigType::list).fixed(),
    row("fetch.max.bytes", ConfigType::int32, "57671680")
        .at_least(1024)
        .fixed()
        .says("Most bytes that one fetch may bring."),
    row("fetch.purgatory.purge.interval.requests", ConfigType::int32, "1000").fixed(),
    row("follower.fetch.last.tiered.offset.enable", ConfigType::boolean, "false"),
    row("group.consumer.assignment.interval.ms", ConfigType::int32, "0")
        .at_least(0)
        .says("How long after an assignment the next one of a consumer group waits."),
    row("group.consumer.assignors", ConfigType::list, "uniform,range")
        .fixed()
        .says("Assignors of consumer groups (KIP-848), the default one first."),
    row("group.consumer.heartbeat.interval.ms", ConfigType::int32, "5000")
        .at_least(1)
        .fixed()
        .says("How often members of consumer groups report."),
    row("group.consumer.max.assignment.interval.ms", ConfigType::int32, "15000")
        .at_least(0)
        .fixed()
        .says("Upper limit of a group's consumer.assignment.interval.ms."),
    row("group.consumer.max.heartbeat.interval.ms", ConfigType::int32, "15000")
        .at_least(1)
        .fixed()
        .says("Upper limit of a group's consumer.heartbeat.interval.ms."),
    row("group.consumer.max.session.timeout.ms", ConfigType::int32, "60000")
        .at_least(1)
        .fixed()
        .says("Upper limit of a group's consumer.session.timeout.ms."),
    row("group.consumer.max.size", ConfigType::int32, "2147483647")
        .at_least(1)
        .fixed()
        .says("Most members that a consumer group may have."),
    row("group.consumer.migration.policy", ConfigType::string, "bidirectional")
        .one_of("DISABLED,DOWNGRADE,UPGRADE,BIDIRECTIONAL,disabled,downgrade,upgrade,bidirectional")
        .fixed()
        .says("Which way groups may change between the classic and the new protocol while in use."),
    row("group.consumer.min.assignment.interval.ms", ConfigType::int32, "0")
        .at_least(0)
        .fixed()
        .says("Lower limit of a group's consumer.assignment.interval.ms."),
    row("group.consumer.min.heartbeat.interval.ms", ConfigType::int32, "5000")
        .at_least(1)
        .fixed()
        .says("Lower limit of a group's consumer.heartbeat.interval.ms."),
    row("group.consumer.min.session.timeout.ms", ConfigType::int32, "45000")
        .at_least(1)
        .fixed()
        .says("Lower limit of a group's consumer.session.timeout.ms."),
    row("group.consumer.session.timeout.ms", ConfigType::int32, "45000")
        .at_least(1)
        .fixed()
        .says("A member of a consumer group that is silent for this long is out."),
    row("group.coordinator.append.linger.ms", ConfigType::int32, "-1").at_least(-1).fixed(),
    row("group.coordinator.background.threads", ConfigType::int32, "2").at_least(1).fixed(),
    row("group.coordinator.cached.buffer.max.bytes", ConfigType::int32, "1048588").at_least(524288),
    row("group.coordinator.rebalance.protocols", ConfigType::list, "classic,consumer,streams")
        .one_of("consumer,classic,share,streams")
        .fixed()
        .says("Group protocols that clients may use."),
    row("group.coordinator.threads", ConfigType::int32, "4").at_least(1).fixed(),
    row("group.initial.rebalance.delay.ms", ConfigType::int32, "0")
        .fixed()
        .says("How long an empty group waits for more members before its first rebalance."),
    row("group.max.session.timeout.ms", ConfigType::int32, "1800000")
        .fixed()
        .says("Longest session timeout that a classic member may ask for."),
    row("group.max.size", ConfigType::int32, "2147483647")
        .at_least(1)
        .fixed()
        .says("Most members that a classic group may have."),
    row("group.min.session.timeout.ms", ConfigType::int32, "6000")
        .fixed()
        .says("Shortest session timeout that a classic member may ask for."),
    row("group.share.assignment.interval.ms", ConfigType::int32, "1000").at_least(0),
    row("group.share.assignors", ConfigType::list, "simple").fixed(),
    row("group.share.delivery.count.limit", ConfigType::int32, "5").between(2, 10).fixed(),
    row("group.share.heartbeat.interval.ms", ConfigType::int32, "5000").at_least(1).fixed(),
    row("group.share.max.assignment.interval.ms", ConfigType::int32, "15000").at_least(0).fixed(),
    row("group.share.max.delivery.count.limit", ConfigType::int32, "10").between(5, 25).fixed(),
    row("group.share.max.heartbeat.interval.ms", ConfigType::int32, "15000").at_least(1).fixed(),
    row("group.share.max.partition.max.record.locks", ConfigType::int32, "4000")
        .between(2000, 10000)
        .fixed(),
    row("group.share.max.record.lock.duration.ms", ConfigType::int32, "60000")
        .between(30000, 3600000)
        .fixed(),
    row("group.share.max.session.timeout.ms", ConfigType::int32, "60000").at_least(1).fixed(),
    row("group.share.max.share.sessions", ConfigType::int32, "2000").at_least(1).fixed(),
    row("group.share.max.size", ConfigType::int32, "200").between(1, 1000).fixed(),
    row("group.share.min.assignment.interval.ms", ConfigType::int32, "0").at_least(0).fixed(),
    row("group.share.min.delivery.count.limit", ConfigType::int32, "2").between(2, 5).fixed(),
    row("group.share.min.heartbeat.interval.ms", ConfigType::int32, "5000").at_least(1).fixed(),
    row("group.share.min.partition.max.record.locks", ConfigType::int32, "100")
        .between(100, 2000)
        .fixed(),
    row("group.share.min.record.lock.duration.ms", ConfigType::int32, "15000")
        .between(1000, 30000)
        .fixed(),
    row("group.share.min.session.timeout.ms", ConfigType::int32, "45000").at_least(1).fixed(),
    row("group.share.partition.max.record.locks", ConfigType::int32, "2000")
        .between(100, 10000)
        .fixed(),
    row("group.share.record.lock.duration.ms", ConfigType::int32, "30000")
        .between(1000, 3600000)
        .fixed(),
    row("group.share.session.timeout.ms", ConfigType::int32, "45000").at_least(1).fixed(),
    row("group.streams.assignment.interval.ms", ConfigType::int32, "1000").at_least(0),
    row("group.streams.heartbeat.interval.ms", ConfigType::int32, "5000").at_least(1).fixed(),
    row("group.streams.initial.rebalance.delay.ms", ConfigType::int32, "3000").at_least(0).fixed(),
    row("group.streams.max.assignment.interval.ms", ConfigType::int32, "15000").at_least(0).fixed(),
    row("group.streams.max.heartbeat.interval.ms", ConfigType::int32, "15000").at_least(1).fixed(),
    row("group.streams.max.session.timeout.ms", ConfigType::int32, "60000").at_least(1).fixed(),
    row("group.streams.max.size", ConfigType::int32, "2147483647").at_least(1).fixed(),
    row("group.streams.max.standby.replicas", ConfigType::int32, "2").at_least(0).fixed(),
    row("group.streams.min.assignment.interval.ms", ConfigType::int32, "0").at_least(0).fixed(),
    row("group.streams.min.heartbeat.interval.ms", ConfigType::int32, "5000").at_least(1).fixed(),
    row("group.streams.min.session.timeout.ms", ConfigType::int32, "45000").at_least(1).fixed(),
    row("group.streams.num.standby.replicas", ConfigType::int32, "0").at_least(0).fixed(),
    row("group.streams.session.timeout.ms", ConfigType::int32, "45000").at_least(1).fixed(),
    row("initial.broker.registration.timeout.ms", ConfigType::int32, "60000").fixed(),
    row("inter.broker.listener.name", ConfigType::string)
        .fixed()
        .says("Accepted: there are no other brokers to talk to."),
    row("kafka.metrics.polling.interval.secs", ConfigType::int32, "10").at_least(1).fixed(),
    row("kafka.metrics.reporters", ConfigType::list, "").fixed(),
    row("leader.imbalance.check.interval.seconds", ConfigType::int64, "300").at_least(1).fixed(),
    row("listener.security.protocol.map", ConfigType::string,
        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT")
        .says("Which security protocol each listener name stands for."),
    row("listeners", ConfigType::list, "PLAINTEXT://localhost:9092")
        .says("Addresses this broker listens on: NAME://host:port, comma separated; port 0 picks a "
              "free one."),
    row("log.cleaner.backoff.ms", ConfigType::int64, "15000")
        .at_least(0)
        .says("How long compaction rests when no log needs it."),
    row("log.cleaner.dedupe.buffer.size", ConfigType::int64, "134217728")
        .says("Memory for the keys of the logs being compacted, all threads together."),
    row("log.cleaner.delete.retention.ms", ConfigType::int64, "86400000")
        .at_least(0)
        .says("delete.retention.ms of topics that do not set it."),
    row("log.cleaner.enable", ConfigType::boolean, "true")
        .fixed()
        .says("Whether logs are compacted at all."),
    row("log.cleaner.io.buffer.load.factor", ConfigType::float64, "0.9")
        .says("How full the map of keys may get in one round."),
    row("log.cleaner.io.buffer.size", ConfigType::int32, "524288")
        .at_least(0)
        .says("Memory for reading and writing while compacting."),
    row("log.cleaner.io.max.bytes.per.second", ConfigType::float64, "1.7976931348623157E308")
        .says("Bytes that compaction may read and write in a second."),
    row("log.cleaner.max.compaction.lag.ms", ConfigType::int64, "9223372036854775807")
        .at_least(1)
        .says("max.compaction.lag.ms of topics that do not set it."),
    row("log.cleaner.min.cleanable.ratio", ConfigType::float64, "0.5")
        .between(0, 1)
        .says("min.cleanable.dirty.ratio of topics that do not set it."),
    row("log.cleaner.min.compaction.lag.ms", ConfigType::int64, "0")
        .at_least(0)
        .says("min.compaction.lag.ms of topics that do not set it."),
    row("log.cleaner.threads", ConfigType::int32, "1")
        .at_least(0)
        .says("Logs that are compacted at the same time."),
    row("log.cleanup.policy", ConfigType::list, "delete")
        .one_of("compact,delete")
        .says("cleanup.policy of topics that do not set it."),
    row("log.dir", ConfigType::list, "/tmp/kafka-logs")
        .fixed()
        .says("Directory that holds the partitions when log.dirs is not set."),
    row("log.dir.failure.timeout.ms", ConfigType::int64, "30000")
        .at_least(1)
        .fixed()
        .says("Without effect: the controller is in this process and hears of it at once."),
    row("log.dirs", ConfigType::list, "./barnabas-data")
        .fixed()
        .says("Directories that hold the partitions, comma separated."),
    row("log.flush.interval.messages", ConfigType::int64, "9223372036854775807")
        .at_least(1)
        .says("fsync after this many records; 1 means that no record is acknowledged before it is "
              "on disk."),
    row("log.flush.interval.ms", ConfigType::int64).says("flush.ms of topics that do not set it."),
    row("log.flush.offset.checkpoint.interval.ms", ConfigType::int32, "60000")
        .at_least(0)
        .fixed()
        .says("How often it is noted up to where logs are on the disk."),
    row("log.flush.scheduler.interval.ms", ConfigType::int64, "9223372036854775807")
        .fixed()
        .says("flush.ms of topics, where neither they nor log.flush.interval.ms set it."),
    row("log.flush.start.offset.checkpoint.interval.ms", ConfigType::int32, "60000")
        .at_least(0)
        .fixed()
        .says("How often it is noted where logs begin."),
    row("log.index.interval.bytes", ConfigType::int32, "4096")
        .at_least(0)
        .says("index.interval.bytes of topics that do not set it."),
    row("log.index.size.max.bytes", ConfigType::int32, "10485760")
        .at_least(4)
        .says("segment.index.bytes of topics that do not set it."),
    row("log.local.retention.bytes", ConfigType::int64, "-2")
        .at_least(-2)
        .says("Without effect: there is no tiered storage here."),
    row("log.local.retention.ms", ConfigType::int64, "-2")
        .at_least(-2)
        .says("Without effect: there is no tiered storage here."),
    row("log.message.timestamp.after.max.ms", ConfigType::int64, "3600000")
        .at_least(0)
        .says("message.timestamp.after.max.ms of topics that do not set it."),
    row("log.message.timestamp.before.max.ms", ConfigType::int64, "9223372036854775807")
        .at_least(0)
        .says("message.timestamp.before.max.ms of topics that do not set it."),
    row("log.message.timestamp.type", ConfigType::string, "CreateTime")
        .one_of("CreateTime,LogAppendTime")
        .says("message.timestamp.type of topics that do not set it."),
    row("log.preallocate", ConfigType::boolean, "false")
        .says("preallocate of topics that do not set it."),
    row("log.retention.bytes", ConfigType::int64, "-1")
        .says("retention.bytes of topics that do not set it."),
    row("log.retention.check.interval.ms", ConfigType::int64, "300000")
        .at_least(1)
        .fixed()
        .says("How often logs are searched for segments to delete."),
    row("log.retention.hours", ConfigType::int32, "168")
        .fixed()
        .says("Age in hours at which segments are deleted, unless minutes or ms are set."),
    row("log.retention.minutes", ConfigType::int32)
        .fixed()
        .says("Age in minutes at which segments are deleted, unless ms are set."),
    row("log.retention.ms", ConfigType::int64)
        .says("retention.ms of topics that do not set it; wins over log.retention.minutes and "
              ".hours."),
    row("log.roll.hours", ConfigType::int32, "168")
        .at_least(1)
        .fixed()
        .says("segment.ms of topics in hours, unless log.roll.ms is set."),
    row("log.roll.jitter.hours", ConfigType::int32, "0")
        .at_least(0)
        .fixed()
        .says("segment.jitter.ms of topics in hours, unless log.roll.jitter.ms is set."),
    row("log.roll.jitter.ms", ConfigType::int64)
        .says("segment.jitter.ms of topics that do not set it."),
    row("log.roll.ms", ConfigType::int64).says("segment.ms of topics that do not set it."),
    row("log.segment.bytes", ConfigType::int32, "1073741824")
        .at_least(1048576)
        .says("Size at which a segment is sealed."),
    row("log.segment.delete.delay.ms", ConfigType::int64, "60000")
        .at_least(0)
        .says("file.delete.delay.ms of topics that do not set it."),
    row("max.connection.creation.rate", ConfigType::int32, "2147483647").at_least(0),
    row("max.connections", ConfigType::int32, "2147483647")
        .at_least(0)
        .says("Connections accepted at the same time."),
    row("max.connections.per.ip", ConfigType::int32, "2147483647")
        .at_least(0)
        .says("Connections accepted at the same time from one address."),
    row("max.connections.per.ip.overrides", ConfigType::string, ""),
    row("max.incremental.fetch.session.cache.slots", ConfigType::int32, "1000")
        .at_least(0)
        .fixed()
        .says("Fetch sessions that are remembered at the same time."),
    row("max.request.partition.size.limit", ConfigType::int32, "2000").at_least(1).fixed(),
    row("message.max.bytes", ConfigType::int32, "1048588")
        .at_least(0)
        .says("Largest record batch accepted, after compression."),
    row("metadata.log.dir", ConfigType::string)
        .fixed()
        .says("Directory of the metadata log; the first of log.dirs if it is not set."),
    row("metadata.log.max.record.bytes.between.snapshots", ConfigType::int64, "20971520")
        .at_least(1)
        .fixed()
        .says("Bytes of metadata after which a snapshot is written."),
    row("metadata.log.max.snapshot.interval.ms", ConfigType::int64, "3600000")
        .at_least(0)
        .fixed()
        .says("Without effect: snapshots of metadata are written by size alone."),
    row("metadata.log.segment.bytes", ConfigType::int32, "1073741824")
        .at_least(8388608)
        .fixed()
        .says("Size at which a segment of the metadata log is sealed."),
    row("metadata.log.segment.ms", ConfigType::int64, "604800000")
        .fixed()
        .says("Without effect: the metadata log is sealed by size alone."),
    row("metadata.max.idle.interval.ms", ConfigType::int32, "500")
        .at_least(0)
        .fixed()
        .says("Without effect: nobody but this process waits for the metadata log to grow."),
    row("metadata.max.retention.bytes", ConfigType::int64, "104857600")
        .fixed()
        .says("Without effect: the metadata log keeps what its last snapshot does not hold."),
    row("metadata.max.retention.ms", ConfigType::int64, "604800000")
        .fixed()
        .says("Without effect: the metadata log keeps what its last snapshot does not hold."),
    row("metric.reporters", ConfigType::list, "org.apache.kafka.common.metrics.JmxReporter"),
    row("metrics.num.samples", ConfigType::int32, "2").at_least(1).fixed(),
    row("metrics.recording.level", ConfigType::string, "INFO").fixed(),
    row("metrics.sample.window.ms", ConfigType::int64, "30000").at_least(1).fixed(),
    row("min.insync.replicas", ConfigType::int32, "1")
        .at_least(1)
        .says("In-sync replicas needed for a write with acks=all."),
    row("node.id", ConfigType::int32, "1")
        .at_least(0)
        .fixed()
        .says("This node's id in the cluster."),
    row("num.io.threads", ConfigType::int32, "8").at_least(1),
    row("num.network.threads", ConfigType::int32, "3").at_least(1),
    row("num.partitions", ConfigType::int32, "1")
        .at_least(1)
        .fixed()
        .says("Partitions of topics that are created without a number."),
    row("num.recovery.threads.per.data.dir", ConfigType::int32, "2")
        .at_least(1)
        .says("Logs of one directory that are opened at the same time when the broker starts."),
    row("num.replica.alter.log.dirs.threads", ConfigType::int32).fixed(),
    row("num.replica.fetchers", ConfigType::int32, "1").at_least(1),
    row("offset.metadata.max.bytes", ConfigType::int32, "4096")
        .fixed()
        .says("Longest note that a client may commit with an offset."),
    row("offsets.commit.timeout.ms", ConfigType::int32, "5000")
        .at_least(1)
        .fixed()
        .says("A commit that is not written after this time fails."),
    row("offsets.load.buffer.size", ConfigType::int32, "5242880").at_least(1).fixed(),
    row("offsets.retention.check.interval.ms", ConfigType::int64, "600000")
        .at_least(1)
        .fixed()
        .says("How often committed offsets are searched for expired ones."),
    row("offsets.retention.minutes", ConfigType::int32, "10080")
        .at_least(1)
        .fixed()
        .says("How long offsets of a group without members are kept."),
    row("offsets.topic.compression.codec", ConfigType::int32, "0").fixed(),
    row("offsets.topic.num.partitions", ConfigType::int32, "50")
        .at_least(1)
        .fixed()
        .says("Partitions of __consumer_offsets; fixed once the topic exists."),
    row("offsets.topic.replication.factor", ConfigType::int16, "1")
        .at_least(1)
        .fixed()
        .says("Replicas of __consumer_offsets when it is created."),
    row("offsets.topic.segment.bytes", ConfigType::int32, "104857600")
        .at_least(1)
        .fixed()
        .says("Size of segments of __consumer_offsets."),
    row("principal.builder.class", ConfigType::class_name,
        "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"),
    row("process.roles", ConfigType::list, "broker,controller")
        .one_of("broker,controller")
        .fixed()
        .says("Accepted: one process is broker and controller."),
    row("producer.id.expiration.ms", ConfigType::int32, "86400000")
        .at_least(1)
        .says("A producer that has not written for this long is forgotten."),
    row("producer.purgatory.purge.interval.requests", ConfigType::int32, "1000").fixed(),
    row("queued.max.request.bytes", ConfigType::int64, "-1")
        .fixed()
        .says("Memory that requests being read or served may take; -1 lets the broker choose."),
    row("queued.max.requests", ConfigType::int32, "500")
        .at_least(1)
        .fixed()
        .says("Requests served at the same time."),
    row("quota.window.num", ConfigType::int32, "11").at_least(1).fixed(),
    row("quota.window.size.seconds", ConfigType::int32, "1").at_least(1).fixed(),
    row("remote.fetch.max.wait.ms", ConfigType::int32, "500").at_least(1),
    row("remote.list.offsets.request.timeout.ms", ConfigType::int64, "30000").at_least(1),
    row("remote.log.index.file.cache.total.size.bytes", ConfigType::int64, "1073741824")
        .at_least(1),
    row("remote.log.manager.copier.thread.pool.size", ConfigType::int32, "10").at_least(1),
    row("remote.log.manager.copy.max.bytes.per.second", ConfigType::int64, "9223372036854775807")
        .at_least(1),
    row("remote.log.manager.copy.quota.window.num", ConfigType::int32, "11").at_least(1).fixed(),
    row("remote.log.manager.copy.quota.window.size.seconds", ConfigType::int32, "1")
        .at_least(1)
        .fixed(),
    row("remote.log.manager.expiration.thread.pool.size", ConfigType::int32, "10").at_least(1),
    row("remote.log.manager.fetch.max.bytes.per.second", ConfigType::int64, "9223372036854775807")
        .at_least(1),
    row("remote.log.manager.fetch.quota.window.num", ConfigType::int32, "11").at_least(1).fixed(),
    row("remote.log.manager.fetch.quota.window.size.seconds", ConfigType::int32, "1")
        .at_least(1)
        .fixed(),
    row("remote.log.manager.follower.thread.pool.size", ConfigType::int32, "2").at_least(1),
    row("remote.log.manager.task.interval.ms", ConfigType::int64, "30000").at_least(1).fixed(),
    row("remote.log.manager.thread.pool.size", ConfigType::int32, "2").at_least(1).fixed(),
    row("remote.log.metadata.custom.metadata.max.bytes", ConfigType::int32, "128")
        .at_least(0)
        .fixed(),
    row("remote.log.metadata.manager.class.name", ConfigType::string,
        "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager")
        .fixed(),
    row("remote.log.metadata.manager.class.path", ConfigType::string).fixed(),
    row("remote.log.metadata.manager.impl.prefix", ConfigType::string, "rlmm.config.").fixed(),
    row("remote.log.metadata.manager.listener.name", ConfigType::string).fixed(),
    row("remote.log.reader.max.pending.tasks", ConfigType::int32, "100").at_least(1).fixed(),
    row("remote.log.reader.threads", ConfigType::int32, "10").at_least(1),
    row("remote.log.storage.manager.class.name", ConfigType::string).fixed(),
    row("remote.log.storage.manager.class.path", ConfigType::string).fixed(),
    row("remote.log.storage.manager.impl.prefix", ConfigType::string, "rsm.config.").fixed(),
    row("remote.log.storage.system.enable", ConfigType::boolean, "false").fixed(),
    row("replica.fetch.backoff.ms", ConfigType::int32, "1000").at_least(0).fixed(),
    row("replica.fetch.max.bytes", ConfigType::int32, "1048576").at_least(0).fixed(),
    row("replica.fetch.min.bytes", ConfigType::int32, "1").fixed(),
    row("replica.fetch.response.max.bytes", ConfigType::int32, "10485760").at_least(0).fixed(),
    row("replica.fetch.wait.max.ms", ConfigType::int32, "500").fixed(),
    row("replica.high.watermark.checkpoint.interval.ms", ConfigType::int64, "5000")
        .fixed()
        .says("How often the high watermarks are noted on the disk."),
    row("replica.lag.time.max.ms", ConfigType::int64, "30000").fixed(),
    row("replica.selector.class", ConfigType::string).fixed(),
    row("replica.socket.receive.buffer.bytes", ConfigType::int32, "65536").fixed(),
    row("replica.socket.timeout.ms", ConfigType::int32, "30000").fixed(),
    row("replication.quota.window.num", ConfigType::int32, "11").at_least(1).fixed(),
    row("replication.quota.window.size.seconds", ConfigType::int32, "1").at_least(1).fixed(),
    row("request.timeout.ms", ConfigType::int32, "30000").fixed(),
    row("sasl.client.callback.handler.class", ConfigType::class_name).fixed(),
    row("sasl.enabled.mechanisms", ConfigType::list, "GSSAPI"),
    row("sasl.jaas.config", ConfigType::password),
    row("sasl.kerberos.kinit.cmd", ConfigType::string, "/usr/bin/kinit"),
    row("sasl.kerberos.min.time.before.relogin", ConfigType::int64, "60000"),
    row("sasl.kerberos.principal.to.local.rules", ConfigType::list, "DEFAULT"),
    row("sasl.kerberos.service.name", ConfigType::string),
    row("sasl.kerberos.ticket.renew.jitter", ConfigType::float64, "0.05"),
    row("sasl.kerberos.ticket.renew.window.factor", ConfigType::float64, "0.8"),
    row("sasl.login.callback.handler.class", ConfigType::class_name).fixed(),
    row("sasl.login.class", ConfigType::class_name).fixed(),
    row("sasl.login.connect.timeout.ms", ConfigType::int32).fixed(),
    row("sasl.login.read.timeout.ms", ConfigType::int32).fixed(),
    row("sasl.login.refresh.buffer.seconds", ConfigType::int16, "300"),
    row("sasl.login.refresh.min.period.seconds", ConfigType::int16, "60"),
    row("sasl.login.refresh.window.factor", ConfigType::float64, "0.8"),
    row("sasl.login.refresh.window.jitter", ConfigType::float64, "0.05"),
    row("sasl.login.retry.backoff.max.ms", ConfigType::int64, "10000").fixed(),
    row("sasl.login.retry.backoff.ms", ConfigType::int64, "100").fixed(),
    row("sasl.mechanism.controller.protocol", ConfigType::string, "GSSAPI").fixed(),
    row("sasl.mechanism.inter.broker.protocol", ConfigType::string, "GSSAPI"),
    row("sasl.oauthbearer.assertion.algorithm", ConfigType::string, "RS256")
        .one_of("ES256,RS256,es256,rs256")
        .fixed(),
    row("sasl.oauthbearer.assertion.claim.aud", ConfigType::string).fixed(),
    row("sasl.oauthbearer.assertion.claim.exp.seconds", ConfigType::int32, "300")
        .between(0, 86400)
        .fixed(),
    row("sasl.oauthbearer.assertion.claim.iss", ConfigType::string).fixed(),
    row("sasl.oauthbearer.assertion.claim.jti.include", ConfigType::boolean, "false").fixed(),
    row("sasl.oauthbearer.assertion.claim.nbf.seconds", ConfigType::int32, "60")
        .between(0, 3600)
        .fixed(),
    row("sasl.oauthbearer.assertion.claim.sub", ConfigType::string).fixed(),
    row("sasl.oauthbearer.assertion.file", ConfigType::string).fixed(),
    row("sasl.oauthbearer.assertion.private.key.file", ConfigType::string).fixed(),
    row("sasl.oauthbearer.assertion.private.key.passphrase", ConfigType::password).fixed(),
    row("sasl.oauthbearer.assertion.template.file", ConfigType::string).fixed(),
    row("sasl.oauthbearer.client.credentials.client.id", ConfigType::string).fixed(),
    row("sasl.oauthbearer.client.credentials.client.secret", ConfigType::password).fixed(),
    row("sasl.oauthbearer.clock.skew.seconds", ConfigType::int32, "30").fixed(),
    row("sasl.oauthbearer.expected.audience", ConfigType::list, "").fixed(),
    row("sasl.oauthbearer.expected.issuer", ConfigType::string).fixed(),
    row("sasl.oauthbearer.jwks.endpoint.refresh.ms", ConfigType::int64, "3600000").fixed(),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", ConfigType::int64, "10000").fixed(),
    row("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", ConfigType::int64, "100").fixed(),
    row("sasl.oauthbearer.jwks.endpoint.url", ConfigType::string).fixed(),
    row("sasl.oauthbearer.jwt.retriever.class", ConfigType::class_name,
        "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever")
        .fixed(),
    row("sasl.oauthbearer.jwt.validator.class", ConfigType::class_name,
        "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator")
        .fixed(),
    row("sasl.oauthbearer.scope", ConfigType::string).fixed(),
    row("sasl.oauthbearer.scope.claim.name", ConfigType::string, "scope").fixed(),
    row("sasl.oauthbearer.sub.claim.name", ConfigType::string, "sub").fixed(),
    row("sasl.oauthbearer.token.endpoint.url", ConfigType::string).fixed(),
    row("sasl.server.callback.handler.class", ConfigType::class_name).fixed(),
    row("sasl.server.max.receive.size", ConfigType::int32, "524288").fixed(),
    row("security.inter.broker.protocol", ConfigType::string, "PLAINTEXT")
        .one_of("PLAINTEXT,SSL,SASL_PLAINTEXT,SASL_SSL")
        .fixed(),
    row("security.providers", ConfigType::string).fixed(),
    row("share.coordinator.append.linger.ms", ConfigType::int32, "-1").at_least(-1).fixed(),
    row("share.coordinator.cached.buffer.max.bytes", ConfigType::int32, "1048588").at_least(524288),
    row("share.coordinator.load.buffer.size", ConfigType::int32, "5242880").at_least(1).fixed(),
    row("share.coordinator.snapshot.update.records.per.snapshot", ConfigType::int32, "500")
        .between(0, 500)
        .fixed(),
    row("share.coordinator.state.topic.compression.codec", ConfigType::int32, "0").fixed(),
    row("share.coordinator.state.topic.min.isr", ConfigType::int16, "1").at_least(1).fixed(),
    row("share.coordinator.state.topic.num.partitions", ConfigType::int32, "50")
        .at_least(1)
        .fixed(),
    row("share.coordinator.state.topic.replication.factor", ConfigType::int16, "1")
        .at_least(1)
        .fixed(),
    row("share.coordinator.state.topic.segment.bytes", ConfigType::int32, "104857600")
        .at_least(1)
        .fixed(),
    row("share.coordinator.threads", ConfigType::int32, "1").at_least(1).fixed(),
    row("share.coordinator.write.timeout.ms", ConfigType::int32, "5000").at_least(1).fixed(),
    row("share.fetch.purgatory.purge.interval.requests", ConfigType::int32, "1000").fixed(),
    row("socket.connection.setup.timeout.max.ms", ConfigType::int64, "30000").fixed(),
    row("socket.connection.setup.timeout.ms", ConfigType::int64, "10000").fixed(),
    row("socket.listen.backlog.size", ConfigType::int32, "50").at_least(1).fixed(),
    row("socket.receive.buffer.bytes", ConfigType::int32, "102400").fixed(),
    row("socket.request.max.bytes", ConfigType::int32, "104857600")
        .at_least(1)
        .fixed()
        .says("Largest request accepted."),
    row("socket.send.buffer.bytes", ConfigType::int32, "102400").fixed(),
    row("ssl.allow.dn.changes", ConfigType::boolean, "false").fixed(),
    row("ssl.allow.san.changes", ConfigType::boolean, "false").fixed(),
    row("ssl.cipher.suites", ConfigType::list, ""),
    row("ssl.client.auth", ConfigType::string, "none").one_of("required,requested,none"),
    row("ssl.enabled.protocols", ConfigType::list, "TLSv1.2,TLSv1.3"),
    row("ssl.endpoint.identification.algorithm", ConfigType::string, "https"),
    row("ssl.engine.factory.class", ConfigType::class_name),
    row("ssl.key.password", ConfigType::password),
    row("ssl.keymanager.algorithm", ConfigType::string, "SunX509"),
    row("ssl.keystore.certificate.chain", ConfigType::password),
    row("ssl.keystore.key", ConfigType::password),
    row("ssl.keystore.location", ConfigType::string),
    row("ssl.keystore.password", ConfigType::password),
    row("ssl.keystore.type", ConfigType::string, "JKS"),
    row("ssl.principal.mapping.rules", ConfigType::string, "DEFAULT").fixed(),
    row("ssl.protocol", ConfigType::string, "TLSv1.3"),
    row("ssl.provider", ConfigType::string),
    row("ssl.secure.random.implementation", ConfigType::string),
    row("ssl.trustmanager.algorithm", ConfigType::string, "PKIX"),
    row("ssl.truststore.certificates", ConfigType::password),
    row("ssl.truststore.location", ConfigType::string),
    row("ssl.truststore.password", ConfigType::password),
    row("ssl.truststore.type", ConfigType::string, "JKS"),
    row("telemetry.max.bytes", ConfigType::int32, "1048576")
        .at_least(1)
        .fixed()
        .says("Largest push of metrics that a client may send."),
    row("transaction.abort.timed.out.transaction.cleanup.interval.ms", ConfigType::int32, "10000")
        .at_least(1)
        .fixed()
        .says("How often transactions are searched for those beyond their timeout."),
    row("transaction.max.timeout.ms", ConfigType::int32, "900000")
        .at_least(1)
        .fixed()
        .says("Longest transaction timeout that a producer may ask for."),
    row("transaction.partition.verification.enable", ConfigType::boolean, "true")
        .says("Whether writes of a transaction to a partition must belong to a known one."),
    row("transaction.remove.expired.transaction.cleanup.interval.ms", ConfigType::int32, "3600000")
        .at_least(1)
        .fixed()
        .says("How often transactional ids are searched for expired ones."),
    row("transaction.state.log.load.buffer.size", ConfigType::int32, "5242880").at_least(1).fixed(),
    row("transaction.state.log.min.isr", ConfigType::int32, "1")
        .at_least(1)
        .fixed()
        .says("min.insync.replicas of __transaction_state when it is created."),
    row("transaction.state.log.num.partitions", ConfigType::int32, "50")
        .at_least(1)
        .fixed()
        .says("Partitions of __transaction_state when it is created."),
    row("transaction.state.log.replication.factor", ConfigType::int16, "1")
        .at_least(1)
        .fixed()
        .says("Replicas of __transaction_state when it is created."),
    row("transaction.state.log.segment.bytes", ConfigType::int32, "104857600")
        .at_least(1)
        .fixed()
        .says("Size of segments of __transaction_state."),
    row("transaction.two.phase.commit.enable", ConfigType::boolean, "false").fixed(),
    row("transactional.id.expiration.ms", ConfigType::int32, "604800000")
        .at_least(1)
        .fixed()
        .says("A transactional id that is not used for this long is forgotten."),
    row("unclean.leader.election.enable", ConfigType::boolean, "false")
        .says("Whether a replica that is not in sync may lead when no other can, losing records."),
};

}  // namespace

std::span<const ConfigDef> broker_config_defs() {
    return broker_rows;
}

}  // namespace barnabas::cluster
