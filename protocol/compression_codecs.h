// SPDX-License-Identifier: Apache-2.0
// The codecs behind compression.h, one file each. Internal to it: everyone else uses Decompressor
// and compress().
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/compression.h"

namespace barnabas::protocol {

// What a stream or buffer may keep between uses; what is larger was the need of one batch.
inline constexpr size_t memory_kept_max = size_t{4} << 20;

// Bytes that grow without being zeroed first.
class RawBuffer {
  public:
    MutableBytes bytes() const { return {bytes_.get(), size_}; }
    size_t size() const { return size_; }
    // At least `size` bytes; the first `keep` stay as they are.
    void grow(size_t size, size_t keep = 0) {
        if (size <= size_) return;
        auto larger = std::make_unique_for_overwrite<uint8_t[]>(size);
        if (keep > 0) std::memcpy(larger.get(), bytes_.get(), keep);
        bytes_ = std::move(larger);
        size_ = size;
    }
    void shrink() {
        if (size_ <= memory_kept_max) return;
        bytes_.reset();
        size_ = 0;
    }

  private:
    std::unique_ptr<uint8_t[]> bytes_;
    size_t size_ = 0;
};

// The stream of one codec; started again for each input.
class DecompressionStream {
  public:
    virtual ~DecompressionStream() = default;
    virtual Result<void> start(Bytes input, Framing framing) = 0;
    // As Decompressor::read.
    virtual Result<size_t> read(MutableBytes into) = 0;
    // As Decompressor::size_announced.
    virtual size_t size_announced() const { return 0; }
};

std::unique_ptr<DecompressionStream> make_gzip_stream();
std::unique_ptr<DecompressionStream> make_snappy_stream();
std::unique_ptr<DecompressionStream> make_lz4_stream();
std::unique_ptr<DecompressionStream> make_zstd_stream();

std::vector<uint8_t> compress_gzip(std::optional<int> level, Bytes input);
std::vector<uint8_t> compress_snappy(Bytes input);
std::vector<uint8_t> compress_lz4(std::optional<int> level, Bytes input);
std::vector<uint8_t> compress_zstd(std::optional<int> level, Bytes input);

}  // namespace barnabas::protocol
