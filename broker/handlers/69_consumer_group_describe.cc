// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupDescribe, api 69, v0-1 (KIP-848). Members of consumer groups, what they have and
// what they are to have. v1: which protocol each member uses.
#include <utility>

#include "broker/broker_config.h"
#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"

namespace barnabas::broker {

Task<protocol::ConsumerGroupDescribeResponse> handle_consumer_group_describe(
    RequestContext& ctx, protocol::ConsumerGroupDescribeRequest request) {
    if (!ctx.services.config.group_consumer_protocol) {
        protocol::ConsumerGroupDescribeResponse refusal;
        for (const Text& group : request.group_ids) {
            auto& refused = refusal.groups.emplace_back();
            refused.group_id = group;
            refused.error_code = ErrorCode::unsupported_version;
        }
        co_return refusal;
    }
    auto running = ctx.services.groups.describe_consumer_groups(std::move(request));
    co_return co_await std::move(running);
}

}  // namespace barnabas::broker
