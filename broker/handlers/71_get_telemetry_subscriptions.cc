// SPDX-License-Identifier: Apache-2.0
// GetTelemetrySubscriptions, api 71, v0. Which of its metrics a client is to push, and how often
// (KIP-714). Answered but not advertised, as by an Apache Kafka without a metrics plugin.
#include "broker/broker_config.h"
#include "broker/client_metrics.h"
#include "broker/handlers/handlers.h"
#include "protocol/compression.h"
#include "protocol/messages/get_telemetry_subscriptions.h"

namespace barnabas::broker {

Task<protocol::GetTelemetrySubscriptionsResponse> handle_get_telemetry_subscriptions(
    RequestContext& ctx, protocol::GetTelemetrySubscriptionsRequest request) {
    using protocol::Codec;
    protocol::GetTelemetrySubscriptionsResponse response;
    ClientMetrics& metrics = ctx.services.client_metrics;
    const auto image = ctx.image();
    const ClientMetrics::Caller caller{*image, *ctx.client, ctx.now()};
    const Uuid instance = metrics.name_of(request.client_instance_id);
    const auto subscription = metrics.subscribe(instance, caller);
    if (!subscription) {
        response.error_code = subscription.error().code;
        co_return response;
    }
    response.client_instance_id = instance;
    response.subscription_id = subscription->id;
    for (const Codec codec : {Codec::zstd, Codec::lz4, Codec::gzip, Codec::snappy})
        response.accepted_compression_types.push_back(static_cast<int8_t>(codec));
    response.push_interval_ms = subscription->push_interval_ms;
    response.telemetry_max_bytes = ctx.services.config.telemetry_max_bytes;
    response.delta_temporality = true;
    for (const std::string& name : subscription->metrics)
        response.requested_metrics.emplace_back(name);
    co_return response;
}

}  // namespace barnabas::broker
