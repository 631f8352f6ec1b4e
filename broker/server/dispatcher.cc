// SPDX-License-Identifier: Apache-2.0
#include "broker/server/dispatcher.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::broker {
namespace {

constexpr uint8_t not_served = 0xff;

}  // namespace

void LatencyHistogram::record(Nanos latency) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    const auto width =
        static_cast<size_t>(std::bit_width(static_cast<uint64_t>(std::max<int64_t>(micros, 0))));
    ++buckets[std::min(width, bucket_count - 1)];
    sum += latency;
}

Dispatcher::Dispatcher(std::span<const ApiEntry> entries)
    : entries_(entries), metrics_(entries.size()) {
    ASSERT(entries.size() < not_served);
    for (size_t i = 0; i < entries.size(); ++i) {
        const auto key = static_cast<size_t>(entries[i].key);
        ASSERT(key >= index_by_key_.size(), "entries are sorted by key, each key once");
        index_by_key_.resize(key + 1, not_served);
        index_by_key_[key] = static_cast<uint8_t>(i);
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
    const Nanos began = ctx.now();
    auto serving = entry.serve(ctx, body, header.correlation_id);
    Answer answer = co_await std::move(serving);
    ApiMetrics& metrics = metrics_[index_of(entry)];
    ++metrics.requests;
    if (!answer || ctx.failed) ++metrics.errors;
    metrics.latency.record(ctx.now() - began);
    co_return answer;
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
