// SPDX-License-Identifier: Apache-2.0
// What the codecs share: choosing one, and the bound on what bytes may expand to. Each codec has a
// file of its own, compression_*.cc.
#include "protocol/compression.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "protocol/compression_codecs.h"

namespace barnabas::protocol {

namespace {

constexpr std::array<std::string_view, 5> codec_names{"none", "gzip", "snappy", "lz4", "zstd"};

// Codec none as a stream, so that readers need not tell it apart.
class PlainStream : public DecompressionStream {
  public:
    Result<void> start(Bytes input, Framing) override {
        left_ = input;
        return {};
    }
    Result<size_t> read(MutableBytes into) override {
        const size_t count = std::min(into.size(), left_.size());
        if (count > 0) std::memcpy(into.data(), left_.data(), count);
        left_ = left_.subspan(count);
        return count;
    }
    size_t size_announced() const override { return left_.size(); }

  private:
    Bytes left_;
};

std::unique_ptr<DecompressionStream> make_stream(Codec codec) {
    switch (codec) {
        case Codec::none:
            return std::make_unique<PlainStream>();
        case Codec::gzip:
            return make_gzip_stream();
        case Codec::snappy:
            return make_snappy_stream();
        case Codec::lz4:
            return make_lz4_stream();
        case Codec::zstd:
            return make_zstd_stream();
    }
    ASSERT(false, "codec_of() gives no other");
    return nullptr;
}

}  // namespace

std::optional<Codec> codec_of(int id) {
    if (id < 0 || id >= static_cast<int>(codec_names.size())) return std::nullopt;
    return static_cast<Codec>(id);
}

std::string_view codec_name(Codec codec) {
    const auto id = static_cast<size_t>(codec);
    ASSERT(id < codec_names.size());
    return codec_names[id];
}

struct Decompressor::State {
    std::array<std::unique_ptr<DecompressionStream>, codec_names.size()> streams;
    DecompressionStream* started = nullptr;
    RawBuffer window;
    RawBuffer result;
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

Result<void> Decompressor::start(Codec codec, Bytes input, Framing framing) {
    std::unique_ptr<DecompressionStream>& stream = state_->streams[static_cast<size_t>(codec)];
    if (!stream) stream = make_stream(codec);
    state_->started = nullptr;
    state_->result.shrink();
    if (codec != Codec::none && input.empty())
        return fail(ErrorCode::corrupt_message, "compressed stream is empty");
    TRY(stream->start(input, framing));
    state_->started = stream.get();
    return {};
}

Result<size_t> Decompressor::read(MutableBytes into) {
    ASSERT(state_->started, "start() comes first and has succeeded");
    auto count = state_->started->read(into);
    if (!count) state_->started = nullptr;
    ASSERT(!count || *count <= into.size());
    return count;
}

size_t Decompressor::size_announced() const {
    ASSERT(state_->started, "start() comes first and has succeeded");
    return state_->started->size_announced();
}

Result<Bytes> Decompressor::decompress(Codec codec, Bytes input, size_t size_max, Framing framing) {
    constexpr size_t first_size_min = 16 << 10;
    constexpr size_t first_size_max = 1 << 20;
    ASSERT(size_max < std::numeric_limits<size_t>::max() / 4, "a limit is a limit");
    const auto too_large = fail(ErrorCode::message_too_large, "decompressed size");
    if (codec == Codec::none) {
        if (input.size() > size_max) return too_large;
        return input;
    }
    TRY(start(codec, input, framing));
    if (size_announced() > size_max) return too_large;
    // One byte more than is there or allowed: a read that gives less than asked has seen the end.
    const size_t announced = size_announced() + 1;
    const size_t guess = std::clamp(4 * input.size(), first_size_min, first_size_max);
    RawBuffer& result = state_->result;
    result.grow(std::min(std::max(announced, guess), size_max + 1));
    for (size_t size = 0;;) {
        const size_t room = std::min(result.size(), size_max + 1) - size;
        TRY_ASSIGN(const size_t count, read(result.bytes().subspan(size, room)));
        size += count;
        if (size > size_max) return too_large;
        if (count < room) return result.bytes().first(size);
        result.grow(std::min(2 * result.size(), size_max + 1), size);
    }
}

MutableBytes Decompressor::window(size_t size) {
    state_->window.shrink();
    state_->window.grow(size);
    return state_->window.bytes().first(size);
}

Result<std::vector<uint8_t>> decompress(Codec codec, Bytes input, size_t size_max,
                                        Framing framing) {
    Decompressor decompressor;
    TRY_ASSIGN(const Bytes bytes, decompressor.decompress(codec, input, size_max, framing));
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

std::vector<uint8_t> compress(const Compression& compression, Bytes input) {
    switch (compression.codec) {
        case Codec::none:
            return {input.begin(), input.end()};
        case Codec::gzip:
            return compress_gzip(compression.level, input);
        case Codec::snappy:
            return compress_snappy(input);
        case Codec::lz4:
            return compress_lz4(compression.level, input);
        case Codec::zstd:
            return compress_zstd(compression.level, input);
    }
    ASSERT(false, "codec_of() gives no other");
    return {};
}

}  // namespace barnabas::protocol
