// SPDX-License-Identifier: Apache-2.0
// Record batches of any bytes for the tests, right or wrong in every field.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/compression.h"
#include "protocol/record_batch.h"
#include "protocol/varint.h"

namespace barnabas::protocol::test {

using ByteVector = std::vector<uint8_t>;

inline void append(ByteVector& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}
inline ByteVector joined(std::initializer_list<Bytes> parts) {
    ByteVector all;
    for (const Bytes part : parts) append(all, part);
    return all;
}

struct RawRecord {
    int32_t offset_delta = 0;
    int64_t timestamp_delta = 0;
    std::optional<std::string_view> key = "k";
    std::optional<std::string_view> value = "v";
    std::vector<RecordHeader> headers{};

    // What follows the length.
    ByteVector content() const {
        ByteVector to{0};
        write_varint(to, timestamp_delta);
        write_varint(to, offset_delta);
        text(to, key);
        text(to, value);
        write_varint(to, static_cast<int32_t>(headers.size()));
        for (const RecordHeader& header : headers) {
            text(to, as_text(header.key));
            text(to, header.value ? std::optional(as_text(*header.value)) : std::nullopt);
        }
        return to;
    }
    static ByteVector with_length(Bytes content) {
        ByteVector to;
        write_varint(to, static_cast<int32_t>(content.size()));
        append(to, content);
        return to;
    }
    ByteVector bytes() const { return with_length(content()); }

  private:
    static void text(ByteVector& to, std::optional<std::string_view> content) {
        write_varint(to, content ? static_cast<int32_t>(content->size()) : int32_t{-1});
        if (content) append(to, as_bytes(*content));
    }
};

inline constexpr int64_t test_now = 1'700'000'000'000;

// A batch with that header, in front of `stored`; length and CRC are set to what is right.
inline ByteVector make_batch(BatchHeader header, Bytes stored) {
    header.batch_length = static_cast<int32_t>(batch_header_size + stored.size() - entry_overhead);
    header.crc = header.compute_crc(stored);
    const auto front = header.encode();
    return joined({front, stored});
}

// The header of a good batch of `count` records as a producer sends it.
inline BatchHeader produced_header(int32_t count, Codec codec = Codec::none) {
    BatchHeader header;
    header.attributes = static_cast<int16_t>(codec);
    header.last_offset_delta = count - 1;
    header.record_count = count;
    header.base_timestamp = header.max_timestamp = test_now;
    return header;
}

inline ByteVector join_records(const std::vector<RawRecord>& records) {
    ByteVector all;
    for (const RawRecord& record : records) append(all, record.bytes());
    return all;
}
inline std::vector<RawRecord> plain_records(int32_t count) {
    std::vector<RawRecord> records(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; ++i) records[static_cast<size_t>(i)].offset_delta = i;
    return records;
}

// A good batch of `records`, compressed with `codec`.
inline ByteVector produced_batch(const std::vector<RawRecord>& records, Codec codec = Codec::none) {
    const auto count = static_cast<int32_t>(records.size());
    const ByteVector plain = join_records(records);
    return make_batch(produced_header(count, codec), compress({codec, {}}, plain));
}

inline constexpr Codec all_codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4,
                                       Codec::zstd};

}  // namespace barnabas::protocol::test
