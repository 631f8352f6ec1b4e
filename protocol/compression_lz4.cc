// SPDX-License-Identifier: Apache-2.0
// lz4 in its frame format, one frame a stream:
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
// Blocks must be independent and without a dictionary, as Kafka's own consumers demand. Magic 0
// messages carry frames whose header checksum covers four bytes too many; Framing::kafka_v0 reads
// those.
#include <lz4frame.h>
#include <lz4hc.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/assert.h"
#include "protocol/compression_codecs.h"

namespace barnabas::protocol {

namespace {

constexpr size_t magic_size = 4;
// Of the frame's first flag byte.
constexpr uint8_t flag_block_independence = 0x20;
constexpr uint8_t flag_dictionary = 0x01;

// XXH32 (seed 0) of fewer than 16 bytes, which is all that a frame header needs:
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
uint32_t xxh32_short(Bytes bytes) {
    constexpr uint32_t prime1 = 0x9E3779B1, prime2 = 0x85EBCA77, prime3 = 0xC2B2AE3D;
    constexpr uint32_t prime4 = 0x27D4EB2F, prime5 = 0x165667B1;
    ASSERT(bytes.size() < 16, "longer inputs have another beginning");
    uint32_t hash = prime5 + static_cast<uint32_t>(bytes.size());
    for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
        const uint32_t lane = std::byteswap(load_be<uint32_t>(bytes.data()));
        hash = std::rotl(hash + lane * prime3, 17) * prime4;
    }
    for (const uint8_t byte : bytes) hash = std::rotl(hash + byte * prime5, 11) * prime1;
    hash = (hash ^ hash >> 15) * prime2;
    hash = (hash ^ hash >> 13) * prime3;
    return hash ^ hash >> 16;
}

class Lz4Stream : public DecompressionStream {
  public:
    Lz4Stream() = default;
    ~Lz4Stream() override { LZ4F_freeDecompressionContext(context_); }
    Lz4Stream(const Lz4Stream&) = delete;
    Lz4Stream& operator=(const Lz4Stream&) = delete;

    Result<void> start(Bytes input, Framing framing) override {
        prepare();
        done_ = false;
        const size_t size = input.size() < LZ4F_MIN_SIZE_TO_KNOW_HEADER_LENGTH
                                ? input.size() + 1
                                : LZ4F_headerSize(input.data(), input.size());
        // Skippable frames are refused too: no client writes them, no consumer reads them.
        if (LZ4F_isError(size) || size > input.size() || size > header_.size() ||
            size < LZ4F_HEADER_SIZE_MIN || load_be<uint32_t>(input.data()) != frame_magic)
            return fail(ErrorCode::corrupt_message, "lz4 frame header");
        if (!(input[magic_size] & flag_block_independence))
            return fail(ErrorCode::corrupt_message, "lz4 blocks depend on each other");
        if (input[magic_size] & flag_dictionary)
            return fail(ErrorCode::corrupt_message, "lz4 frame that needs a dictionary");
        std::copy_n(input.begin(), size, header_.begin());
        blocks_large_ = blocks_large_ || (input[magic_size + 1] >> 4 & 7) > LZ4F_max1MB;
        left_ = input.subspan(size);
        if (framing == Framing::kafka_v0) {
            const Bytes descriptor = Bytes(header_).first(size - 1).subspan(magic_size);
            header_[size - 1] = static_cast<uint8_t>(xxh32_short(descriptor) >> 8);
        }
        return read_header(size);
    }

    Result<size_t> read(MutableBytes into) override {
        size_t count = 0;
        while (count < into.size() && !done_) {
            size_t written = into.size() - count;
            size_t taken = left_.size();
            const size_t hint = LZ4F_decompress(context_, into.data() + count, &written,
                                                left_.data(), &taken, nullptr);
            if (LZ4F_isError(hint)) return fail(ErrorCode::corrupt_message, "lz4 frame");
            ASSERT(taken <= left_.size() && written <= into.size() - count);
            left_ = left_.subspan(taken);
            count += written;
            done_ = hint == 0;
            if (!done_ && written == 0 && taken == 0)
                return fail(ErrorCode::corrupt_message, "lz4 frame is cut");
        }
        if (done_ && !left_.empty())
            return fail(ErrorCode::corrupt_message, "bytes after the lz4 frame");
        return count;
    }

  private:
    static constexpr uint32_t frame_magic = 0x04224D18;  // as stored, little endian

    // A context keeps two blocks; one that has seen large blocks is made anew.
    void prepare() {
        if (blocks_large_) {
            LZ4F_freeDecompressionContext(context_);
            context_ = nullptr;
        }
        if (context_) return LZ4F_resetDecompressionContext(context_);
        const auto code = LZ4F_createDecompressionContext(&context_, LZ4F_VERSION);
        ASSERT(!LZ4F_isError(code) && context_, "it fails for want of memory only");
        blocks_large_ = false;
    }

    Result<void> read_header(size_t size) {
        size_t written = 0;
        size_t taken = size;
        const size_t hint =
            LZ4F_decompress(context_, nullptr, &written, header_.data(), &taken, nullptr);
        if (LZ4F_isError(hint) || taken != size)
            return fail(ErrorCode::corrupt_message, "lz4 frame header");
        return {};
    }

    LZ4F_dctx* context_ = nullptr;
    Bytes left_;
    std::array<uint8_t, LZ4F_HEADER_SIZE_MAX> header_{};
    bool blocks_large_ = false;
    bool done_ = false;
};

}  // namespace

std::unique_ptr<DecompressionStream> make_lz4_stream() {
    return std::make_unique<Lz4Stream>();
}

std::vector<uint8_t> compress_lz4(std::optional<int> level, Bytes input) {
    constexpr int level_min = 1, level_max = 17;  // Kafka's; lz4's own end at 12
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.compressionLevel =
        level ? std::min(std::clamp(*level, level_min, level_max), LZ4HC_CLEVEL_MAX) : 0;
    std::vector<uint8_t> output(LZ4F_compressFrameBound(input.size(), &preferences));
    const size_t size =
        LZ4F_compressFrame(output.data(), output.size(), input.data(), input.size(), &preferences);
    ASSERT(!LZ4F_isError(size), "compressFrameBound is enough");
    output.resize(size);
    return output;
}

}  // namespace barnabas::protocol
