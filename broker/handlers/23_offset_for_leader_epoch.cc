// SPDX-License-Identifier: Apache-2.0
// OffsetForLeaderEpoch, api 23, v2-4. Where a leader epoch ends in this log, so that a client or a
// follower sees whether its own records were cut off (KIP-101, KIP-320). v4: flexible.
#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "protocol/messages/offset_for_leader_epoch.h"

namespace barnabas::broker {
namespace {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

OffsetForLeaderEpochResponse::EpochEndOffset answer_partition(
    const RequestContext& ctx, std::string_view topic,
    const OffsetForLeaderEpochRequest::OffsetForLeaderPartition& question) {
    OffsetForLeaderEpochResponse::EpochEndOffset answer;
    answer.partition = question.partition;
    const FoundPartition found = find_partition(ctx, topic, question.partition);
    answer.error_code = found.error;
    if (found.error == ErrorCode::none)
        answer.error_code = found.partition->check_leader_epoch(question.current_leader_epoch);
    if (answer.error_code != ErrorCode::none) return answer;
    const storage::EpochEndOffset end = found.partition->end_offset_for(question.leader_epoch);
    answer.leader_epoch = end.epoch;
    answer.end_offset = end.end_offset;
    return answer;
}

}  // namespace

Task<OffsetForLeaderEpochResponse> handle_offset_for_leader_epoch(
    RequestContext& ctx, OffsetForLeaderEpochRequest request) {
    OffsetForLeaderEpochResponse response;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.topic = topic.topic;
        for (const auto& question : topic.partitions)
            answers.partitions.push_back(answer_partition(ctx, topic.topic.view(), question));
    }
    co_return response;
}

}  // namespace barnabas::broker
