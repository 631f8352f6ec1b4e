// SPDX-License-Identifier: Apache-2.0
// Look-up by key through a small table, and the counting around each call.
#include "broker/server/dispatcher.h"

#include "base/assert.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::broker {
namespace {

constexpr uint8_t not_served = 0xff;

ApiMetrics make_metrics(protocol::ApiKey key, Metrics& metrics) {
    // From a tenth of a millisecond to the longest that a handler may wait.
    const std::vector<double> seconds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1,
                                      0.3,    1,      3,     10,    30,   100};
    const protocol::ApiInfo* info = protocol::find_api(static_cast<int16_t>(key));
    ASSERT(info != nullptr);
    const Labels labels{{"api", info->name}};
    return {
        metrics.counter("barnabas_requests_total", "Requests that were answered or refused.",
                        labels),
        metrics.counter("barnabas_request_errors_total",
                        "Requests that were malformed or answered with an error.", labels),
        metrics.counter("barnabas_request_bytes_total", "Bytes of the bodies of requests.", labels),
        metrics.counter("barnabas_response_bytes_total",
                        "Bytes of answers, records from files included.", labels),
        metrics.histogram("barnabas_request_seconds",
                          "From the start of the handler to its answer.", seconds, labels)};
}

}  // namespace

Dispatcher::Dispatcher(std::span<const ApiEntry> entries, Metrics& metrics) : entries_(entries) {
    ASSERT(entries.size() < not_served);
    metrics_.reserve(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
        const auto key = static_cast<size_t>(entries[i].key);
        ASSERT(key >= index_by_key_.size(), "entries are sorted by key, each key once");
        index_by_key_.resize(key + 1, not_served);
        index_by_key_[key] = static_cast<uint8_t>(i);
        metrics_.push_back(make_metrics(entries[i].key, metrics));
    }
}

const ApiEntry* Dispatcher::find(int16_t key) const {
    if (key < 0 || static_cast<size_t>(key) >= index_by_key_.size()) return nullptr;
    const uint8_t index = index_by_key_[static_cast<size_t>(key)];
    return index == not_served ? nullptr : &entries_[index];
}

Task<Answer> Dispatcher::serve(const ApiEntry& entry, RequestContext& ctx, Bytes body,
                               const protocol::RequestHeader& header) {
    ASSERT(entry.answers(header.request_api_version));
    ctx.api = entry.key;
    ctx.version = header.request_api_version;
    return entry.serve(ctx, body, header.correlation_id);
}

void Dispatcher::count(const ApiEntry& entry, const RequestContext& ctx, size_t body_bytes,
                       const Answer& answer, Nanos began) const {
    const ApiMetrics& metrics = metrics_[index_of(entry)];
    metrics.requests.add();
    if (!answer || ctx.failed) metrics.errors.add();
    metrics.request_bytes.add(body_bytes);
    if (answer && *answer) metrics.response_bytes.add((*answer)->size());
    metrics.seconds.observe(std::chrono::duration<double>(ctx.now() - began).count());
}

protocol::EncodedFrame refuse_api_versions(int32_t correlation_id) {
    constexpr const protocol::ApiInfo* info =
        protocol::find_api(static_cast<int16_t>(protocol::ApiKey::api_versions));
    static_assert(info != nullptr);
    protocol::ApiVersionsResponse response;
    response.error_code = ErrorCode::unsupported_version;
    auto& itself = response.api_keys.emplace_back();
    itself.api_key = static_cast<int16_t>(protocol::ApiKey::api_versions);
    itself.min_version = info->broker_min;
    itself.max_version = info->broker_max;
    return protocol::encode_response(correlation_id, response, 0);
}

}  // namespace barnabas::broker
