// SPDX-License-Identifier: Apache-2.0
// PushTelemetry, api 72, v0. Metrics of a client (KIP-714): the turn and the form are checked, and
// as nothing here receives metrics they are dropped, as by an Apache Kafka without a plugin.
#include "broker/broker_config.h"
#include "broker/client_metrics.h"
#include "broker/handlers/handlers.h"
#include "protocol/compression.h"
#include "protocol/messages/push_telemetry.h"

namespace barnabas::broker {
namespace {

// A push that expands to more than this times the largest push is no push.
constexpr size_t expansion_max = 16;

ErrorCode check_content(const protocol::PushTelemetryRequest& request, size_t size_max) {
    const auto codec = protocol::codec_of(request.compression_type);
    if (!codec || request.metrics.size() == 0) return ErrorCode::none;
    const auto content =
        protocol::decompress(*codec, request.metrics.view(), size_max * expansion_max);
    return content ? ErrorCode::none : ErrorCode::invalid_record;
}

}  // namespace

Task<protocol::PushTelemetryResponse> handle_push_telemetry(
    RequestContext& ctx, protocol::PushTelemetryRequest request) {
    protocol::PushTelemetryResponse response;
    const auto size_max = static_cast<size_t>(ctx.services.config.telemetry_max_bytes);
    const auto image = ctx.image();
    const ClientMetrics::Caller caller{*image, *ctx.client, ctx.now()};
    ClientMetrics::Push push;
    push.subscription_id = request.subscription_id;
    push.terminating = request.terminating;
    push.knows_compression = protocol::codec_of(request.compression_type).has_value();
    push.too_large = request.metrics.size() > size_max;
    response.error_code =
        ctx.services.client_metrics.push(request.client_instance_id, caller, push);
    if (response.error_code == ErrorCode::none)
        response.error_code = check_content(request, size_max);
    co_return response;
}

}  // namespace barnabas::broker
