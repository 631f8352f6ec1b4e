// SPDX-License-Identifier: Apache-2.0
// Pitfall B08: small inputs that expand to a gigabyte. They end in an error, and the process's
// memory does not grow by more than a bound that has nothing to do with the gigabyte.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "protocol/batch_validator.h"
#include "protocol/test/record_bytes.h"

namespace barnabas::protocol {
namespace {

using test::append;
using test::ByteVector;

constexpr size_t expanded = size_t{256} << 20;
constexpr size_t piece_size = size_t{1} << 20;

// ThreadSanitizer keeps four bytes of its own for each one.
#if __has_feature(thread_sanitizer)
constexpr size_t memory_factor = 5;
#else
constexpr size_t memory_factor = 1;
#endif

// Bytes of memory that the process has had at most since it was last reset.
size_t peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
    ADD_FAILURE() << "no VmHWM";
    return 0;
}
template <class Work>
size_t memory_growth(Work work) {
    std::ofstream("/proc/self/clear_refs") << "5";
    const size_t before = peak_memory();
    work();
    const size_t peak = peak_memory();
    return peak > before ? peak - before : 0;  // memory may have been given back meanwhile
}

// The start of one record with a value of almost `expanded` bytes, then zeros up to the end of a
// piece_size.
ByteVector first_piece(size_t size) {
    ByteVector content;
    test::RawRecord record;
    record.value = std::nullopt;
    content = record.content();
    content.resize(content.size() - 2);  // value and headers
    write_varint(content, static_cast<int32_t>(expanded - 1000));
    ByteVector bytes;
    write_varint(bytes, static_cast<int32_t>(expanded - 900));
    append(bytes, content);
    bytes.resize(size);
    return bytes;
}

// Streams of many equal pieces, put together from compressed pieces instead of compressing a
// gigabyte.
ByteVector bomb(Codec codec) {
    const size_t block = codec == Codec::snappy ? 32 << 10
                         : codec == Codec::lz4  ? 64 << 10
                                                : piece_size;
    const ByteVector front = compress({codec, {}}, first_piece(block));
    const ByteVector zeros = compress({codec, {}}, ByteVector(block));
    // What stands around a block: lz4's frame header and end mark, snappy's stream header.
    const size_t before = codec == Codec::lz4 ? 7 : codec == Codec::snappy ? 16 : 0;
    const size_t after = codec == Codec::lz4 ? 4 : 0;
    ByteVector all(front.begin(), front.end() - static_cast<ptrdiff_t>(after));
    const Bytes middle = Bytes(zeros).subspan(before, zeros.size() - before - after);
    for (size_t size = block; size < expanded; size += block) append(all, middle);
    append(all, Bytes(zeros).last(after));
    return all;
}

constexpr Codec compressing[] = {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

TEST(Bombs, B08_they_are_ones) {
    for (const Codec codec : compressing) {
        const ByteVector stored = bomb(codec);
        EXPECT_LT(stored.size(), expanded / 20) << codec_name(codec);
        Decompressor decompressor;
        ASSERT_TRUE(decompressor.start(codec, stored));
        size_t size = 0;
        for (ByteVector into(piece_size);;) {
            const auto count = decompressor.read(into);
            ASSERT_TRUE(count) << codec_name(codec) << " after " << size;
            size += *count;
            if (*count < piece_size) break;
        }
        EXPECT_EQ(size, expanded) << codec_name(codec);
    }
}

TEST(Bombs, B08_decompress_stops_at_its_limit) {
    constexpr size_t size_max = size_t{4} << 20;
    for (const Codec codec : compressing) {
        const ByteVector stored = bomb(codec);
        const size_t growth = memory_growth([&] {
            const auto result = decompress(codec, stored, size_max);
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, ErrorCode::message_too_large) << codec_name(codec);
        });
        EXPECT_LT(growth, memory_factor * 4 * size_max) << codec_name(codec);
    }
}

TEST(Bombs, B08_validation_needs_a_window_only) {
    for (const Codec codec : compressing) {
        const ByteVector batch = test::make_batch(test::produced_header(1, codec), bomb(codec));
        ValidationRules rules;
        rules.now_ms = test::test_now;
        rules.message_bytes_max = INT32_MAX;
        Decompressor decompressor;
        const size_t growth = memory_growth([&] {
            const auto result = validate_produced(batch, rules, decompressor);
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, ErrorCode::message_too_large) << codec_name(codec);
        });
        EXPECT_LT(growth, memory_factor * 16 << 20) << codec_name(codec);
    }
}

TEST(Bombs, B08_a_raw_snappy_block_cannot_announce_more_than_it_can_hold) {
    // A length of 4 GiB - 1, then nothing of that size.
    ByteVector block{0xff, 0xff, 0xff, 0xff, 0x0f};
    block.resize(1000);
    const size_t growth =
        memory_growth([&] { EXPECT_FALSE(decompress(Codec::snappy, block, size_t{1} << 33)); });
    EXPECT_LT(growth, size_t{8} << 20);
}

TEST(Bombs, B08_a_zstd_frame_that_announces_much) {
    // A frame header with a content size of 2^40 and no block.
    const ByteVector frame{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0};
    const auto result = decompress(Codec::zstd, frame, size_t{1} << 20);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::message_too_large);
}

}  // namespace
}  // namespace barnabas::protocol
