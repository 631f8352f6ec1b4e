// SPDX-License-Identifier: Apache-2.0
// MetadataRecord: one of the 26 record types of `__cluster_metadata`, and the frame that its bytes
// have in the log: uvarint 1, uvarint type, uvarint version, body (KIP-746). Plain values, any
// thread.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/records/metadata.h"

namespace barnabas::cluster {

using MetadataRecord = std::variant<
    protocol::RegisterBrokerRecord, protocol::UnregisterBrokerRecord, protocol::TopicRecord,
    protocol::PartitionRecord, protocol::ConfigRecord, protocol::PartitionChangeRecord,
    protocol::FenceBrokerRecord, protocol::UnfenceBrokerRecord, protocol::RemoveTopicRecord,
    protocol::DelegationTokenRecord, protocol::UserScramCredentialRecord,
    protocol::FeatureLevelRecord, protocol::ClientQuotaRecord, protocol::ProducerIdsRecord,
    protocol::BrokerRegistrationChangeRecord, protocol::AccessControlEntryRecord,
    protocol::RemoveAccessControlEntryRecord, protocol::NoOpRecord,
    protocol::ZkMigrationStateRecord, protocol::RemoveUserScramCredentialRecord,
    protocol::BeginTransactionRecord, protocol::EndTransactionRecord,
    protocol::AbortTransactionRecord, protocol::RemoveDelegationTokenRecord,
    protocol::RegisterControllerRecord, protocol::ClearElrRecord>;

// The levels of the feature metadata.version that this program reads and writes: 3.3-IV3
// to 4.3-IV0.
inline constexpr int16_t metadata_version_min = 7;
inline constexpr int16_t metadata_version_max = 30;

// The framed record in the newest version that every peer at `metadata_version` can read.
std::vector<uint8_t> encode_metadata_record(const MetadataRecord& record, int16_t metadata_version);
// The record borrows from `value`. Fails with unsupported_version for a type or version that this
// program does not know (a newer program wrote it: pitfall A12), corrupt_message for malformed
// bytes.
Result<MetadataRecord> decode_metadata_record(Bytes value);

}  // namespace barnabas::cluster
