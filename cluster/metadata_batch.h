// SPDX-License-Identifier: Apache-2.0
// Record batches of the metadata log: what KRaft's control records say of the quorum, and the data
// records in between. Used for log and snapshot alike. Pure functions of bytes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/committed_record.h"
#include "protocol/records/control.h"

namespace barnabas::cluster {

// What the control records of a log or snapshot say, the last of each kind.
struct QuorumFacts {
    std::optional<protocol::LeaderChangeMessage> leader_change;
    int16_t kraft_version = 0;
    std::optional<protocol::VotersRecord> voters;
};

// One batch; `records` borrow from the bytes that were read.
struct MetadataBatch {
    LeaderEpoch epoch;
    Offset last_offset;
    int64_t max_timestamp_ms = -1;
    std::vector<CommittedRecord> records;  // none in a control batch
    bool is_snapshot_header = false;
    bool is_snapshot_footer = false;
};

// The batches of `bytes`, which must be whole, with valid CRCs, one after another; adds what their
// control records say to `facts`. Fails with corrupt_message; unsupported_version for control
// records of later programs.
Result<std::vector<MetadataBatch>> parse_batches(Bytes bytes, QuorumFacts& facts);
// The same for a log's bytes: a last batch that is not whole is left out, `used` tells where it
// begins.
Result<std::vector<MetadataBatch>> parse_whole_batches(Bytes bytes, QuorumFacts& facts,
                                                       size_t& used);

struct BatchPosition {
    Offset base_offset;
    LeaderEpoch epoch;
    int64_t timestamp_ms = 0;
};
std::vector<uint8_t> data_batch(const BatchPosition& at,
                                std::span<const std::vector<uint8_t>> records);
// The first batch of an epoch: LeaderChange, and with `voters` KRaftVersion 1 and KRaftVoters.
std::vector<uint8_t> leader_change_batch(const BatchPosition& at, BrokerId leader,
                                         const std::optional<protocol::VotersRecord>& voters);
// The only voter of its quorum.
protocol::VotersRecord single_voter(BrokerId id, const Uuid& directory_id,
                                    const std::string& listener, const std::string& host,
                                    uint16_t port);

}  // namespace barnabas::cluster
