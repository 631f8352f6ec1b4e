// SPDX-License-Identifier: Apache-2.0
// Opening, creating and removing of single partitions. Work runs in tasks of the manager, so that
// it ends properly even when the caller's patience does not last.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/disk_log_manager.h"
#include "storage/milliseconds.h"
#include "storage/partition_metadata.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

const Error stopping_error{ErrorCode::kafka_storage_error, 0, "log manager is stopping"};

// A partition that is being made in a directory.
class Expected {
  public:
    explicit Expected(LogDirectory& in) : in_(in) { ++in_.partitions_to_come; }
    Expected(const Expected&) = delete;
    Expected& operator=(const Expected&) = delete;
    ~Expected() { --in_.partitions_to_come; }

  private:
    LogDirectory& in_;
};

size_t expected_in(const LogDirectory& directory) {
    return directory.partitions + directory.partitions_to_come;
}

}  // namespace

LogOpenOptions DiskLogManager::open_options(const LogDirectory& directory, const TopicPartition& of,
                                            const LogConfig& config, bool clean) const {
    LogOpenOptions options;
    options.directory = directory.path() + "/" + of.directory_name();
    options.config = config;
    options.clean_shutdown = clean;
    options.now_ms = clock_.wall_ms();
    options.producer_id_expiration_ms = options_.producer_id_expiration_ms;
    options.is_metadata_log = of == metadata_partition();
    options.open_files = directory.open_files;
    return options;
}

DiskLogManager::Handle DiskLogManager::add_handle(Directory directory, const TopicPartition& of,
                                                  const Uuid& topic_id, const LogConfig& config,
                                                  OpenedLog opened) {
    if (opened.error) {
        log_error("storage", "log {} of {} is offline: {}", of.directory_name(), directory->path(),
                  describe(*opened.error));
        if (is_disk_failure(*opened.error)) directory->queue().take_offline(*opened.error);
    }
    auto handle =
        std::make_shared<DiskLogHandle>(directory, of, topic_id, config, std::move(opened));
    handle->attach();
    if (of == metadata_partition()) {
        metadata_handle_ = handle;
    } else {
        const bool added = handles_.emplace(of, handle).second;
        ASSERT(added, "one log for one partition");
        ++directory->partitions;
    }
    return handle;
}

std::shared_ptr<LogHandle> DiskLogManager::find(const TopicPartition& topic_partition) const {
    if (topic_partition == metadata_partition()) return metadata_handle_;
    const auto found = handles_.find(topic_partition);
    return found == handles_.end() ? nullptr : found->second;
}

Lane& DiskLogManager::metadata_lane() {
    Lane* const lane = metadata_home_->queue().lane();
    ASSERT(lane != nullptr, "not after stop()");
    return *lane;
}

Task<DiskLogManager::HandleResult> DiskLogManager::open_or_create(TopicPartition topic_partition,
                                                                  Uuid topic_id, LogConfig config) {
    return open_partition({std::move(topic_partition), topic_id, config, false});
}

Task<DiskLogManager::HandleResult> DiskLogManager::create(TopicPartition topic_partition,
                                                          Uuid topic_id, LogConfig config) {
    return open_partition({std::move(topic_partition), topic_id, config, true});
}

Task<DiskLogManager::HandleResult> DiskLogManager::open_metadata_log(LogConfig config) {
    return open_partition({metadata_partition(), metadata_topic_id, config, true});
}

Task<DiskLogManager::HandleResult> DiskLogManager::open_partition(Wanted wanted) {
    ASSERT(is_valid_topic_name(wanted.topic_partition.topic));
    ASSERT(wanted.topic_partition.partition.value >= 0);
    auto answer = std::make_shared<OneShot<HandleResult>>(clock_);
    // The metadata log is opened while nothing else can go on anyway; it may need a scan.
    const bool patient = wanted.topic_partition == metadata_partition();
    const Nanos deadline = patient ? Nanos::max() : patience_end();
    if (!tasks_.spawn(run_open(std::move(wanted), answer)))
        co_return std::unexpected(stopping_error);
    auto waiting = OneShot<HandleResult>::wait(answer, deadline);
    auto outcome = co_await std::move(waiting);
    if (!outcome) co_return fail(ErrorCode::request_timed_out, "disk does not answer");
    co_return std::move(*outcome);
}

Task<void> DiskLogManager::run_open(Wanted wanted, std::shared_ptr<OneShot<HandleResult>> answer) {
    const TopicPartition of = wanted.topic_partition;
    auto claiming = claim(of);
    co_await std::move(claiming);
    auto opening = find_or_make(std::move(wanted));
    auto opened = co_await std::move(opening);
    release(of);
    answer->set(std::move(opened));
}

Task<DiskLogManager::HandleResult> DiskLogManager::find_or_make(Wanted wanted) {
    const TopicPartition& of = wanted.topic_partition;
    if (of == metadata_partition() && metadata_handle_ != nullptr) co_return metadata_handle_;
    if (const auto known = handles_.find(of); known != handles_.end()) {
        const Handle handle = known->second;
        if (handle->topic_id() == wanted.topic_id || handle->topic_id().is_zero()) {
            auto reusing = reuse(handle, std::move(wanted));
            co_return co_await std::move(reusing);
        }
        // Another topic of that name: the old log is not the new one's (L24).
        auto moving = move_aside(handle, "stray");
        const auto moved = co_await std::move(moving);
        if (!moved) co_return std::unexpected(moved.error());
    }
    auto choosing = choose_directory(wanted);
    const auto chosen = co_await std::move(choosing);
    if (!chosen) co_return std::unexpected(chosen.error());
    auto making = make_in(*chosen, std::move(wanted));
    co_return co_await std::move(making);
}

Task<DiskLogManager::HandleResult> DiskLogManager::reuse(Handle handle, Wanted wanted) {
    if (handle->offline()) co_return fail(ErrorCode::kafka_storage_error, "log is offline");
    if (handle->topic_id() != wanted.topic_id) {
        ASSERT(handle->topic_id().is_zero());
        auto adopt = [of = wanted.topic_partition, id = wanted.topic_id](DirectoryFiles& files) {
            const auto written = write_partition_metadata(files.disk(), files.path_of(of), id);
            return written ? files.disk().sync_directory(files.path_of(of)) : written;
        };
        auto adopting = handle->directory().on_lane(std::move(adopt), Nanos::max());
        const auto adopted = co_await std::move(adopting);
        if (!adopted) co_return std::unexpected(adopted.error());
        handle->adopt_topic_id(wanted.topic_id);
    }
    if (handle->config() == wanted.config) co_return handle;
    auto configuring = handle->set_config(wanted.config);
    const auto configured = co_await std::move(configuring);
    if (!configured) co_return std::unexpected(configured.error());
    co_return handle;
}

// Where the partition is, or else where there is most room. Before load_all() nobody knows what is
// on the disks, so they are asked.
Task<Result<DiskLogManager::Directory>> DiskLogManager::choose_directory(Wanted wanted) {
    const TopicPartition of = wanted.topic_partition;
    if (of == metadata_partition()) co_return metadata_home_;
    Directory best = take_preference(of);
    if (best != nullptr && wanted.is_new) co_return best;
    best = nullptr;
    for (const Directory& directory : directories_) {
        if (!directory->holds_partitions) continue;
        if (directory->offline()) {
            if (!wanted.is_new)
                co_return fail(ErrorCode::kafka_storage_error,
                               "log may be in an offline directory");
            continue;
        }
        if (!directory->loaded) {
            auto asking = directory->on_lane([of](DirectoryFiles& files) { return files.has(of); },
                                             Nanos::max());
            const auto has = co_await std::move(asking);
            if (!has) co_return std::unexpected(has.error());
            if (*has) co_return directory;
        }
        const bool is_better =
            best == nullptr || (best->cordoned && !directory->cordoned) ||
            (best->cordoned == directory->cordoned && expected_in(*directory) < expected_in(*best));
        if (is_better) best = directory;
    }
    if (best == nullptr) co_return fail(ErrorCode::kafka_storage_error, "no usable log directory");
    co_return best;
}

Task<DiskLogManager::HandleResult> DiskLogManager::make_in(Directory directory, Wanted wanted) {
    const TopicPartition of = wanted.topic_partition;
    // Several are made at a time: each has to see those before it.
    const Expected expected(*directory);
    auto preparing = prepare_name(directory, of, wanted.topic_id);
    const auto offsets = co_await std::move(preparing);
    Result<OpenedLog> made = std::unexpected(Error{});
    if (offsets) {
        auto make =
            [this, of, id = wanted.topic_id, path = directory->path(), offsets = *offsets,
             options = open_options(*directory, of, wanted.config, false)]() -> Result<OpenedLog> {
            TRY_ASSIGN(const bool is_new, make_partition(disk_, path, of, id));
            OpenedLog opened = open_log(disk_, options, offsets);
            if (opened.error) return std::unexpected(*opened.error);
            // A new log has synced its own directory when its files were made.
            TRY(is_new ? disk_.sync_directory(path) : sync_partition(disk_, path, of));
            return opened;
        };
        auto making = directory->on_work_lane(std::move(make), Nanos::max());
        made = co_await std::move(making);
    } else {
        made = std::unexpected(offsets.error());
    }
    if (!made) {
        log_error("storage", "cannot open log {} in {}: {}", of.directory_name(), directory->path(),
                  describe(made.error()));
        co_return fail(ErrorCode::kafka_storage_error, made.error().where, made.error().os_error);
    }
    co_return add_handle(directory, of, wanted.topic_id, wanted.config, std::move(*made));
}

// Sees to it that what is found under the name, on disk and in the checkpoints, belongs to the
// topic.
Task<Result<CheckpointedOffsets>> DiskLogManager::prepare_name(Directory directory,
                                                               TopicPartition of, Uuid topic_id) {
    auto prepare = [of, topic_id, unique = options_.make_uuid()](
                       DirectoryFiles& files) -> Result<CheckpointedOffsets> {
        TRY(files.begin_writing());
        TRY_ASSIGN(bool exists, files.has(of));
        if (exists) {
            const FoundDirectory found = files.describe_partition(of);
            if (found.error) return std::unexpected(*found.error);
            exists = found.topic_id.is_zero() || found.topic_id == topic_id;
            if (!exists) TRY(move_partition_aside(files.disk(), files.path(), of, unique, "stray"));
        }
        if (!exists) TRY(files.forget(of));
        return files.checkpointed(of);
    };
    auto preparing = directory->on_lane(std::move(prepare), Nanos::max());
    co_return co_await std::move(preparing);
}

Task<Result<void>> DiskLogManager::remove(TopicPartition topic_partition) {
    ASSERT(topic_partition != metadata_partition());
    auto answer = std::make_shared<OneShot<Result<void>>>(clock_);
    if (!tasks_.spawn(run_remove(std::move(topic_partition), answer)))
        co_return std::unexpected(stopping_error);
    auto waiting = OneShot<Result<void>>::wait(answer, patience_end());
    const auto outcome = co_await std::move(waiting);
    if (!outcome) co_return fail(ErrorCode::request_timed_out, "disk does not answer");
    co_return *outcome;
}

Task<void> DiskLogManager::run_remove(TopicPartition topic_partition,
                                      std::shared_ptr<OneShot<Result<void>>> answer) {
    auto claiming = claim(topic_partition);
    co_await std::move(claiming);
    Result<void> outcome = fail(ErrorCode::unknown_topic_or_partition, "no such log");
    if (const auto found = handles_.find(topic_partition); found != handles_.end()) {
        auto moving = move_aside(found->second, "delete");
        outcome = co_await std::move(moving);
    }
    release(topic_partition);
    answer->set(outcome);
}

// Takes the log out of service. Its files stay open as long as a reader's snapshot names them.
Task<Result<void>> DiskLogManager::move_aside(Handle handle, std::string_view suffix) {
    const TopicPartition of = handle->topic_partition();
    auto ending = end_move(of);
    co_await std::move(ending);
    const Directory directory = handle->shared_directory();
    handles_.erase(of);
    handle->mark_removed();
    ASSERT(directory->partitions > 0);
    --directory->partitions;
    // Compaction writes files by name: it must be gone before another log has the name (K16).
    co_await cleaner_.wait_until_idle(of);
    auto retire = [&queue = directory->queue(), log = handle->lane_log(),
                   of](DirectoryFiles& files) {
        queue.retire(*log, {ErrorCode::unknown_topic_or_partition, 0, "log was removed"});
        return files.write_cleaned_until(of, std::nullopt);
    };
    auto retiring = directory->on_lane(std::move(retire), Nanos::max());
    const auto retired = co_await std::move(retiring);
    if (!retired) co_return retired;
    auto move = [this, of, suffix, path = directory->path(), unique = options_.make_uuid(),
                 readable = handle->snapshot()] {
        hold_files(*readable);
        return move_partition_aside(disk_, path, of, unique, suffix);
    };
    auto moving = directory->on_work_lane(std::move(move), Nanos::max());
    const auto moved = co_await std::move(moving);
    if (!moved) {
        log_error("storage", "cannot rename log {} of {} aside: {}", of.directory_name(),
                  directory->path(), describe(moved.error()));
        co_return std::unexpected(moved.error());
    }
    log_info("storage", "log {} of {} renamed to {}", of.directory_name(), directory->path(),
             *moved);
    if (suffix == "delete") {
        const Nanos due = clock_.after(nanos_of_ms(handle->config().file_delete_delay_ms));
        deletions_.push_back({directory, *moved, due});
    }
    co_return Result<void>{};
}

Task<void> DiskLogManager::claim(TopicPartition topic_partition) {
    // Ends when the task that has it does.
    while (busy_.contains(topic_partition)) co_await changed_.wait_until(Nanos::max());
    busy_.insert(std::move(topic_partition));
}

void DiskLogManager::release(const TopicPartition& topic_partition) {
    const size_t erased = busy_.erase(topic_partition);
    ASSERT(erased == 1);
    changed_.notify_all();
}

}  // namespace barnabas::storage
