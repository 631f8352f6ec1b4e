// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) by zlib. A stream may consist of several members, which are read as one (pitfall
// B09).
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "protocol/compression_codecs.h"

namespace barnabas::protocol {

namespace {

constexpr int window_bits = 15;
// Added to the window bits: gzip's header and trailer instead of zlib's.
constexpr int gzip_only = 16;

class GzipStream : public DecompressionStream {
  public:
    GzipStream() {
        const int code = inflateInit2(&stream_, window_bits + gzip_only);
        ASSERT(code == Z_OK, "inflateInit2 fails for want of memory only");
    }
    ~GzipStream() override { inflateEnd(&stream_); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;

    Result<void> start(Bytes input, Framing) override {
        left_ = input;
        stream_.avail_in = 0;
        done_ = false;
        reset();
        return {};
    }

    Result<size_t> read(MutableBytes into) override {
        size_t count = 0;
        while (count < into.size() && !done_) {
            feed();
            const MutableBytes room = into.subspan(count).first(
                std::min(into.size() - count, size_t{std::numeric_limits<uInt>::max()}));
            stream_.next_out = room.data();
            stream_.avail_out = static_cast<uInt>(room.size());
            const int code = inflate(&stream_, Z_NO_FLUSH);
            ASSERT(stream_.avail_out <= room.size());
            count += room.size() - stream_.avail_out;
            if (code == Z_STREAM_END) {
                end_member();
            } else if (code == Z_BUF_ERROR) {
                return fail(ErrorCode::corrupt_message, "gzip stream is cut");
            } else if (code != Z_OK) {
                return fail(ErrorCode::corrupt_message, "gzip stream");
            }
        }
        return count;
    }

  private:
    void reset() {
        const int code = inflateReset(&stream_);
        ASSERT(code == Z_OK, "the stream was initialised");
    }
    // zlib counts input in 32 bits.
    void feed() {
        if (stream_.avail_in > 0) return;
        const size_t size = std::min(left_.size(), size_t{std::numeric_limits<uInt>::max()});
        stream_.next_in = const_cast<Bytef*>(left_.data());
        stream_.avail_in = static_cast<uInt>(size);
        left_ = left_.subspan(size);
    }
    void end_member() {
        done_ = stream_.avail_in == 0 && left_.empty();
        if (!done_) reset();
    }

    z_stream stream_{};
    Bytes left_;
    bool done_ = false;
};

}  // namespace

std::unique_ptr<DecompressionStream> make_gzip_stream() {
    return std::make_unique<GzipStream>();
}

std::vector<uint8_t> compress_gzip(std::optional<int> level, Bytes input) {
    ASSERT(input.size() <= std::numeric_limits<uInt>::max(), "batches are smaller");
    constexpr int memory_level = 8;
    const int used = level ? std::clamp(*level, 1, 9) : Z_DEFAULT_COMPRESSION;
    z_stream stream{};
    int code = deflateInit2(&stream, used, Z_DEFLATED, window_bits + gzip_only, memory_level,
                            Z_DEFAULT_STRATEGY);
    ASSERT(code == Z_OK, "deflateInit2 fails for want of memory only");
    std::vector<uint8_t> output(deflateBound(&stream, static_cast<uLong>(input.size())));
    stream.next_in = const_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = output.data();
    stream.avail_out = static_cast<uInt>(output.size());
    code = deflate(&stream, Z_FINISH);
    ASSERT(code == Z_STREAM_END, "deflateBound is enough for one call");
    output.resize(output.size() - stream.avail_out);
    deflateEnd(&stream);
    return output;
}

}  // namespace barnabas::protocol
