// SPDX-License-Identifier: Apache-2.0
// Partition: the high watermark and who hears of it. Everything here runs on the loop between two
// suspensions, so that leadership and offsets are read and changed in one step.
#include "broker/partition/partition.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace barnabas::broker {

using storage::AppendRequest;
using storage::AppendResult;
using storage::EpochEndOffset;
using storage::LogSnapshot;
using storage::TimestampOffset;

struct Partition::State {
    State(Clock& clock_in, std::shared_ptr<storage::LogHandle> log_in)
        : log(std::move(log_in)), committed(clock_in) {}

    const std::shared_ptr<storage::LogHandle> log;
    Signal committed;  // the high watermark moved, or leadership did
    std::vector<Signal*> watchers;
    BrokerId leader = broker_id_none;
    LeaderEpoch epoch = leader_epoch_none;
    size_t replicas = 1;
    size_t in_sync = 1;
    bool leads = false;
    bool is_deleted = false;
    Offset high_watermark;
    Offset last_stable;
    TransactionGuards guards;
    Offset epoch_start;  // log end when this leadership began

    const LogSnapshot& view() const { return *log->snapshot(); }

    // What all in-sync replicas have. This broker is the only replica today, and what its log has
    // published (flushed first, where the log is told to flush) is committed.
    Offset committed_end() const { return view().end_offset; }

    void notify() {
        committed.notify_all();
        for (Signal* watcher : watchers) watcher->notify_all();
    }

    static Offset stable_end(const LogSnapshot& now, Offset high) {
        return std::min(high, now.first_unstable_offset.value_or(high));
    }

    // Moves the high watermark and the last stable offset to where the snapshot allows.
    void advance() {
        const LogSnapshot& now = view();
        ASSERT(now.log_start_offset <= now.end_offset);
        if (!leads) return;
        const Offset new_high = committed_end();
        const Offset new_stable = stable_end(now, new_high);
        ASSERT(new_high >= high_watermark, "no rewind within a leadership");
        ASSERT(new_stable >= last_stable, "no rewind within a leadership");
        ASSERT(new_stable <= new_high && new_high <= now.end_offset);
        ASSERT(now.log_start_offset <= new_high);
        if (new_high == high_watermark && new_stable == last_stable) return;
        if (new_high != high_watermark) log->set_high_watermark(new_high);
        high_watermark = new_high;
        last_stable = new_stable;
        notify();
    }

    // Where the high watermark stands before anybody leads: what was checkpointed, within the log.
    void restore() {
        const LogSnapshot& now = view();
        high_watermark =
            std::clamp(log->checkpointed_high_watermark(), now.log_start_offset, now.end_offset);
        last_stable = stable_end(now, high_watermark);
    }

    ErrorCode check_leader() const {
        if (!leads || is_deleted) return ErrorCode::not_leader_or_follower;
        if (log->offline()) return ErrorCode::kafka_storage_error;
        return ErrorCode::none;
    }
    ErrorCode check_epoch(LeaderEpoch current) const {
        if (current != leader_epoch_none && !is_deleted) {
            if (current < epoch) return ErrorCode::fenced_leader_epoch;
            if (current > epoch) return ErrorCode::unknown_leader_epoch;
        }
        return check_leader();
    }
    ErrorCode check_append(int16_t required_acks) const {
        if (const ErrorCode error = check_leader(); error != ErrorCode::none) return error;
        const auto wanted = static_cast<size_t>(std::max(log->config().min_insync_replicas, 1));
        if (required_acks == -1 && in_sync < std::min(wanted, replicas))
            return ErrorCode::not_enough_replicas;
        return ErrorCode::none;
    }
};

namespace {

AppendResult failed(ErrorCode error) {
    AppendResult result;
    result.error = error;
    return result;
}

Task<AppendResult> ready(AppendResult result) {
    co_return result;
}

// Offset lookups are tried on the loop first and go to the disk only for what is not cached.
bool must_wait_for_disk(const Error& error) {
    return error.os_error == EAGAIN;
}

}  // namespace

Partition::Partition(Clock& clock, std::shared_ptr<storage::LogHandle> log)
    : state_(std::make_shared<State>(clock, std::move(log))) {
    state_->restore();
    auto published = [weak = std::weak_ptr(state_)] {
        if (const auto state = weak.lock()) state->advance();
    };
    state_->log->on_published(std::move(published));
}

Task<AppendResult> Partition::append(AppendRequest request, int16_t required_acks, Nanos deadline) {
    const ErrorCode error = state_->check_append(required_acks);
    if (error != ErrorCode::none) return ready(failed(error));
    request.leader_epoch = state_->epoch;
    auto written = state_->log->append(std::move(request));
    return finish_append(state_, state_->epoch, std::move(written), required_acks, deadline);
}

ErrorCode Partition::check_append(int16_t required_acks) const {
    return state_->check_append(required_acks);
}

Task<AppendResult> Partition::finish_append(std::shared_ptr<State> state, LeaderEpoch epoch,
                                            Task<AppendResult> written, int16_t required_acks,
                                            Nanos deadline) {
    AppendResult result = co_await std::move(written);
    if (result.error != ErrorCode::none) {
        ASSERT(result.base_offset == offset_none, "an error has no offset (X27)");
        co_return result;
    }
    ASSERT(result.base_offset >= Offset{0} && result.base_offset <= result.last_offset);
    if (required_acks != -1) co_return result;
    // A retry that storage recognised waits like the original did (X03).
    auto waiting = wait_committed(state, epoch, result.last_offset, deadline);
    const ErrorCode committed = co_await std::move(waiting);
    if (committed != ErrorCode::none) co_return failed(committed);
    co_return result;
}

Task<ErrorCode> Partition::wait_committed(std::shared_ptr<State> state, LeaderEpoch epoch,
                                          Offset offset, Nanos deadline) {
    while (state->high_watermark <= offset) {
        if (state->is_deleted || !state->leads || state->epoch != epoch)
            co_return ErrorCode::not_leader_or_follower;
        auto woken = state->committed.wait_until(deadline);
        const bool notified = co_await std::move(woken);
        if (!notified && state->high_watermark <= offset) co_return ErrorCode::request_timed_out;
    }
    co_return ErrorCode::none;
}

Task<ErrorCode> Partition::wait_committed(Offset offset, Nanos deadline) const {
    return wait_committed(state_, state_->epoch, offset, deadline);
}

Offset Partition::readable_end(Isolation isolation) const {
    return isolation == Isolation::read_committed ? state_->last_stable : state_->high_watermark;
}

Task<Result<TimestampOffset>> Partition::find_by_timestamp(int64_t timestamp_ms,
                                                           Isolation isolation) const {
    const auto state = state_;
    const Offset limit = readable_end(isolation);
    auto found = state->view().find_by_timestamp(timestamp_ms, limit, ReadMode::cached_only);
    if (found || !must_wait_for_disk(found.error())) co_return found;
    auto lookup = state->log->find_by_timestamp(timestamp_ms, limit);
    co_return co_await std::move(lookup);
}

Task<Result<TimestampOffset>> Partition::find_max_timestamp(Isolation isolation) const {
    const auto state = state_;
    const Offset limit = readable_end(isolation);
    auto found = state->view().find_max_timestamp(limit, ReadMode::cached_only);
    if (found || !must_wait_for_disk(found.error())) co_return found;
    auto lookup = state->log->find_max_timestamp(limit);
    co_return co_await std::move(lookup);
}

EpochEndOffset Partition::end_offset_for(LeaderEpoch epoch) const {
    if (epoch < LeaderEpoch{0} || epoch > state_->epoch) return {};
    // A leadership without a record of its own is in no log, yet it has begun: at the log end.
    if (epoch == state_->epoch) return {epoch, state_->view().end_offset};
    return state_->view().end_offset_for(epoch);
}

LeaderEpoch Partition::epoch_at(Offset offset) const {
    const LogSnapshot& view = state_->view();
    return offset >= view.end_offset ? state_->epoch : view.epoch_at(offset);
}

Task<Result<Offset>> Partition::delete_records_before(Offset offset) {
    const auto state = state_;
    if (const ErrorCode error = state->check_leader(); error != ErrorCode::none)
        co_return fail(error, "delete records");
    const storage::LogConfig& config = state->log->config();
    if (config.cleanup_compact && !config.cleanup_delete)
        co_return fail(ErrorCode::policy_violation, "delete records of a compacted topic");
    const Offset target = offset == offset_none ? state->high_watermark : offset;
    if (target < Offset{0} || target > state->high_watermark)
        co_return fail(ErrorCode::offset_out_of_range, "delete records");
    if (target > state->view().log_start_offset) {
        auto moved = state->log->advance_log_start(target);
        const Result<void> outcome = co_await std::move(moved);
        if (!outcome) co_return std::unexpected(outcome.error());
    }
    co_return state->view().log_start_offset;
}

Task<Result<storage::ActiveProducers>> Partition::active_producers() const {
    return state_->log->active_producers();
}

void Partition::watch(Signal* signal) {
    ASSERT(signal != nullptr);
    state_->watchers.push_back(signal);
}

void Partition::unwatch(Signal* signal) {
    auto& watchers = state_->watchers;
    const auto found = std::find(watchers.begin(), watchers.end(), signal);
    ASSERT(found != watchers.end(), "watched before");
    *found = watchers.back();
    watchers.pop_back();
}

void Partition::apply_image(const cluster::PartitionImage& image, BrokerId self) {
    State& state = *state_;
    ASSERT(!state.is_deleted);
    ASSERT(image.leader_epoch >= state.epoch, "images come in order");
    const bool new_epoch = image.leader_epoch != state.epoch;
    const bool new_leader = image.leader != state.leader;
    ASSERT(new_epoch || !new_leader || state.leader == broker_id_none ||
               image.leader == broker_id_none,
           "another leader has another epoch");
    state.replicas = std::max<size_t>(image.replicas.size(), 1);
    state.in_sync = image.isr.size();
    if (!new_epoch && !new_leader) return;
    state.leader = image.leader;
    state.epoch = image.leader_epoch;
    state.leads = image.leader == self;
    state.epoch_start = state.view().end_offset;
    state.guards.clear();
    state.advance();
    state.notify();
}

void Partition::mark_deleted() {
    state_->is_deleted = true;
    state_->leads = false;
    state_->notify();
}

TransactionGuards& Partition::guards() {
    return state_->guards;
}
bool Partition::is_leader() const {
    return state_->leads;
}
bool Partition::deleted() const {
    return state_->is_deleted;
}
LeaderEpoch Partition::leader_epoch() const {
    return state_->epoch;
}
BrokerId Partition::leader() const {
    return state_->leader;
}
Offset Partition::log_start_offset() const {
    return state_->view().log_start_offset;
}
Offset Partition::high_watermark() const {
    return state_->high_watermark;
}
Offset Partition::last_stable_offset() const {
    return state_->last_stable;
}
Offset Partition::log_end_offset() const {
    return state_->view().end_offset;
}
bool Partition::end_offset_known() const {
    return state_->high_watermark >= state_->epoch_start;
}

ErrorCode Partition::check_leader_epoch(LeaderEpoch current) const {
    return state_->check_epoch(current);
}
storage::LogHandle& Partition::log() const {
    return *state_->log;
}
const Uuid& Partition::topic_id() const {
    return state_->log->topic_id();
}

}  // namespace barnabas::broker
