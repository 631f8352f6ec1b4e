// SPDX-License-Identifier: Apache-2.0
// Looks messages up, and takes one through decode, JSON, encode and decode again.
#include "protocol/registry.h"

#include "base/assert.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace barnabas::protocol {

namespace {

Result<ErasedMessage> decode(const MessageEntry& entry, Bytes body, int16_t version, size_t* used) {
    ErasedMessage message = entry.create();
    Reader reader(body);
    entry.decode(message.get(), reader, version);
    if (!reader.ok()) return std::unexpected(reader.error());
    ASSERT(reader.position() <= body.size());
    *used = reader.position();
    return message;
}

std::vector<uint8_t> encode(const MessageEntry& entry, const ErasedMessage& message,
                            int16_t version) {
    Writer counter;
    entry.encode(message.get(), counter, version);
    EncodedFrame frame;
    Writer writer(counter, frame);
    entry.encode(message.get(), writer, version);
    ASSERT(writer.full() && frame.splices.empty(), "a decoded message holds its records");
    return std::move(frame.bytes);
}

std::string json_of(const MessageEntry& entry, const ErasedMessage& message, int16_t version,
                    WantJson want) {
    if (want == WantJson::no) return {};
    JsonWriter json(want == WantJson::indented ? JsonWriter::Layout::indented
                                               : JsonWriter::Layout::one_line);
    entry.to_json(message.get(), json, version);
    return std::move(json).text();
}

}  // namespace

const char* kind_name(MessageKind kind) {
    switch (kind) {
        case MessageKind::request:
            return "request";
        case MessageKind::response:
            return "response";
        case MessageKind::header:
            return "header";
        case MessageKind::data:
            return "data";
        case MessageKind::record:
            return "record";
        case MessageKind::key:
            return "key";
        case MessageKind::value:
            return "value";
    }
    return "";
}

const MessageEntry* find_message(std::string_view name) {
    for (const MessageEntry& entry : message_registry())
        if (entry.name == name) return &entry;
    return nullptr;
}

const MessageEntry* find_message(int16_t api_key, MessageKind kind) {
    for (const MessageEntry& entry : message_registry())
        if (entry.kind == kind && entry.number == api_key) return &entry;
    return nullptr;
}

Result<Inspection> inspect(const MessageEntry& entry, Bytes body, int16_t version, WantJson want) {
    if (version < entry.version_min || version > entry.version_max)
        return fail(ErrorCode::unsupported_version, entry.name);
    Inspection result;
    TRY_ASSIGN(const ErasedMessage message, decode(entry, body, version, &result.used));
    result.json = json_of(entry, message, version, want);
    result.again = encode(entry, message, version);
    size_t used = 0;
    const auto second = decode(entry, result.again, version, &used);
    result.stable = second && used == result.again.size() &&
                    json_of(entry, *second, version, want) == result.json &&
                    encode(entry, *second, version) == result.again;
    return result;
}

}  // namespace barnabas::protocol
