// SPDX-License-Identifier: Apache-2.0
// See producer_settings.h.
#include "cli/tools/producer_settings.h"

#include "cli/tool.h"

namespace barnabas::cli {

int16_t parse_acks(const std::string& text) {
    if (text == "all" || text == "-1") return -1;
    if (text == "0" || text == "1") return static_cast<int16_t>(text[0] - '0');
    throw UsageFailure(fmt::format("acks {}: expected all, 1 or 0", text));
}

protocol::Codec parse_codec(const std::string& text) {
    for (int id = 0; id <= 4; ++id)
        if (protocol::codec_name(*protocol::codec_of(id)) == text) return *protocol::codec_of(id);
    throw UsageFailure(
        fmt::format("Unknown compression codec {}: expected none, gzip, snappy, lz4 "
                    "or zstd",
                    text));
}

ProducerSettings producer_settings(const Settings& settings) {
    ProducerSettings how;
    if (const auto acks = settings.find("acks"); acks != settings.end())
        how.acks = parse_acks(acks->second);
    if (const auto type = settings.find("compression.type"); type != settings.end())
        how.compression.codec = parse_codec(type->second);
    return how;
}

}  // namespace barnabas::cli
