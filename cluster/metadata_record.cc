// SPDX-License-Identifier: Apache-2.0
// Which version of each record type goes with which metadata.version: the only rules are those of
// the types that have changed since the oldest level that is supported.
#include "cluster/metadata_record.h"

#include <type_traits>

namespace barnabas::cluster {

namespace {

// Levels from which on brokers know about directories of replicas (KIP-858), eligible leader
// replicas (KIP-966) and cordoned directories (KIP-1066).
constexpr int16_t has_zk_migration = 8;
constexpr int16_t has_directories = 17;
constexpr int16_t has_elr = 23;
constexpr int16_t has_cordons = 30;

template <class Record>
constexpr int16_t version_for(int16_t level) {
    if constexpr (std::is_same_v<Record, protocol::PartitionRecord> ||
                  std::is_same_v<Record, protocol::PartitionChangeRecord>) {
        if (level >= has_elr) return 2;
        return level >= has_directories ? 1 : 0;
    } else if constexpr (std::is_same_v<Record, protocol::RegisterBrokerRecord>) {
        if (level >= has_cordons) return 4;
        if (level >= has_directories) return 3;
        return level >= has_zk_migration ? 2 : 1;
    } else if constexpr (std::is_same_v<Record, protocol::BrokerRegistrationChangeRecord>) {
        if (level >= has_cordons) return 3;
        return level >= has_directories ? 2 : 1;
    } else {
        static_assert(Record::version_max == 0, "a type with several versions needs a rule");
        return 0;
    }
}

}  // namespace

std::vector<uint8_t> encode_metadata_record(const MetadataRecord& record,
                                            int16_t metadata_version) {
    ASSERT(metadata_version >= metadata_version_min && metadata_version <= metadata_version_max);
    return std::visit(
        [&](const auto& held) {
            using Record = std::decay_t<decltype(held)>;
            return protocol::encode_metadata_record(held, version_for<Record>(metadata_version));
        },
        record);
}

Result<MetadataRecord> decode_metadata_record(Bytes value) {
    return protocol::decode_metadata_record(value);
}

}  // namespace barnabas::cluster
