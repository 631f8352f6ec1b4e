// SPDX-License-Identifier: Apache-2.0
// How one message's functions become an entry of the registry. Included by the generated sources
// only.
#pragma once

#include "protocol/registry.h"

namespace barnabas::protocol {

template <class Message>
constexpr MessageEntry entry_of(MessageKind kind, int16_t number) {
    return MessageEntry{
        .kind = kind,
        .number = number,
        .name = Message::message_name,
        .version_min = Message::version_min,
        .version_max = Message::version_max,
        .create =
            [] {
                const auto destroy = [](void* message) {
                    std::unique_ptr<Message>(static_cast<Message*>(message)).reset();
                };
                return ErasedMessage(std::make_unique<Message>().release(), destroy);
            },
        .decode = [](void* message, Reader& reader,
                     int16_t v) { static_cast<Message*>(message)->decode(reader, v); },
        .encode = [](const void* message, Writer& writer,
                     int16_t v) { static_cast<const Message*>(message)->encode(writer, v); },
        .to_json = [](const void* message, JsonWriter& json,
                      int16_t v) { static_cast<const Message*>(message)->to_json(json, v); }};
}

}  // namespace barnabas::protocol
