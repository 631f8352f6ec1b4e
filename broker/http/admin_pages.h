// SPDX-License-Identifier: Apache-2.0
// AdminPages: what operators may ask of a running broker: is it alive, is it ready, its metrics
// and its state. Reads images, partitions and groups; changes nothing. Lives on shard 0.
#pragma once

#include <functional>
#include <string>

#include "base/metrics.h"
#include "broker/http/http_server.h"
#include "broker/server/request_context.h"

namespace barnabas::broker {

// What the pages tell of.
struct AdminSources {
    BrokerServices& services;
    Metrics& metrics;
    // Of clients, now.
    std::function<size_t()> connections;
    // Listeners accept and the broker does not stop.
    std::function<bool()> ready;
};

class AdminPages {
  public:
    // What `sources` refers to outlives the pages.
    explicit AdminPages(AdminSources sources);

    // The answer to GET of that path: /, /healthz, /readyz, /metrics, /varz; 404 otherwise.
    Task<HttpResponse> page(HttpRequest request);

  private:
    HttpResponse readiness() const;
    HttpResponse variables() const;
    Task<HttpResponse> metrics();

    AdminSources sources_;
    Nanos started_;
};

}  // namespace barnabas::broker
