// SPDX-License-Identifier: Apache-2.0
// Moves of logs from one log directory to another, and what a start makes of those that were under
// way. A move is over when the old directory has been renamed away: before, the old log counts and
// the copy is made anew after a crash; from then on the copy does, which was durable before.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/disk_log_manager.h"
#include "storage/log_move.h"
#include "storage/milliseconds.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t piece_bytes = 1 << 20;
constexpr Nanos pause_max = std::chrono::seconds(1);
constexpr Nanos held_check_interval = std::chrono::milliseconds(100);
constexpr size_t preferences_max = 10'000;
// Moves beyond it wait, each with an empty copy.
constexpr size_t moves_at_once = 4;

const Error not_whole{ErrorCode::kafka_storage_error, 0, "log is between two directories"};

}  // namespace

DiskLogManager::Directory DiskLogManager::directory_at(std::string_view path) const {
    const auto found = std::ranges::find_if(directories_, [path](const Directory& directory) {
        return directory->holds_partitions && directory->path() == path;
    });
    return found == directories_.end() ? nullptr : *found;
}

// The order of the checks is Kafka's (ReplicaManager.alterReplicaLogDirs), as its answers show.
Task<Result<void>> DiskLogManager::move(TopicPartition of, std::string path) {
    if (!future_name(of, metadata_topic_id))
        co_return fail(ErrorCode::invalid_topic_exception, "name of a copy is too long");
    const Directory target = directory_at(path);
    if (target == nullptr) co_return fail(ErrorCode::log_dir_not_found, "no such log directory");
    if (target->offline()) co_return fail(ErrorCode::kafka_storage_error, "directory is offline");
    if (target->cordoned)
        co_return fail(ErrorCode::invalid_replica_assignment, "directory is cordoned");
    if (tasks_.stopping()) co_return fail(ErrorCode::kafka_storage_error, "stopping");
    auto claiming = claim(of);
    co_await std::move(claiming);
    auto starting = start_move(of, target);
    const auto started = co_await std::move(starting);
    release(of);
    co_return started;
}

Task<Result<void>> DiskLogManager::start_move(TopicPartition of, Directory target) {
    const auto found = handles_.find(of);
    if (found == handles_.end()) {
        if (preferences_.size() < preferences_max) preferences_[of] = target;
        co_return fail(ErrorCode::unknown_topic_or_partition, "no such log");
    }
    const Handle log = found->second;
    if (const auto going = moves_.find(of); going != moves_.end()) {
        if (going->second->target == target) co_return Result<void>{};
        auto ending = end_move(of);
        co_await std::move(ending);
    }
    if (log->offline()) co_return fail(ErrorCode::kafka_storage_error, "log is offline");
    if (log->shared_directory() == target) co_return Result<void>{};
    const auto move = std::make_shared<LogMove>();
    move->log = log;
    move->target = target;
    const auto name = future_name(of, options_.make_uuid());
    ASSERT(name.has_value());
    move->place = {target->path(), *name, log->topic_id()};
    auto make = [this, place = move->place, config = log->config(), now_ms = clock_.wall_ms()] {
        return FutureLog::create(disk_, place, config, now_ms);
    };
    auto making = target->on_work_lane(std::move(make), patience_end());
    auto made = co_await std::move(making);
    if (!made) {
        log_error("storage", "cannot make {}/{}: {}", target->path(), *name,
                  describe(made.error()));
        co_return fail(ErrorCode::kafka_storage_error, made.error().where);
    }
    move->copy = std::move(*made);
    move->truncations = log->truncations();
    log->set_moving(true);
    moves_[of] = move;
    log_info("storage", "moving log {} from {} to {}", of.directory_name(), log->directory().path(),
             target->path());
    if (!tasks_.spawn(run_move(move))) moves_.erase(of);
    co_return Result<void>{};
}

// Ends when the partition is no longer on its way, wherever it is then.
Task<void> DiskLogManager::end_move(TopicPartition of) {
    while (true) {
        const auto going = moves_.find(of);
        if (going == moves_.end()) co_return;
        going->second->cancelled = true;
        co_await changed_.wait_until(clock_.after(pause_max));
    }
}

bool DiskLogManager::goes_on(const LogMove& move) const {
    return !tasks_.stopping() && !move.cancelled && !move.log->offline() && !move.target->offline();
}

Task<void> DiskLogManager::run_move(std::shared_ptr<LogMove> move) {
    const TopicPartition of = move->log->topic_partition();
    while (moves_copying_ >= moves_at_once && goes_on(*move))
        co_await changed_.wait_until(clock_.after(pause_max));
    ++moves_copying_;
    co_await cleaner_.wait_until_idle(of);
    Result<void> outcome;
    MoveStep step{};
    while (outcome && goes_on(*move)) {
        step = next_move_step(move->view());
        auto taking = take_step(move, step);
        outcome = co_await std::move(taking);
        if (step == MoveStep::finish) break;
    }
    if (!outcome)
        log_error("storage", "cannot move log {} to {}: {}", of.directory_name(),
                  move->target->path(), describe(outcome.error()));
    if (!move->committed) co_await abandon(move);
    move->log->set_moving(false);
    if (move->log->held()) move->log->resume();
    --moves_copying_;
    moves_.erase(of);
    changed_.notify_all();
}

Task<Result<void>> DiskLogManager::take_step(std::shared_ptr<LogMove> move, MoveStep step) {
    const LogSnapshot& now = *move->log->snapshot();
    switch (step) {
        case MoveStep::start_over:
            move->truncations = move->log->truncations();
            return on_copy(move, [start = now.log_start_offset](FutureLog& copy) {
                return copy.start_over_at(start);
            });
        case MoveStep::copy:
            return copy_piece(std::move(move));
        case MoveStep::advance_start:
            return on_copy(move, [start = now.log_start_offset](FutureLog& copy) {
                return copy.advance_log_start(start);
            });
        case MoveStep::flush:
            move->unflushed_bytes = 0;
            move->near_end = false;
            return on_copy(move, [](FutureLog& copy) { return copy.flush(); });
        case MoveStep::hold:
            return hold(std::move(move));
        case MoveStep::finish:
            return finish_move(std::move(move));
    }
    ASSERT(false);
}

// Runs `fn(FutureLog&)` on a work lane of the target and notes where the copy is afterwards.
Task<Result<void>> DiskLogManager::on_copy(std::shared_ptr<LogMove> move, CopyWork fn) {
    auto job = [copy = move->copy, work = std::move(fn)]() mutable -> Result<FutureLog::State> {
        TRY(work(*copy));
        return copy->state();
    };
    auto running = move->target->on_work_lane(std::move(job), Nanos::max());
    const auto state = co_await std::move(running);
    if (!state) co_return std::unexpected(state.error());
    move->state = *state;
    co_return Result<void>{};
}

Task<Result<void>> DiskLogManager::copy_piece(std::shared_ptr<LogMove> move) {
    const auto view = move->log->snapshot();
    const ReadRequest request{.from = std::max(move->state.end, view->log_start_offset),
                              .limit = view->end_offset,
                              .bytes_max = piece_bytes,
                              .at_least_one_batch = true};
    auto reading = move->log->read_records(request);
    auto read = co_await std::move(reading);
    // What was to be read may have been deleted meanwhile: the next step starts over.
    const bool is_gone = move->state.end < move->log->snapshot()->log_start_offset;
    if (!read && is_gone) co_return Result<void>{};
    if (!read) co_return std::unexpected(read.error());
    const auto has_room = std::make_shared<bool>(true);
    const uint64_t bytes = read->size();
    auto write = [records = std::move(*read), end = view->end_offset, has_room,
                  now_ms = clock_.wall_ms()](FutureLog& copy) -> Result<void> {
        // Compaction has left nothing up to the end.
        if (records.empty()) return copy.skip_to(end, now_ms);
        TRY_ASSIGN(*has_room, copy.append(records, now_ms));
        return {};
    };
    auto writing = on_copy(move, std::move(write));
    const auto written = co_await std::move(writing);
    if (!written) co_return written;
    move->unflushed_bytes += bytes;
    move->near_end = move->state.end >= view->end_offset;
    if (!*has_room) {
        log_warn("storage", "{} has no room for the copy of log {}: it waits", move->target->path(),
                 move->log->topic_partition().directory_name());
        if (move->log->held()) co_return fail(ErrorCode::kafka_storage_error, "no room");
        co_await stopping_.wait_until(clock_.after(pause_max));
    } else if (!move->log->held()) {
        auto pacing = pace(move, bytes);
        co_await std::move(pacing);
    }
    co_return Result<void>{};
}

// replica.alter.log.dirs.io.max.bytes.per.second holds for all moves together.
Task<void> DiskLogManager::pace(std::shared_ptr<LogMove> move, uint64_t bytes) {
    const double seconds = static_cast<double>(bytes) / static_cast<double>(move_rate_);
    const auto cost = std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
    moves_paid_until_ = std::max(moves_paid_until_, clock_.now()) + cost;
    const Nanos until = moves_paid_until_;
    const int64_t rate = move_rate_;
    while (clock_.now() < until && goes_on(*move) && move_rate_ == rate) {
        const Nanos next = std::min(until, clock_.after(held_check_interval));
        co_await stopping_.wait_until(next);
    }
    if (move_rate_ != rate) moves_paid_until_ = clock_.now();
}

Task<Result<void>> DiskLogManager::hold(std::shared_ptr<LogMove> move) {
    move->log->hold();
    tasks_.spawn(watch_held(move->log));
    auto settling = move->log->settle();
    co_return co_await std::move(settling);
}

Task<void> DiskLogManager::watch_held(Handle log) {
    while (log->held()) {
        co_await clock_.sleep(held_check_interval);
        log->expire_held(clock_.now());
    }
}

// The copy equals the log, and the log stands still.
Task<Result<void>> DiskLogManager::finish_move(std::shared_ptr<LogMove> move) {
    const Directory source = move->log->shared_directory();
    auto completing =
        on_copy(move, [id = source->directory_id](FutureLog& copy) { return copy.complete(id); });
    if (const auto completed = co_await std::move(completing); !completed) co_return completed;
    const CheckpointedOffsets offsets{.recovery_point = move->state.end,
                                      .log_start_offset = move->state.log_start,
                                      .high_watermark = move->log->high_watermark(),
                                      .cleaned_until = move->log->cleaned_until()};
    move->arriving = true;
    auto note = [of = move->log->topic_partition(),
                 offsets](DirectoryFiles& files) -> Result<void> {
        TRY(files.begin_writing());
        return files.note_arrival(of, offsets);
    };
    auto noting = move->target->on_lane(std::move(note), Nanos::max());
    if (const auto noted = co_await std::move(noting); !noted) co_return noted;
    if (!goes_on(*move)) co_return Result<void>{};
    auto committing = commit_move(move);
    const auto old_path = co_await std::move(committing);
    if (!old_path) co_return std::unexpected(old_path.error());
    auto arriving = arrive(move, offsets);
    const auto arrived = co_await std::move(arriving);
    if (!arrived) {
        move->log->mark_removed();
        co_return arrived;
    }
    const Nanos due = clock_.after(nanos_of_ms(move->log->config().file_delete_delay_ms));
    deletions_.push_back({source, *old_path, due});
    log_info("storage", "log {} is in {} now, and was in {}",
             move->log->topic_partition().directory_name(), move->target->path(), source->path());
    co_return Result<void>{};
}

// Renames the old directory away, and ends the log in it. A rename that may or may not last counts
// as done: its directory goes offline, and the next start decides by what it finds.
Task<Result<std::string>> DiskLogManager::commit_move(std::shared_ptr<LogMove> move) {
    const Directory source = move->log->shared_directory();
    const TopicPartition of = move->log->topic_partition();
    const auto renamed = std::make_shared<bool>(false);
    auto rename = [this, of, renamed, path = source->path(), readable = move->log->snapshot(),
                   unique = options_.make_uuid()]() -> Result<std::string> {
        hold_files(*readable);
        const std::string to = path + "/" + aside_name(of, unique, "delete");
        TRY(disk_.rename(path + "/" + of.directory_name(), to));
        *renamed = true;
        TRY(disk_.sync_directory(path));
        return to;
    };
    auto renaming = source->on_work_lane(std::move(rename), Nanos::max());
    const auto to = co_await std::move(renaming);
    move->committed = *renamed;
    if (!to) {
        // An EIO of the rename itself says nothing of what is on the disk.
        move->committed = *renamed || is_disk_failure(to.error());
        if (*renamed) source->queue().take_offline(to.error());
        co_return std::unexpected(to.error());
    }
    auto retire = [&queue = source->queue(), log = move->log->lane_log(),
                   of](DirectoryFiles& files) {
        queue.retire(*log, not_whole);
        return files.write_cleaned_until(of, std::nullopt);
    };
    auto retiring = source->on_lane(std::move(retire), Nanos::max());
    // The records are in the copy, whatever becomes of the old directory's notes.
    co_await std::move(retiring);
    co_return *to;
}

// Gives the copy its name and opens it as the log.
Task<Result<void>> DiskLogManager::arrive(std::shared_ptr<LogMove> move,
                                          CheckpointedOffsets offsets) {
    const Directory target = move->target;
    const TopicPartition of = move->log->topic_partition();
    auto open = [this, of, offsets, place = move->place, copy = std::move(move->copy),
                 options = open_options(*target, of, move->log->config(),
                                        true)]() mutable -> Result<OpenedLog> {
        copy.reset();
        TRY(promote_future(disk_, place, of));
        OpenedLog opened = open_log(disk_, options, offsets);
        if (opened.error) return std::unexpected(*opened.error);
        return opened;
    };
    auto opening = target->on_work_lane(std::move(open), Nanos::max());
    auto opened = co_await std::move(opening);
    if (!opened) co_return std::unexpected(opened.error());
    ASSERT(move->log->directory().partitions > 0);
    --move->log->directory().partitions;
    ++target->partitions;
    move->log->relocate(target, std::move(*opened));
    co_return Result<void>{};
}

// At the end of the process the copy stays; the next start makes it anew.
Task<void> DiskLogManager::abandon(std::shared_ptr<LogMove> move) {
    const TopicPartition of = move->log->topic_partition();
    const bool discards = !tasks_.stopping() && !move->target->offline();
    auto drop = [this, of, discards, place = move->place, copy = std::move(move->copy),
                 unique = options_.make_uuid()]() mutable -> Result<std::string> {
        copy.reset();
        if (!discards) return std::string();
        return discard_future(disk_, place, of, unique);
    };
    auto dropping = move->target->on_work_lane(std::move(drop), patience_end());
    const auto dropped = co_await std::move(dropping);
    if (!discards) co_return;
    if (dropped) deletions_.push_back({move->target, *dropped, clock_.now()});
    log_info("storage", "log {} stays in {}, its copy in {} is deleted", of.directory_name(),
             move->log->directory().path(), move->target->path());
}

bool DiskLogManager::is_arriving_in(const LogDirectory& directory) const {
    return std::ranges::any_of(moves_, [&](const auto& each) {
        return each.second->arriving && each.second->target.get() == &directory;
    });
}

// Comes before anything is opened: what was moved has its name when the logs are looked for.
Task<Result<void>> DiskLogManager::settle_futures() {
    for (const Directory& directory : directories_) {
        if (directory->offline() || !directory->holds_partitions) continue;
        auto list = [this, path = directory->path()]() -> Result<std::vector<DirectoryEntry>> {
            return disk_.list(path);
        };
        auto listing = directory->on_work_lane(std::move(list), Nanos::max());
        const auto entries = co_await std::move(listing);
        if (!entries && directory->offline()) continue;
        if (!entries) co_return std::unexpected(entries.error());
        for (const DirectoryEntry& entry : *entries) {
            const auto of = parse_future_name(entry.name);
            if (!entry.is_directory || !of || *of == metadata_partition()) continue;
            auto settling = settle_future(directory, *of, entry.name);
            const auto settled = co_await std::move(settling);
            if (!settled && !directory->offline()) co_return settled;
        }
    }
    co_return Result<void>{};
}

Task<Result<FoundFutureView>> DiskLogManager::look_at_future(Directory directory, TopicPartition of,
                                                             std::string name) {
    FoundFutureView view;
    auto read = [this, path = directory->path() + "/" + name] {
        return read_future_note(disk_, path);
    };
    auto reading = directory->on_work_lane(std::move(read), Nanos::max());
    const auto note = co_await std::move(reading);
    if (!note) co_return std::unexpected(note.error());
    view.has_note = note->has_value();
    for (const Directory& each : directories_) {
        if (!each->holds_partitions) continue;
        if (each->offline()) {
            view.any_offline = true;
            // Which one it is cannot be read from a directory that never came up.
            const bool is_other =
                !each->directory_id.is_zero() && each->directory_id != note->value_or(Uuid{});
            if (view.has_note && !is_other) view.source_offline = true;
            continue;
        }
        auto ask = [of](DirectoryFiles& files) { return files.has(of); };
        auto asking = each->on_lane(std::move(ask), Nanos::max());
        const auto has = co_await std::move(asking);
        if (!has) co_return std::unexpected(has.error());
        view.log_exists = view.log_exists || *has;
    }
    co_return view;
}

Task<Result<void>> DiskLogManager::settle_future(Directory directory, TopicPartition of,
                                                 std::string name) {
    auto looking = look_at_future(directory, of, name);
    const auto view = co_await std::move(looking);
    if (!view) co_return std::unexpected(view.error());
    const FoundFuture verdict = judge_future(*view);
    const FutureLog::Place place{directory->path(), name, {}};
    auto act = [this, of, place, verdict,
                unique = options_.make_uuid()](DirectoryFiles& files) -> Result<std::string> {
        TRY(files.begin_writing());
        if (verdict == FoundFuture::restart) return discard_future(disk_, place, of, unique);
        if (verdict == FoundFuture::promote) TRY(promote_future(disk_, place, of));
        return std::string();
    };
    if (verdict == FoundFuture::keep || verdict == FoundFuture::stray) {
        log_warn("storage", "{}/{}, a copy of a log that is not here, is left alone",
                 directory->path(), name);
        co_return Result<void>{};
    }
    auto acting = directory->on_lane(std::move(act), Nanos::max());
    const auto acted = co_await std::move(acting);
    if (!acted) co_return std::unexpected(acted.error());
    // The deletion itself is due to sort_found(), which sees the new name.
    if (verdict == FoundFuture::restart) interrupted_moves_.emplace_back(of, directory);
    log_info("storage", "{}/{}: {}", directory->path(), name,
             verdict == FoundFuture::promote ? "its move is finished" : "is copied anew");
    co_return Result<void>{};
}

Task<void> DiskLogManager::restart_moves() {
    for (const auto& [of, target] : std::exchange(interrupted_moves_, {})) {
        if (tasks_.stopping()) co_return;
        if (!handles_.contains(of)) continue;
        auto moving = move(of, target->path());
        (void)co_await std::move(moving);
    }
}

void DiskLogManager::set_cordoned(const std::set<std::string>& paths) {
    for (const Directory& directory : directories_)
        directory->cordoned = paths.contains(directory->path());
}

// The directory that move() has named before there was a log; only once.
DiskLogManager::Directory DiskLogManager::take_preference(const TopicPartition& of) {
    const auto found = preferences_.find(of);
    if (found == preferences_.end()) return nullptr;
    const Directory directory = found->second;
    preferences_.erase(found);
    return directory->offline() ? nullptr : directory;
}

std::vector<LogSize> DiskLogManager::copies_in(const LogDirectory& directory) const {
    std::vector<LogSize> sizes;
    for (const auto& [of, move] : moves_) {
        if (move->target.get() != &directory || &move->log->directory() == &directory) continue;
        const int64_t lag = move->log->snapshot()->end_offset - move->state.end;
        sizes.push_back({.topic_partition = of,
                         .bytes = move->state.bytes,
                         .is_future = true,
                         .offset_lag = std::max<int64_t>(lag, 0)});
    }
    return sizes;
}

}  // namespace barnabas::storage
