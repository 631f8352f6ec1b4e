// SPDX-License-Identifier: Apache-2.0
// QuorumState: what a voter must not forget over a restart (KIP-595): the epoch, who leads it, whom
// it voted for. The file `quorum-state` in Kafka's JSON format. Text in, text out; no disk here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/uuid.h"

namespace barnabas::cluster {

inline constexpr const char* quorum_state_file = "quorum-state";

struct QuorumState {
    BrokerId leader_id = broker_id_none;
    LeaderEpoch leader_epoch = leader_epoch_none;
    BrokerId voted_id = broker_id_none;
    Uuid voted_directory_id;
    // 1 goes with kraft.version 1 and later; 0 lists the voters itself.
    int16_t data_version = 1;
    std::vector<BrokerId> current_voters;  // data_version 0 only
    friend bool operator==(const QuorumState&, const QuorumState&) = default;
};

std::string write_quorum_state(const QuorumState& state);
// Fails with corrupt_message, or unsupported_version for a data_version other than 0 and 1.
Result<QuorumState> parse_quorum_state(std::string_view text);

}  // namespace barnabas::cluster
