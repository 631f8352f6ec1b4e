// SPDX-License-Identifier: Apache-2.0
// QuorumOfOne: appending, snapshots, and giving up when the disk fails. Its start is in
// quorum_of_one_start.cc.
#include "cluster/quorum_of_one.h"

#include "base/log_line.h"
#include "protocol/record_batch.h"
#include "storage/lane_call.h"
#include "storage/log_snapshot.h"

namespace barnabas::cluster {

QuorumOfOne::QuorumOfOne(Disk& disk, Lane& lane, Clock& clock,
                         std::shared_ptr<storage::LogHandle> log, QuorumOfOneOptions options)
    : disk_(disk), lane_(lane), clock_(clock), log_(std::move(log)), options_(std::move(options)) {
    ASSERT(log_ != nullptr && !options_.directory.empty());
}

Offset QuorumOfOne::end_offset() const {
    return log_->snapshot()->end_offset;
}

Task<void> QuorumOfOne::stop() {
    stopped_ = true;
    leader_ = broker_id_none;
    co_return;
}

void QuorumOfOne::give_up(const char* why) {
    log_error("controller",
              "the metadata log failed ({}): no topic can be created or changed until this node is "
              "restarted on a disk that works",
              why);
    leader_ = broker_id_none;
    if (callbacks_.on_leader) callbacks_.on_leader(epoch_, broker_id_none);
}

Task<Result<Offset>> QuorumOfOne::append(std::vector<std::vector<uint8_t>> records,
                                         LeaderEpoch expected_epoch) {
    ASSERT(!appending_ && !records.empty());
    if (leader_ != options_.node_id || expected_epoch != epoch_)
        co_return fail(ErrorCode::not_controller, "this node does not lead the metadata log");
    const Offset base = end_offset();
    ASSERT(base == high_watermark_, "nothing is left uncommitted between appends");
    auto committing = commit(data_batch({base, epoch_, clock_.wall_ms()}, records));
    const Result<Offset> last = co_await std::move(committing);
    if (!last) co_return last;
    ASSERT(*last - base + 1 == static_cast<int64_t>(records.size()));
    std::vector<CommittedRecord> committed;
    for (const auto& record : records)
        committed.push_back({base + static_cast<int64_t>(committed.size()), Bytes(record)});
    const Result<void> applied = callbacks_.on_commit(epoch_, committed);
    ASSERT(applied.has_value(), "the controller's own records apply");
    co_return last;
}

Task<Result<Offset>> QuorumOfOne::commit(std::vector<uint8_t> batch) {
    ASSERT(!appending_);
    appending_ = true;
    const Offset before = end_offset();
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(std::move(batch));
    const auto header = protocol::BatchHeader::decode(*bytes);
    ASSERT(header.has_value() && header->base_offset == before);
    const Offset after = header->next_offset();
    storage::AppendRequest request;
    request.records = *bytes;
    request.keep_alive = bytes;
    request.origin = storage::AppendOrigin::raft_leader;
    request.leader_epoch = epoch_;
    request.now_ms = header->max_timestamp;
    request.flush_required = true;
    auto appending = log_->append(std::move(request));
    const storage::AppendResult result = co_await std::move(appending);
    Result<Offset> last = fail(result.error, "metadata log append");
    if (result.error == ErrorCode::none) {
        ASSERT(result.base_offset == before && result.last_offset == after - 1);
        last = result.last_offset;
    } else if (!stopped_) {
        auto settling = settle(before, after);
        last = co_await std::move(settling);
    }
    appending_ = false;
    if (!last) co_return last;
    high_watermark_ = after;
    last_timestamp_ms_ = header->max_timestamp;
    bytes_since_snapshot_ += bytes->size();
    log_->set_high_watermark(after);
    co_return last;
}

Task<Result<Offset>> QuorumOfOne::settle(Offset before, Offset after) {
    // A flush is queued behind the append: once it is done, so is the append, one way or the other.
    while (!stopped_ && !log_->offline()) {
        auto flushing = log_->flush();
        const Result<void> flushed = co_await std::move(flushing);
        if (!flushed && flushed.error().code == ErrorCode::request_timed_out) {
            auto pause = clock_.sleep(std::chrono::seconds(1));
            co_await std::move(pause);
            continue;
        }
        if (!flushed) break;
        const Offset end = end_offset();
        ASSERT(end == before || end == after, "an append is done as a whole or not at all");
        if (end == after) co_return after - 1;
        co_return fail(ErrorCode::kafka_storage_error, "the metadata log took nothing");
    }
    give_up("a write or flush did not succeed");
    co_return fail(ErrorCode::kafka_storage_error, "the metadata log is offline");
}

Task<Result<SnapshotId>> QuorumOfOne::create_snapshot(MakeRecords make_records) {
    ASSERT(!appending_);
    const SnapshotId id{high_watermark_, epoch_};
    const std::optional<SnapshotId> previous = newest_snapshot_;
    if (previous && previous->end_offset == id.end_offset) co_return *previous;
    SnapshotContent content;
    content.last_timestamp_ms = last_timestamp_ms_;
    if (facts_.kraft_version > 0) content.voters = facts_.voters;
    const uint64_t bytes_before = bytes_since_snapshot_;
    auto save = [&disk = disk_, directory = options_.directory, id, now = clock_.wall_ms(),
                 content = std::move(content), make_records = std::move(make_records),
                 previous]() mutable -> Result<void> {
        content.records = make_records();
        TRY(save_snapshot(disk, directory, id, build_snapshot(id, now, content)));
        if (previous) TRY(remove_snapshots_before(disk, directory, *previous));
        return {};
    };
    const Nanos deadline = clock_.after(options_.disk_patience);
    auto saving = storage::call_on_lane(clock_, lane_, std::move(save), deadline);
    const Result<void> saved = co_await std::move(saving);
    if (!saved) co_return std::unexpected(saved.error());
    newest_snapshot_ = id;
    bytes_since_snapshot_ -= bytes_before;
    if (previous) {
        auto advancing = log_->advance_log_start(previous->end_offset);
        const Result<void> advanced = co_await std::move(advancing);
        if (!advanced) log_warn("controller", "the metadata log keeps its old segments");
    }
    co_return id;
}

}  // namespace barnabas::cluster
