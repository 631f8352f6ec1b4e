// SPDX-License-Identifier: Apache-2.0
// What stands around the bodies that lie inside records and blobs: type and version of metadata
// records, of the coordinators' keys and values, and of the consumer protocol. Bytes from a log
// that are wrong are corrupt_message; a type or version that this build does not know is
// unsupported_version.
#pragma once

#include <algorithm>
#include <variant>
#include <vector>

#include "base/result.h"
#include "protocol/message.h"
#include "protocol/records/metadata.h"

namespace barnabas::protocol {

// Every record type of __cluster_metadata.
using MetadataRecord = std::variant<
    RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord, ConfigRecord,
    PartitionChangeRecord, FenceBrokerRecord, UnfenceBrokerRecord, RemoveTopicRecord,
    DelegationTokenRecord, UserScramCredentialRecord, FeatureLevelRecord, ClientQuotaRecord,
    ProducerIdsRecord, BrokerRegistrationChangeRecord, AccessControlEntryRecord,
    RemoveAccessControlEntryRecord, NoOpRecord, ZkMigrationStateRecord,
    RemoveUserScramCredentialRecord, BeginTransactionRecord, EndTransactionRecord,
    AbortTransactionRecord, RemoveDelegationTokenRecord, RegisterControllerRecord, ClearElrRecord>;

// A record value of __cluster_metadata: uvarint 1, uvarint type, uvarint version, body. The result
// borrows from `value`.
Result<MetadataRecord> decode_metadata_record(Bytes value);
Result<MetadataRecord> decode_metadata_record(std::vector<uint8_t>&& value) = delete;

namespace framing {

// Writes uvarint 1, uvarint type, uvarint version.
void write_metadata_prefix(Writer& writer, int16_t type, int16_t version);
// The int16 at the start of coordinator keys and values and of consumer protocol blobs.
Result<int16_t> read_prefix(Bytes bytes);

// `prefix` and then the message, in one piece.
template <class Prefix, class Message>
std::vector<uint8_t> join(Prefix prefix, const Message& message, int16_t version) {
    ASSERT(version >= Message::version_min && version <= Message::version_max);
    Writer counter;
    prefix(counter);
    message.encode(counter, version);
    EncodedFrame frame;
    Writer writer(counter, frame);
    prefix(writer);
    message.encode(writer, version);
    ASSERT(writer.full() && frame.splices.empty(), "both passes say the same");
    return std::move(frame.bytes);
}

// The body after an int16, which must be used up.
template <class Message>
Result<Message> decode_rest(Bytes bytes, int16_t version) {
    size_t used = 0;
    auto message = decode_message<Message>(bytes.subspan(2), version, &used);
    if (!message && message.error().code == ErrorCode::invalid_request)
        return fail(ErrorCode::corrupt_message, message.error().where);
    if (message && used + 2 != bytes.size())
        return fail(ErrorCode::corrupt_message, "bytes are left after the message");
    return message;
}

}  // namespace framing

// The value of a metadata record, at a version that the finalized metadata.version allows.
template <class Record>
std::vector<uint8_t> encode_metadata_record(const Record& record, int16_t version) {
    const auto prefix = [version](Writer& writer) {
        framing::write_metadata_prefix(writer, Record::record_type, version);
    };
    return framing::join(prefix, record, version);
}

// The type of a coordinator's key, which says what its value is: compare with
// OffsetCommitKey::record_type.
inline Result<int16_t> coordinator_key_type(Bytes key) {
    return framing::read_prefix(key);
}

// A coordinator's key: int16 type and the body at version 0.
template <class Key>
std::vector<uint8_t> encode_coordinator_key(const Key& key) {
    return framing::join([](Writer& writer) { writer.write(Key::record_type); }, key, 0);
}
template <class Key>
Result<Key> decode_coordinator_key(Bytes bytes) {
    TRY_ASSIGN(const int16_t type, framing::read_prefix(bytes));
    if (type != Key::record_type) return fail(ErrorCode::unsupported_version, "type of key");
    return framing::decode_rest<Key>(bytes, 0);
}
template <class Key>
Result<Key> decode_coordinator_key(std::vector<uint8_t>&& bytes) = delete;

// A coordinator's value: int16 version and the body.
template <class Value>
std::vector<uint8_t> encode_coordinator_value(const Value& value, int16_t version) {
    return framing::join([version](Writer& writer) { writer.write(version); }, value, version);
}
template <class Value>
Result<Value> decode_coordinator_value(Bytes bytes) {
    TRY_ASSIGN(const int16_t version, framing::read_prefix(bytes));
    return framing::decode_rest<Value>(bytes, version);
}
template <class Value>
Result<Value> decode_coordinator_value(std::vector<uint8_t>&& bytes) = delete;

// A consumer protocol blob (ConsumerProtocolSubscription, ConsumerProtocolAssignment): int16
// version and the body. A version newer than ours is read as our newest, and what follows is not
// looked at: newer clients only add fields at the end (KIP-429).
template <class Message>
std::vector<uint8_t> encode_consumer_protocol(const Message& message, int16_t version) {
    return encode_coordinator_value(message, version);
}
template <class Message>
Result<Message> decode_consumer_protocol(Bytes bytes) {
    TRY_ASSIGN(const int16_t version, framing::read_prefix(bytes));
    return decode_message<Message>(bytes.subspan(2), std::min(version, Message::version_max));
}
template <class Message>
Result<Message> decode_consumer_protocol(std::vector<uint8_t>&& bytes) = delete;

}  // namespace barnabas::protocol
