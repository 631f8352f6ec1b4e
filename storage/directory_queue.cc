// SPDX-License-Identifier: Apache-2.0
// The loop's half of DirectoryQueue: submitting, answering, back-pressure, deadlines. The lane's
// half is in directory_queue_lane.cc.
#include "storage/directory_queue.h"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr Nanos watch_interval = std::chrono::seconds(1);
// What an operation costs in memory beside its records.
constexpr uint64_t operation_cost = 512;

void answer(LogOperation& operation, AppendResult append, Result<void> change) {
    ASSERT(!operation.is_answered);
    operation.append_answer = std::move(append);
    operation.change_answer = std::move(change);
    operation.is_answered = true;
    // Resumes later, never inline.
    if (!operation.waiter) return;
    const auto home = std::exchange(operation.waiter_home, {});
    auto resume = [waiter = std::move(*operation.waiter)]() mutable { std::move(waiter)(); };
    operation.waiter.reset();
    boost::asio::post(home, std::move(resume));
}

// Completes when the operation is answered, which it is not yet. The watch answers what is late, so
// the wait needs no timer.
auto wait_for_answer(LogOperation& operation, const boost::asio::any_io_executor& home) {
    auto start = [&operation, &home](auto handler) {
        ASSERT(!operation.waiter, "one task waits");
        operation.waiter.emplace(std::move(handler));
        operation.waiter_home = home;
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(start), boost::asio::use_awaitable);
}

void answer_failed(LogOperation& operation, const Error& why) {
    AppendResult append;
    append.error = why.code;
    append.error_message = why.where;
    answer(operation, std::move(append), std::unexpected(why));
}

const Error offline_error{ErrorCode::kafka_storage_error, 0, "log directory is offline"};
const Error overflow_error{ErrorCode::request_timed_out, 0, "too much waits for the disk"};
const Error deadline_error{ErrorCode::request_timed_out, 0, "disk does not answer"};

}  // namespace

DirectoryQueue::DirectoryQueue(boost::asio::any_io_executor loop, Clock& clock,
                               std::unique_ptr<Lane> lane, Lane* background, std::string path,
                               DirectoryQueueOptions options)
    : loop_(std::move(loop)),
      clock_(clock),
      path_(std::move(path)),
      options_(options),
      lane_(std::move(lane)),
      lane_of_jobs_(lane_.get()),
      quick_lane_(dynamic_cast<RealLane*>(lane_.get())),
      background_(background),
      space_(options_.free_bytes, options_.reserved_bytes) {
    ASSERT(lane_ != nullptr);
    ASSERT(options_.lane_bytes_max > 0);
    if (options_.make_flush_helper != nullptr && options_.flush_helpers_max > 0)
        flush_helpers_.emplace(options_.make_flush_helper, options_.flush_helpers_max);
}

DirectoryQueue::~DirectoryQueue() {
    close();
}

void DirectoryQueue::submit(std::shared_ptr<LogOperation> operation) {
    ASSERT(operation->owner != nullptr && operation->log != nullptr);
    ASSERT(!operation->on_lane && !operation->is_answered);
    if (offline_ || refusing_ || lane_ == nullptr) return answer_failed(*operation, offline_error);
    if (queued_.empty()) last_progress_ = clock_.now();
    operation->cost = operation_cost + operation->request.records.size();
    LogOperation& queued = *operation;
    const bool fits = lane_bytes_ == 0 || lane_bytes_ + queued.cost <= options_.lane_bytes_max;
    if (waiting_.empty() && fits) {
        queued_.push_back(std::move(operation));
        hand_over(queued);
    } else if (waiting_bytes_ + queued.cost <= options_.waiting_bytes_max) {
        queued_.push_back(std::move(operation));
        waiting_.push_back(&queued);
        waiting_bytes_ += queued.cost;
    } else {
        return answer_failed(queued, overflow_error);
    }
    arm_watch();
}

Task<AppendResult> DirectoryQueue::append_answer(std::shared_ptr<LogOperation> operation) {
    ASSERT(operation->kind == LogOperation::Kind::append);
    if (!operation->is_answered) {
        const auto home = co_await boost::asio::this_coro::executor;
        auto waiting = wait_for_answer(*operation, home);
        co_await std::move(waiting);
    }
    co_return std::move(operation->append_answer);
}

Task<Result<void>> DirectoryQueue::change_answer(std::shared_ptr<LogOperation> operation) {
    ASSERT(operation->kind != LogOperation::Kind::append);
    if (!operation->is_answered) {
        const auto home = co_await boost::asio::this_coro::executor;
        auto waiting = wait_for_answer(*operation, home);
        co_await std::move(waiting);
    }
    co_return operation->change_answer;
}

void DirectoryQueue::refuse_overflow(LogOperation& operation) {
    answer_failed(operation, overflow_error);
}

void DirectoryQueue::refuse_late(LogOperation& operation) {
    answer_failed(operation, deadline_error);
}

void DirectoryQueue::hand_over(LogOperation& operation) {
    ASSERT(!operation.on_lane);
    operation.on_lane = true;
    lane_bytes_ += operation.cost;
    handed_over_.fetch_add(1, std::memory_order_relaxed);
    auto job = [this, work = &operation] { run(*work); };
    if (operation.is_quick && quick_lane_ != nullptr && lane_bytes_ <= options_.quick_bytes_max)
        quick_lane_->post_quick(std::move(job));
    else
        lane_->post(std::move(job));
}

void DirectoryQueue::hand_over_waiting() {
    while (!waiting_.empty() && lane_ != nullptr) {
        LogOperation& next = *waiting_.front();
        if (lane_bytes_ > 0 && lane_bytes_ + next.cost > options_.lane_bytes_max) return;
        waiting_.pop_front();
        ASSERT(waiting_bytes_ >= next.cost);
        waiting_bytes_ -= next.cost;
        hand_over(next);
    }
}

void DirectoryQueue::drain() {
    LogOperation* newest = done_.exchange(nullptr, std::memory_order_acquire);
    std::vector<LogOperation*> in_order;
    for (; newest != nullptr; newest = newest->next_done) in_order.push_back(newest);
    std::ranges::reverse(in_order);
    last_progress_ = clock_.now();
    for (LogOperation* operation : in_order) complete(*operation);
    drop_done_from_front();
    hand_over_waiting();
}

void DirectoryQueue::complete(LogOperation& operation) {
    if (operation.is_notice) {
        const std::unique_ptr<LogOperation> notice(&operation);
        notice->owner->publish(notice->state);
        return;
    }
    ASSERT(operation.on_lane && !operation.done);
    ASSERT(lane_bytes_ >= operation.cost);
    lane_bytes_ -= operation.cost;
    operation.done = true;
    operation.request.records = {};
    operation.request.keep_alive.reset();
    operation.change = nullptr;
    operation.owner->publish(operation.state);
    if (operation.is_answered) return;  // too late, but it happened
    Result<void> change;
    if (operation.error) change = std::unexpected(*operation.error);
    answer(operation, std::move(operation.appended), std::move(change));
}

void DirectoryQueue::drop_done_from_front() {
    while (!queued_.empty() && queued_.front()->done) queued_.pop_front();
}

// A background sync has ended: its outcome goes on to the lane, which may be gone by now.
void DirectoryQueue::hand_back(std::shared_ptr<LaneLog> log, Files synced, Result<void> outcome) {
    if (lane_ == nullptr) return;
    lane_->post([this, log = std::move(log), synced = std::move(synced), outcome] {
        end_background_sync(log, synced, outcome);
    });
}

// So has the sync of a flush.
void DirectoryQueue::hand_back_flush(std::shared_ptr<LaneLog> log, Offset end,
                                     Result<void> outcome) {
    if (lane_ == nullptr) return;
    auto job = [this, log = std::move(log), end, outcome] { end_flush(log, end, outcome); };
    if (quick_lane_ != nullptr)
        quick_lane_->post_quick(std::move(job));
    else
        lane_->post(std::move(job));
}

void DirectoryQueue::take_offline(const Error& why) {
    if (offline_) return;
    offline_ = true;
    log_error("storage", "log directory {} is offline: {}", path_, describe(why));
    fail_waiting(offline_error);
    if (lane_ != nullptr) lane_->post([this] { failed_ = true; });
    if (on_offline_) on_offline_(why);
}

void DirectoryQueue::fail_waiting(const Error& why) {
    for (LogOperation* operation : std::exchange(waiting_, {})) {
        operation->done = true;
        if (!operation->is_answered) answer_failed(*operation, why);
    }
    waiting_bytes_ = 0;
    drop_done_from_front();
}

void DirectoryQueue::expire(Nanos now) {
    for (const auto& operation : queued_) {
        if (operation->is_answered || operation->done || operation->deadline > now) continue;
        answer_failed(*operation, deadline_error);
        if (operation->on_lane) continue;  // the lane holds it until it is done
        operation->done = true;
        ASSERT(waiting_bytes_ >= operation->cost);
        waiting_bytes_ -= operation->cost;
        std::erase(waiting_, operation.get());
    }
    drop_done_from_front();
}

void DirectoryQueue::arm_watch() {
    if (watch_timer_ != 0 || queued_.empty()) return;
    auto tick = [queue = weak_from_this()] {
        if (const auto alive = queue.lock()) alive->watch();
    };
    watch_timer_ = clock_.call_at(clock_.after(watch_interval), std::move(tick));
}

void DirectoryQueue::watch() {
    watch_timer_ = 0;
    const Nanos now = clock_.now();
    if (queued_.empty()) return;
    if (now - last_progress_ >= options_.stall_report_after) report_stall(now - last_progress_);
    expire(now);
    arm_watch();
}

void DirectoryQueue::report_stall(Nanos stalled_for) const {
    log_warn("storage", "log directory {} has finished nothing for {} ms: operations={} bytes={}",
             path_, duration_cast<milliseconds>(stalled_for).count(), queued_.size(),
             lane_bytes_ + waiting_bytes_);
}

DirectoryQueueStats DirectoryQueue::stats() const {
    const bool busy = !queued_.empty();
    return {.operations = queued_.size(),
            .bytes = lane_bytes_ + waiting_bytes_,
            .stalled_for = busy ? clock_.now() - last_progress_ : Nanos{0},
            .flushes = flushes_.load(std::memory_order_relaxed)};
}

void DirectoryQueue::close() {
    if (lane_ == nullptr) return;
    lane_.reset();
    if (watch_timer_ != 0) clock_.cancel(std::exchange(watch_timer_, 0));
    if (flush_helpers_) flush_helpers_->close();
    drain();
    flush_group_.clear();
    waiting_.clear();
    for (const auto& operation : std::exchange(queued_, {})) {
        if (!operation->is_answered) answer_failed(*operation, offline_error);
    }
}

}  // namespace barnabas::storage
