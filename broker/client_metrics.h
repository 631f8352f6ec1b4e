// SPDX-License-Identifier: Apache-2.0
// ClientMetrics: which of its metrics each client is asked to push, and when its turn is (KIP-714),
// by the client metrics subscriptions in the cluster's configs. Lives on shard 0. Never looks into
// metrics: nothing in this broker receives them.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/nanos.h"
#include "base/random.h"
#include "base/result.h"
#include "base/uuid.h"
#include "broker/server/request_context.h"
#include "cluster/metadata_image.h"

namespace barnabas::broker {

struct ClientSubscription {
    int32_t id = 0;
    int32_t push_interval_ms = 0;
    // Prefixes of names, or "*" alone; sorted.
    std::vector<std::string> metrics;
};

class ClientMetrics {
  public:
    struct Caller {
        const cluster::MetadataImage& image;
        const ClientInfo& client;
        Nanos now;
    };
    struct Push {
        int32_t subscription_id = 0;
        bool terminating = false;
        bool knows_compression = true;
        bool too_large = false;
    };

    explicit ClientMetrics(Random& random);
    ClientMetrics(const ClientMetrics&) = delete;
    ClientMetrics& operator=(const ClientMetrics&) = delete;
    ~ClientMetrics();

    // The client instance's own id, or a new one for one that has none yet (zero).
    Uuid name_of(const Uuid& given) { return given.is_zero() ? random_.uuid() : given; }
    // throttling_quota_exceeded for a client that asks before its time.
    Result<ClientSubscription> subscribe(const Uuid& instance, const Caller& caller);
    // Whether this push is in turn and fits its subscription.
    ErrorCode push(const Uuid& instance, const Caller& caller, const Push& push);
    size_t instances() const { return instances_.size(); }

  private:
    struct Wanted;    // a subscription as configured
    struct Instance;  // a client that has asked
    using Instances = std::list<Instance>;

    void follow(const cluster::MetadataImage& image);
    Instance& find(const Uuid& id, const Caller& caller);
    ClientSubscription subscription_of(const Uuid& id, const ClientInfo& client) const;

    Random& random_;
    std::optional<Offset> seen_;
    std::map<std::string, std::shared_ptr<const cluster::ConfigMap>> configs_;
    std::vector<Wanted> wanted_;
    uint64_t version_ = 0;  // changes with the configs
    Instances instances_;   // whoever asked last is in front
    std::unordered_map<Uuid, Instances::iterator> by_id_;
};

}  // namespace barnabas::broker
