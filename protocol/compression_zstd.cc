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
        const unsigned long long size = ZSTD_getFrameContentSize(input.data(), input.size());
        if (size == ZSTD_CONTENTSIZE_ERROR) return fail(ErrorCode::corrupt_message, "zstd frame");
        announced_ = size == ZSTD_CONTENTSIZE_UNKNOWN ? 0 : size;
        return {};
    }

    Result<size_t> read(MutableBytes into) override {
        ZSTD_outBuffer output{into.data(), into.size(), 0};
        while (output.pos < output.size && !done_) {
            const size_t before = output.pos + input_.pos;
            const size_t hint = ZSTD_decompressStream(context_, &output, &input_);
            if (ZSTD_isError(hint)) return fail(ErrorCode::corrupt_message, "zstd frame");
            done_ = hint == 0 && input_.pos == input_.size;
            if (!done_ && output.pos + input_.pos == before)
                return fail(ErrorCode::corrupt_message, "zstd frame is cut");
        }
        return output.pos;
    }

    size_t size_announced() const override { return announced_; }

  private:
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
    size_t announced_ = 0;
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
