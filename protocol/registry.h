// SPDX-License-Identifier: Apache-2.0
// The registry: every message of the schemas, found by API key or by name at run time. For tools
// and tests; the broker itself names its messages' types and never comes here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/json_writer.h"

namespace barnabas::protocol {

enum class MessageKind { request, response, header, data, record, key, value };
// "request", ...
const char* kind_name(MessageKind kind);

// What decoding a body and encoding it again gave.
struct Inspection {
    std::string json;            // empty if not asked for
    std::vector<uint8_t> again;  // the bytes encode() made of the decoded struct
    size_t used = 0;             // bytes of the body that were read; the rest was not looked at
    bool stable = false;         // `again` decodes to an equal struct and has size() bytes
};

struct MessageEntry {
    MessageKind kind;
    int16_t number;  // API key or record type, -1 if the message has none
    const char* name;
    int16_t version_min;
    int16_t version_max;
    // Fails with invalid_request on bytes that are no such message, unsupported_version outside
    // [version_min, version_max].
    Result<Inspection> (*inspect)(Bytes body, int16_t version, bool want_json,
                                  JsonWriter::Layout layout);
};

// All messages: headers, then APIs by key (request before response), then records by module.
std::span<const MessageEntry> message_registry();
const MessageEntry* find_message(std::string_view name);
const MessageEntry* find_message(int16_t api_key, MessageKind kind);

}  // namespace barnabas::protocol
