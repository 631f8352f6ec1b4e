// SPDX-License-Identifier: Apache-2.0
#include "protocol/registry.h"

namespace barnabas::protocol {

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

}  // namespace barnabas::protocol
