// SPDX-License-Identifier: Apache-2.0
// CoordinatorLog: replaying, catching up with what got into the log without our knowing, and
// writing in batches.
#include "broker/coordinator/coordinator_log.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "protocol/record_batch_builder.h"

namespace barnabas::broker {
namespace {

constexpr uint64_t replay_bytes = 1 << 20;
constexpr Nanos retry_after = std::chrono::seconds(1);
// Waits for the high watermark are looked at again this often; only leadership ends them.
constexpr Nanos commit_check = std::chrono::seconds(30);

Task<ErrorCode> ready(ErrorCode error) {
    co_return error;
}

size_t size_of_all(const std::vector<CoordinatorRecord>& records) {
    size_t total = 0;
    for (const CoordinatorRecord& record : records) total += CoordinatorLog::size_of(record);
    return total;
}

}  // namespace

size_t CoordinatorLog::write_bytes_max() const {
    const auto limit = static_cast<size_t>(partition_->log().config().max_message_bytes);
    return limit - std::min(limit, static_cast<size_t>(protocol::batch_header_size));
}

size_t CoordinatorLog::size_of(const CoordinatorRecord& record) {
    return protocol::RecordBatchBuilder::size_bound(record.key, record.value);
}

CoordinatorLog::CoordinatorLog(Clock& clock, std::shared_ptr<Partition> partition,
                               CoordinatorMachine& machine)
    : clock_(clock),
      partition_(std::move(partition)),
      machine_(machine),
      replay_(machine),
      changed_(clock),
      applied_end_(partition_->log_start_offset()) {}

Task<ErrorCode> CoordinatorLog::write(std::vector<CoordinatorRecord> records, Nanos deadline) {
    ASSERT(!records.empty());
    return enqueue({.records = std::move(records)}, deadline);
}

Task<ErrorCode> CoordinatorLog::write_in_transaction(ProducerId producer, int16_t epoch,
                                                     std::vector<CoordinatorRecord> records,
                                                     Nanos deadline) {
    ASSERT(!records.empty() && producer.value >= 0 && epoch >= 0);
    return enqueue({.records = std::move(records), .producer = producer, .producer_epoch = epoch},
                   deadline);
}

Task<ErrorCode> CoordinatorLog::end_transaction(TransactionMarker marker, Nanos deadline) {
    return enqueue({.marker = marker}, deadline);
}

Task<ErrorCode> CoordinatorLog::wait_for_earlier(Nanos deadline) {
    if (waiting_.empty() && !writing_) return ready(ErrorCode::none);
    return enqueue({}, deadline);
}

Task<ErrorCode> CoordinatorLog::enqueue(Write write, Nanos deadline) {
    if (closed_) return ready(ErrorCode::not_leader_or_follower);
    if (waiting_.size() >= waiting_max) return ready(ErrorCode::request_timed_out);
    if (size_of_all(write.records) > write_bytes_max()) return ready(ErrorCode::message_too_large);
    auto outcome = std::make_shared<WriteOutcome>(clock_);
    write.outcome = outcome;
    waiting_.push_back(std::move(write));
    changed_.notify_all();
    return wait_for(std::move(outcome), deadline);
}

void CoordinatorLog::close() {
    closed_ = true;
    fail_waiting(ErrorCode::not_leader_or_follower);
    changed_.notify_all();
}

void CoordinatorLog::fail_waiting(ErrorCode error) {
    for (Write& write : std::exchange(waiting_, {})) write.outcome->set(error);
}

Task<void> CoordinatorLog::run() {
    auto loading = load();
    co_await std::move(loading);
    while (!closed_) {
        auto step = waiting_.empty() ? std::optional<Task<void>>() : write_batch();
        if (step) {
            co_await std::move(*step);
        } else {
            auto idle = changed_.wait_until(Nanos::max());
            co_await std::move(idle);
        }
    }
}

Task<void> CoordinatorLog::load() {
    const Nanos began = clock_.now();
    // Only what is committed counts; a leader's own tail is committed before anything is added.
    const Offset end = partition_->log_end_offset();
    auto catching_up = catch_up(end);
    co_await std::move(catching_up);
    if (closed_) co_return;
    ASSERT(applied_end_ >= end);
    active_ = true;
    machine_.loaded();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - began);
    if (replay_.applied() > 0)
        log_info("coordinator", "replayed {} records of {} up to offset {} in {} ms",
                 replay_.applied(), partition_->log().topic_partition().directory_name(), end.value,
                 took.count());
}

// Does not give up: without its state a coordinator can do nothing.
Task<void> CoordinatorLog::catch_up(Offset end) {
    while (!closed_) {
        auto replaying = replay_to(end);
        const Result<void> replayed = co_await std::move(replaying);
        if (replayed) co_return;
        log_error("coordinator", "cannot replay {} from offset {}: {} ({})",
                  partition_->log().topic_partition().directory_name(), applied_end_.value,
                  error_name(replayed.error().code), replayed.error().where);
        auto pause = clock_.sleep(retry_after);
        co_await std::move(pause);
    }
}

Task<Result<void>> CoordinatorLog::replay_to(Offset end) {
    while (!closed_ && applied_end_ < end) {
        auto committing = partition_->wait_committed(end - 1, clock_.after(commit_check));
        const ErrorCode committed = co_await std::move(committing);
        if (committed != ErrorCode::none) co_return fail(committed, "high watermark");
        applied_end_ = std::max(applied_end_, partition_->log_start_offset());
        auto reading = partition_->log().read_records({.from = applied_end_,
                                                       .limit = end,
                                                       .bytes_max = replay_bytes,
                                                       .at_least_one_batch = true});
        const auto bytes = co_await std::move(reading);
        if (closed_) break;
        if (!bytes) co_return std::unexpected(bytes.error());
        // Compaction may have left nothing up to the end.
        const auto next = bytes->empty() ? end : replay_.feed(*bytes, applied_end_);
        if (!next) co_return std::unexpected(next.error());
        if (*next <= applied_end_) co_return fail(ErrorCode::corrupt_message, "no whole batch");
        applied_end_ = *next;
    }
    co_return Result<void>();
}

// As many writes as one batch may hold, in order. Markers, and records of transactions, have
// batches of their own.
storage::AppendRequest CoordinatorLog::take_batch(std::vector<Write>& taken) {
    const auto limit = static_cast<size_t>(partition_->log().config().max_message_bytes);
    size_t size = protocol::batch_header_size;
    while (!waiting_.empty()) {
        Write& next = waiting_.front();
        const size_t added = size_of_all(next.records);
        const bool together = taken.empty() || (next.is_plain() && taken.front().is_plain());
        if (!together || (!taken.empty() && size + added > limit)) break;
        size += added;
        taken.push_back(std::move(next));
        waiting_.pop_front();
    }
    ASSERT(!taken.empty());
    const int64_t now_ms = clock_.wall_ms();
    if (taken.front().marker) return marker_append(*taken.front().marker, now_ms);
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(build_batch(taken));
    storage::AppendRequest request;
    request.records = *bytes;
    request.keep_alive = bytes;
    request.origin = storage::AppendOrigin::coordinator;
    request.now_ms = now_ms;
    return request;
}

// Nothing if no write has records.
std::vector<uint8_t> CoordinatorLog::build_batch(const std::vector<Write>& writes) const {
    protocol::BatchOptions options;
    if (const Write& first = writes.front(); !first.is_plain()) {
        options.producer_id = first.producer;
        options.producer_epoch = first.producer_epoch;
        options.base_sequence = 0;
        options.transactional = true;
    }
    const int64_t now_ms = clock_.wall_ms();
    protocol::RecordBatchBuilder builder(options);
    for (const Write& write : writes)
        for (const CoordinatorRecord& record : write.records)
            builder.add(now_ms, record.key, record.value);
    if (builder.empty()) return {};
    return builder.build();
}

Task<void> CoordinatorLog::write_batch() {
    std::vector<Write> writes;
    Offset base_offset = applied_end_;
    writing_ = true;
    storage::AppendRequest request = take_batch(writes);
    ErrorCode error = ErrorCode::none;
    if (!request.records.empty()) {
        auto appending = append(std::move(request), base_offset);
        error = co_await std::move(appending);
    }
    if (error == ErrorCode::none && base_offset != applied_end_) {
        // In between lie records of which it was not known whether they would get there: of a
        // write that was given up when the disk did not answer.
        ASSERT(base_offset > applied_end_, "offsets do not go back");
        auto catching_up = catch_up(base_offset);
        co_await std::move(catching_up);
    }
    if (closed_) error = ErrorCode::not_leader_or_follower;
    writing_ = false;
    for (const Write& write : writes) {
        if (error == ErrorCode::none) apply(write);
        write.outcome->set(error);
    }
}

Task<ErrorCode> CoordinatorLog::append(storage::AppendRequest request, Offset& base_offset) {
    const ErrorCode refused = partition_->check_append(-1);
    if (refused != ErrorCode::none) co_return refused;
    auto appending = partition_->append(std::move(request), 1, Nanos::max());
    const storage::AppendResult result = co_await std::move(appending);
    if (result.error != ErrorCode::none) co_return result.error;
    base_offset = result.base_offset;
    ErrorCode committed = ErrorCode::request_timed_out;
    while (committed == ErrorCode::request_timed_out && !closed_) {
        auto waiting = partition_->wait_committed(result.last_offset, clock_.after(commit_check));
        committed = co_await std::move(waiting);
    }
    co_return committed;
}

void CoordinatorLog::apply(const Write& write) {
    if (write.marker) {
        machine_.end_transaction(write.marker->producer_id, write.marker->commit);
        ++applied_end_;
    }
    for (const CoordinatorRecord& record : write.records) {
        const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
        const Result<void> applied = write.is_plain()
                                         ? machine_.committed(record.key, value)
                                         : machine_.hold(write.producer, record.key, value);
        ASSERT(applied.has_value(), "a record made here is understood here");
        ++applied_end_;
    }
}

}  // namespace barnabas::broker
