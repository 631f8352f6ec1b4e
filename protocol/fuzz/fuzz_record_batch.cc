// SPDX-License-Identifier: Apache-2.0
// Any bytes as a produced batch and as batches of a log. The CRC is set right first (a fuzzer
// cannot guess it). What validation accepts, RecordReader must read, and the stored form must be
// accepted again; what RecordReader reads must be what the builder writes.
#include "base/assert.h"
#include "base/crc32c.h"
#include "protocol/batch_validator.h"
#include "protocol/control_records.h"
#include "protocol/record_batch_builder.h"

namespace barnabas::protocol {
namespace {

constexpr size_t expanded_max = 1 << 18;

void fix_crc(MutableBytes bytes) {
    const auto batch = BatchView::parse(bytes);
    if (!batch) return;
    store_be(bytes.data() + batch_layout::crc,
             crc32c(batch->bytes().subspan(batch_layout::attributes)));
}

// Reads all records, going into headers and control types; the count, or nothing after an error.
std::optional<int32_t> read_all(const BatchHeader& header, Bytes stored,
                                Decompressor& decompressor) {
    const auto codec = codec_of(header.codec_id());
    if (!codec) return std::nullopt;
    const auto plain = decompressor.decompress(*codec, stored, expanded_max);
    if (!plain) return std::nullopt;
    RecordReader reader(*plain, header.record_count);
    RecordView record;
    for (int32_t count = 0;; ++count) {
        const auto more = reader.next(record);
        if (!more) return std::nullopt;
        if (!*more) return count;
        RecordHeaders headers = record.headers;
        for (RecordHeader each; headers.next(each);) ASSERT(each.key.size() <= plain->size());
        if (header.is_control() && control_type(record)) {
            (void)decode_leader_change(record);
            (void)decode_kraft_voters(record);
            (void)decode_end_transaction_marker(record);
        }
    }
}

void read_as_log(Bytes bytes, Decompressor& decompressor) {
    BatchReader reader(bytes);
    for (BatchView batch;;) {
        const auto more = reader.next(batch);
        if (!more || !*more) return;
        ASSERT(batch.size() >= batch_header_size && reader.position() <= bytes.size());
        (void)read_all(batch.header(), batch.records(), decompressor);
        const auto encoded = batch.header().encode();
        ASSERT(equal(encoded, batch.bytes().first(batch_header_size)), "headers round trip");
    }
}

void validate(Bytes bytes, const ValidationRules& rules, Decompressor& decompressor) {
    const auto batch = validate_produced(bytes, rules, decompressor);
    if (!batch) {
        ASSERT(batch.error().code != ErrorCode::none);
        ASSERT(batch.error().record_errors.size() <= record_errors_max);
        return;
    }
    const std::vector<uint8_t> records(batch->records.view().begin(), batch->records.view().end());
    ASSERT(batch->header.compute_crc(records) == batch->header.crc, "the CRC is right");
    const auto count = read_all(batch->header, records, decompressor);
    ASSERT(count == batch->header.record_count, "readers can read what was accepted");
    ASSERT(batch->max_timestamp_offset_delta <= batch->header.last_offset_delta);
    std::vector<uint8_t> stored(batch_header_size);
    batch->header.encode(std::span<uint8_t, batch_header_size>(stored.data(), batch_header_size));
    stored.insert(stored.end(), records.begin(), records.end());
    ValidationRules again = rules;
    again.message_bytes_max = INT32_MAX;
    again.produce_version = 13;  // the topic's codec may be zstd whatever the producer knows
    again.produce_version = 13;  // the broker may have stored with zstd what came without
    const auto twice = validate_produced(stored, again, decompressor);
    ASSERT(twice && twice->header == batch->header, "what is stored would be accepted as it is");
}

// The first byte picks the rules, the rest is the batch.
void fuzz(Bytes input) {
    static Decompressor decompressor;
    const uint8_t choice = input[0];
    std::vector<uint8_t> bytes(input.begin() + 1, input.end());
    ValidationRules rules;
    rules.topic_partition = "t-0";
    rules.decompressed_bytes_max = expanded_max;
    rules.timestamp_type = choice & 1 ? TimestampType::log_append_time : TimestampType::create_time;
    rules.compacted = choice & 2;
    rules.produce_version = choice & 4 ? 6 : 13;
    rules.timestamp_after_max_ms = choice & 8 ? INT64_MAX : 3600 * 1000;
    if (choice & 16)
        rules.stored_compression = Compression{static_cast<Codec>(choice / 32 % 5), {}};
    read_as_log(bytes, decompressor);
    validate(bytes, rules, decompressor);
    fix_crc(bytes);
    validate(bytes, rules, decompressor);
}

}  // namespace
}  // namespace barnabas::protocol

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size > 0) barnabas::protocol::fuzz({data, size});
    return 0;
}
