// SPDX-License-Identifier: Apache-2.0
// Dispatcher: finds the API of a request and runs it. The one place that wraps every call: metrics
// are counted here, and what quotas and authorization need once per request has its place here.
#pragma once

#include <span>
#include <vector>

#include "base/metrics.h"
#include "broker/server/api_entry.h"

namespace barnabas::broker {

struct ApiMetrics {
    Counter& requests;
    // Malformed ones, and answers that tell of an error.
    Counter& errors;
    Counter& request_bytes;
    Counter& response_bytes;
    Histogram& seconds;
};

class Dispatcher {
  public:
    // `entries` are sorted by key; they and `metrics` outlive the dispatcher.
    Dispatcher(std::span<const ApiEntry> entries, Metrics& metrics);

    // Null if the key is not served.
    const ApiEntry* find(int16_t key) const;
    // Runs `entry` for a request whose version it answers; sets ctx.api and ctx.version. `ctx` and
    // the body live until the task is done. The caller has the answer counted.
    Task<Answer> serve(const ApiEntry& entry, RequestContext& ctx, Bytes body,
                       const protocol::RequestHeader& header);
    void count(const ApiEntry& entry, const RequestContext& ctx, size_t body_bytes,
               const Answer& answer, Nanos began) const;

    std::span<const ApiEntry> entries() const { return entries_; }
    const ApiMetrics& metrics(const ApiEntry& entry) const { return metrics_[index_of(entry)]; }

  private:
    size_t index_of(const ApiEntry& entry) const {
        return static_cast<size_t>(&entry - entries_.data());
    }

    std::span<const ApiEntry> entries_;
    std::vector<ApiMetrics> metrics_;
    std::vector<uint8_t> index_by_key_;
};

// The answer to an ApiVersions request of a version that nobody knows: error 35 in version 0,
// naming the versions of ApiVersions itself (KIP-511).
protocol::EncodedFrame refuse_api_versions(int32_t correlation_id);

}  // namespace barnabas::broker
