// SPDX-License-Identifier: Apache-2.0
// What __consumer_offsets holds, as values: committed offsets and the generations of classic
// groups, in Kafka's own key and value schemas. StoredGroups is the state that replaying a
// partition gives; records are the only way to change it, live and at start-up alike (G13).
// Pure: knows neither members that wait nor time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"
#include "broker/coordinator/coordinator_record.h"
#include "broker/group/committed_offset.h"
#include "broker/group/transactional_offsets.h"

namespace barnabas::broker {

struct StoredMember {
    std::string id{};
    std::optional<std::string> instance_id{};
    std::string client_id{};
    std::string client_host{};
    int32_t rebalance_timeout_ms = -1;
    int32_t session_timeout_ms = 0;
    std::vector<uint8_t> subscription{};
    std::vector<uint8_t> assignment{};
    friend bool operator==(const StoredMember&, const StoredMember&) = default;
};

// A generation of a classic group.
struct StoredGeneration {
    std::string protocol_type{};
    int32_t generation = 0;
    std::optional<std::string> protocol{};
    std::optional<std::string> leader{};
    int64_t state_since_ms = -1;
    std::vector<StoredMember> members{};
    friend bool operator==(const StoredGeneration&, const StoredGeneration&) = default;
};

struct StoredGroup {
    std::optional<StoredGeneration> generation{};
    std::map<OffsetKey, CommittedOffset> offsets{};
    bool empty() const { return !generation && offsets.empty(); }
    friend bool operator==(const StoredGroup&, const StoredGroup&) = default;
};

class StoredGroups {
  public:
    // The only mutator. Fails with corrupt_message for bytes that are no such record, and with
    // unsupported_version for types and versions of which this build knows nothing; the state is
    // unchanged then.
    Result<void> apply(Bytes key, std::optional<Bytes> value);
    // The same for a record of a transaction that is open: an offset, which counts when the
    // transaction commits.
    Result<void> hold(ProducerId producer, Bytes key, std::optional<Bytes> value);
    void end_transaction(ProducerId producer, bool commit);

    // Offsets of open transactions.
    const TransactionalOffsets& pending() const { return pending_; }
    // A group without anything has offsets pending.
    const StoredGroup* find(std::string_view group) const;
    const std::map<std::string, StoredGroup, std::less<>>& all() const { return groups_; }
    friend bool operator==(const StoredGroups&, const StoredGroups&) = default;

  private:
    Result<void> apply_offset(std::optional<ProducerId> producer, Bytes key,
                              std::optional<Bytes> value);
    Result<void> apply_generation(Bytes key, std::optional<Bytes> value);
    void drop_if_empty(const std::string& group);

    std::map<std::string, StoredGroup, std::less<>> groups_;
    TransactionalOffsets pending_;
};

CoordinatorRecord make_offset_record(std::string_view group, std::string_view topic,
                                     PartitionIndex partition, const CommittedOffset& committed);
CoordinatorRecord make_offset_tombstone(std::string_view group, std::string_view topic,
                                        PartitionIndex partition);
CoordinatorRecord make_generation_record(std::string_view group,
                                         const StoredGeneration& generation);
CoordinatorRecord make_generation_tombstone(std::string_view group);

}  // namespace barnabas::broker
