// SPDX-License-Identifier: Apache-2.0
// The five codecs: round trips, the framings that clients send, and streams that are cut or
// damaged.
#include <gtest/gtest.h>
#include <lz4frame.h>

#include <random>

#include "protocol/compression.h"
#include "protocol/test/record_bytes.h"

namespace barnabas::protocol {
namespace {

using test::append;
using test::ByteVector;

constexpr size_t limit = size_t{64} << 20;

// Half noise, half repetition, so that blocks of all kinds occur.
ByteVector sample(size_t size, unsigned seed = 1) {
    std::mt19937 random(seed);
    ByteVector bytes(size);
    for (size_t i = 0; i < size; ++i)
        bytes[i] =
            i / 5000 % 2 == 0 ? static_cast<uint8_t>(random()) : static_cast<uint8_t>(i / 700);
    return bytes;
}

// Reads a stream in pieces of `piece` bytes; the error if there is one.
Result<ByteVector> read_in_pieces(Codec codec, Bytes input, size_t piece) {
    Decompressor decompressor;
    TRY(decompressor.start(codec, input));
    ByteVector all;
    for (ByteVector into(piece);;) {
        TRY_ASSIGN(const size_t count, decompressor.read(into));
        append(all, Bytes(into).first(count));
        if (count < piece) return all;
    }
}

TEST(Compression, round_trips_of_all_codecs_and_sizes) {
    Decompressor decompressor;
    for (const Codec codec : test::all_codecs)
        for (const size_t size :
             {0, 1, 7, 100, 16'383, 16'384, 32'768, 65'536, 65'537, 1'000'000}) {
            const ByteVector plain = sample(size);
            const ByteVector stored = compress({codec, {}}, plain);
            if (codec == Codec::none && size == 0) continue;
            const auto again = decompressor.decompress(codec, stored, limit);
            ASSERT_TRUE(again) << codec_name(codec) << " " << size;
            EXPECT_TRUE(equal(*again, plain)) << codec_name(codec) << " " << size;
            for (const size_t piece : {1000, 65'536}) {
                const auto pieces = read_in_pieces(codec, stored, piece);
                ASSERT_TRUE(pieces) << codec_name(codec) << " " << size << " by " << piece;
                EXPECT_EQ(*pieces, plain);
            }
        }
}

TEST(Compression, levels_are_taken_and_brought_inside) {
    const ByteVector plain = sample(200'000);
    for (const Codec codec : test::all_codecs)
        for (const int level : {INT32_MIN, -7, 0, 1, 9, 17, 22, INT32_MAX}) {
            // zstd's last levels want much memory and time.
            if (codec == Codec::zstd && level > 17) continue;
            const ByteVector stored = compress({codec, level}, plain);
            const auto again = decompress(codec, stored, limit);
            ASSERT_TRUE(again) << codec_name(codec) << " level " << level;
            EXPECT_EQ(*again, plain);
        }
    const auto size_at = [&](Codec codec, int level) {
        return compress({codec, level}, plain).size();
    };
    EXPECT_LT(size_at(Codec::gzip, 9), size_at(Codec::gzip, 1));
    EXPECT_LT(size_at(Codec::zstd, 15), size_at(Codec::zstd, -50));
}

TEST(Compression, codec_ids) {
    EXPECT_EQ(codec_of(0), Codec::none);
    EXPECT_EQ(codec_of(4), Codec::zstd);
    for (const int id : {-1, 5, 6, 7, 100}) EXPECT_FALSE(codec_of(id));
    EXPECT_EQ(codec_name(Codec::lz4), "lz4");
}

TEST(Compression, B08_limit_is_exact) {
    const ByteVector plain = sample(100'000);
    for (const Codec codec : test::all_codecs) {
        const ByteVector stored = compress({codec, {}}, plain);
        EXPECT_TRUE(decompress(codec, stored, plain.size())) << codec_name(codec);
        const auto over = decompress(codec, stored, plain.size() - 1);
        ASSERT_FALSE(over) << codec_name(codec);
        EXPECT_EQ(over.error().code, ErrorCode::message_too_large);
    }
}

TEST(Compression, cut_at_every_byte) {
    Decompressor decompressor;
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        const ByteVector plain = sample(70'000);
        const ByteVector stored = compress({codec, {}}, plain);
        for (size_t size = 0; size < stored.size(); size += size < 200 ? 1 : 97) {
            const ByteVector cut(stored.begin(), stored.begin() + static_cast<ptrdiff_t>(size));
            const auto again = decompressor.decompress(codec, cut, limit);
            // Blocks of framed snappy say nothing of how many there are: its records tell.
            if (codec == Codec::snappy && again) {
                EXPECT_LT(again->size(), plain.size());
                continue;
            }
            ASSERT_FALSE(again) << codec_name(codec) << " cut at " << size;
            EXPECT_EQ(again.error().code, ErrorCode::corrupt_message);
        }
        for (size_t size = stored.size() - 20; size < stored.size(); ++size) {
            const ByteVector cut(stored.begin(), stored.begin() + static_cast<ptrdiff_t>(size));
            EXPECT_FALSE(decompressor.decompress(codec, cut, limit)) << codec_name(codec);
        }
    }
}

TEST(Compression, mutations_end_in_errors_or_bytes) {
    Decompressor decompressor;
    std::mt19937 random(3);
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        const ByteVector stored = compress({codec, {}}, sample(3000));
        for (int i = 0; i < 5000; ++i) {
            ByteVector bad = stored;
            for (int change = 0; change < 1 + i % 4; ++change)
                bad[random() % bad.size()] = static_cast<uint8_t>(random());
            const auto again = decompressor.decompress(codec, bad, size_t{1} << 20);
            if (again) EXPECT_LE(again->size(), size_t{1} << 20);
        }
        // The decompressor is as good as new after an error.
        const auto good = decompressor.decompress(codec, stored, limit);
        ASSERT_TRUE(good);
        EXPECT_EQ(good->size(), 3000u);
    }
}

TEST(Compression, bytes_after_the_end_are_refused) {
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        ByteVector stored = compress({codec, {}}, sample(3000));
        append(stored, as_bytes("xxxxxxxx"));
        EXPECT_FALSE(decompress(codec, stored, limit)) << codec_name(codec);
    }
}

TEST(Compression, B09_gzip_of_several_members) {
    const ByteVector one = sample(40'000, 1), two = sample(10, 2);
    const ByteVector stored =
        test::joined({compress({Codec::gzip, 1}, one), compress({Codec::gzip, 9}, {}),
                      compress({Codec::gzip, {}}, two)});
    EXPECT_EQ(decompress(Codec::gzip, stored, limit).value(), test::joined({one, two}));
    EXPECT_EQ(read_in_pieces(Codec::gzip, stored, 13).value(), test::joined({one, two}));
}

TEST(Compression, B09_zstd_of_several_frames) {
    const ByteVector one = sample(40'000, 1), two = sample(10, 2);
    const ByteVector skippable{0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i'};
    const ByteVector stored = test::joined(
        {skippable, compress({Codec::zstd, {}}, one), compress({Codec::zstd, {}}, two)});
    EXPECT_EQ(decompress(Codec::zstd, stored, limit).value(), test::joined({one, two}));
}

TEST(Compression, B09_zstd_frames_hold_what_they_announce) {
    // A header that says 4608 bytes, and one empty block; then the same with the right size.
    const ByteVector lying{0x28, 0xb5, 0x2f, 0xfd, 0x50, 0, 0, 0x11, 1, 0, 0};
    for (const size_t piece : {10, 100'000})
        EXPECT_FALSE(read_in_pieces(Codec::zstd, lying, piece)) << piece;
    const ByteVector honest{0x28, 0xb5, 0x2f, 0xfd, 0x20, 2, 0x11, 0, 0, 'h', 'i'};
    for (const size_t piece : {10, 100'000})
        EXPECT_EQ(read_in_pieces(Codec::zstd, honest, piece).value(), (ByteVector{'h', 'i'}));
}

TEST(Compression, B09_zstd_windows_are_bounded) {
    const auto frame_with_window = [](int log) {
        return ByteVector{0x28, 0xb5, 0x2f, 0xfd, 0,  static_cast<uint8_t>((log - 10) << 3),
                          0x11, 0,    0,    'h',  'i'};
    };
    EXPECT_TRUE(read_in_pieces(Codec::zstd, frame_with_window(27), 100'000));
    EXPECT_FALSE(read_in_pieces(Codec::zstd, frame_with_window(28), 100'000));
    EXPECT_FALSE(read_in_pieces(Codec::zstd, frame_with_window(28), 10));
}

TEST(Compression, B09_snappy_raw_and_framed) {
    const ByteVector plain = sample(100'000);
    const ByteVector framed = compress({Codec::snappy, {}}, plain);
    EXPECT_EQ(load_be<int32_t>(framed.data() + 8), 1);
    EXPECT_EQ(load_be<int32_t>(framed.data() + 12), 1);

    // A block of 32 KiB and its framing taken away is a raw block.
    const auto block_size = load_be<int32_t>(framed.data() + 16);
    const Bytes block = Bytes(framed).subspan(20, static_cast<size_t>(block_size));
    const ByteVector first(plain.begin(), plain.begin() + 32'768);
    EXPECT_EQ(decompress(Codec::snappy, block, limit).value(), first);
    EXPECT_EQ(read_in_pieces(Codec::snappy, block, 100).value(), first);

    // Two streams one after another, as writers that flush produce them.
    const ByteVector twice = test::joined({framed, framed});
    EXPECT_EQ(decompress(Codec::snappy, twice, limit).value(), test::joined({plain, plain}));

    ByteVector version_0 = framed;
    store_be(version_0.data() + 8, int32_t{0});
    EXPECT_FALSE(decompress(Codec::snappy, version_0, limit));
    for (const int32_t length : {INT32_MIN, -1, 0, INT32_MAX}) {
        ByteVector bad = framed;
        store_be(bad.data() + 16, length);
        EXPECT_FALSE(decompress(Codec::snappy, bad, limit)) << length;
    }
}

TEST(Compression, B09_lz4_frames) {
    const ByteVector plain = sample(200'000);
    const ByteVector stored = compress({Codec::lz4, {}}, plain);
    // Magic, version 1, independent blocks of 64 KiB, no content size, no checksum of the content.
    EXPECT_EQ((ByteVector{stored.begin(), stored.begin() + 6}),
              (ByteVector{0x04, 0x22, 0x4d, 0x18, 0x60, 0x40}));
    ByteVector wrong_checksum = stored;
    wrong_checksum[6] ^= 1;
    EXPECT_FALSE(decompress(Codec::lz4, wrong_checksum, limit));
    EXPECT_EQ(decompress(Codec::lz4, wrong_checksum, limit, Framing::kafka_v0).value(), plain);
    ByteVector dependent = stored;
    dependent[4] &= static_cast<uint8_t>(~0x20);
    EXPECT_FALSE(decompress(Codec::lz4, dependent, limit, Framing::kafka_v0));
}

ByteVector lz4_frame(Bytes plain, const LZ4F_frameInfo_t& info) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo = info;
    ByteVector frame(LZ4F_compressFrameBound(plain.size(), &preferences));
    const size_t size =
        LZ4F_compressFrame(frame.data(), frame.size(), plain.data(), plain.size(), &preferences);
    EXPECT_FALSE(LZ4F_isError(size));
    frame.resize(size);
    return frame;
}

// What other writers of frames put into them.
TEST(Compression, B09_lz4_frames_with_size_checksum_or_dictionary) {
    const ByteVector plain = sample(200'000);
    LZ4F_frameInfo_t info{};
    info.blockMode = LZ4F_blockIndependent;
    info.blockSizeID = LZ4F_max64KB;  // several blocks
    info.contentSize = plain.size();
    info.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    info.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    const ByteVector full = lz4_frame(plain, info);
    EXPECT_EQ(full[4], 0x7c) << "version 1, and all four flags";
    EXPECT_EQ(decompress(Codec::lz4, full, limit).value(), plain);
    EXPECT_EQ(read_in_pieces(Codec::lz4, full, 1000).value(), plain);
    info.dictID = 7;
    EXPECT_FALSE(decompress(Codec::lz4, lz4_frame(plain, info), limit));
    info.dictID = 0;
    info.blockMode = LZ4F_blockLinked;
    EXPECT_FALSE(decompress(Codec::lz4, lz4_frame(plain, info), limit));
}

}  // namespace
}  // namespace barnabas::protocol
