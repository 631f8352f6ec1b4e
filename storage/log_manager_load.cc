// SPDX-License-Identifier: Apache-2.0
// Start-up: finds the logs of every directory and opens them, several at a time, while the loop
// goes on.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/disk_log_manager.h"
#include "storage/join.h"
#include "storage/milliseconds.h"

namespace barnabas::storage {
namespace {

constexpr Nanos progress_interval = std::chrono::seconds(1);
// Logs that a lane opens between two words with the loop: of one to be read, each may take long.
constexpr size_t clean_together = 32;
constexpr size_t unclean_together = 4;

double seconds_of(Nanos time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

// What the tasks of one load_all() share.
struct DiskLogManager::Loading {
    Loading(DiskLogManager& manager, TaskGroup& group, Clock& clock)
        : tasks(group, clock),
          ended(clock),
          started_at(clock.now()),
          found(manager.directories_.size()) {}

    std::function<bool(const TopicPartition&, const Uuid&)> wanted;
    std::function<LogConfig(const std::string&)> config_of;
    Join tasks;
    Signal ended;
    bool done = false;
    Nanos started_at;
    // By directory: what is still to be opened, last first.
    struct PerDirectory {
        std::vector<FoundDirectory> to_open;
        std::vector<std::unique_ptr<Lane>> lanes;
        bool clean = false;
        size_t lanes_busy = 0;

        std::vector<FoundDirectory> take_some() {
            return take_share(to_open, lanes.size(), clean ? clean_together : unclean_together);
        }
    };
    std::vector<PerDirectory> found;
    // Where each partition was seen: a second place is an error.
    std::map<TopicPartition, std::string> places;
    Result<void> outcome;
    size_t total = 0;
    size_t opened = 0;
    RecoveryReport report;

    void take(DiskLogManager& manager, const Directory& directory, const FoundDirectory& of,
              OpenedLog log) {
        ++opened;
        report.segments_scanned += log.report.segments_scanned;
        report.bytes_scanned += log.report.bytes_scanned;
        report.bytes_truncated += log.report.bytes_truncated;
        report.indexes_rebuilt += log.report.indexes_rebuilt;
        manager.add_handle(directory, of.topic_partition, of.topic_id,
                           config_of(of.topic_partition.topic), std::move(log));
    }
};

OpenedLog open_log(Disk& disk, LogOpenOptions options, const CheckpointedOffsets& offsets) {
    OpenedLog opened;
    opened.offsets = offsets;
    options.recovery_point = offsets.recovery_point;
    options.log_start_offset = offsets.log_start_offset;
    auto log = Log::open(disk, std::move(options));
    if (!log) {
        opened.error = log.error();
        opened.recovery_point = offsets.recovery_point;
        return opened;
    }
    opened.log = std::move(*log);
    opened.snapshot = opened.log->snapshot();
    opened.recovery_point = opened.log->recovery_point();
    opened.report = opened.log->recovery_report();
    ASSERT(opened.snapshot != nullptr);
    return opened;
}

Task<Result<void>> DiskLogManager::load_all(
    std::function<bool(const TopicPartition&, const Uuid& topic_id)> wanted,
    std::function<LogConfig(const std::string& topic)> config_of) {
    ASSERT(wanted && config_of);
    auto settling = settle_futures();
    if (const auto settled = co_await std::move(settling); !settled) co_return settled;
    const auto loading = std::make_shared<Loading>(*this, tasks_, clock_);
    loading->wanted = std::move(wanted);
    loading->config_of = std::move(config_of);
    for (size_t i = 0; i < directories_.size(); ++i) {
        if (directories_[i]->offline() || !directories_[i]->holds_partitions) continue;
        loading->tasks.start(load_directory(loading, i));
    }
    tasks_.spawn(report_progress(loading));
    auto waiting = loading->tasks.wait();
    co_await std::move(waiting);
    loading->done = true;
    loading->ended.notify_all();
    const RecoveryReport& report = loading->report;
    log_info("storage",
             "opened {} logs in {:.3f} s: segments_scanned={} bytes_scanned={} bytes_truncated={} "
             "indexes_rebuilt={}",
             loading->opened, seconds_of(clock_.now() - loading->started_at),
             report.segments_scanned, report.bytes_scanned, report.bytes_truncated,
             report.indexes_rebuilt);
    if (!interrupted_moves_.empty()) tasks_.spawn(restart_moves());
    co_return loading->outcome;
}

Task<void> DiskLogManager::load_directory(std::shared_ptr<Loading> loading, size_t index) {
    const Directory directory = directories_[index];
    auto sorting = sort_found(loading, index);
    const auto sorted = co_await std::move(sorting);
    if (!sorted && !directory->offline()) loading->outcome = sorted;
    if (!sorted) co_return;
    Loading::PerDirectory& mine = loading->found[index];
    std::ranges::reverse(mine.to_open);
    // Recovery may take long, so it leaves the lane of changes free for logs that are open already.
    const size_t lanes =
        std::min(std::max<size_t>(options_.recovery_lanes_per_directory, 1), mine.to_open.size());
    mine.lanes_busy = lanes;
    directory->loaded = lanes == 0;
    for (size_t i = 0; i < lanes; ++i) {
        mine.lanes.push_back(make_lane(index));
        loading->tasks.start(open_share(loading, index, mine.lanes.back().get()));
    }
}

Task<Result<void>> DiskLogManager::sort_found(std::shared_ptr<Loading> loading, size_t index) {
    const Directory directory = directories_[index];
    auto scan = [](DirectoryFiles& files) -> Result<std::vector<FoundDirectory>> {
        // Of partitions that were made just before a crash.
        if (!files.clean_shutdown()) TRY(files.disk().sync_directory(files.path()));
        TRY(files.begin_writing());
        return files.scan();
    };
    auto scanning = directory->on_lane(std::move(scan), Nanos::max());
    auto found = co_await std::move(scanning);
    if (!found) co_return std::unexpected(found.error());
    loading->found[index].clean = directory->files().clean_shutdown().has_value();
    for (FoundDirectory& entry : *found) {
        const std::string path = directory->path() + "/" + entry.name;
        if (entry.kind == DirectoryKind::deleted)
            deletions_.push_back({directory, path, clock_.now()});
        if (entry.kind == DirectoryKind::stray || entry.kind == DirectoryKind::other)
            log_warn("storage", "{} is not one of this node's partitions: left alone", path);
        if (entry.kind != DirectoryKind::partition) continue;
        auto sorting = sort_partition(loading, index, std::move(entry));
        const auto sorted = co_await std::move(sorting);
        if (!sorted) co_return sorted;
    }
    loading->total += loading->found[index].to_open.size();
    co_return Result<void>{};
}

Task<Result<void>> DiskLogManager::sort_partition(std::shared_ptr<Loading> loading, size_t index,
                                                  FoundDirectory found) {
    const Directory directory = directories_[index];
    const TopicPartition& of = found.topic_partition;
    const auto [place, first] = loading->places.emplace(of, directory->path());
    if (!first) {
        log_error("storage",
                  "partition {} is in two log directories, {} and {}: remove one of them",
                  of.directory_name(), place->second, directory->path());
        co_return fail(ErrorCode::kafka_storage_error, "partition in two log directories");
    }
    if (handles_.contains(of)) co_return Result<void>{};  // opened before load_all()
    const bool wanted = found.error || loading->wanted(of, found.topic_id);
    if (wanted && found.error) {
        add_offline(directory, found, loading->config_of(of.topic), *found.error);
    } else if (wanted) {
        loading->found[index].to_open.push_back(std::move(found));
    } else {
        auto move = [this, of, path = directory->path(), unique = options_.make_uuid()] {
            return move_partition_aside(disk_, path, of, unique, "stray");
        };
        auto moving = directory->on_work_lane(std::move(move), Nanos::max());
        const auto moved = co_await std::move(moving);
        if (!moved) co_return std::unexpected(moved.error());
        log_warn("storage", "partition {} with topic id {} is not this node's: now {}",
                 of.directory_name(), found.topic_id.str(), *moved);
    }
    co_return Result<void>{};
}

// Opens logs on one lane, some at a time, until none is left.
Task<void> DiskLogManager::open_share(std::shared_ptr<Loading> loading, size_t index, Lane* lane) {
    const Directory directory = directories_[index];
    Loading::PerDirectory& mine = loading->found[index];
    while (!mine.to_open.empty() && !tasks_.stopping()) {
        const auto some = std::make_shared<std::vector<FoundDirectory>>(mine.take_some());
        if (directory->offline()) {
            for (const FoundDirectory& found : *some)
                add_offline(directory, found, loading->config_of(found.topic_partition.topic),
                            {ErrorCode::kafka_storage_error, 0, "log directory is offline"});
            continue;
        }
        std::vector<LogOpenOptions> options;
        for (const FoundDirectory& found : *some)
            options.push_back(open_options(*directory, found.topic_partition,
                                           loading->config_of(found.topic_partition.topic),
                                           mine.clean));
        auto job = [this, some, options = std::move(options)]() -> Result<std::vector<OpenedLog>> {
            std::vector<OpenedLog> opened;
            for (size_t i = 0; i < options.size(); ++i)
                opened.push_back(open_log(disk_, options[i], (*some)[i].offsets));
            return opened;
        };
        auto opening = call_on_lane(clock_, *lane, std::move(job), Nanos::max());
        auto opened = co_await std::move(opening);
        ASSERT(opened.has_value() && opened->size() == some->size(), "errors are inside");
        for (size_t i = 0; i < some->size(); ++i)
            loading->take(*this, directory, (*some)[i], std::move((*opened)[i]));
    }
    if (--mine.lanes_busy > 0) co_return;
    directory->loaded = mine.to_open.empty();
    mine.lanes.clear();
}

void DiskLogManager::add_offline(Directory directory, const FoundDirectory& found, LogConfig config,
                                 const Error& why) {
    OpenedLog opened;
    opened.error = Error{ErrorCode::kafka_storage_error, why.os_error, why.where};
    opened.offsets = found.offsets;
    opened.recovery_point = found.offsets.recovery_point;
    add_handle(std::move(directory), found.topic_partition, found.topic_id, config,
               std::move(opened));
}

Task<void> DiskLogManager::report_progress(std::shared_ptr<Loading> loading) {
    while (!loading->done) {
        auto waiting = loading->ended.wait_until(clock_.after(progress_interval));
        const bool ended = co_await std::move(waiting);
        if (ended || loading->done) co_return;
        log_info("storage", "opening logs: {} of {} done after {:.1f} s: bytes_scanned={}",
                 loading->opened, loading->total, seconds_of(clock_.now() - loading->started_at),
                 loading->report.bytes_scanned);
    }
}

}  // namespace barnabas::storage
