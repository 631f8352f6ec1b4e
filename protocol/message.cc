// SPDX-License-Identifier: Apache-2.0
// Takes the header off a request frame. Called for every request that arrives.
#include "protocol/message.h"

namespace barnabas::protocol {

Result<ParsedRequest> parse_request(Bytes frame) {
    if (frame.size() < 4) return fail(ErrorCode::invalid_request, "request header is too short");
    const auto key = static_cast<ApiKey>(load_be<int16_t>(frame.data()));
    const auto version = load_be<int16_t>(frame.data() + 2);
    Reader reader(frame);
    ParsedRequest parsed;
    parsed.header.decode(reader, request_header_version(key, version));
    if (!reader.ok()) return std::unexpected(reader.error());
    ASSERT(reader.position() <= frame.size());
    parsed.body = frame.subspan(reader.position());
    return parsed;
}

}  // namespace barnabas::protocol
