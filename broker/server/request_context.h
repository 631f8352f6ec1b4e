// SPDX-License-Identifier: Apache-2.0
// RequestContext: what a handler may use besides its request. One per request, alive until the
// answer is encoded. Narrow on purpose: a handler that needs more says so here, visibly.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/stream.h"
#include "cluster/metadata_image.h"
#include "protocol/api_keys.h"

namespace barnabas::cluster {
class ClusterNode;
}

namespace barnabas::broker {

struct BrokerConfig;
struct ListenerConfig;
class ClientMetrics;
class FetchSessions;
class GroupCoordinator;
class PartitionTable;
class ProducerIds;
class TransactionMarkerWriter;
class TransactionCoordinator;

// What all requests of a broker share; built once by broker.cc.
struct BrokerServices {
    Clock& clock;
    const BrokerConfig& config;
    cluster::ClusterNode& cluster;
    PartitionTable& partitions;
    FetchSessions& fetch_sessions;
    GroupCoordinator& groups;
    ProducerIds& producer_ids;
    TransactionMarkerWriter& markers;
    TransactionCoordinator& transactions;
    ClientMetrics& client_metrics;
};

struct ClientInfo {
    std::string client_id;
    bool has_client_id = false;
    std::string software_name;
    std::string software_version;
    Endpoint peer;
};

struct RequestContext {
    BrokerServices& services;
    protocol::ApiKey api = {};
    int16_t version = 0;
    const ListenerConfig* listener = nullptr;
    ClientInfo* client = nullptr;  // of the connection; ApiVersions fills the software
    // Owns the request's frame: whoever keeps views beyond the answer holds this too.
    std::shared_ptr<const void> frame{};
    // Set by the connection: lets it read its next request before this one is answered (answers
    // stay in order). Call once, when what must be ordered has been ordered.
    std::function<void()> admit_next{};
    // Set by a handler to end the connection after (or instead of) the answer: acks=0 with an
    // error.
    bool close_connection = false;
    // Set by a handler when the request has no answer at all (acks=0).
    bool no_answer = false;
    // The answer tells of an error (counted in the metrics).
    bool failed = false;

    Nanos now() const { return services.clock.now(); }
    std::shared_ptr<const cluster::MetadataImage> image() const;
};

}  // namespace barnabas::broker
