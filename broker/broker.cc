// SPDX-License-Identifier: Apache-2.0
// See broker.h. Start: directories, metadata, partitions, coordinators, clients; stop is the
// reverse.
#include "broker/broker.h"

#include <chrono>
#include <cstring>
#include <optional>

#include "base/log_line.h"
#include "base/metrics.h"
#include "broker/client_metrics.h"
#include "broker/group/group_coordinator.h"
#include "broker/http/admin_pages.h"
#include "broker/log_dir_settings.h"
#include "broker/partition/fetch_sessions.h"
#include "broker/partition/partition_table.h"
#include "broker/partition/producer_ids.h"
#include "broker/partition/transaction_marker_writer.h"
#include "broker/server/api_table.h"
#include "broker/server/server.h"
#include "broker/topic_settings.h"
#include "broker/txn/transaction_coordinator.h"
#include "cluster/local_cluster_node.h"
#include "storage/log_manager.h"

namespace barnabas::broker {

namespace {

constexpr Nanos drain_time = std::chrono::seconds(10);
constexpr int32_t initial_topics_timeout_ms = 30'000;

}  // namespace

struct Broker::Parts {
    Parts(BrokerEnvironment environment, BrokerConfig broker_config, StartOptions start_options)
        : env(std::move(environment)),
          config(std::move(broker_config)),
          started_with(std::move(start_options)) {}

    Task<Result<void>> open_directories();
    Task<Result<void>> open_cluster();
    void build_services();
    Task<void> create_initial_topics();
    Result<void> bind();
    Result<void> bind_admin();
    Task<Result<void>> load_partitions();
    void add_log_metrics();
    void apply_log_dir_settings(const cluster::MetadataImage& image);
    storage::LogConfig log_config(const std::string& topic,
                                  const cluster::MetadataImage& image) const;
    cluster::BrokerRegistration registration() const;

    BrokerEnvironment env;
    BrokerConfig config;
    const StartOptions started_with;
    std::vector<uint16_t> ports;
    std::string cluster_id;

    std::unique_ptr<storage::LogManager> logs;
    std::unique_ptr<cluster::LocalClusterNode> cluster;
    std::unique_ptr<PartitionTable> partitions;
    std::unique_ptr<FetchSessions> fetch_sessions;
    std::unique_ptr<ProducerIds> producer_ids;
    std::unique_ptr<GroupCoordinator> groups;
    std::unique_ptr<TransactionMarkerWriter> markers;
    std::unique_ptr<TransactionCoordinator> transactions;
    ClientMetrics client_metrics{env.random};
    std::optional<BrokerServices> services;
    Metrics metrics;
    Dispatcher dispatcher{broker_apis(), metrics};
    std::unique_ptr<Server> server;
    std::unique_ptr<AdminPages> admin_pages;
    std::unique_ptr<HttpServer> admin;
    uint16_t admin_port = 0;
    bool ready = false;
};

Task<Result<void>> Broker::Parts::open_directories() {
    storage::LogManagerOptions options;
    options.log_dirs = config.log_dirs;
    options.node_id = config.node_id;
    options.cluster_id = config.cluster_id;
    options.producer_id_expiration_ms = config.producer_id_expiration_ms;
    options.flush_offset_checkpoint_interval_ms = config.flush_offset_checkpoint_interval_ms;
    options.flush_start_offset_checkpoint_interval_ms =
        config.flush_start_offset_checkpoint_interval_ms;
    options.retention_check_interval_ms = config.retention_check_interval_ms;
    options.high_watermark_checkpoint_interval_ms = config.high_watermark_checkpoint_interval_ms;
    options.recovery_lanes_per_directory =
        static_cast<size_t>(config.recovery_threads_per_data_dir);
    options.metadata_log_dir = config.metadata_log_dir;
    options.cleaner = config.cleaner;
    options.open_files_max = env.open_files_max;
    options.make_lane = env.make_lane;
    options.make_uuid = [this] { return env.random.uuid(); };
    auto opening = storage::LogManager::open(env.disk, env.shard.clock(), std::move(options));
    auto opened = co_await std::move(opening);
    if (!opened) co_return std::unexpected(opened.error());
    logs = std::move(*opened);
    add_log_metrics();
    cluster_id = logs->meta_properties().cluster_id;
    co_return Result<void>{};
}

void Broker::Parts::apply_log_dir_settings(const cluster::MetadataImage& image) {
    const LogDirSettings settings = log_dir_settings(config, image);
    logs->set_cordoned(settings.cordoned);
    logs->set_move_rate(settings.move_bytes_per_second);
}

void Broker::Parts::add_log_metrics() {
    using Value = double (*)(const storage::LogCleanerStatus&);
    const auto add = [this](const char* name, const char* help, Value value) {
        metrics.gauge_of(name, help, {}, [this, value] { return value(logs->cleaner()); });
    };
    using Status = storage::LogCleanerStatus;
    add("log_cleaner_uncleanable_partitions", "Logs that compaction had to give up",
        [](const Status& status) { return static_cast<double>(status.uncleanable_partitions); });
    add("log_cleaner_dirty_ratio_max", "Largest share of a compacted log not yet compacted",
        [](const Status& status) { return status.dirty_ratio_max; });
    add("log_cleaner_buffer_utilization_ratio", "Part of the offset map the last round used",
        [](const Status& status) { return status.map_utilization; });
    add("log_cleaner_last_round_seconds", "Time that the last round of compaction took",
        [](const Status& status) { return status.last_round_seconds; });
    add("log_cleaner_rounds", "Rounds of compaction since the start",
        [](const Status& status) { return static_cast<double>(status.rounds); });
}

storage::LogConfig Broker::Parts::log_config(const std::string& topic,
                                             const cluster::MetadataImage& image) const {
    return effective_log_config(config, topic, image);
}

cluster::BrokerRegistration Broker::Parts::registration() const {
    cluster::BrokerRegistration result;
    result.incarnation_id = env.random.uuid();
    for (const auto& listener : config.listeners)
        result.endpoints.push_back(
            {listener.name, listener.advertised.host, listener.advertised.port, 0});
    if (!config.rack.empty()) result.rack = config.rack;
    for (const auto& directory : logs->directories())
        result.log_dirs.push_back(directory.directory_id);
    result.bump_leader_epochs = logs->previous_broker_epoch() < 0;
    return result;
}

Task<Result<void>> Broker::Parts::open_cluster() {
    cluster::LocalClusterOptions options;
    options.controller.node_id = config.node_id;
    options.controller.num_partitions = config.num_partitions;
    options.controller.default_replication_factor = config.default_replication_factor;
    options.controller.delete_topic_enable = config.delete_topic_enable;
    options.controller.static_configs = config.given;
    options.cluster_id = cluster_id;
    options.metadata_segment_bytes = config.metadata_segment_bytes;
    options.bytes_between_snapshots = static_cast<uint64_t>(config.metadata_snapshot_bytes);
    options.random_seed = env.random.next();
    auto opening = cluster::LocalClusterNode::open(env.shard.executor(), env.disk,
                                                   env.shard.clock(), *logs, std::move(options));
    auto opened = co_await std::move(opening);
    if (!opened) co_return std::unexpected(opened.error());
    cluster = std::move(*opened);
    co_return Result<void>{};
}

void Broker::Parts::build_services() {
    auto& clock = env.shard.clock();
    partitions = std::make_unique<PartitionTable>(
        clock, *logs, config.node_id,
        [this](const std::string& topic, const cluster::MetadataImage& image) {
            return log_config(topic, image);
        });
    fetch_sessions =
        std::make_unique<FetchSessions>(env.shard.executor(), clock, env.random,
                                        static_cast<size_t>(config.max_incremental_fetch_sessions));
    producer_ids = std::make_unique<ProducerIds>(clock, *cluster);
    groups = std::make_unique<GroupCoordinator>(env.shard.executor(), clock, env.random, config,
                                                *partitions, *cluster);
    markers = std::make_unique<TransactionMarkerWriter>(
        clock, *partitions, *cluster,
        [this](PartitionIndex index, TransactionMarker marker, Nanos deadline) {
            return groups->end_transaction(index, marker, deadline);
        });
    transactions = std::make_unique<TransactionCoordinator>(
        env.shard.executor(),
        TransactionServices{clock, config, *partitions, *cluster, *producer_ids, *markers});
    services.emplace(BrokerServices{clock, config, *cluster, *partitions, *fetch_sessions, *groups,
                                    *producer_ids, *markers, *transactions, client_metrics});
    server = std::make_unique<Server>(env.shard.executor(), *services, dispatcher, env.network);
}

// The ports must be known before the cluster is told where this broker is.
Result<void> Broker::Parts::bind() {
    TRY_ASSIGN(ports, server->bind());
    for (size_t i = 0; i < ports.size(); ++i)
        if (config.listeners[i].advertised.port == 0)
            config.listeners[i].advertised.port = ports[i];
    return {};
}

// Operators see from the beginning that the broker starts; a port that is taken keeps nobody from
// starting who has not asked for it.
Result<void> Broker::Parts::bind_admin() {
    if (!started_with.admin.on) return {};
    if (started_with.add_metrics) started_with.add_metrics(metrics);
    admin_pages = std::make_unique<AdminPages>(AdminSources{
        *services, metrics, [this] { return server->connections(); }, [this] { return ready; }});
    admin = std::make_unique<HttpServer>(
        env.shard.executor(), env.shard.clock(),
        [this](HttpRequest request) { return admin_pages->page(std::move(request)); });
    const auto port = admin->bind(env.network, started_with.admin.at);
    if (port) {
        admin_port = *port;
        admin->start();
        return {};
    }
    admin.reset();
    const auto at = started_with.admin.at.str();
    if (started_with.admin.required) {
        log_error("http", "cannot listen on {}: {}; admin.listener says where, none turns it off",
                  at, std::strerror(port.error().os_error));
        return std::unexpected(port.error());
    }
    log_warn("http", "no metrics and health pages: cannot listen on {}: {}", at,
             std::strerror(port.error().os_error));
    return {};
}

Task<Result<void>> Broker::Parts::load_partitions() {
    const auto image = cluster->image();
    auto wanted = [image](const storage::TopicPartition& partition, const Uuid& topic_id) {
        const auto topic = image->topic(partition.topic);
        return topic && topic->id == topic_id && topic->has(partition.partition);
    };
    auto config_of = [this, image](const std::string& topic) { return log_config(topic, *image); };
    apply_log_dir_settings(*image);
    auto loading = logs->load_all(wanted, config_of);
    auto loaded = co_await std::move(loading);
    if (!loaded) co_return loaded;
    logs->set_cleaner_options(effective_cleaner_options(config, *image));
    auto nothing = std::make_shared<const cluster::MetadataImage>();
    auto applying = partitions->apply(std::move(nothing), image);
    co_await std::move(applying);
    cluster->set_image_listener([this](std::shared_ptr<const cluster::MetadataImage> before,
                                       std::shared_ptr<const cluster::MetadataImage> after) {
        groups->on_image(*before, *after);
        logs->set_cleaner_options(effective_cleaner_options(config, *after));
        apply_log_dir_settings(*after);
        return partitions->apply(std::move(before), std::move(after));
    });
    co_return loaded;
}

Task<void> Broker::Parts::create_initial_topics() {
    if (started_with.topics.empty()) co_return;
    protocol::CreateTopicsRequest request;
    request.timeout_ms = initial_topics_timeout_ms;
    const auto image = cluster->image();
    for (const auto& wanted : started_with.topics) {
        if (image->topic(wanted.name)) continue;
        auto& topic = request.topics.emplace_back();
        topic.name = Text(wanted.name);
        topic.num_partitions = wanted.partitions;
        topic.replication_factor = wanted.replicas;
        if (wanted.cleanup_policy.empty()) continue;
        auto& policy = topic.configs.emplace_back();
        policy.name = "cleanup.policy";
        policy.value = Text(wanted.cleanup_policy);
    }
    auto creating =
        cluster->create_topics(std::move(request), protocol::CreateTopicsRequest::version_max);
    const auto response = co_await std::move(creating);
    for (const auto& topic : response.topics)
        if (topic.error_code == ErrorCode::none)
            log_info("server", "created topic {} with {} partitions", topic.name.view(),
                     topic.num_partitions);
        else
            log_warn("server", "could not create topic {}: {} {}", topic.name.view(),
                     error_name(topic.error_code),
                     topic.error_message ? topic.error_message->view() : std::string_view{});
}

Broker::Broker(BrokerEnvironment environment, BrokerConfig config, StartOptions options)
    : parts_(
          std::make_unique<Parts>(std::move(environment), std::move(config), std::move(options))) {}

Broker::~Broker() = default;

Task<Result<void>> Broker::start() {
    auto& parts = *parts_;
    auto opened = co_await parts.open_directories();
    if (!opened) co_return opened;
    opened = co_await parts.open_cluster();
    if (!opened) co_return opened;
    parts.build_services();
    opened = parts.bind();
    if (!opened) co_return opened;
    opened = parts.bind_admin();
    if (!opened) co_return opened;
    opened = co_await parts.cluster->register_broker(parts.registration());
    if (!opened) co_return opened;
    parts.logs->set_broker_epoch(parts.cluster->broker_epoch());
    opened = co_await parts.load_partitions();
    if (!opened) co_return opened;
    co_await parts.create_initial_topics();
    parts.logs->start_background();
    parts.server->start();
    parts.ready = true;
    co_return opened;
}

const std::vector<uint16_t>& Broker::ports() const {
    return parts_->ports;
}
uint16_t Broker::admin_port() const {
    return parts_->admin_port;
}
const BrokerConfig& Broker::config() const {
    return parts_->config;
}
const std::string& Broker::cluster_id() const {
    return parts_->cluster_id;
}

Task<Result<void>> Broker::stop() {
    auto& parts = *parts_;
    const auto deadline = parts.env.shard.clock().after(drain_time);
    parts.ready = false;
    if (parts.admin) co_await parts.admin->stop(deadline);
    if (parts.server) co_await parts.server->drain(deadline);
    // Requests that wait for other members are answered here; only then can connections end.
    if (parts.groups) co_await parts.groups->stop(deadline);
    if (parts.transactions) co_await parts.transactions->stop(deadline);
    if (parts.server) co_await parts.server->join();
    if (parts.fetch_sessions) co_await parts.fetch_sessions->stop(deadline);
    if (parts.cluster) co_await parts.cluster->stop(deadline);
    if (!parts.logs) co_return Result<void>{};
    co_return co_await parts.logs->stop();
}

}  // namespace barnabas::broker
