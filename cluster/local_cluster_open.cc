// SPDX-License-Identifier: Apache-2.0
// LocalClusterNode's start: replay, bootstrap of a new cluster, registration of this node.
#include "base/log_line.h"
#include "cluster/local_cluster_command.h"
#include "cluster/quorum_of_one.h"

namespace barnabas::cluster {

namespace {

storage::LogConfig metadata_log_config(const LocalClusterOptions& options) {
    storage::LogConfig config;
    config.segment_bytes = options.metadata_segment_bytes;
    config.max_message_bytes = 8 << 20;
    config.retention_ms = -1;
    config.retention_bytes = -1;
    config.segment_ms = INT64_MAX;
    return config;
}

std::string explain(const Error& error) {
    switch (error.code) {
        case ErrorCode::unsupported_version:
            return fmt::format("it was written by a newer version than this one ({})", error.where);
        case ErrorCode::inconsistent_voter_set:
            return "it belongs to a cluster of several controllers, which this node cannot lead "
                   "alone";
        default:
            return fmt::format("{} ({})", error.where, error_name(error.code));
    }
}

}  // namespace

Task<Result<std::unique_ptr<LocalClusterNode>>> LocalClusterNode::open(
    boost::asio::any_io_executor executor, Disk& disk, Clock& clock, storage::LogManager& logs,
    LocalClusterOptions options) {
    auto opening = logs.open_metadata_log(metadata_log_config(options));
    auto log = co_await std::move(opening);
    if (!log) co_return std::unexpected(log.error());
    QuorumOfOneOptions quorum;
    quorum.node_id = options.controller.node_id;
    quorum.directory_id = logs.meta_properties().directory_id;
    quorum.directory = logs.metadata_directory();
    for (const MetadataRecord& record : default_bootstrap_records())
        quorum.bootstrap.push_back(encode_metadata_record(record, metadata_version_max));
    quorum.listener = options.controller_listener;
    quorum.host = options.controller_host;
    quorum.port = options.controller_port;
    if (options.cluster_id.empty()) options.cluster_id = logs.meta_properties().cluster_id;
    auto metadata_log =
        std::make_unique<QuorumOfOne>(disk, logs.metadata_lane(), clock, *log, std::move(quorum));
    auto starting =
        open_over(std::move(executor), clock, std::move(metadata_log), std::move(options));
    auto node = co_await std::move(starting);
    if (!node)
        log_error("controller", "the metadata in {} cannot be used: {}", logs.metadata_directory(),
                  explain(node.error()));
    co_return node;
}

Task<Result<std::unique_ptr<LocalClusterNode>>> LocalClusterNode::open_over(
    boost::asio::any_io_executor executor, Clock& clock, std::unique_ptr<MetadataLog> log,
    LocalClusterOptions options) {
    std::unique_ptr<LocalClusterNode> node(
        new LocalClusterNode(std::move(executor), clock, std::move(log), std::move(options)));
    auto starting = node->log_->start(node->callbacks());
    const Result<void> started = co_await std::move(starting);
    if (!started) co_return std::unexpected(started.error());
    auto activating = node->activate();
    const Result<void> activated = co_await std::move(activating);
    if (!activated) co_return std::unexpected(activated.error());
    node->tasks_.on_stop([self = node.get()]() { self->queue_changed_.notify_all(); });
    node->tasks_.spawn(node->work());
    co_return node;
}

MetadataLog::Callbacks LocalClusterNode::callbacks() {
    MetadataLog::Callbacks callbacks;
    const auto apply = [this](const std::vector<CommittedRecord>& records) -> Result<void> {
        for (const CommittedRecord& record : records) {
            TRY(builder_.apply_framed(record.value));
            applied_ = record.offset;
        }
        return {};
    };
    callbacks.on_commit = [apply](LeaderEpoch, const std::vector<CommittedRecord>& records) {
        return apply(records);
    };
    callbacks.on_snapshot = [this](const SnapshotId& id,
                                   const std::vector<CommittedRecord>& records) -> Result<void> {
        ASSERT(applied_ == offset_none, "a snapshot comes before everything else");
        for (const CommittedRecord& record : records) TRY(builder_.apply_framed(record.value));
        applied_ = id.end_offset - 1;
        return {};
    };
    callbacks.on_leader = [this](LeaderEpoch, BrokerId id) { builder_.set_controller(id); };
    return callbacks;
}

Task<Result<void>> LocalClusterNode::activate() {
    builder_.set_kraft_version(log_->kraft_version());
    auto restored = builder_.build(applied_, log_->epoch());
    if (!restored) co_return std::unexpected(restored.error());
    image_ = *restored;
    std::vector<MetadataRecord> bootstrap;
    for (const auto& framed : log_->bootstrap()) {
        auto record = decode_metadata_record(framed);
        if (!record) co_return std::unexpected(record.error());
        bootstrap.push_back(std::move(*record));
    }
    Framed framed;
    for (const MetadataRecord& record :
         decide_activation(context(), builder_.in_transaction(), bootstrap))
        framed.push_back(encode_metadata_record(record, metadata_version()));
    if (framed.empty()) co_return Result<void>{};
    auto committing = commit(std::move(framed), false);
    const ErrorCode error = co_await std::move(committing);
    if (error != ErrorCode::none) co_return fail(error, "first records of the metadata");
    auto publishing = publish();
    co_await std::move(publishing);
    co_return Result<void>{};
}

Task<Result<void>> LocalClusterNode::register_broker(BrokerRegistration registration) {
    int64_t epoch = -1;
    auto decide = [&registration, &epoch](const DecideContext& context) {
        auto decision = decide_register_broker(context, registration);
        epoch = decision.response;
        return std::move(decision.records);
    };
    auto submitting = submit(std::move(decide), options_.default_timeout, true);
    const ErrorCode error = co_await std::move(submitting);
    if (error != ErrorCode::none) co_return fail(error, "registration of the broker");
    broker_epoch_ = epoch;
    co_return Result<void>{};
}

}  // namespace barnabas::cluster
