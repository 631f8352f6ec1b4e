// SPDX-License-Identifier: Apache-2.0
// The wire seen by a person: any message of the schemas as JSON, and files of test vectors checked
// against the decoders. Used by `barnabas wire` and by tests, never by the broker.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/registry.h"

namespace barnabas::protocol {

// So many differences are shown, the rest is counted.
inline constexpr size_t differences_shown = 10;

// Digits in pairs; white space between bytes is skipped. invalid_request for anything else.
Result<std::vector<uint8_t>> parse_hex(std::string_view text);
std::string to_hex(Bytes bytes);

// The request or response of an API given by name ("Fetch", any case) or by number; or any message
// by its full name ("TopicRecord"). Null if there is none.
const MessageEntry* find_for_person(std::string_view api, MessageKind kind);

// A body as JSON. Bytes after the message are an error here: a person wants to know.
Result<std::string> decode_to_json(const MessageEntry& entry, Bytes body, int16_t version,
                                   JsonWriter::Layout layout);

// A whole frame, with or without its int32 length, as {"header":...,"body":...}. A request tells
// its own API and version; a response must be told whose it is.
Result<std::string> decode_request_frame(Bytes frame, JsonWriter::Layout layout);
Result<std::string> decode_response_frame(const MessageEntry& entry, Bytes frame, int16_t version,
                                          JsonWriter::Layout layout);

struct CheckCounts {
    size_t passed = 0;
    size_t failed = 0;
};
// Checks one vector, a line `apiKey type name version seed hex json` with tabs between: the hex
// decodes, gives the JSON, and encodes to the hex again. Nullopt if all is well, else what is
// wrong.
std::optional<std::string> check_vector(std::string_view line);
// Checks every line of a file (plain or gzip); lines that start with # are comments. Prints the
// first differences and at the end "N passed, N failed". Fails only if the file cannot be read.
Result<CheckCounts> check_file(const std::string& path, std::ostream& out);

}  // namespace barnabas::protocol
