// SPDX-License-Identifier: Apache-2.0
// See record_decoder.h.
#include "cli/tools/record_decoder.h"

#include <fmt/format.h>

#include <cctype>
#include <map>
#include <string_view>

#include "protocol/control_records.h"
#include "protocol/reader.h"
#include "protocol/records/client.h"
#include "protocol/records/group.h"
#include "protocol/registry.h"
#include "protocol/varint.h"
#include "protocol/wire_tool.h"

namespace barnabas::cli {

namespace {

using protocol::JsonWriter;
using protocol::MessageEntry;
using protocol::MessageKind;

constexpr auto one_line = JsonWriter::Layout::one_line;

std::optional<int16_t> leading_int16(Bytes bytes) {
    if (bytes.size() < 2) return std::nullopt;
    return load_be<int16_t>(bytes.data());
}

bool is_of(RecordForm form, std::string_view name) {
    const bool transaction = name.starts_with("TransactionLog");
    const bool share = name.starts_with("ShareSnapshot") || name.starts_with("ShareUpdate");
    if (form == RecordForm::transaction) return transaction;
    if (form == RecordForm::share) return share;
    return !transaction && !share;
}

// The key's or value's type of that number in the topic that `form` is of.
const MessageEntry* find_entry(RecordForm form, int16_t number, MessageKind kind) {
    for (const MessageEntry& entry : protocol::message_registry())
        if (entry.kind == kind && entry.number == number && is_of(form, entry.name)) return &entry;
    return nullptr;
}

// "TopicRecord" -> "TOPIC_RECORD"
std::string enum_name(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (!text.empty() && std::isupper(static_cast<unsigned char>(c))) text += '_';
        text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}

template <class Message>
std::string json_of(const Message& message, int16_t version) {
    JsonWriter json(one_line);
    message.to_json(json, version);
    return std::move(json).text();
}

// Puts the JSON of a consumer's subscription or assignment in place of its bytes, if it is one.
template <class Message>
void open_bytes(std::string& json, size_t& from, std::string_view field, const Blob& blob) {
    JsonWriter encoded(one_line);
    encoded.field(std::string(field).c_str(), blob);
    const std::string& old = encoded.text();
    const size_t at = json.find(old, from);
    if (at == std::string::npos) return;
    from = at + old.size();
    const Bytes bytes(blob);
    const auto version = leading_int16(bytes);
    if (!version || *version < Message::version_min || *version > Message::version_max) return;
    protocol::Reader reader(bytes.subspan(2));
    Message message;
    message.decode(reader, *version);
    if (!reader.ok()) return;
    const std::string opened = fmt::format("\"{}\":{}", field, json_of(message, *version));
    json.replace(at, old.size(), opened);
    from = at + opened.size();
}

std::string group_metadata_json(Bytes body, int16_t version) {
    protocol::GroupMetadataValue value;
    protocol::Reader reader(body);
    value.decode(reader, version);
    std::string json = json_of(value, version);
    if (value.protocol_type.view() != "consumer") return json;
    size_t at = 0;
    for (const auto& member : value.members) {
        open_bytes<protocol::ConsumerProtocolSubscription>(json, at, "subscription",
                                                           member.subscription);
        open_bytes<protocol::ConsumerProtocolAssignment>(json, at, "assignment", member.assignment);
    }
    return json;
}

std::string skipped(Offset offset, std::string_view why) {
    return fmt::format("Error at offset {}, skipping. {}", offset.value, why);
}

// Keys and values that begin with an int16: the topics of coordinators.
RecordContents decode_keyed(RecordForm form, const protocol::RecordView& record, Offset offset) {
    const auto type = record.key ? leading_int16(*record.key) : std::nullopt;
    if (!type) return {skipped(offset, "The key is missing or too short."), std::nullopt};
    const auto* key = find_entry(form, *type, MessageKind::key);
    const auto* value = find_entry(form, *type, MessageKind::value);
    if (!key || !value)
        return {fmt::format("Unknown record type {} at offset {}, skipping.", *type, offset.value),
                std::nullopt};
    const auto key_json =
        protocol::decode_to_json(*key, record.key->subspan(2), key->version_min, one_line);
    if (!key_json) return {skipped(offset, "The key cannot be read."), std::nullopt};
    RecordContents contents;
    contents.key = fmt::format("{{\"type\":\"{}\",\"data\":{}}}", *type, *key_json);
    contents.value = "<DELETE>";
    if (!record.value) return contents;
    const auto version = leading_int16(*record.value);
    const auto json =
        version ? protocol::decode_to_json(*value, record.value->subspan(2), *version, one_line)
                : fail(ErrorCode::corrupt_message, "value");
    if (!json) return {skipped(offset, "The value cannot be read."), std::nullopt};
    const bool group = std::string_view(value->name) == "GroupMetadataValue";
    contents.value =
        fmt::format("{{\"version\":\"{}\",\"data\":{}}}", *version,
                    group ? group_metadata_json(record.value->subspan(2), *version) : *json);
    return contents;
}

// Values of __cluster_metadata: uvarints 1, type and version in front of a body.
RecordContents decode_metadata(const protocol::RecordView& record, Offset offset) {
    const auto error = [&](std::string_view why) {
        return RecordContents{std::nullopt,
                              fmt::format("Error at {}, skipping. {}", offset.value, why)};
    };
    if (!record.value) return error("The value is missing.");
    protocol::Reader reader(*record.value);
    const uint32_t frame = reader.read_uvarint(), type = reader.read_uvarint(),
                   version = reader.read_uvarint();
    if (!reader.ok() || frame != 1) return error("This is no metadata record.");
    const auto* entry =
        type <= INT16_MAX ? protocol::find_message(static_cast<int16_t>(type), MessageKind::record)
                          : nullptr;
    if (!entry) return error(fmt::format("Unknown metadata id {}", type));
    const auto body = record.value->subspan(reader.position());
    const auto json =
        protocol::decode_to_json(*entry, body, static_cast<int16_t>(version), one_line);
    if (!json) return error("The record cannot be read.");
    return {std::nullopt, fmt::format("{{\"type\":\"{}\",\"version\":{},\"data\":{}}}",
                                      enum_name(entry->name), version, *json)};
}

template <class Message>
std::string named(std::string_view name, const Result<Message>& message) {
    if (!message) return fmt::format(" {} damaged", name);
    return fmt::format(" {} {}", name, json_of(*message, message->version));
}

}  // namespace

RecordContents decode_record(RecordForm form, const protocol::RecordView& record, Offset offset) {
    if (form == RecordForm::metadata) return decode_metadata(record, offset);
    if (form != RecordForm::text) return decode_keyed(form, record, offset);
    RecordContents contents;
    if (record.key) contents.key = std::string(as_text(*record.key));
    if (record.value) contents.value = std::string(as_text(*record.value));
    return contents;
}

std::string control_text(const protocol::RecordView& record) {
    using protocol::ControlType;
    const auto type = protocol::control_type(record);
    if (!type) return " damaged control record";
    switch (*type) {
        case ControlType::abort:
        case ControlType::commit: {
            const auto marker = protocol::decode_end_transaction_marker(record);
            return fmt::format(" endTxnMarker: {} coordinatorEpoch: {}",
                               protocol::control_type_name(*type),
                               marker ? marker->coordinator_epoch : -1);
        }
        case ControlType::leader_change:
            return named("LeaderChange:", protocol::decode_leader_change(record));
        case ControlType::snapshot_header:
            return named("SnapshotHeader", protocol::decode_snapshot_header(record));
        case ControlType::snapshot_footer:
            return named("SnapshotFooter", protocol::decode_snapshot_footer(record));
        case ControlType::kraft_version:
            return named("KRaftVersion", protocol::decode_kraft_version(record));
        case ControlType::kraft_voters:
            return named("KRaftVoters", protocol::decode_kraft_voters(record));
    }
    return fmt::format(" controlType: UNKNOWN({})", static_cast<int16_t>(*type));
}

}  // namespace barnabas::cli
