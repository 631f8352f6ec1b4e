// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupHeartbeat and ConsumerGroupDescribe between their wire forms and the machine's
// values. Pure functions; what is kept beyond a request is copied here.
#pragma once

#include <string>

#include "broker/group/consumer_group.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace barnabas::broker {

ConsumerHeartbeat consumer_heartbeat_command(const protocol::ConsumerGroupHeartbeatRequest& request,
                                             int16_t version);
protocol::ConsumerGroupHeartbeatResponse consumer_heartbeat_response(
    ConsumerHeartbeatAnswer answer);

using DescribedGroup = protocol::ConsumerGroupDescribeResponse::DescribedGroup;
DescribedGroup describe_group(const ConsumerGroup& group, const ConsumerGroupLimits& limits,
                              const cluster::MetadataImage& image);
DescribedGroup refuse_describe(const std::string& group, Refusal refusal);

}  // namespace barnabas::broker
