// SPDX-License-Identifier: Apache-2.0
// Old message formats: plain messages and wrappers, their offsets and timestamps, and damage.
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "protocol/message_set.h"
#include "protocol/test/record_bytes.h"

namespace barnabas::protocol {
namespace {

using test::append;
using test::ByteVector;

constexpr size_t limit = size_t{1} << 20;

ByteVector message(int8_t magic, int64_t offset, int8_t attributes, int64_t timestamp,
                   std::optional<Bytes> key, std::optional<Bytes> value) {
    ByteVector content{static_cast<uint8_t>(magic), static_cast<uint8_t>(attributes)};
    const auto number = [&content](auto n) {
        content.resize(content.size() + sizeof n);
        store_be(content.data() + content.size() - sizeof n, n);
    };
    if (magic > 0) number(timestamp);
    for (const auto& bytes : {key, value}) {
        number(bytes ? static_cast<int32_t>(bytes->size()) : int32_t{-1});
        if (bytes) append(content, *bytes);
    }
    ByteVector front(16);
    store_be(front.data(), offset);
    store_be(front.data() + 8, static_cast<int32_t>(content.size() + 4));
    store_be(front.data() + 12,
             static_cast<uint32_t>(crc32(0, content.data(), static_cast<uInt>(content.size()))));
    return test::joined({front, content});
}

Result<std::vector<LegacyRecord>> read_all(Bytes entry, Decompressor& decompressor) {
    TRY_ASSIGN(const LegacyMessage parsed, LegacyMessage::parse(entry));
    TRY_ASSIGN(LegacyRecordReader reader, LegacyRecordReader::open(parsed, decompressor, limit));
    std::vector<LegacyRecord> records;
    for (LegacyRecord record;;) {
        TRY_ASSIGN(const bool more, reader.next(record));
        if (!more) return records;
        records.push_back(record);
    }
}

ByteVector inner_set(int8_t magic, std::initializer_list<int64_t> offsets) {
    ByteVector set;
    for (const int64_t offset : offsets)
        append(set, message(magic, offset, 0, 1000 + offset, as_bytes("k"), as_bytes("v")));
    return set;
}

TEST(MessageSet, wrappers_of_format_1_have_relative_offsets) {
    Decompressor decompressor;
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4}) {
        const ByteVector value = compress({codec, {}}, inner_set(1, {0, 1, 5}));
        const ByteVector entry =
            message(1, 105, static_cast<int8_t>(codec), 1005, std::nullopt, Bytes(value));
        const auto records = read_all(entry, decompressor);
        ASSERT_TRUE(records) << codec_name(codec);
        ASSERT_EQ(records->size(), 3u);
        EXPECT_EQ(records->at(0).offset, Offset{100});
        EXPECT_EQ(records->at(2).offset, Offset{105});
        EXPECT_EQ(records->at(1).timestamp, 1001);
        EXPECT_EQ(as_text(*records->at(1).value), "v");

        const auto by_log = static_cast<int8_t>(static_cast<int8_t>(codec) | 8);
        const ByteVector logged = message(1, 105, by_log, 7777, std::nullopt, Bytes(value));
        EXPECT_EQ(read_all(logged, decompressor)->at(0).timestamp, 7777);
    }
}

TEST(MessageSet, wrappers_of_format_0_have_absolute_offsets) {
    Decompressor decompressor;
    ByteVector value = compress({Codec::lz4, {}}, inner_set(0, {7, 9}));
    value[6] ^= 0x55;  // the header checksum, which old writers computed wrongly
    const ByteVector entry = message(0, 9, 3, 0, std::nullopt, Bytes(value));
    const auto records = read_all(entry, decompressor);
    ASSERT_TRUE(records);
    EXPECT_EQ(records->at(0).offset, Offset{7});
    EXPECT_EQ(records->at(0).timestamp, timestamp_none);
    EXPECT_FALSE(LegacyMessage::parse(entry)->timestamp_type());

    ByteVector later = compress({Codec::lz4, {}}, inner_set(1, {7, 9}));
    later[6] ^= 0x55;
    EXPECT_FALSE(read_all(message(1, 9, 3, 0, std::nullopt, Bytes(later)), decompressor));
}

TEST(MessageSet, wrappers_that_cannot_be) {
    Decompressor decompressor;
    const auto refused = [&](int8_t attributes, std::optional<Bytes> value) {
        const auto records =
            read_all(message(1, 9, attributes, 0, std::nullopt, value), decompressor);
        return !records && records.error().code == ErrorCode::invalid_record;
    };
    const ByteVector nothing = compress({Codec::gzip, {}}, {});
    EXPECT_TRUE(refused(1, Bytes(nothing)));
    EXPECT_TRUE(refused(1, std::nullopt));
    const ByteVector other_magic = compress({Codec::gzip, {}}, inner_set(0, {0}));
    EXPECT_TRUE(refused(1, Bytes(other_magic)));
    const ByteVector zstd = compress({Codec::zstd, {}}, inner_set(1, {0}));
    EXPECT_TRUE(refused(4, Bytes(zstd)));
    EXPECT_TRUE(refused(7, Bytes(zstd)));
    const ByteVector inner = compress({Codec::gzip, {}}, inner_set(1, {0}));
    const ByteVector nested =
        compress({Codec::gzip, {}}, message(1, 0, 1, 0, std::nullopt, Bytes(inner)));
    EXPECT_TRUE(refused(1, Bytes(nested)));

    ByteVector damaged = inner_set(1, {0, 1});
    damaged.back() ^= 1;
    const ByteVector value = compress({Codec::gzip, {}}, damaged);
    const auto records = read_all(message(1, 9, 1, 0, std::nullopt, Bytes(value)), decompressor);
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, ErrorCode::corrupt_message);
}

TEST(MessageSet, crc_covers_magic_to_end) {
    const ByteVector good = message(1, 9, 0, 5, as_bytes("key"), std::nullopt);
    EXPECT_TRUE(LegacyMessage::parse(good)->crc_valid());
    for (size_t at = 12; at < good.size(); ++at) {
        ByteVector bad = good;
        bad[at] ^= 0x20;
        const auto parsed = LegacyMessage::parse(bad);
        if (parsed) EXPECT_FALSE(parsed->crc_valid()) << at;
    }
}

TEST(MessageSet, cut_at_every_byte_and_mutated) {
    Decompressor decompressor;
    const ByteVector value = compress({Codec::snappy, {}}, inner_set(1, {0, 1, 2}));
    const ByteVector good = message(1, 9, 2, 5, std::nullopt, Bytes(value));
    for (size_t size = 0; size < good.size(); ++size) {
        const ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_FALSE(LegacyMessage::parse(cut)) << size;
    }
    std::mt19937 random(5);
    for (int i = 0; i < 20'000; ++i) {
        ByteVector bad = good;
        bad[random() % bad.size()] = static_cast<uint8_t>(random());
        const auto records = read_all(bad, decompressor);
        if (records) EXPECT_LE(records->size(), 3u);
    }
}

}  // namespace
}  // namespace barnabas::protocol
