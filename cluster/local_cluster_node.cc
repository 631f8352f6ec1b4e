// SPDX-License-Identifier: Apache-2.0
// LocalClusterNode: the command queue and its worker. Opening is in local_cluster_open.cc, the
// commands are in local_cluster_commands.cc.
#include "cluster/local_cluster_node.h"

#include "base/log_line.h"
#include "cluster/local_cluster_command.h"

namespace barnabas::cluster {

namespace {

// What one batch may hold: Kafka's readers take 8 MiB, and it must fit into a segment.
constexpr size_t batch_bytes_max = 7 << 20;
constexpr size_t divided_batch_bytes = 1 << 20;
// A record's share of the batch around it, and the batch's own header.
constexpr size_t record_overhead = 24;
constexpr size_t batch_overhead = 64;

}  // namespace

LocalClusterNode::LocalClusterNode(boost::asio::any_io_executor executor, Clock& clock,
                                   std::unique_ptr<MetadataLog> log, LocalClusterOptions options)
    : clock_(clock),
      log_(std::move(log)),
      options_(std::move(options)),
      random_(options_.random_seed),
      queue_changed_(clock),
      snapshot_due_bytes_(options_.bytes_between_snapshots),
      tasks_(std::move(executor), clock) {
    builder_.set_cluster_id(options_.cluster_id);
    auto empty = std::make_shared<MetadataImage>();
    empty->offset = offset_none;
    empty->epoch = leader_epoch_none;
    image_ = std::move(empty);
}

LocalClusterNode::~LocalClusterNode() = default;

DecideContext LocalClusterNode::context() {
    return {*image_, options_.controller, log_->end_offset(), random_};
}

int16_t LocalClusterNode::metadata_version() const {
    const auto level = image_->features.find("metadata.version");
    return level == image_->features.end() ? metadata_version_max : level->second;
}

Task<ErrorCode> LocalClusterNode::submit(Decide decide, std::chrono::milliseconds timeout,
                                         bool divisible) {
    if (tasks_.stopping() || log_->leader() != options_.controller.node_id)
        co_return ErrorCode::not_controller;
    // No time at all: nothing is begun (pitfall A10).
    if (timeout <= std::chrono::milliseconds(0) || queue_.size() >= options_.queue_max)
        co_return ErrorCode::request_timed_out;
    const auto command =
        std::make_shared<Command>(clock_, std::move(decide), clock_.after(timeout), divisible);
    queue_.push_back(command);
    queue_changed_.notify_all();
    // If the waiting task is dropped instead of resumed, what `decide` refers to is gone too.
    const CommandCaller caller(command);
    while (!command->outcome) {
        auto waiting = command->finished.wait_until(command->deadline);
        co_await std::move(waiting);
        if (!command->outcome && clock_.now() >= command->deadline)
            co_return ErrorCode::request_timed_out;
    }
    co_return *command->outcome;
}

Task<void> LocalClusterNode::work() {
    while (!tasks_.stopping()) {
        if (queue_.empty()) {
            // stop() notifies; there is nothing else to wake up for.
            auto waiting = queue_changed_.wait_until(Nanos::max());
            co_await std::move(waiting);
            continue;
        }
        const std::shared_ptr<Command> command = std::move(queue_.front());
        queue_.pop_front();
        if (command->abandoned || clock_.now() >= command->deadline) {
            command->finish(ErrorCode::request_timed_out);
            continue;
        }
        auto executing = execute(*command);
        const ErrorCode outcome = co_await std::move(executing);
        command->finish(outcome);
        auto snapshot = snapshot_if_due();
        co_await std::move(snapshot);
    }
    for (const auto& command : std::exchange(queue_, {}))
        command->finish(ErrorCode::not_controller);
}

Task<ErrorCode> LocalClusterNode::execute(Command& command) {
    if (log_->leader() != options_.controller.node_id) co_return ErrorCode::not_controller;
    ASSERT(!command.abandoned, "the caller waits while its command is decided");
    Framed framed;
    {
        const std::vector<MetadataRecord> records = command.decide(context());
        const int16_t version = metadata_version();
        for (const MetadataRecord& record : records)
            framed.push_back(encode_metadata_record(record, version));
    }
    if (framed.empty()) co_return ErrorCode::none;
    auto committing = commit(std::move(framed), command.divisible);
    const ErrorCode error = co_await std::move(committing);
    if (applied_ != image_->offset || log_->leader() != image_->controller_id) {
        auto publishing = publish();
        co_await std::move(publishing);
    }
    co_return error;
}

Task<ErrorCode> LocalClusterNode::commit(Framed records, bool divisible) {
    const auto segment = static_cast<size_t>(options_.metadata_segment_bytes);
    const size_t limit = std::min(divisible ? divided_batch_bytes : batch_bytes_max, segment);
    size_t total = batch_overhead;
    for (const auto& record : records) total += record.size() + record_overhead;
    if (!divisible && total > limit) co_return ErrorCode::policy_violation;
    for (auto next = records.begin(); next != records.end();) {
        Framed batch;
        for (size_t bytes = batch_overhead; next != records.end(); ++next) {
            bytes += next->size() + record_overhead;
            if (bytes > limit && !batch.empty()) break;
            batch.push_back(std::move(*next));
        }
        auto appending = log_->append(std::move(batch), log_->epoch());
        const Result<Offset> last = co_await std::move(appending);
        if (!last) co_return last.error().code;
        ASSERT(*last == applied_, "committed records have been applied");
    }
    co_return ErrorCode::none;
}

Task<void> LocalClusterNode::publish() {
    const auto before = image_;
    auto built = builder_.build(applied_, log_->epoch());
    ASSERT(built.has_value(), "the controller leaves no partition out");
    image_ = *built;
    if (!listener_) co_return;
    auto listening = listener_(before, image_);
    co_await std::move(listening);
}

Task<void> LocalClusterNode::snapshot_if_due() {
    if (log_->bytes_since_snapshot() < snapshot_due_bytes_ || builder_.in_transaction()) co_return;
    auto make_records = [image = image_]() { return image_records(*image); };
    auto creating = log_->create_snapshot(std::move(make_records));
    const Result<SnapshotId> created = co_await std::move(creating);
    if (created) {
        log_info("controller", "snapshot of the metadata at offset {}", created->end_offset.value);
    } else {
        log_warn("controller", "no snapshot of the metadata could be written ({}); the log grows",
                 created.error().where);
    }
    snapshot_due_bytes_ = log_->bytes_since_snapshot() + options_.bytes_between_snapshots;
}

Task<bool> LocalClusterNode::stop(Nanos deadline) {
    auto stopping = tasks_.stop(deadline);
    const bool ended = co_await std::move(stopping);
    auto stopping_log = log_->stop();
    co_await std::move(stopping_log);
    co_return ended;
}

}  // namespace barnabas::cluster
