// SPDX-License-Identifier: Apache-2.0
// The five codecs of record batches, over zlib, snappy, liblz4 and libzstd. Decompression streams
// into buffers of the caller's size, so that a small input that expands hugely (pitfall B08) costs
// a bounded amount of memory and ends in an Error at the caller's limit. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace barnabas::protocol {

// Ids as in the attributes of batches and messages.
enum class Codec : int8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

// Nothing for 5, 6, 7 and everything else.
std::optional<Codec> codec_of(int id);
// "none", "gzip", ...
std::string_view codec_name(Codec codec);

struct Compression {
    Codec codec = Codec::none;
    // gzip 1 to 9, lz4 1 to 17, zstd -131072 to 22 (KIP-390); none: the default of Kafka's clients.
    // Values outside are brought inside.
    std::optional<int> level;
};

// How a stream is framed: kafka_v0 accepts the wrong lz4 header checksum of magic 0 messages.
enum class Framing { standard, kafka_v0 };

// Reusable decompression: keeps the codecs' contexts and buffers between batches (contexts that one
// batch made large are given back). Make one per lane or coordinator.
class Decompressor {
  public:
    Decompressor();
    ~Decompressor();
    Decompressor(Decompressor&&) noexcept;
    Decompressor& operator=(Decompressor&&) noexcept;

    // Begins to read `input`, which must live until the last read(). Then read() as often as
    // wanted.
    Result<void> start(Codec codec, Bytes input, Framing framing = Framing::standard);
    // Fills `into`; less only at the end. Fails with corrupt_message for bytes that are no such
    // stream, are cut, or go on behind its end: that is known only once a read has given less than
    // asked for.
    Result<size_t> read(MutableBytes into);
    // What the started stream says it will expand to, at least; 0 if it does not say.
    size_t size_announced() const;

    // All of it. The result is a view of `input` itself (codec none) or of memory of this object
    // that stays until the next call of anything here but window(). Fails with corrupt_message, or
    // with message_too_large when more than `size_max` bytes would come out; never holds more than
    // about twice `size_max`, and for snappy 22 times its largest block, which is all it can hold.
    Result<Bytes> decompress(Codec codec, Bytes input, size_t size_max,
                             Framing framing = Framing::standard);
    // A buffer of exactly `size` bytes, kept between uses, for callers that read() piece by piece.
    MutableBytes window(size_t size);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// All of it, in memory of its own.
Result<std::vector<uint8_t>> decompress(Codec codec, Bytes input, size_t size_max,
                                        Framing framing = Framing::standard);

// Snappy in the framing of Kafka's Java client, lz4 in frames of independent 64 KiB blocks, gzip
// and zstd as one member or frame. Cannot fail but for want of memory, which ends the process.
std::vector<uint8_t> compress(const Compression& compression, Bytes input);

}  // namespace barnabas::protocol
