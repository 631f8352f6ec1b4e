// SPDX-License-Identifier: Apache-2.0
// Any bytes as entries of an old segment. CRCs are not guessed by a fuzzer, so wrappers are opened
// whether theirs is right or not.
#include "base/assert.h"
#include "protocol/message_set.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace wire = barnabas::protocol;
    constexpr size_t expanded_max = 1 << 18;
    static wire::Decompressor decompressor;
    barnabas::Bytes left(data, size);
    while (true) {
        const auto message = wire::LegacyMessage::parse(left);
        if (!message) return 0;
        ASSERT(message->bytes.size() <= left.size() && message->bytes.size() >= 26);
        left = left.subspan(message->bytes.size());
        (void)message->crc_valid();
        auto reader = wire::LegacyRecordReader::open(*message, decompressor, expanded_max);
        if (!reader) continue;
        wire::LegacyRecord record;
        size_t count = 0;
        for (auto more = reader->next(record); more && *more; more = reader->next(record)) ++count;
        ASSERT(count <= expanded_max / 26 + 1, "a message takes 26 bytes at least");
    }
}
