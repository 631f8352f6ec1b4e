// SPDX-License-Identifier: Apache-2.0
// Snappy in the two shapes that clients send: one raw block (librdkafka), or the stream of
// snappy-java (Kafka's Java client): a header of 16 bytes, then blocks with an int32 length in
// front of each. https://github.com/google/snappy/blob/main/format_description.txt
#include <snappy.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "protocol/compression_codecs.h"

namespace barnabas::protocol {

namespace {

constexpr std::array<uint8_t, 8> stream_magic{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
// Magic, int32 version, int32 lowest version that can read it.
constexpr size_t stream_header_size = 16;
constexpr int32_t stream_version = 1;
// Uncompressed, as snappy-java cuts them.
constexpr size_t stream_block_size = 32 << 10;
// A block's densest element makes 64 bytes of 3.
constexpr size_t expansion_max = 22;

const char* chars(const uint8_t* bytes) {
    return reinterpret_cast<const char*>(bytes);
}
char* chars(uint8_t* bytes) {
    return reinterpret_cast<char*>(bytes);
}

bool begins_stream(Bytes bytes) {
    return bytes.size() >= stream_magic.size() &&
           equal(bytes.first(stream_magic.size()), stream_magic);
}

// The uncompressed size that a block announces, if it can be true.
Result<size_t> announced_size(Bytes block) {
    size_t size = 0;
    if (!snappy::GetUncompressedLength(chars(block.data()), block.size(), &size) ||
        size > expansion_max * block.size())
        return fail(ErrorCode::corrupt_message, "snappy block size");
    return size;
}

class SnappyStream : public DecompressionStream {
  public:
    Result<void> start(Bytes input, Framing) override {
        block_.shrink();
        left_ = input;
        ready_ = {};
        framed_ = begins_stream(input);
        announced_ = 0;
        if (framed_) return {};
        TRY_ASSIGN(announced_, announced_size(input));
        return {};
    }

    Result<size_t> read(MutableBytes into) override {
        size_t count = 0;
        while (count < into.size()) {
            const MutableBytes room = into.subspan(count);
            if (ready_.empty()) {
                if (left_.empty()) break;
                TRY_ASSIGN(const size_t direct, next_block(room));
                count += direct;
                continue;
            }
            const size_t size = std::min(room.size(), ready_.size());
            std::memcpy(room.data(), ready_.data(), size);
            ready_ = ready_.subspan(size);
            count += size;
        }
        return count;
    }

    size_t size_announced() const override { return announced_; }

  private:
    // Decompresses the next block into `room` if it fits, and gives its size; else into block_.
    Result<size_t> next_block(MutableBytes room) {
        TRY_ASSIGN(const Bytes block, take_block());
        if (block.empty()) return 0;
        TRY_ASSIGN(const size_t size, announced_size(block));
        const bool fits = size <= room.size();
        if (!fits) block_.grow(size);
        const MutableBytes into = fits ? room.first(size) : block_.bytes().first(size);
        if (!snappy::RawUncompress(chars(block.data()), block.size(), chars(into.data())))
            return fail(ErrorCode::corrupt_message, "snappy block");
        if (fits) return size;
        ready_ = into;
        return 0;
    }

    // The next compressed block, empty after a stream header: streams may follow one another.
    Result<Bytes> take_block() {
        ASSERT(!left_.empty());
        if (!framed_) return std::exchange(left_, Bytes{});
        if (begins_stream(left_)) {
            if (left_.size() < stream_header_size ||
                load_be<int32_t>(left_.data() + stream_magic.size()) < stream_version)
                return fail(ErrorCode::corrupt_message, "snappy stream header");
            left_ = left_.subspan(stream_header_size);
            return Bytes{};
        }
        if (left_.size() < sizeof(int32_t))
            return fail(ErrorCode::corrupt_message, "snappy stream is cut");
        const auto size = load_be<int32_t>(left_.data());
        left_ = left_.subspan(sizeof(int32_t));
        if (size <= 0 || static_cast<size_t>(size) > left_.size())
            return fail(ErrorCode::corrupt_message, "snappy block length");
        const Bytes block = left_.first(static_cast<size_t>(size));
        left_ = left_.subspan(block.size());
        return block;
    }

    Bytes left_;
    RawBuffer block_;
    Bytes ready_;
    size_t announced_ = 0;
    bool framed_ = false;
};

}  // namespace

std::unique_ptr<DecompressionStream> make_snappy_stream() {
    return std::make_unique<SnappyStream>();
}

std::vector<uint8_t> compress_snappy(Bytes input) {
    const size_t blocks = (input.size() + stream_block_size - 1) / stream_block_size;
    const size_t block_max = sizeof(int32_t) + snappy::MaxCompressedLength(stream_block_size);
    std::vector<uint8_t> output(stream_header_size + blocks * block_max);
    std::copy(stream_magic.begin(), stream_magic.end(), output.begin());
    store_be(output.data() + 8, stream_version);
    store_be(output.data() + 12, stream_version);
    size_t at = stream_header_size;
    while (!input.empty()) {
        const Bytes block = input.first(std::min(input.size(), stream_block_size));
        input = input.subspan(block.size());
        uint8_t* const length = output.data() + at;
        size_t size = 0;
        snappy::RawCompress(chars(block.data()), block.size(), chars(length + sizeof(int32_t)),
                            &size);
        store_be(length, static_cast<int32_t>(size));
        at += sizeof(int32_t) + size;
        ASSERT(at <= output.size(), "MaxCompressedLength is enough");
    }
    output.resize(at);
    return output;
}

}  // namespace barnabas::protocol
