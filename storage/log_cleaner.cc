// SPDX-License-Identifier: Apache-2.0
// Picking logs, running rounds of compaction, and what becomes of those that fail.
#include "storage/log_cleaner.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/milliseconds.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t step_bytes_max = 4 << 20;
constexpr uint64_t step_bytes_min = 64 << 10;
constexpr Nanos progress_interval = std::chrono::seconds(5);
// Where no backoff is set. Looking for work takes the time of the loop that all share.
constexpr Nanos pause_min = std::chrono::milliseconds(10);

double seconds_of(Nanos time) {
    return std::chrono::duration<double>(time).count();
}

HashSecret secret_of(const Uuid& random) {
    return {load_be<uint64_t>(random.bytes.data()), load_be<uint64_t>(random.bytes.data() + 8)};
}

// The records themselves are in the way; trying again would give the same.
bool lies_in_the_log(const Error& error) {
    return error.code == ErrorCode::corrupt_message || error.code == ErrorCode::invalid_record ||
           error.code == ErrorCode::message_too_large ||
           error.code == ErrorCode::unsupported_compression_type;
}

Offset last_stable_of(const DiskLogHandle& log) {
    const Offset high = log.high_watermark();
    return std::min(high, log.snapshot()->first_unstable_offset.value_or(high));
}

}  // namespace

LogCleaner::LogCleaner(Disk& disk, Clock& clock, TaskGroup& tasks, LogCleanerOptions options,
                       const Uuid& secret, Logs logs)
    : disk_(disk),
      clock_(clock),
      tasks_(tasks),
      secret_(secret_of(secret)),
      logs_(std::move(logs)),
      wake_(clock) {
    take_options(options);
}

void LogCleaner::take_options(const LogCleanerOptions& options) {
    options_ = options;
    // Small enough to stop soon, and not to overshoot a low rate by much.
    const double tenth = std::min(options_.bytes_per_second / 10, double{step_bytes_max});
    step_bytes_ = std::max(static_cast<uint64_t>(std::max(tenth, 0.0)), step_bytes_min);
}

void LogCleaner::start() {
    if (!options_.enabled) return;
    tasks_.on_stop([this] { wake_.notify_all(); });
    started_ = true;
    start_workers();
}

void LogCleaner::start_workers() {
    while (workers_ < options_.threads) {
        ++workers_;
        if (tasks_.spawn(work())) continue;
        --workers_;
        break;
    }
}

void LogCleaner::set_options(const LogCleanerOptions& options) {
    take_options(options);
    if (!started_ || tasks_.stopping()) return;
    start_workers();
    wake_.notify_all();
}

Task<void> LogCleaner::wait_until_idle(TopicPartition of) {
    wake_.notify_all();
    while (busy_.contains(of)) co_await wake_.wait_until(Nanos::max());
}

Task<void> LogCleaner::pause(Nanos until) {
    if (!tasks_.stopping()) co_await wake_.wait_until(until);
}

Task<void> LogCleaner::work() {
    while (!tasks_.stopping() && workers_ <= options_.threads) {
        auto picking = pick();
        auto picked = co_await std::move(picking);
        bool went_well = false;
        if (picked && !tasks_.stopping()) {
            auto cleaning = clean(std::move(*picked));
            went_well = co_await std::move(cleaning);
        }
        const Nanos ended = clock_.now();
        while (!went_well && !tasks_.stopping() && workers_ <= options_.threads) {
            const Nanos next = ended + std::max(nanos_of_ms(options_.backoff_ms), pause_min);
            if (clock_.now() >= next) break;
            co_await pause(next);
        }
    }
    --workers_;
}

// The one with the largest dirty part of those that want it.
Task<std::optional<LogCleaner::Picked>> LogCleaner::pick() {
    std::optional<Picked> best;
    const int64_t now_ms = clock_.wall_ms();
    const auto logs = logs_();
    double dirtiest = 0;
    for (const Handle& log : logs) {
        if (!log->config().cleanup_compact || log->offline() || log->uncleanable() || log->moving())
            continue;
        if (busy_.contains(log->topic_partition())) continue;
        const CleanableLimits limits{log->cleaned_until(), last_stable_of(*log),
                                     log->recovery_point(), now_ms};
        const auto range = cleanable_range(*log->snapshot(), log->config(), limits);
        if (range.dirty_bytes == 0) continue;
        dirtiest = std::max(dirtiest, range.dirty_ratio());
        if (best && best->ratio >= range.dirty_ratio()) continue;
        bool wanted = range.dirty_ratio() > log->config().min_cleanable_dirty_ratio;
        if (!wanted) wanted = co_await is_overdue(log, range);
        if (wanted && !busy_.contains(log->topic_partition()))
            best = Picked{log, range, range.dirty_ratio()};
    }
    status_.dirty_ratio_max = dirtiest;
    if (best) busy_.insert(best->log->topic_partition());
    co_return best;
}

Task<bool> LogCleaner::is_overdue(Handle log, CleanableRange range) {
    if (log->config().max_compaction_lag_ms == std::numeric_limits<int64_t>::max()) co_return false;
    auto look = [view = log->snapshot(), config = log->config(), range, now_ms = clock_.wall_ms()] {
        return compaction_overdue(*view, config, range, now_ms);
    };
    auto looking = log->directory().on_work_lane(std::move(look), Nanos::max());
    const auto overdue = co_await std::move(looking);
    co_return overdue.value_or(false);
}

// True if it is worth looking for the next one at once. What was picked is in busy_.
Task<bool> LogCleaner::clean(Picked picked) {
    ASSERT(busy_.contains(picked.log->topic_partition()));
    Round round{picked.log, picked.range, picked.log->truncations(),
                nullptr,    clock_.now(), clock_.now(),
                0};
    auto running = run(round);
    const auto outcome = co_await std::move(running);
    if (round.cleaning != nullptr && !(outcome && *outcome)) {
        auto discard = [cleaning = round.cleaning] { return cleaning->discard(); };
        auto discarding = round.log->directory().on_work_lane(std::move(discard), Nanos::max());
        co_await std::move(discarding);
    }
    if (!outcome) note_failure(round, outcome.error());
    if (outcome && *outcome) {
        auto noting = round.log->set_cleaned_until(round.cleaning->cleaned_until());
        const auto noted = co_await std::move(noting);
        if (!noted) log_warn("storage", "cleaner checkpoint: {}", describe(noted.error()));
        report(round, true);
    }
    // The map is large: it goes on a lane, where giving memory back may take its time.
    auto drop = [cleaning = std::exchange(round.cleaning, nullptr)]() mutable {
        cleaning.reset();
        return Result<void>{};
    };
    auto dropping = round.log->directory().on_work_lane(std::move(drop), Nanos::max());
    co_await std::move(dropping);
    busy_.erase(round.log->topic_partition());
    wake_.notify_all();
    co_return outcome && *outcome;
}

bool LogCleaner::goes_on(const Round& round) const {
    return !tasks_.stopping() && !round.log->offline() && !round.log->moving() &&
           round.log->config().cleanup_compact && round.log->truncations() == round.truncations;
}

Task<Result<void>> LogCleaner::begin(Round& round) {
    CleaningInput input;
    const std::string& path = round.log->directory().path();
    input.directory = path + "/" + round.log->topic_partition().directory_name();
    input.open_files = round.log->directory().open_files;
    input.config = round.log->config();
    input.log = round.log->snapshot();
    input.dirty_from = round.range.from;
    input.clean_until = round.range.until;
    const size_t threads = std::max<size_t>(options_.threads, 1);
    input.map_bytes = options_.dedupe_buffer_bytes / threads;
    input.write_bytes = options_.io_buffer_bytes / threads;
    input.map_load_factor = options_.load_factor;
    input.secret = secret_;
    input.now_ms = clock_.wall_ms();
    auto looking = round.log->producer_tails();
    auto tails = co_await std::move(looking);
    if (!tails) co_return std::unexpected(tails.error());
    input.producers = std::move(*tails);
    auto make = [this, input = std::move(input)]() mutable -> Result<std::shared_ptr<LogCleaning>> {
        return std::make_shared<LogCleaning>(disk_, std::move(input));
    };
    auto making = round.log->directory().on_work_lane(std::move(make), Nanos::max());
    auto made = co_await std::move(making);
    if (!made) co_return std::unexpected(made.error());
    round.cleaning = std::move(*made);
    co_return Result<void>{};
}

Task<LogCleaner::Outcome> LogCleaner::run(Round& round) {
    auto beginning = begin(round);
    const auto begun = co_await std::move(beginning);
    if (!begun) co_return std::unexpected(begun.error());
    while (goes_on(round)) {
        auto step = [cleaning = round.cleaning, bytes = step_bytes_] {
            return cleaning->step(bytes);
        };
        auto stepping = round.log->directory().on_work_lane(std::move(step), Nanos::max());
        const auto progress = co_await std::move(stepping);
        if (!progress) co_return std::unexpected(progress.error());
        round.bytes += progress->bytes;
        if (progress->has_replacement) {
            auto replacing = replace(round);
            const auto replaced = co_await std::move(replacing);
            if (!replaced || !*replaced) co_return replaced;
        }
        if (progress->done) co_return true;
        report(round, false);
        const Nanos next = throttle(progress->bytes);
        while (clock_.now() < next && goes_on(round)) co_await pause(next);
    }
    co_return false;
}

Task<LogCleaner::Outcome> LogCleaner::replace(Round& round) {
    if (!goes_on(round)) co_return false;
    auto replacing = round.log->replace_segments(round.cleaning->take_replacement());
    const auto replaced = co_await std::move(replacing);
    if (replaced && *replaced) round.cleaning->replaced();
    co_return replaced;
}

// When the next bytes may be moved; all rounds share the rate.
Nanos LogCleaner::throttle(uint64_t bytes) {
    const double seconds = static_cast<double>(bytes) / std::max(options_.bytes_per_second, 1.0);
    constexpr double seconds_max = 3600;
    free_at_ = std::max(free_at_, clock_.now()) +
               std::chrono::duration_cast<Nanos>(
                   std::chrono::duration<double>(std::min(seconds, seconds_max)));
    return free_at_;
}

void LogCleaner::report(Round& round, bool done) {
    const Nanos now = clock_.now();
    if (!done && now - round.reported < progress_interval) return;
    round.reported = now;
    const std::string name = round.log->topic_partition().directory_name();
    if (!done) {
        log_info("storage", "compacting {}: {} bytes read and written after {:.1f} s", name,
                 round.bytes, seconds_of(now - round.started));
        return;
    }
    const FilterStats& stats = round.cleaning->stats();
    ++status_.rounds;
    status_.bytes_read += stats.bytes_read;
    status_.bytes_kept += stats.bytes_kept;
    status_.map_utilization = round.cleaning->map_utilization();
    status_.last_round_seconds = seconds_of(now - round.started);
    log_info("storage",
             "compacted {} from offset {} to {} in {:.3f} s: records={}->{} bytes={}->{} keys={}",
             name, round.range.from.value, round.cleaning->cleaned_until().value,
             status_.last_round_seconds, stats.records_read, stats.records_kept, stats.bytes_read,
             stats.bytes_kept, round.cleaning->keys());
}

void LogCleaner::note_failure(const Round& round, const Error& why) {
    const std::string name = round.log->topic_partition().directory_name();
    ++status_.failures;
    if (round.log->offline() || tasks_.stopping()) return;
    if (!lies_in_the_log(why)) {
        log_warn("storage", "cannot compact {} now: {}", name, describe(why));
        return;
    }
    round.log->mark_uncleanable(why);
    log_error("storage",
              "{} cannot be compacted and is left as it is until the next start: {}. All other "
              "logs go on",
              name, describe(why));
}

LogCleanerStatus LogCleaner::status() const {
    LogCleanerStatus status = status_;
    for (const Handle& log : logs_()) status.uncleanable_partitions += log->uncleanable() ? 1 : 0;
    return status;
}

}  // namespace barnabas::storage
