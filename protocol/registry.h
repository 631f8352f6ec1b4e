// SPDX-License-Identifier: Apache-2.0
// The registry: every message of the schemas, found by API key or by name at run time. For tools
// and tests; the broker itself names its messages' types and never comes here.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/json_writer.h"

namespace barnabas::protocol {

enum class MessageKind { request, response, header, data, record, key, value };
// "request", ...
const char* kind_name(MessageKind kind);

// A message whose type only its entry knows.
using ErasedMessage = std::unique_ptr<void, void (*)(void*)>;

struct MessageEntry {
    MessageKind kind;
    int16_t number;  // API key or record type, -1 if the message has none
    const char* name;
    int16_t version_min;
    int16_t version_max;
    ErasedMessage (*create)();
    void (*decode)(void* message, Reader& reader, int16_t version);
    void (*encode)(const void* message, Writer& writer, int16_t version);
    void (*to_json)(const void* message, JsonWriter& json, int16_t version);
};

// All messages: headers, then APIs by key (request before response), then records by module.
std::span<const MessageEntry> message_registry();
const MessageEntry* find_message(std::string_view name);
const MessageEntry* find_message(int16_t api_key, MessageKind kind);

// What decoding a body and encoding it again gave.
struct Inspection {
    std::string json;            // empty if not asked for
    std::vector<uint8_t> again;  // the bytes encode() made of the decoded message
    size_t used = 0;             // bytes of the body that were read; the rest was not looked at
    bool stable = false;         // `again` decodes, to the same JSON, and encodes to itself
};
enum class WantJson { no, one_line, indented };
// Fails with invalid_request on bytes that are no such message, with unsupported_version outside
// the entry's versions.
Result<Inspection> inspect(const MessageEntry& entry, Bytes body, int16_t version, WantJson want);

}  // namespace barnabas::protocol
