// SPDX-License-Identifier: Apache-2.0
// The append path: validate, check the producer, assign offsets, write, index, publish. All of a
// request is appended or nothing of it.
#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cerrno>
#include <limits>
#include <string_view>

#include "base/assert.h"
#include "protocol/batch_validator.h"
#include "storage/disk_log.h"
#include "storage/storage_error.h"

namespace barnabas::storage {
namespace {

AppendResult refuse(ErrorCode code, std::string message = {}) {
    AppendResult result;
    result.error = code;
    result.error_message = std::move(message);
    return result;
}

// "topic-0", the last part of the directory's path.
std::string_view topic_partition_of(std::string_view directory) {
    return directory.substr(directory.rfind('/') + 1);
}

// Codecs' contexts are large and only work space: all logs of a lane (a thread) share them.
protocol::Decompressor& lane_decompressor() {
    thread_local protocol::Decompressor decompressor;
    return decompressor;
}

protocol::ValidationRules rules_for(const LogOpenOptions& options, const AppendRequest& request) {
    const LogConfig& config = options.config;
    protocol::ValidationRules rules;
    rules.topic_partition = topic_partition_of(options.directory);
    rules.message_bytes_max = config.max_message_bytes;
    rules.produce_version = request.produce_version;
    rules.timestamp_type = static_cast<protocol::TimestampType>(config.timestamp_type);
    rules.timestamp_before_max_ms = config.timestamp_before_max_ms;
    rules.timestamp_after_max_ms = config.timestamp_after_max_ms;
    rules.now_ms = request.now_ms;
    rules.compacted = config.cleanup_compact;
    if (const auto codec = protocol::codec_of(config.compression_codec.value_or(-1))) {
        rules.stored_compression = protocol::Compression{*codec, std::nullopt};
        if (config.compression_level != 0)
            rules.stored_compression->level = config.compression_level;
    }
    return rules;
}

}  // namespace

AppendResult DiskLog::append(const AppendRequest& request) {
    if (!usable()) return refuse(ErrorCode::kafka_storage_error, "The log is offline.");
    now_ms_ = request.now_ms;
    PendingAppend append;
    auto answered = request.origin == AppendOrigin::client ? prepare_client(request, append)
                                                           : prepare_trusted(request, append);
    if (answered) return std::move(*answered);
    if (append.bytes > static_cast<uint64_t>(options_.config.segment_bytes))
        return refuse(ErrorCode::record_list_too_large, "The batches are larger than a segment.");
    if (auto refused = check_offsets(request, append)) return std::move(*refused);
    if (const auto checked = check_producers(request, append); !checked)
        return refuse(checked.error().code);
    assign_offsets(request, append);
    auto written = assign_epochs(append);
    if (written) written = roll_for(append, request.now_ms);
    if (written) written = write(append, request.now_ms);
    if (!written) {
        const bool is_fatal = active_.broken() || is_disk_failure(written.error());
        if (is_fatal) (void)go_offline(written.error());
        return refuse(ErrorCode::kafka_storage_error, describe(written.error()));
    }
    publish();
    return answer(append);
}

std::optional<AppendResult> DiskLog::prepare_client(const AppendRequest& request,
                                                    PendingAppend& append) {
    auto validated = protocol::validate_produced(request.records, rules_for(options_, request),
                                                 lane_decompressor());
    if (!validated) {
        AppendResult refused = refuse(validated.error().code, std::move(validated.error().message));
        for (protocol::RecordError& error : validated.error().record_errors)
            refused.record_errors.push_back({error.batch_index, std::move(error.message)});
        return refused;
    }
    if (const auto duplicate = producers_.find_duplicate(validated->header)) {
        AppendResult result;
        result.base_offset = duplicate->first_offset();
        result.last_offset = duplicate->last_offset;
        result.log_append_time_ms = duplicate->timestamp_ms;
        result.log_start_offset = log_start_;
        result.duplicate = true;
        return result;
    }
    append.recompressed = std::move(validated->records);
    append.batches.push_back({validated->header, append.recompressed.view(), {}});
    append.bytes = validated->header.size();
    append.max_timestamp_ms = validated->header.max_timestamp;
    if (options_.config.timestamp_type == TimestampType::log_append_time)
        append.log_append_time_ms = request.now_ms;
    return std::nullopt;
}

std::optional<AppendResult> DiskLog::prepare_trusted(const AppendRequest& request,
                                                     PendingAppend& append) {
    const bool keeps_time = request.origin != AppendOrigin::coordinator ||
                            options_.config.timestamp_type == TimestampType::create_time;
    protocol::BatchReader reader(request.records);
    protocol::BatchView batch;
    while (true) {
        const auto more = reader.next(batch);
        if (!more) return refuse(more.error().code, more.error().where);
        if (!*more) break;
        if (!batch.crc_valid()) return refuse(ErrorCode::corrupt_message, "Wrong checksum.");
        protocol::BatchHeader header = batch.header();
        if (!keeps_time) {
            header.stamp_log_append_time(request.now_ms);
            header.crc = header.compute_crc(batch.records());
        }
        const auto bytes_max = static_cast<uint64_t>(options_.config.max_message_bytes);
        if (request.origin == AppendOrigin::coordinator && header.size() > bytes_max)
            return refuse(ErrorCode::message_too_large);
        append.batches.push_back({header, batch.records(), {}});
        append.bytes += header.size();
        append.max_timestamp_ms = std::max(append.max_timestamp_ms, header.max_timestamp);
    }
    if (append.batches.empty() || reader.position() != request.records.size())
        return refuse(ErrorCode::corrupt_message, "Not a sequence of whole batches.");
    if (!keeps_time) append.log_append_time_ms = request.now_ms;
    return std::nullopt;
}

// What a leader gave must continue this log (pitfall R18); a leader's own epoch never goes back.
std::optional<AppendResult> DiskLog::check_offsets(const AppendRequest& request,
                                                   const PendingAppend& append) const {
    if (request.origin != AppendOrigin::replication) {
        if (request.leader_epoch < epochs_.latest())
            return refuse(ErrorCode::fenced_leader_epoch, "The log has a newer leader epoch.");
        return std::nullopt;
    }
    Offset expected = end_;
    LeaderEpoch epoch = epochs_.latest();
    const Offset first = append.batches.front().header.base_offset;
    for (const PendingBatch& batch : append.batches) {
        if (batch.header.base_offset < expected)
            return refuse(ErrorCode::offset_out_of_range, "Offsets do not continue the log.");
        if (batch.header.partition_leader_epoch < epoch)
            return refuse(ErrorCode::fenced_leader_epoch, "Leader epochs go back.");
        if (batch.header.last_offset() - first > std::numeric_limits<int32_t>::max())
            return refuse(ErrorCode::record_list_too_large, "Offsets are too far apart.");
        expected = batch.header.next_offset();
        epoch = batch.header.partition_leader_epoch;
    }
    return std::nullopt;
}

Result<void> DiskLog::check_producers(const AppendRequest& request,
                                      const PendingAppend& append) const {
    for (const PendingBatch& batch : append.batches)
        TRY(producers_.check(batch.header, batch.records, request.origin, request.transaction));
    return {};
}

void DiskLog::assign_offsets(const AppendRequest& request, PendingAppend& append) const {
    Offset next = end_;
    for (PendingBatch& batch : append.batches) {
        if (request.origin != AppendOrigin::replication) {
            batch.header.base_offset = next;
            batch.header.partition_leader_epoch = request.leader_epoch;
        }
        ASSERT(batch.header.base_offset >= next, "offsets rise");
        next = batch.header.next_offset();
        batch.header.encode(batch.encoded);
    }
}

// Durable before the first batch of the epoch is written (pitfall L16).
Result<void> DiskLog::assign_epochs(const PendingAppend& append) {
    for (const PendingBatch& batch : append.batches)
        epochs_.assign(batch.header.partition_leader_epoch, batch.header.base_offset);
    return epochs_.save();
}

Result<void> DiskLog::roll_for(const PendingAppend& append, int64_t now_ms) {
    const Offset last = append.batches.back().header.last_offset();
    if (!active_.should_roll(append.bytes, last, append.max_timestamp_ms, now_ms)) return {};
    // A segment begins where the one before it ends, so that recovery can tell a lost end from the
    // gaps that compaction leaves; unless its offsets would not fit.
    const bool fits = last - end_ <= std::numeric_limits<int32_t>::max();
    return roll_to(fits ? end_ : append.batches.front().header.base_offset, now_ms);
}

Result<void> DiskLog::write(PendingAppend& append, int64_t now_ms) {
    boost::container::small_vector<Bytes, 2> parts;
    boost::container::small_vector<protocol::BatchHeader, 1> headers;
    parts.reserve(append.batches.size() * 2);
    headers.reserve(append.batches.size());
    for (const PendingBatch& batch : append.batches) {
        parts.push_back(batch.encoded);
        parts.push_back(batch.records);
        headers.push_back(batch.header);
    }
    TRY(active_.append({parts.data(), parts.size()}, {headers.data(), headers.size()}));
    for (const PendingBatch& batch : append.batches) {
        const auto noted =
            producers_.note(batch.header, batch.records, active_.base_offset(), now_ms);
        if (!noted) return go_offline(noted.error());
    }
    end_ = headers.back().next_offset();
    bytes_since_snapshot_ += append.bytes;
    last_append_ms_ = now_ms;
    return {};
}

AppendResult DiskLog::answer(const PendingAppend& append) const {
    AppendResult result;
    result.base_offset = append.batches.front().header.base_offset;
    result.last_offset = end_ - 1;
    result.log_append_time_ms = append.log_append_time_ms;
    result.log_start_offset = log_start_;
    result.snapshot = snapshot_;
    ASSERT(result.last_offset >= result.base_offset);
    return result;
}

}  // namespace barnabas::storage
