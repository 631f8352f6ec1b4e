// SPDX-License-Identifier: Apache-2.0
// ProducerIds: hands out producer ids, each once in the life of the cluster (pitfall X06). Takes
// them in blocks that the controller gives for good; what is left of a block when the broker stops
// is never used. Lives on shard 0.
#pragma once

#include "base/result.h"
#include "base/signal.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

class ProducerIds {
  public:
    // `cluster` outlives this.
    ProducerIds(Clock& clock, cluster::ClusterNode& cluster)
        : clock_(clock), cluster_(cluster), arrived_(clock) {}

    // The next id. Waits for a block if need be; fails as the controller does, or with
    // coordinator_load_in_progress (clients retry) if none comes in time.
    Task<Result<ProducerId>> next();

  private:
    Task<Result<void>> fetch_block();

    Clock& clock_;
    cluster::ClusterNode& cluster_;
    int64_t next_ = 0;
    int64_t end_ = 0;
    bool fetching_ = false;
    Signal arrived_;  // the end of a fetch that others wait for
};

}  // namespace barnabas::broker
