// SPDX-License-Identifier: Apache-2.0
// Writing, completing and renaming of a copy; see the header.
#include "storage/future_log.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "protocol/record_batch.h"
#include "storage/directory_names.h"
#include "storage/partition_metadata.h"

namespace barnabas::storage {
namespace {

constexpr const char* note_name = "move-complete";
constexpr uint64_t note_size_max = 64;
// A copy is no reason to refuse clients' records, which need room too.
constexpr uint64_t spare_bytes = 16 << 20;

std::string note_of(const std::string& directory) {
    return directory + "/" + note_name;
}

}  // namespace

Result<std::unique_ptr<FutureLog>> FutureLog::create(Disk& disk, const Place& place,
                                                     const LogConfig& config, int64_t now_ms) {
    const std::string directory = place.log_directory + "/" + place.name;
    TRY(disk.make_directories(directory));
    if (!place.topic_id.is_zero()) TRY(write_partition_metadata(disk, directory, place.topic_id));
    LogOpenOptions options;
    options.directory = directory;
    options.config = config;
    options.now_ms = now_ms;
    TRY_ASSIGN(auto log, Log::open(disk, options));
    TRY(disk.sync_directory(directory));
    TRY(disk.sync_directory(place.log_directory));
    return std::unique_ptr<FutureLog>(new FutureLog(disk, place, config, std::move(log)));
}

Result<bool> FutureLog::append(Bytes batches, int64_t now_ms) {
    TRY_ASSIGN(const uint64_t free, disk_.free_bytes(place_.log_directory));
    if (free < batches.size() + spare_bytes) return false;
    protocol::BatchReader reader(batches);
    protocol::BatchView batch;
    size_t begin = 0;
    size_t end = 0;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(batch));
        const size_t next = more ? reader.position() : end;
        const auto segment = static_cast<size_t>(config_.segment_bytes);
        const bool is_full = next - begin > segment && end > begin;
        if (is_full || !more) {
            if (end > begin) TRY(append_some(batches.subspan(begin, end - begin), now_ms));
            begin = end;
        }
        if (!more) break;
        end = next;
    }
    if (end != batches.size()) return fail(ErrorCode::corrupt_message, "not whole batches");
    return true;
}

Result<void> FutureLog::append_some(Bytes batches, int64_t now_ms) {
    if (batches.size() > static_cast<size_t>(config_.segment_bytes)) {
        // Made when segments were larger.
        config_.segment_bytes = static_cast<int32_t>(batches.size());
        TRY(log_->set_config(config_));
    }
    AppendRequest request;
    request.records = batches;
    request.origin = AppendOrigin::replication;
    request.now_ms = now_ms;
    const AppendResult result = log_->append(request);
    if (result.error == ErrorCode::none) return {};
    // What takes a log offline is a failure of its disk.
    const int os_error = log_->offline() ? EIO : 0;
    return std::unexpected(Error{ErrorCode::kafka_storage_error, os_error, "copy of a log"});
}

Result<void> FutureLog::complete(const Uuid& source_directory_id) {
    TRY(log_->close());
    TRY(disk_.sync_directory(path()));
    const std::string text = source_directory_id.str() + "\n";
    return disk_.replace_file(note_of(path()), as_bytes(text));
}

FutureLog::State FutureLog::state() const {
    const auto snapshot = log_->snapshot();
    return {snapshot->log_start_offset, snapshot->end_offset, snapshot->size_bytes()};
}

Result<std::optional<Uuid>> read_future_note(Disk& disk, const std::string& directory) {
    const auto content = disk.read_file(note_of(directory), note_size_max);
    if (!content && content.error().os_error == ENOENT) return std::nullopt;
    if (!content) return std::unexpected(content.error());
    std::string text(content->begin(), content->end());
    if (text.ends_with('\n')) text.pop_back();
    return Uuid::parse(text);
}

Result<void> promote_future(Disk& disk, const FutureLog::Place& place,
                            const TopicPartition& topic_partition) {
    const std::string to = place.log_directory + "/" + topic_partition.directory_name();
    TRY(disk.rename(place.log_directory + "/" + place.name, to));
    TRY(disk.sync_directory(place.log_directory));
    return disk.remove(note_of(to));
}

Result<std::string> discard_future(Disk& disk, const FutureLog::Place& place,
                                   const TopicPartition& topic_partition, const Uuid& unique) {
    const std::string to =
        place.log_directory + "/" + aside_name(topic_partition, unique, "delete");
    TRY(disk.rename(place.log_directory + "/" + place.name, to));
    TRY(disk.sync_directory(place.log_directory));
    return to;
}

}  // namespace barnabas::storage
