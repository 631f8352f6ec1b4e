// SPDX-License-Identifier: Apache-2.0
// What kafka-metadata-quorum describe prints, from values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/table.h"

namespace barnabas::cli {

struct QuorumReplica {
    int32_t id = 0;
    std::string directory;  // empty: the answer has none
    int64_t end_offset = 0;
    int64_t last_fetch_ms = -1;
    int64_t last_caught_up_ms = -1;
    std::vector<std::string> endpoints;  // "CONTROLLER://host:9093"
};
struct Quorum {
    std::string cluster_id;
    int32_t leader = -1;
    int32_t epoch = 0;
    int64_t high_watermark = 0;
    std::vector<QuorumReplica> voters, observers;
};

std::string quorum_status(const Quorum& quorum);
// `now_ms` >= 0: ages instead of timestamps (--human-readable).
std::string quorum_replication(const Quorum& quorum, int64_t now_ms);
Table quorum_status_table(const Quorum& quorum);
Table quorum_replication_table(const Quorum& quorum, int64_t now_ms);

}  // namespace barnabas::cli
