// SPDX-License-Identifier: Apache-2.0
// Partition's reads: what a fetch may see, planned from the newest snapshot, on the loop for what
// is cached and off it for what is not.
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "broker/partition/partition.h"

namespace barnabas::broker {
namespace {

using storage::EpochEndOffset;
using storage::LogSnapshot;
using storage::ReadPlan;
using storage::ReadRequest;

PartitionRead failed(ErrorCode error) {
    PartitionRead read;
    read.error = error;
    return read;
}

ReadRequest request_of(const FetchPosition& position, Offset limit) {
    return {.from = position.offset,
            .limit = limit,
            .bytes_max = position.bytes_max,
            .at_least_one_batch = position.at_least_one_batch};
}

// The reader's log and this one differ before the reader's position: where they still agree.
// An error when this log does not reach back far enough to know.
Result<std::optional<EpochEndOffset>> divergence(const Partition& partition,
                                                 const FetchPosition& position) {
    if (position.last_fetched_epoch == leader_epoch_none) return std::nullopt;
    const EpochEndOffset ours = partition.end_offset_for(position.last_fetched_epoch);
    if (ours.end_offset == offset_none)
        return fail(ErrorCode::offset_out_of_range, "unknown last fetched epoch");
    if (ours.epoch < position.last_fetched_epoch || ours.end_offset < position.offset) return ours;
    return std::nullopt;
}

// Everything but the plan. The plan is wanted if nothing is wrong and `from` is below the limit.
PartitionRead start_read(const Partition& partition, const FetchPosition& position) {
    const ErrorCode error = partition.check_leader_epoch(position.current_leader_epoch);
    if (error != ErrorCode::none) return failed(error);
    const auto diverging = divergence(partition, position);
    if (!diverging) return failed(diverging.error().code);
    const bool in_range = position.offset >= partition.log_start_offset() &&
                          position.offset <= partition.log_end_offset();
    if (!*diverging && !in_range) return failed(ErrorCode::offset_out_of_range);
    PartitionRead read;
    read.high_watermark = partition.high_watermark();
    read.last_stable_offset = partition.last_stable_offset();
    read.log_start_offset = partition.log_start_offset();
    read.diverging_epoch = *diverging;
    ASSERT(read.last_stable_offset <= read.high_watermark);
    if (position.isolation == Isolation::read_committed) read.aborted.emplace();
    return read;
}

bool wants_plan(const PartitionRead& read, const FetchPosition& position, Offset limit) {
    return read.error == ErrorCode::none && !read.diverging_epoch && position.offset < limit &&
           (position.bytes_max > 0 || position.at_least_one_batch);
}

// The records go out, and with them the aborted transactions that a read_committed reader skips.
void set_plan(PartitionRead& read, const FetchPosition& position, const LogSnapshot& view,
              ReadPlan plan) {
    read.plan = std::move(plan);
    if (read.aborted && read.plan.bytes > 0)
        read.aborted = view.aborted_between(position.offset, read.plan.end_offset);
}

bool is_cached(const ReadPlan& plan) {
    for (const FileRange& range : plan.ranges)
        if (!range.file->is_cached(range.position, range.size)) return false;
    return true;
}

}  // namespace

PartitionRead Partition::read(const FetchPosition& position) const {
    PartitionRead read = start_read(*this, position);
    const Offset limit = readable_end(position.isolation);
    if (!wants_plan(read, position, limit)) return read;
    const LogSnapshot& view = *log().snapshot();
    auto plan = view.plan_read(request_of(position, limit), ReadMode::cached_only);
    if (!plan && plan.error().os_error != EAGAIN) return failed(plan.error().code);
    if (plan && is_cached(*plan))
        set_plan(read, position, view, std::move(*plan));
    else
        read.cold = true;
    return read;
}

bool Partition::may_read_cold() const {
    constexpr size_t cold_reads_max = 8;
    return cold_reads_ < cold_reads_max;
}

Task<PartitionRead> Partition::read_cold(FetchPosition position) {
    PartitionRead read = start_read(*this, position);
    const Offset limit = readable_end(position.isolation);
    if (!wants_plan(read, position, limit)) co_return read;
    const auto view = log().snapshot();
    auto planned = log().plan_cold_read(request_of(position, limit));
    ++cold_reads_;
    auto plan = co_await std::move(planned);
    ASSERT(cold_reads_ > 0);
    --cold_reads_;
    const ErrorCode error = check_leader_epoch(position.current_leader_epoch);
    if (error != ErrorCode::none) co_return failed(error);
    if (!plan) co_return failed(plan.error().code);
    set_plan(read, position, *view, std::move(*plan));
    co_return read;
}

}  // namespace barnabas::broker
