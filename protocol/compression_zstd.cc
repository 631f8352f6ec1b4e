// SPDX-License-Identifier: Apache-2.0
// zstd (RFC 8878) by libzstd. A stream may consist of several frames, which are read as one.
// Windows of up to 2^27 bytes are accepted, as Kafka does: that is what level 22 makes.
#include <zstd.h>

#include <algorithm>

#include "base/assert.h"
#include "protocol/compression_codecs.h"

namespace barnabas::protocol {

namespace {

constexpr int window_log_max = 27;

// Of a frame with a window descriptor (RFC 8878, 3.1.1.1.2), rounded up; 0 for all others.
int window_log(Bytes frame) {
    constexpr size_t descriptor_at = 4, window_at = 5;
    constexpr uint32_t frame_magic = 0x28B52FFD;  // as stored, little endian
    constexpr uint8_t single_segment = 0x20;
    if (frame.size() <= window_at || load_be<uint32_t>(frame.data()) != frame_magic ||
        (frame[descriptor_at] & single_segment))
        return 0;
    const int exponent = frame[window_at] >> 3, mantissa = frame[window_at] & 7;
    return 10 + exponent + (mantissa > 0 ? 1 : 0);
}

class ZstdStream : public DecompressionStream {
  public:
    ~ZstdStream() override { ZSTD_freeDCtx(context_); }
    ZstdStream() = default;
    ZstdStream(const ZstdStream&) = delete;
    ZstdStream& operator=(const ZstdStream&) = delete;

    Result<void> start(Bytes input, Framing) override {
        prepare();
        input_ = {input.data(), input.size(), 0};
        done_ = false;
        TRY(begin_frame());
        announced_ = frame_size_.value_or(0);
        return {};
    }

    Result<size_t> read(MutableBytes into) override {
        ZSTD_outBuffer output{into.data(), into.size(), 0};
        while (output.pos < output.size && !done_) {
            const size_t output_before = output.pos, input_before = input_.pos;
            const size_t hint = ZSTD_decompressStream(context_, &output, &input_);
            if (ZSTD_isError(hint)) return fail(ErrorCode::corrupt_message, "zstd frame");
            const size_t written = output.pos - output_before;
            frame_written_ += written;
            if (hint == 0) {
                TRY(end_frame());
            } else if (written == 0 && input_.pos == input_before) {
                return fail(ErrorCode::corrupt_message, "zstd frame is cut");
            }
        }
        return output.pos;
    }

    size_t size_announced() const override { return announced_; }

  private:
    // What libzstd demands of a frame depends on whether it decodes it in one go, and so on the
    // room it is given: then it looks at the size announced but not at the window, else the other
    // way round. Here both always count.
    Result<void> begin_frame() {
        const Bytes frame =
            Bytes(static_cast<const uint8_t*>(input_.src), input_.size).subspan(input_.pos);
        if (window_log(frame) > window_log_max)
            return fail(ErrorCode::corrupt_message, "zstd window");
        const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
        if (size == ZSTD_CONTENTSIZE_ERROR) return fail(ErrorCode::corrupt_message, "zstd frame");
        frame_size_.reset();
        if (size != ZSTD_CONTENTSIZE_UNKNOWN) frame_size_ = size;
        frame_written_ = 0;
        return {};
    }
    Result<void> end_frame() {
        if (frame_size_ && *frame_size_ != frame_written_)
            return fail(ErrorCode::corrupt_message, "zstd frame size");
        done_ = input_.pos == input_.size;
        if (done_) return {};
        return begin_frame();
    }

    // A fresh session; a context that a large window has blown up is made anew.
    void prepare() {
        if (context_ && ZSTD_sizeof_DCtx(context_) > memory_kept_max) {
            ZSTD_freeDCtx(context_);
            context_ = nullptr;
        }
        if (!context_) context_ = ZSTD_createDCtx();
        ASSERT(context_, "it fails for want of memory only");
        size_t code = ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
        ASSERT(!ZSTD_isError(code));
        code = ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, window_log_max);
        ASSERT(!ZSTD_isError(code));
    }

    ZSTD_DCtx* context_ = nullptr;
    ZSTD_inBuffer input_{};
    // Of the first frame.
    size_t announced_ = 0;
    std::optional<size_t> frame_size_;
    size_t frame_written_ = 0;
    bool done_ = false;
};

}  // namespace

std::unique_ptr<DecompressionStream> make_zstd_stream() {
    return std::make_unique<ZstdStream>();
}

std::vector<uint8_t> compress_zstd(std::optional<int> level, Bytes input) {
    const int used =
        level ? std::clamp(*level, ZSTD_minCLevel(), ZSTD_maxCLevel()) : ZSTD_CLEVEL_DEFAULT;
    std::vector<uint8_t> output(ZSTD_compressBound(input.size()));
    const size_t size =
        ZSTD_compress(output.data(), output.size(), input.data(), input.size(), used);
    ASSERT(!ZSTD_isError(size), "compressBound is enough");
    output.resize(size);
    return output;
}

}  // namespace barnabas::protocol
