// SPDX-License-Identifier: Apache-2.0
// How one message's functions become an entry of the registry. Included by the generated
// registry.cc only.
#pragma once

#include "protocol/message.h"
#include "protocol/registry.h"

namespace barnabas::protocol {

template <class Message>
Result<Inspection> inspect(Bytes body, int16_t version, bool want_json, JsonWriter::Layout layout) {
    size_t used = 0;
    TRY_ASSIGN(const Message message, decode_message<Message>(body, version, &used));
    Inspection result;
    result.used = used;
    if (want_json) {
        JsonWriter json(layout);
        message.to_json(json, version);
        result.json = std::move(json).text();
    }
    result.again = encode_message(message, version);
    const auto second = decode_message<Message>(result.again, version);
    result.stable = second && *second == message && result.again.size() == message.size(version);
    return result;
}

template <class Message>
constexpr MessageEntry entry_of(MessageKind kind, int16_t number) {
    return MessageEntry{kind,
                        number,
                        Message::message_name,
                        Message::version_min,
                        Message::version_max,
                        &inspect<Message>};
}

}  // namespace barnabas::protocol
