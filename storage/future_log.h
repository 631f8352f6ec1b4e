// SPDX-License-Identifier: Apache-2.0
// FutureLog: the copy of a log that is on its way to another log directory (KIP-113), in a
// directory "topic-3.<32 hex digits>-future" as Kafka names it. A plain synchronous object for work
// lanes: every call blocks, and the caller makes one at a time. Never decides when to copy what.
//
// A note in the directory, made durable last, says that the copy is whole and which log directory
// it was copied from. From then on the copy becomes the log as soon as the one it was made of has
// been renamed away; a start that finds both goes on with the old one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/disk.h"
#include "base/uuid.h"
#include "storage/log.h"

namespace barnabas::storage {

class FutureLog {
  public:
    struct Place {
        std::string log_directory;
        std::string name;  // future_name()
        Uuid topic_id;
    };
    // What the loop knows of it after a call.
    struct State {
        Offset log_start;
        Offset end;
        uint64_t bytes = 0;
    };

    // A new one, durable by name. `config` is the log's.
    static Result<std::unique_ptr<FutureLog>> create(Disk& disk, const Place& place,
                                                     const LogConfig& config, int64_t now_ms);

    // Whole batches in offset order, as read from the log. False, and nothing done, where the disk
    // has too little room to spare.
    Result<bool> append(Bytes batches, int64_t now_ms);
    Result<void> advance_log_start(Offset offset) { return log_->advance_log_start(offset); }
    Result<void> skip_to(Offset offset, int64_t now_ms) { return log_->skip_to(offset, now_ms); }
    Result<void> start_over_at(Offset offset) { return log_->truncate_fully_and_start_at(offset); }
    Result<void> flush() { return log_->flush(); }
    // Closes the copy, durably, and leaves the note. Nothing can be appended any more.
    Result<void> complete(const Uuid& source_directory_id);

    State state() const;
    std::string path() const { return place_.log_directory + "/" + place_.name; }

  private:
    FutureLog(Disk& disk, Place place, LogConfig config, std::unique_ptr<Log> log)
        : disk_(disk), place_(std::move(place)), config_(config), log_(std::move(log)) {}
    Result<void> append_some(Bytes batches, int64_t now_ms);

    Disk& disk_;
    const Place place_;
    LogConfig config_;
    std::unique_ptr<Log> log_;
};

// The note of complete(): the id of the log directory that the copy was made from; none if it is
// not there or cannot be understood.
Result<std::optional<Uuid>> read_future_note(Disk& disk, const std::string& directory);
// Gives a copy its partition's name, durably, and takes the note away. Any lane may.
Result<void> promote_future(Disk& disk, const FutureLog::Place& place,
                            const TopicPartition& topic_partition);
// Renames a copy so that it is deleted later, durably; gives its new path. Any lane may.
Result<std::string> discard_future(Disk& disk, const FutureLog::Place& place,
                                   const TopicPartition& topic_partition, const Uuid& unique);

}  // namespace barnabas::storage
