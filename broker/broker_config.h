// SPDX-License-Identifier: Apache-2.0
// BrokerConfig: the broker's static settings after properties file and overrides were merged and
// checked. Parsed once at start-up (broker_config.cc); passed down as a value, never a global.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/stream.h"
#include "storage/log_cleaner_options.h"
#include "storage/log_config.h"

namespace barnabas::broker {

struct ListenerConfig {
    std::string name;               // "PLAINTEXT"
    std::string security_protocol;  // "PLAINTEXT", "SSL", ...
    Endpoint bind;
    Endpoint advertised;  // host empty: the bind host; port 0: the bound port
};

struct BrokerConfig {
    BrokerId node_id{1};
    std::string cluster_id;  // empty: taken from meta.properties or made up at first start
    std::string rack;
    std::vector<ListenerConfig> listeners;
    std::vector<std::string> log_dirs{"./barnabas-data"};
    int32_t num_partitions = 1;
    int16_t default_replication_factor = 1;
    bool auto_create_topics = true;
    bool delete_topic_enable = true;
    int32_t socket_request_max_bytes = 100 << 20;
    int32_t queued_max_requests = 500;
    int64_t queued_max_request_bytes = 256LL << 20;
    int32_t max_connections = 2147483647;
    int32_t max_connections_per_ip = 2147483647;
    int64_t connections_max_idle_ms = 600'000;
    int32_t telemetry_max_bytes = 1 << 20;
    int32_t fetch_max_bytes = 55 << 20;
    int32_t max_incremental_fetch_sessions = 1000;
    int32_t offsets_topic_partitions = 50;
    int16_t offsets_topic_replication_factor = 1;
    int32_t offset_metadata_max_bytes = 4096;
    int64_t offsets_retention_minutes = 10080;
    int64_t offsets_retention_check_interval_ms = 600'000;
    int32_t offsets_commit_timeout_ms = 5000;
    int32_t group_initial_rebalance_delay_ms = 0;
    int32_t group_min_session_timeout_ms = 6000;
    int32_t group_max_session_timeout_ms = 1'800'000;
    int32_t group_max_size = 2147483647;
    bool group_consumer_protocol = true;  // KIP-848 is in group.coordinator.rebalance.protocols
    std::string group_consumer_assignors = "uniform,range";
    std::string group_consumer_migration_policy = "bidirectional";
    int32_t group_consumer_max_size = 2147483647;
    int32_t group_consumer_session_timeout_ms = 45'000;
    int32_t group_consumer_min_session_timeout_ms = 45'000;
    int32_t group_consumer_max_session_timeout_ms = 60'000;
    int32_t group_consumer_heartbeat_interval_ms = 5000;
    int32_t group_consumer_min_heartbeat_interval_ms = 5000;
    int32_t group_consumer_max_heartbeat_interval_ms = 15'000;
    int32_t group_consumer_assignment_interval_ms = 0;
    int32_t group_consumer_min_assignment_interval_ms = 0;
    int32_t group_consumer_max_assignment_interval_ms = 15'000;
    int64_t flush_scheduler_interval_ms = 1'000;
    int64_t flush_offset_checkpoint_interval_ms = 60'000;
    int64_t flush_start_offset_checkpoint_interval_ms = 60'000;
    int64_t retention_check_interval_ms = 300'000;
    int64_t high_watermark_checkpoint_interval_ms = 5'000;
    int32_t recovery_threads_per_data_dir = 2;
    std::string metadata_log_dir;  // empty: the first of log_dirs
    int32_t metadata_segment_bytes = 1 << 30;
    int64_t metadata_snapshot_bytes = 20 << 20;
    int32_t transaction_state_partitions = 50;
    int16_t transaction_state_replication_factor = 1;
    int32_t transaction_max_timeout_ms = 900'000;
    int32_t transaction_abort_interval_ms = 10'000;
    int32_t transaction_expiry_interval_ms = 3'600'000;
    bool transaction_partition_verification = true;
    int32_t add_partitions_to_txn_retry_backoff_ms = 20;
    int32_t add_partitions_to_txn_retry_backoff_max_ms = 100;
    int32_t transactional_id_expiration_ms = 604'800'000;
    int64_t producer_id_expiration_ms = 86'400'000;
    storage::LogCleanerOptions cleaner;
    storage::LogConfig log_defaults;
    // Every property that was given (known ones only), for DescribeConfigs' STATIC_BROKER_CONFIG.
    std::map<std::string, std::string> given;
    // Warnings for the log: unknown keys, keys accepted and ignored.
    std::vector<std::string> warnings;
};

// Gives the settings, or invalid_config: then `error` names key, value and what is allowed.
Result<BrokerConfig> make_broker_config(const std::map<std::string, std::string>& properties,
                                        std::string& error);
// A topic's log settings: topic overrides > broker settings > defaults (pitfall A05).
storage::LogConfig make_log_config(const BrokerConfig& broker,
                                   const std::map<std::string, std::string>* topic_overrides);

// What was set while the broker ran, for it alone and for all brokers (null: nothing).
std::map<std::string, std::string> layered_broker_settings(
    const std::map<std::string, std::string>* own, const std::map<std::string, std::string>* all);
// log.cleaner.* of the broker with `settings` before them.
storage::LogCleanerOptions make_cleaner_options(const BrokerConfig& broker,
                                                const std::map<std::string, std::string>& settings);

}  // namespace barnabas::broker
