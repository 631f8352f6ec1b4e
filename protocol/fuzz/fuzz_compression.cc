// SPDX-License-Identifier: Apache-2.0
// Every codec on any bytes: what comes out whole and what comes out piece by piece is the same,
// within the limit. The first byte picks codec, framing, the size of the pieces, and whether what
// came out is compressed again and must survive that.
#include <vector>

#include "base/assert.h"
#include "protocol/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace wire = barnabas::protocol;
    constexpr size_t limit = 1 << 14;
    if (size == 0) return 0;
    static wire::Decompressor whole_reader, piece_reader;
    const auto codec = static_cast<wire::Codec>(data[0] % 5);
    const auto framing = data[0] & 0x80 ? wire::Framing::kafka_v0 : wire::Framing::standard;
    const barnabas::Bytes input(data + 1, size - 1);
    const auto whole = whole_reader.decompress(codec, input, limit, framing);
    if (whole) ASSERT(whole->size() <= limit);

    std::vector<uint8_t> pieces;
    bool ended = false;
    if (piece_reader.start(codec, input, framing)) {
        const size_t piece = 50 + data[0] * 7u;
        while (!ended && pieces.size() <= limit) {
            const size_t at = pieces.size();
            pieces.resize(at + piece);
            const auto count = piece_reader.read({pieces.data() + at, piece});
            if (!count) break;
            pieces.resize(at + *count);
            ended = *count < piece;
        }
    }
    const bool all = ended && pieces.size() <= limit;
    ASSERT(whole.has_value() == all, "both ways agree");
    if (!whole) return 0;
    ASSERT(barnabas::equal(*whole, pieces));
    if (!(data[0] & 0x40)) return 0;  // compressing is slow
    const auto again = wire::decompress(codec, wire::compress({codec, {}}, pieces), limit);
    ASSERT(again && *again == pieces);
    return 0;
}
