// SPDX-License-Identifier: Apache-2.0
// Metadata records and images as text, a line a record, for transcripts and comparisons in tests.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/assert.h"
#include "cluster/image_builder.h"
#include "protocol/json_writer.h"

namespace barnabas::cluster {

template <class Message>
std::string message_text(const Message& message, int16_t version) {
    protocol::JsonWriter json;
    message.to_json(json, version);
    return std::move(json).text();
}

inline std::string record_text(const MetadataRecord& record) {
    return std::visit(
        [](const auto& held) {
            return fmt::format("{} {}", held.message_name, message_text(held, held.version_max));
        },
        record);
}

// What the image consists of, as a snapshot would hold it.
inline std::vector<std::string> image_text(const MetadataImage& image) {
    std::vector<std::string> lines;
    for (const auto& framed : image_records(image)) {
        const auto record = decode_metadata_record(framed);
        ASSERT(record.has_value());
        lines.push_back(record_text(*record));
    }
    return lines;
}

}  // namespace barnabas::cluster
