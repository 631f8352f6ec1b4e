// SPDX-License-Identifier: Apache-2.0
// Broker: one node, wired together. Owns the rooms' objects and the order in which they start and
// stop; decides nothing itself. Included by main and by simulations only. Lives on the shard it is
// given.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/disk.h"
#include "base/lane.h"
#include "base/random.h"
#include "base/shard.h"
#include "base/stream.h"
#include "broker/broker_config.h"
#include "broker/start_options.h"

namespace barnabas::broker {

// The outside world, real or simulated.
struct BrokerEnvironment {
    Shard& shard;
    Disk& disk;
    Network& network;
    Random& random;
    // A lane for the log directory of that index.
    std::function<std::unique_ptr<Lane>(size_t directory)> make_lane;
    // Files of logs that stay open while nobody uses them.
    size_t open_files_max = 4096;
};

class Broker {
  public:
    // What `environment` refers to outlives the broker. Topics of `options` that are missing are
    // made before clients are let in.
    Broker(BrokerEnvironment environment, BrokerConfig config, StartOptions options = {});
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;
    ~Broker();

    // Takes the log directories, recovers, joins the cluster, then accepts clients. Errors name
    // what could not be had; nothing runs then, but stop() must still be awaited.
    Task<Result<void>> start();
    // The real ports, in the order of the config's listeners.
    const std::vector<uint16_t>& ports() const;
    // The port of the admin listener; 0 without one.
    uint16_t admin_port() const;
    const BrokerConfig& config() const;
    const std::string& cluster_id() const;
    // Answers what was asked, closes connections, flushes and closes the logs, marks the shutdown
    // clean.
    Task<Result<void>> stop();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace barnabas::broker
