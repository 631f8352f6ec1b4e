// SPDX-License-Identifier: Apache-2.0
// LogMove: a log on its way to another log directory (KIP-113), and the pure decision what to do
// next with it. Copies while the log is in use; when the copy has caught up, changes of the log are
// held for the moment in which the rest follows and the names are exchanged. The log manager
// carries it out (log_manager_moves.cc); nothing here touches a disk.
#pragma once

#include <memory>

#include "storage/disk_log_handle.h"
#include "storage/future_log.h"

namespace barnabas::storage {

// So much may be left to be made durable while changes are held.
inline constexpr uint64_t unflushed_bytes_max = 8 << 20;

struct MoveView {
    Offset log_start;
    Offset log_end;
    Offset copy_start;
    Offset copy_end;
    // The log lost records at its end after they may have been copied.
    bool was_truncated = false;
    // The last piece that was copied reached the end of the log.
    bool near_end = false;
    bool held = false;
    uint64_t unflushed_bytes = 0;
};

enum class MoveStep { start_over, copy, advance_start, flush, hold, finish };

inline MoveStep next_move_step(const MoveView& view) {
    if (view.was_truncated || view.copy_end < view.log_start || view.copy_end > view.log_end)
        return MoveStep::start_over;
    const bool is_behind = view.copy_end < view.log_end;
    if (is_behind && (view.held || !view.near_end)) return MoveStep::copy;
    if (!view.held && view.unflushed_bytes > unflushed_bytes_max) return MoveStep::flush;
    if (view.copy_start < view.log_start) return MoveStep::advance_start;
    return view.held ? MoveStep::finish : MoveStep::hold;
}

struct LogMove {
    std::shared_ptr<DiskLogHandle> log;
    std::shared_ptr<LogDirectory> target;
    FutureLog::Place place;
    // Belongs to the jobs of the target's work lanes, one at a time.
    std::shared_ptr<FutureLog> copy;
    FutureLog::State state;
    uint64_t truncations = 0;
    bool near_end = false;
    uint64_t unflushed_bytes = 0;
    bool cancelled = false;
    // The checkpoints of the target tell of the log before it is there.
    bool arriving = false;
    // The old directory may have lost its name: only the copy counts from here on.
    bool committed = false;

    MoveView view() const {
        const LogSnapshot& now = *log->snapshot();
        return {.log_start = now.log_start_offset,
                .log_end = now.end_offset,
                .copy_start = state.log_start,
                .copy_end = state.end,
                .was_truncated = log->truncations() != truncations,
                .near_end = near_end,
                .held = log->held(),
                .unflushed_bytes = unflushed_bytes};
    }
};

// What a start does with a copy that it finds.
enum class FoundFuture {
    promote,  // it is the log now
    restart,  // the log is where it was: make a new copy
    keep,     // the log may be in a directory that is offline
    stray,    // nothing says whose it is
};

struct FoundFutureView {
    bool log_exists = false;      // in some directory that is online
    bool has_note = false;        // of FutureLog::complete()
    bool source_offline = false;  // the directory that the note tells of
    bool any_offline = false;
};

inline FoundFuture judge_future(const FoundFutureView& view) {
    if (view.log_exists) return FoundFuture::restart;
    if (view.has_note) return view.source_offline ? FoundFuture::keep : FoundFuture::promote;
    return view.any_offline ? FoundFuture::keep : FoundFuture::stray;
}

}  // namespace barnabas::storage
