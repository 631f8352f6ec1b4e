// SPDX-License-Identifier: Apache-2.0
// Opening of log directories: locks, who they belong to, formatting. See the header.
#include "storage/log_manager.h"

#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "storage/disk_log_manager.h"
#include "storage/milliseconds.h"
#include "storage/partition_metadata.h"

namespace barnabas::storage {
namespace {

// Logs of one directory that are flushed at a time.
constexpr size_t flush_helpers_max = 8;

}  // namespace

Task<Result<std::unique_ptr<LogManager>>> LogManager::open(Disk& disk, Clock& clock,
                                                           LogManagerOptions options) {
    const auto loop = co_await boost::asio::this_coro::executor;
    auto manager = std::make_unique<DiskLogManager>(loop, disk, clock, std::move(options));
    auto opening = manager->open_directories();
    const auto opened = co_await std::move(opening);
    if (!opened) co_return std::unexpected(opened.error());
    co_return std::unique_ptr<LogManager>(std::move(manager));
}

DiskLogManager::DiskLogManager(boost::asio::any_io_executor loop, Disk& disk, Clock& clock,
                               LogManagerOptions options)
    : loop_(std::move(loop)),
      disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      changed_(clock),
      stopping_(clock),
      tasks_(loop_, clock),
      cleaner_(disk, clock, tasks_, options_.cleaner, options_.make_uuid(),
               [this] { return all_handles(); }) {
    ASSERT(!options_.log_dirs.empty());
    ASSERT(options_.make_lane && options_.make_uuid);
    ASSERT(options_.node_id.value >= 0);
    make_directories();
}

DiskLogManager::~DiskLogManager() {
    for (const Directory& directory : directories_) directory->close();
}

void DiskLogManager::make_directories() {
    for (size_t i = 0; i < options_.log_dirs.size(); ++i) {
        const std::string& path = options_.log_dirs[i];
        directories_.push_back(make_directory(i, path));
        const bool first = i == 0 && options_.metadata_log_dir.empty();
        if (first || path == options_.metadata_log_dir) metadata_home_ = directories_.back();
    }
    if (metadata_home_ == nullptr) {
        metadata_home_ = make_directory(directories_.size(), options_.metadata_log_dir);
        metadata_home_->holds_partitions = false;
        metadata_home_->loaded = true;
        directories_.push_back(metadata_home_);
    }
    metadata_directory_ = metadata_home_->path() + "/" + metadata_partition().directory_name();
}

DiskLogManager::Directory DiskLogManager::make_directory(size_t index, const std::string& path) {
    DirectoryQueueOptions limits;
    limits.patience = nanos_of_ms(options_.operation_timeout_ms);
    limits.lane_bytes_max = options_.lane_bytes_max;
    limits.waiting_bytes_max = options_.waiting_bytes_max;
    limits.free_bytes = [&disk = disk_, path] { return disk.free_bytes(path); };
    LogDirectory::Lanes lanes;
    lanes.changes = make_lane(index);
    limits.flush_helpers_max = flush_helpers_max;
    limits.make_flush_helper = [this, index] { return make_lane(index); };
    if (options_.separate_read_lane) lanes.reads = make_lane(index);
    if (options_.separate_background_lane) lanes.background = make_lane(index);
    lanes.make_work_lane = [this, index] { return make_lane(index); };
    lanes.work_lanes_max = options_.work_lanes_per_directory;
    auto directory =
        std::make_shared<LogDirectory>(loop_, clock_, disk_, path, std::move(lanes), limits);
    // Of its own: to close a file of one disk must not wait for another disk.
    directory->open_files =
        std::make_shared<OpenFiles>(options_.open_files_max / options_.log_dirs.size());
    directory->queue().on_offline([this, path](const Error&) {
        if (on_directory_offline_) on_directory_offline_(path);
    });
    return directory;
}

Task<Result<void>> DiskLogManager::open_directories() {
    size_t online = 0;
    for (const Directory& directory : directories_) {
        auto opening = open_directory(*directory);
        const auto opened = co_await std::move(opening);
        if (!opened) co_return opened;
        online += directory->offline() ? 0 : 1;
    }
    if (online == 0 || metadata_home_->offline())
        co_return fail(ErrorCode::kafka_storage_error, "no usable log directory");
    const auto agreed = agree_on_identity();
    if (!agreed) co_return agreed;
    auto formatting = format_directories();
    co_return co_await std::move(formatting);
}

// An error ends the start; a broken disk only takes its directory offline.
Task<Result<void>> DiskLogManager::open_directory(LogDirectory& directory) {
    auto opening =
        directory.on_lane([](DirectoryFiles& files) { return files.open(); }, patience_end());
    const auto opened = co_await std::move(opening);
    if (opened || directory.offline()) co_return Result<void>{};
    Error error = opened.error();
    if (error.os_error == EWOULDBLOCK) error.where = "another process uses the log directory";
    log_error("storage", "cannot open log directory {}: {}", directory.path(), describe(error));
    co_return std::unexpected(error);
}

// The loop looks into files() here and in format_directories(): nothing is on the lanes yet.
Result<void> DiskLogManager::agree_on_identity() {
    meta_properties_ = {
        .cluster_id = options_.cluster_id, .node_id = options_.node_id, .directory_id = {}};
    std::set<Uuid> directory_ids;
    std::set<int64_t> epochs;
    for (const Directory& directory : directories_) {
        const auto& marker = directory->files().clean_shutdown();
        epochs.insert(marker ? marker->broker_epoch : -1);
        const auto& found = directory->files().meta_properties();
        if (directory->offline() || !found) continue;
        if (meta_properties_.cluster_id.empty()) meta_properties_.cluster_id = found->cluster_id;
        const bool same = found->cluster_id == meta_properties_.cluster_id &&
                          found->node_id == meta_properties_.node_id;
        const bool unique =
            found->directory_id.is_zero() || directory_ids.insert(found->directory_id).second;
        if (same && unique) continue;
        log_error("storage",
                  "log directory {} belongs to node {} of cluster {} (directory id {}), this is "
                  "node {} of cluster {}",
                  directory->path(), found->node_id.value, found->cluster_id,
                  found->directory_id.str(), meta_properties_.node_id.value,
                  meta_properties_.cluster_id);
        return fail(ErrorCode::inconsistent_cluster_id, "meta.properties of a log directory");
    }
    if (meta_properties_.cluster_id.empty())
        meta_properties_.cluster_id = options_.make_uuid().str();
    if (epochs.size() == 1) previous_broker_epoch_ = *epochs.begin();
    return {};
}

Task<Result<void>> DiskLogManager::format_directories() {
    for (const Directory& directory : directories_) {
        if (directory->offline()) continue;
        MetaProperties properties = meta_properties_;
        const auto& found = directory->files().meta_properties();
        properties.directory_id = found ? found->directory_id : Uuid{};
        const bool complete = !properties.directory_id.is_zero();
        if (!complete) properties.directory_id = options_.make_uuid();
        directory->directory_id = properties.directory_id;
        const bool holds_metadata = directory == metadata_home_;
        auto format = [properties, complete,
                       holds_metadata](DirectoryFiles& files) -> Result<void> {
            if (!complete) TRY(files.format(properties));
            if (!holds_metadata) return {};
            TRY(make_partition(files.disk(), files.path(), metadata_partition(),
                               metadata_topic_id));
            return sync_partition(files.disk(), files.path(), metadata_partition());
        };
        auto formatting = directory->on_lane(std::move(format), patience_end());
        const auto formatted = co_await std::move(formatting);
        if (formatted) continue;
        log_error("storage", "cannot format log directory {}: {}", directory->path(),
                  describe(formatted.error()));
        if (!directory->offline() || holds_metadata) co_return formatted;
    }
    meta_properties_.directory_id = directories_.front()->directory_id;
    co_return Result<void>{};
}

std::vector<LogDirectoryStatus> DiskLogManager::directories() const {
    std::vector<LogDirectoryStatus> all;
    for (const Directory& directory : directories_) {
        const DirectoryQueueStats queue = directory->queue().stats();
        all.push_back({.path = directory->path(),
                       .directory_id = directory->directory_id,
                       .offline = directory->offline(),
                       .cordoned = directory->cordoned,
                       .partitions = directory->partitions,
                       .queued_operations = queue.operations,
                       .queued_bytes = queue.bytes,
                       .stalled_for = queue.stalled_for,
                       .flushes = queue.flushes});
    }
    return all;
}

std::vector<LogSize> DiskLogManager::sizes_in(const std::string& path) const {
    std::vector<LogSize> sizes;
    for (const Directory& directory : directories_) {
        if (directory->path() != path) continue;
        for (const Handle& handle : handles_of(*directory, false))
            sizes.push_back({.topic_partition = handle->topic_partition(),
                             .bytes = handle->snapshot()->size_bytes()});
        const auto copies = copies_in(*directory);
        sizes.insert(sizes.end(), copies.begin(), copies.end());
    }
    return sizes;
}

Task<Result<DiskSpace>> DiskLogManager::space_in(std::string path) {
    const auto found = std::ranges::find(directories_, path, [](const Directory& directory) {
        return std::string_view(directory->path());
    });
    if (found == directories_.end()) co_return fail(ErrorCode::log_dir_not_found, "space");
    // Keeps the directory, whose lane it is, while the answer is awaited.
    const Directory directory = *found;
    Lane* const lane = directory->background_lane();
    if (lane == nullptr || directory->offline())
        co_return fail(ErrorCode::kafka_storage_error, "log directory is offline");
    auto ask = [&disk = disk_, path = std::move(path)]() -> Result<DiskSpace> {
        DiskSpace space;
        TRY_ASSIGN(space.total_bytes, disk.total_bytes(path));
        TRY_ASSIGN(space.free_bytes, disk.free_bytes(path));
        return space;
    };
    const Nanos deadline = clock_.after(std::chrono::seconds(1));
    auto asking = call_on_lane(clock_, *lane, std::move(ask), deadline);
    co_return co_await std::move(asking);
}

Nanos DiskLogManager::patience_end() const {
    return clock_.after(nanos_of_ms(options_.operation_timeout_ms));
}

}  // namespace barnabas::storage
