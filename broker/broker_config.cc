// SPDX-License-Identifier: Apache-2.0
// Properties -> BrokerConfig. One table says which keys this broker acts on; keys of Kafka's that
// are not in it are accepted and named in a warning, so that nobody believes in a setting that does
// nothing.
#include "broker/broker_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "broker/listener_config.h"
#include "cluster/config/config_def.h"
#include "cluster/config/config_number.h"

namespace barnabas::broker {

namespace {

constexpr int64_t hour_ms = 3600 * 1000, minute_ms = 60 * 1000;

// Values were checked against their rows before: what does not parse is a row that lacks its rule.
std::string_view trim(std::string_view text) {
    const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// "TRUE" is as good as "true".
bool is_true(std::string_view text) {
    constexpr std::string_view yes = "true";
    return std::ranges::equal(trim(text), yes,
                              [](unsigned char a, char b) { return std::tolower(a) == b; });
}

template <class Int>
Int number(std::string_view given) {
    return cluster::config_number<Int>(given).value_or(Int{});
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        auto word = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (word.starts_with(' ')) word.remove_prefix(1);
        while (word.ends_with(' ')) word.remove_suffix(1);
        if (!word.empty()) words.emplace_back(word);
    }
    return words;
}

bool lists(std::string_view text, std::string_view word) {
    const auto words = split_list(text);
    return std::ranges::find(words, word) != words.end();
}

using Apply = void (*)(BrokerConfig&, std::string_view);
struct ActsOn {
    std::string_view key;
    Apply apply;
};

template <auto Member>
void set_number(BrokerConfig& config, std::string_view value) {
    using Field = std::remove_reference_t<decltype(config.*Member)>;
    config.*Member = number<Field>(value);
}
template <auto Member>
void set_flag(BrokerConfig& config, std::string_view value) {
    config.*Member = is_true(value);
}
void handled_elsewhere(BrokerConfig&, std::string_view) {}

using B = BrokerConfig;
constexpr ActsOn acts_on[] = {
    {"auto.create.topics.enable", set_flag<&B::auto_create_topics>},
    {"broker.id", [](B& c, std::string_view v) { c.node_id = BrokerId{number<int32_t>(v)}; }},
    {"node.id", [](B& c, std::string_view v) { c.node_id = BrokerId{number<int32_t>(v)}; }},
    {"broker.rack", [](B& c, std::string_view v) { c.rack = v; }},
    {"log.dir", [](B& c, std::string_view v) { c.log_dirs = split_list(v); }},
    {"log.dirs", [](B& c, std::string_view v) { c.log_dirs = split_list(v); }},
    {"num.partitions", set_number<&B::num_partitions>},
    {"default.replication.factor", set_number<&B::default_replication_factor>},
    {"delete.topic.enable", set_flag<&B::delete_topic_enable>},
    {"socket.request.max.bytes", set_number<&B::socket_request_max_bytes>},
    {"queued.max.requests", set_number<&B::queued_max_requests>},
    {"queued.max.request.bytes",
     [](B& c, std::string_view v) {
         if (const auto bytes = number<int64_t>(v); bytes > 0) c.queued_max_request_bytes = bytes;
     }},
    {"max.connections", set_number<&B::max_connections>},
    {"max.connections.per.ip", set_number<&B::max_connections_per_ip>},
    {"connections.max.idle.ms", set_number<&B::connections_max_idle_ms>},
    {"telemetry.max.bytes", set_number<&B::telemetry_max_bytes>},
    {"fetch.max.bytes", set_number<&B::fetch_max_bytes>},
    {"max.incremental.fetch.session.cache.slots", set_number<&B::max_incremental_fetch_sessions>},
    {"offsets.topic.num.partitions", set_number<&B::offsets_topic_partitions>},
    {"offsets.topic.replication.factor", set_number<&B::offsets_topic_replication_factor>},
    {"offset.metadata.max.bytes", set_number<&B::offset_metadata_max_bytes>},
    {"offsets.commit.timeout.ms", set_number<&B::offsets_commit_timeout_ms>},
    {"offsets.retention.check.interval.ms", set_number<&B::offsets_retention_check_interval_ms>},
    {"offsets.retention.minutes", set_number<&B::offsets_retention_minutes>},
    {"group.initial.rebalance.delay.ms", set_number<&B::group_initial_rebalance_delay_ms>},
    {"group.min.session.timeout.ms", set_number<&B::group_min_session_timeout_ms>},
    {"group.max.session.timeout.ms", set_number<&B::group_max_session_timeout_ms>},
    {"group.max.size", set_number<&B::group_max_size>},
    {"group.coordinator.rebalance.protocols",
     [](B& config, std::string_view value) {
         config.group_consumer_protocol = lists(value, "consumer");
     }},
    {"group.consumer.assignors",
     [](B& config, std::string_view value) { config.group_consumer_assignors = value; }},
    {"group.consumer.migration.policy",
     [](B& config, std::string_view value) { config.group_consumer_migration_policy = value; }},
    {"group.consumer.max.size", set_number<&B::group_consumer_max_size>},
    {"group.consumer.session.timeout.ms", set_number<&B::group_consumer_session_timeout_ms>},
    {"group.consumer.min.session.timeout.ms",
     set_number<&B::group_consumer_min_session_timeout_ms>},
    {"group.consumer.max.session.timeout.ms",
     set_number<&B::group_consumer_max_session_timeout_ms>},
    {"group.consumer.heartbeat.interval.ms", set_number<&B::group_consumer_heartbeat_interval_ms>},
    {"group.consumer.min.heartbeat.interval.ms",
     set_number<&B::group_consumer_min_heartbeat_interval_ms>},
    {"group.consumer.max.heartbeat.interval.ms",
     set_number<&B::group_consumer_max_heartbeat_interval_ms>},
    {"group.consumer.assignment.interval.ms",
     set_number<&B::group_consumer_assignment_interval_ms>},
    {"group.consumer.min.assignment.interval.ms",
     set_number<&B::group_consumer_min_assignment_interval_ms>},
    {"group.consumer.max.assignment.interval.ms",
     set_number<&B::group_consumer_max_assignment_interval_ms>},
    {"transaction.state.log.num.partitions", set_number<&B::transaction_state_partitions>},
    {"transaction.state.log.replication.factor",
     set_number<&B::transaction_state_replication_factor>},
    {"transaction.max.timeout.ms", set_number<&B::transaction_max_timeout_ms>},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms",
     set_number<&B::transaction_abort_interval_ms>},
    {"transaction.remove.expired.transaction.cleanup.interval.ms",
     set_number<&B::transaction_expiry_interval_ms>},
    {"transaction.state.log.segment.bytes", handled_elsewhere},
    {"transaction.state.log.min.isr", handled_elsewhere},
    {"transaction.partition.verification.enable",
     [](B& c, std::string_view v) { c.transaction_partition_verification = is_true(v); }},
    {"add.partitions.to.txn.retry.backoff.ms",
     set_number<&B::add_partitions_to_txn_retry_backoff_ms>},
    {"add.partitions.to.txn.retry.backoff.max.ms",
     set_number<&B::add_partitions_to_txn_retry_backoff_max_ms>},
    {"transactional.id.expiration.ms", set_number<&B::transactional_id_expiration_ms>},
    {"producer.id.expiration.ms", set_number<&B::producer_id_expiration_ms>},
    {"log.flush.offset.checkpoint.interval.ms",
     set_number<&B::flush_offset_checkpoint_interval_ms>},
    {"log.flush.start.offset.checkpoint.interval.ms",
     set_number<&B::flush_start_offset_checkpoint_interval_ms>},
    {"log.retention.check.interval.ms", set_number<&B::retention_check_interval_ms>},
    {"replica.high.watermark.checkpoint.interval.ms",
     set_number<&B::high_watermark_checkpoint_interval_ms>},
    {"num.recovery.threads.per.data.dir", set_number<&B::recovery_threads_per_data_dir>},
    {"metadata.log.dir", [](B& c, std::string_view v) { c.metadata_log_dir = trim(v); }},
    {"metadata.log.segment.bytes", set_number<&B::metadata_segment_bytes>},
    {"log.cleaner.enable", [](B& c, std::string_view v) { c.cleaner.enabled = is_true(v); }},
    {"log.cleaner.threads",
     [](B& c, std::string_view v) { c.cleaner.threads = number<size_t>(v); }},
    {"log.cleaner.dedupe.buffer.size",
     [](B& c, std::string_view v) { c.cleaner.dedupe_buffer_bytes = number<uint64_t>(v); }},
    {"log.cleaner.io.buffer.size",
     [](B& c, std::string_view v) { c.cleaner.io_buffer_bytes = number<uint64_t>(v); }},
    {"log.cleaner.io.buffer.load.factor",
     [](B& c, std::string_view v) { c.cleaner.load_factor = number<double>(v); }},
    {"log.cleaner.io.max.bytes.per.second",
     [](B& c, std::string_view v) { c.cleaner.bytes_per_second = number<double>(v); }},
    {"log.cleaner.backoff.ms",
     [](B& c, std::string_view v) { c.cleaner.backoff_ms = number<int64_t>(v); }},
    {"metadata.log.max.record.bytes.between.snapshots", set_number<&B::metadata_snapshot_bytes>},
    {"listeners", handled_elsewhere},
    {"advertised.listeners", handled_elsewhere},
    {"listener.security.protocol.map", handled_elsewhere},
    {"controller.listener.names", handled_elsewhere},
    // A single node plays both roles and is its own quorum whatever these say.
    {"process.roles", handled_elsewhere},
    {"offsets.topic.segment.bytes", handled_elsewhere},
    {"controller.quorum.voters", handled_elsewhere},
    {"controller.quorum.bootstrap.servers", handled_elsewhere},
    {"inter.broker.listener.name", handled_elsewhere},
};

// Topic settings come from broker keys through their synonyms; coarser units lose to finer ones.
struct CoarserUnit {
    std::string_view topic_key, broker_key;
    int64_t unit_ms;
};
constexpr CoarserUnit coarser_units[] = {
    {"flush.ms", "log.flush.scheduler.interval.ms", 1},
    {"retention.ms", "log.retention.hours", hour_ms},
    {"retention.ms", "log.retention.minutes", minute_ms},
    {"segment.jitter.ms", "log.roll.jitter.hours", hour_ms},
    {"segment.ms", "log.roll.hours", hour_ms},
};

using L = storage::LogConfig;
struct TopicSetting {
    std::string_view key;
    void (*apply)(L&, std::string_view);
};
template <auto Member>
void set_log_number(L& config, std::string_view value) {
    using Field = std::remove_reference_t<decltype(config.*Member)>;
    config.*Member = number<Field>(value);
}

void set_cleanup(L& config, std::string_view value) {
    config.cleanup_delete = value.contains("delete");
    config.cleanup_compact = value.contains("compact");
}

void set_compression(L& config, std::string_view value) {
    constexpr std::string_view codecs[] = {"uncompressed", "gzip", "snappy", "lz4", "zstd"};
    const auto* found = std::ranges::find(codecs, value);
    if (found == std::end(codecs))
        config.compression_codec.reset();
    else
        config.compression_codec = static_cast<int8_t>(found - std::begin(codecs));
}

constexpr TopicSetting topic_settings[] = {
    {"cleanup.policy", set_cleanup},
    {"compression.type", set_compression},
    {"delete.retention.ms", set_log_number<&L::delete_retention_ms>},
    {"file.delete.delay.ms", set_log_number<&L::file_delete_delay_ms>},
    {"flush.messages", set_log_number<&L::flush_messages>},
    {"flush.ms", set_log_number<&L::flush_ms>},
    {"index.interval.bytes", set_log_number<&L::index_interval_bytes>},
    {"max.compaction.lag.ms", set_log_number<&L::max_compaction_lag_ms>},
    {"max.message.bytes", set_log_number<&L::max_message_bytes>},
    {"message.timestamp.after.max.ms", set_log_number<&L::timestamp_after_max_ms>},
    {"message.timestamp.before.max.ms", set_log_number<&L::timestamp_before_max_ms>},
    {"message.timestamp.type",
     [](L& c, std::string_view v) {
         c.timestamp_type = v == "LogAppendTime" ? storage::TimestampType::log_append_time
                                                 : storage::TimestampType::create_time;
     }},
    {"min.cleanable.dirty.ratio", set_log_number<&L::min_cleanable_dirty_ratio>},
    {"min.compaction.lag.ms", set_log_number<&L::min_compaction_lag_ms>},
    {"min.insync.replicas", set_log_number<&L::min_insync_replicas>},
    {"preallocate", [](L& c, std::string_view v) { c.preallocate = is_true(v); }},
    {"retention.bytes", set_log_number<&L::retention_bytes>},
    {"retention.ms", set_log_number<&L::retention_ms>},
    {"segment.bytes", set_log_number<&L::segment_bytes>},
    {"segment.index.bytes", set_log_number<&L::segment_index_bytes>},
    {"segment.jitter.ms", set_log_number<&L::segment_jitter_ms>},
    {"segment.ms", set_log_number<&L::segment_ms>},
    {"unclean.leader.election.enable",
     [](L& c, std::string_view v) { c.unclean_leader_election = is_true(v); }},
};

void apply_topic_setting(L& config, std::string_view key, std::string_view value) {
    const auto* found = std::ranges::find(topic_settings, key, &TopicSetting::key);
    if (found != std::end(topic_settings)) found->apply(config, value);
}

void set_compression_level(L& config, const std::function<std::string(std::string_view)>& value) {
    constexpr std::string_view keys[] = {"", "compression.gzip.level", "", "compression.lz4.level",
                                         "compression.zstd.level"};
    if (!config.compression_codec || keys[*config.compression_codec].empty()) return;
    const auto text = value(keys[*config.compression_codec]);
    if (!text.empty()) config.compression_level = number<int32_t>(text);
}

void apply_log_defaults(const std::map<std::string, std::string>& given, L& defaults) {
    for (const auto& coarse : coarser_units)
        if (const auto found = given.find(std::string(coarse.broker_key)); found != given.end()) {
            const auto units = number<int64_t>(found->second);
            const bool unlimited =
                units < 0 || units > std::numeric_limits<int64_t>::max() / coarse.unit_ms;
            const auto value = unlimited && units < 0 ? -1
                               : unlimited            ? std::numeric_limits<int64_t>::max()
                                                      : units * coarse.unit_ms;
            apply_topic_setting(defaults, coarse.topic_key, std::to_string(value));
        }
    for (const auto& def : cluster::topic_config_defs())
        if (const auto found = given.find(std::string(def.broker_synonym));
            !def.broker_synonym.empty() && found != given.end())
            apply_topic_setting(defaults, def.name, found->second);
    set_compression_level(defaults, [&](std::string_view key) {
        const auto found = given.find(std::string(key));
        return found == given.end() ? std::string{} : found->second;
    });
}

bool has_effect(std::string_view key) {
    if (std::ranges::find(acts_on, key, &ActsOn::key) != std::end(acts_on)) return true;
    if (std::ranges::find(coarser_units, key, &CoarserUnit::broker_key) != std::end(coarser_units))
        return true;
    return std::ranges::any_of(cluster::topic_config_defs(), [&](const cluster::ConfigDef& def) {
        const bool acts = def.name.ends_with(".level") ||
                          std::ranges::find(topic_settings, def.name, &TopicSetting::key) !=
                              std::end(topic_settings);
        return acts && def.broker_synonym == key;
    });
}

// Sorts properties into given (checked) and warnings; gives the first refusal.
std::string take_properties(const std::map<std::string, std::string>& properties,
                            BrokerConfig& config) {
    std::vector<std::string_view> without_effect;
    for (const auto& [key, value] : properties) {
        const auto* def = cluster::find_broker_config(key);
        if (def == nullptr) {
            config.warnings.push_back(fmt::format("unknown configuration {} is ignored", key));
            continue;
        }
        if (auto refusal = cluster::check_config_value(*def, value); !refusal.empty())
            return refusal;
        config.given[key] = value;
        if (!has_effect(key)) without_effect.push_back(key);
    }
    if (!without_effect.empty())
        config.warnings.push_back(fmt::format("accepted without effect in this version: {}",
                                              fmt::join(without_effect, ", ")));
    return {};
}

}  // namespace

Result<BrokerConfig> make_broker_config(const std::map<std::string, std::string>& properties,
                                        std::string& error) {
    BrokerConfig config;
    error = take_properties(properties, config);
    if (!error.empty()) return fail(ErrorCode::invalid_config, "server properties");
    for (const auto& entry : acts_on)
        if (const auto found = config.given.find(std::string(entry.key));
            found != config.given.end())
            entry.apply(config, found->second);
    const auto protocols = config.given.find("group.coordinator.rebalance.protocols");
    if (protocols != config.given.end() && !lists(protocols->second, "classic")) {
        error = "Invalid value " + protocols->second + " for configuration " + protocols->first +
                ": Disabling the 'classic' protocol is not supported.";
        return fail(ErrorCode::invalid_config, "rebalance protocols");
    }
    apply_log_defaults(config.given, config.log_defaults);
    error = apply_listeners(config.given, config);
    if (!error.empty()) return fail(ErrorCode::invalid_config, "listeners");
    if (config.log_dirs.empty()) {
        error = "Invalid value for configuration log.dirs: at least one directory is needed";
        return fail(ErrorCode::invalid_config, "log.dirs");
    }
    return config;
}

storage::LogConfig make_log_config(const BrokerConfig& broker,
                                   const std::map<std::string, std::string>* topic_overrides) {
    storage::LogConfig config = broker.log_defaults;
    if (topic_overrides == nullptr) return config;
    for (const auto& [key, value] : *topic_overrides) apply_topic_setting(config, key, value);
    config.compression_level = 0;
    set_compression_level(config, [&](std::string_view key) {
        const std::string name(key);
        if (const auto own = topic_overrides->find(name); own != topic_overrides->end())
            return own->second;
        const auto given = broker.given.find(name);
        return given == broker.given.end() ? std::string{} : given->second;
    });
    return config;
}

std::map<std::string, std::string> layered_broker_settings(
    const std::map<std::string, std::string>* own, const std::map<std::string, std::string>* all) {
    std::map<std::string, std::string> settings;
    if (own != nullptr) settings = *own;
    if (all != nullptr) settings.insert(all->begin(), all->end());
    return settings;
}

storage::LogCleanerOptions make_cleaner_options(
    const BrokerConfig& broker, const std::map<std::string, std::string>& settings) {
    BrokerConfig config;
    config.cleaner = broker.cleaner;
    for (const auto& entry : acts_on) {
        const auto found = settings.find(std::string(entry.key));
        if (entry.key.starts_with("log.cleaner.") && found != settings.end())
            entry.apply(config, found->second);
    }
    return config.cleaner;
}

}  // namespace barnabas::broker
