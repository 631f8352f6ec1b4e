// SPDX-License-Identifier: Apache-2.0
// Checks in the order that decides which error Kafka gives; see batch_validator.h. Touches nothing
// of the log: offsets, sequences and leadership are storage's.
#include "protocol/batch_validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "protocol/record_walker.h"

namespace barnabas::protocol {

namespace {

using Rejected = std::unexpected<BatchRejection>;
template <class T>
using Checked = std::expected<T, BatchRejection>;

constexpr int16_t zstd_produce_version_min = 7;

Rejected reject(ErrorCode code, std::string message) {
    return Rejected(BatchRejection{code, std::move(message), {}});
}

// now - before and now + after, or the ends of the type.
struct TimestampRange {
    int64_t from;
    int64_t to;

    explicit TimestampRange(const ValidationRules& rules) {
        if (__builtin_sub_overflow(rules.now_ms, rules.timestamp_before_max_ms, &from))
            from = std::numeric_limits<int64_t>::min();
        if (__builtin_add_overflow(rules.now_ms, rules.timestamp_after_max_ms, &to))
            to = std::numeric_limits<int64_t>::max();
    }
    bool contains(int64_t timestamp) const {
        return timestamp == timestamp_none || (timestamp >= from && timestamp <= to);
    }
};

// What can be said without looking at anything under the CRC, and the CRC (pitfalls B01-B05, B10,
// B11). Gives the bytes of the one batch.
Checked<Bytes> check_envelope(Bytes records, const ValidationRules& rules) {
    if (records.size() < entry_prefix_size)
        return reject(ErrorCode::invalid_record, "there is no record batch");
    const auto prefix = EntryPrefix::decode(records);
    if (!prefix) return reject(prefix.error().code, prefix.error().where);
    if (prefix->size > records.size())
        return reject(ErrorCode::invalid_record, "the record batch is cut");
    if (prefix->magic != batch_magic)
        return reject(ErrorCode::invalid_record, "record batches must have magic 2");
    const Bytes batch = records.first(static_cast<size_t>(prefix->size));
    const Bytes tail = records.subspan(batch.size());
    if (tail.size() >= entry_prefix_size) {
        const auto second = EntryPrefix::decode(tail);
        if (!second) return reject(second.error().code, second.error().where);
        if (second->size <= tail.size())
            return reject(ErrorCode::invalid_record, "more than one record batch");
    }
    if (prefix->base_offset != Offset{0})
        return reject(ErrorCode::invalid_record,
                      fmt::format("the base offset of a produced batch must be 0, it is {}",
                                  prefix->base_offset.value));
    if (std::cmp_greater(batch.size(), rules.message_bytes_max))
        return reject(ErrorCode::message_too_large,
                      fmt::format("the record batch takes {} bytes, {} are allowed", batch.size(),
                                  rules.message_bytes_max));
    const auto crc = load_be<uint32_t>(batch.data() + batch_layout::crc);
    if (crc32c(batch.subspan(batch_layout::attributes)) != crc)
        return reject(ErrorCode::corrupt_message, "the CRC of the record batch is wrong");
    return batch;
}

// What the header alone tells (pitfalls B06, B09, B12).
Checked<BatchHeader> check_header(Bytes batch, const ValidationRules& rules) {
    const auto header = BatchHeader::decode(batch);
    if (!header) return reject(ErrorCode::invalid_record, header.error().where);
    const auto codec = codec_of(header->codec_id());
    if (!codec)
        return reject(ErrorCode::unknown_server_error,
                      fmt::format("there is no codec {}", header->codec_id()));
    if (*codec == Codec::zstd && rules.produce_version < zstd_produce_version_min)
        return reject(ErrorCode::unsupported_compression_type, "zstd needs Produce version 7");
    if (header->record_count <= 0 || header->record_count - 1 != header->last_offset_delta)
        return reject(ErrorCode::invalid_record,
                      fmt::format("{} records do not end at offset {}", header->record_count,
                                  header->last_offset_delta));
    if (header->is_control())
        return reject(ErrorCode::invalid_record, "clients do not write control records");
    if (header->is_transactional() && !header->has_producer_id())
        return reject(ErrorCode::invalid_record, "a transactional batch needs a producer id");
    if (header->has_producer_id() && header->base_sequence < 0)
        return reject(ErrorCode::invalid_record, "a producer id needs a sequence number");
    return *header;
}

// What clients show: the same words as Kafka's, which tells three of the records.
std::string records_message(const std::vector<RecordError>& errors, size_t count) {
    constexpr size_t shown_max = 3;
    std::string shown;
    for (size_t i = 0; i < std::min(errors.size(), shown_max); ++i)
        shown += fmt::format("{}RecordError(batchIndex={}, message='{}')", i == 0 ? "" : ", ",
                             errors[i].batch_index, errors[i].message);
    return fmt::format(
        "One or more records have been rejected due to {} record errors in total, and only "
        "showing the first three errors at most: [{}]",
        count, shown);
}

BatchRejection record_rejection(bool timestamps, std::vector<RecordError> errors, size_t count) {
    BatchRejection rejection;
    rejection.code = timestamps ? ErrorCode::invalid_timestamp : ErrorCode::invalid_record;
    rejection.message = timestamps
                            ? "One or more records have been rejected due to invalid timestamp"
                            : records_message(errors, count);
    rejection.record_errors = std::move(errors);
    return rejection;
}

// Goes over all records of one batch and collects what is to be said of single ones.
class RecordChecks {
  public:
    RecordChecks(const BatchHeader& header, const ValidationRules& rules)
        : header_(header), rules_(rules), range_(rules) {}

    // The one pass. Fails with what is wrong with the records as a whole.
    Result<void> run(RecordWalker& walker) {
        RecordShape record;
        for (int32_t index = 0; index < header_.record_count; ++index) {
            TRY(walker.next(record));
            check(index, record);
        }
        return walker.expect_end();
    }

    bool failed() const { return !errors_.empty(); }
    BatchRejection rejection() && {
        return record_rejection(timestamps_, std::move(errors_), error_count_);
    }
    int64_t max_timestamp() const { return max_timestamp_; }
    int32_t max_timestamp_at() const { return max_timestamp_at_; }

  private:
    void check(int32_t index, const RecordShape& record) {
        const auto timestamp = static_cast<int64_t>(static_cast<uint64_t>(header_.base_timestamp) +
                                                    static_cast<uint64_t>(record.timestamp_delta));
        if (timestamp > max_timestamp_) {
            max_timestamp_ = timestamp;
            max_timestamp_at_ = index;
        }
        if (record.offset_delta != index) [[unlikely]]
            return add(index, fmt::format("Record {} says that it is at offset {}", index,
                                          record.offset_delta));
        if (rules_.compacted && !record.has_key) [[unlikely]]
            return add(index, fmt::format("Compacted topic cannot accept message without key in "
                                          "topic partition {}",
                                          rules_.topic_partition));
        if (rules_.timestamp_type == TimestampType::create_time && !range_.contains(timestamp))
            [[unlikely]] {
            timestamps_ = true;
            add(index, fmt::format("Timestamp {} of message with offset {} is out of range. The "
                                   "timestamp should be within [{}, {}]",
                                   timestamp, index, range_.from, range_.to));
        }
    }
    void add(int32_t index, std::string message) {
        ++error_count_;
        if (errors_.size() < record_errors_max) errors_.push_back({index, std::move(message)});
    }

    const BatchHeader& header_;
    const ValidationRules& rules_;
    const TimestampRange range_;
    std::vector<RecordError> errors_;
    size_t error_count_ = 0;
    bool timestamps_ = false;
    int64_t max_timestamp_ = timestamp_none;
    int32_t max_timestamp_at_ = 0;
};

// Records that do not decompress are the producer's fault for good: a retriable code would make it
// send them again and again.
Rejected reject_records(const Error& error) {
    const bool too_large = error.code == ErrorCode::message_too_large;
    return reject(too_large ? error.code : ErrorCode::invalid_record, error.where);
}

// Stores the records under another codec; `plain` is what they are without one.
Checked<void> compress_anew(ValidatedBatch& batch, const Compression& target, Bytes plain,
                            const ValidationRules& rules) {
    std::vector<uint8_t> stored = compress(target, plain);
    const size_t size = batch_header_size + stored.size();
    if (std::cmp_greater(size, rules.message_bytes_max))
        return reject(ErrorCode::message_too_large,
                      fmt::format("the record batch takes {} bytes with codec {}, {} are allowed",
                                  size, codec_name(target.codec), rules.message_bytes_max));
    const auto kept = batch.header.attributes & attribute_transactional;
    batch.header.attributes = static_cast<int16_t>(kept | static_cast<int16_t>(target.codec));
    batch.header.batch_length = static_cast<int32_t>(size - entry_overhead);
    batch.records = Blob(std::move(stored));
    return {};
}

// Sets timestamps and, if anything under it has changed, the CRC.
void finish_header(ValidatedBatch& batch, const BatchHeader& sent, const ValidationRules& rules,
                   const RecordChecks& checks) {
    BatchHeader& header = batch.header;
    if (rules.timestamp_type == TimestampType::log_append_time) {
        header.stamp_log_append_time(rules.now_ms);
        batch.max_timestamp_offset_delta = header.last_offset_delta;
    } else {
        header.attributes &= static_cast<int16_t>(~attribute_log_append_time);
        header.max_timestamp = checks.max_timestamp();
        batch.max_timestamp_offset_delta = checks.max_timestamp_at();
    }
    if (!(header == sent)) header.crc = header.compute_crc(batch.records.view());
    ASSERT(header.size() == batch_header_size + batch.records.size());
}

}  // namespace

std::expected<ValidatedBatch, BatchRejection> validate_produced(Bytes records,
                                                                const ValidationRules& rules,
                                                                Decompressor& decompressor) {
    const auto envelope = check_envelope(records, rules);
    if (!envelope) return Rejected(envelope.error());
    const auto header = check_header(*envelope, rules);
    if (!header) return Rejected(header.error());

    const Codec codec = *codec_of(header->codec_id());
    const bool anew = rules.stored_compression && rules.stored_compression->codec != codec;
    Bytes plain = envelope->subspan(batch_header_size);
    ValidatedBatch batch{*header, Blob::borrow(plain), envelope->size(), 0};
    RecordChecks checks(*header, rules);
    if (codec == Codec::none || anew) {
        // Compressing anew takes all of it in one piece; the walk uses the same memory.
        if (codec != Codec::none) {
            const auto whole = decompressor.decompress(codec, plain, rules.decompressed_bytes_max);
            if (!whole) return reject_records(whole.error());
            plain = *whole;
        }
        RecordWalker walker(plain);
        if (const auto walked = checks.run(walker); !walked) return reject_records(walked.error());
    } else {
        const auto started = decompressor.start(codec, plain);
        if (!started) return reject_records(started.error());
        if (decompressor.size_announced() > rules.decompressed_bytes_max)
            return reject(ErrorCode::message_too_large, "decompressed size");
        RecordWalker walker(decompressor, rules.decompressed_bytes_max);
        if (const auto walked = checks.run(walker); !walked) return reject_records(walked.error());
    }
    if (checks.failed()) return Rejected(std::move(checks).rejection());
    if (anew) {
        const auto stored = compress_anew(batch, *rules.stored_compression, plain, rules);
        if (!stored) return Rejected(stored.error());
    }
    finish_header(batch, *header, rules, checks);
    return batch;
}

}  // namespace barnabas::protocol
