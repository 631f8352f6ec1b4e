// SPDX-License-Identifier: Apache-2.0
// ListOffsets, api 2, v1-11. The offset for a timestamp, or for a special one below zero. v2:
// isolation_level. v4: current_leader_epoch. v6: flexible. v7: -3 (KIP-734). v8: -4. v9: -5. v11:
// -6.
#include <set>
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "protocol/messages/list_offsets.h"

namespace barnabas::broker {
namespace {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using storage::TimestampOffset;
using PartitionQuestion = ListOffsetsRequest::ListOffsetsPartition;
using PartitionAnswer = ListOffsetsResponse::ListOffsetsPartitionResponse;

constexpr int64_t latest = -1;
constexpr int64_t earliest = -2;
constexpr int64_t max_timestamp = -3;
constexpr int64_t earliest_local = -4;
constexpr int64_t latest_tiered = -5;
constexpr int64_t earliest_pending_upload = -6;

// The first version that knows the special timestamp; none for one that no version knows.
int16_t version_of(int64_t timestamp) {
    switch (timestamp) {
        case latest:
        case earliest:
            return 1;
        case max_timestamp:
            return 7;
        case earliest_local:
            return 8;
        case latest_tiered:
            return 9;
        case earliest_pending_upload:
            return 11;
        default:
            return timestamp >= 0 ? 1 : INT16_MAX;
    }
}

TimestampOffset at(const Partition& partition, Offset offset) {
    return {.offset = offset, .leader_epoch = partition.epoch_at(offset)};
}

Task<Result<TimestampOffset>> look_up(std::shared_ptr<Partition> partition, int64_t timestamp,
                                      Isolation isolation) {
    // After an election the end may still be behind what the leader before told (F18).
    if (timestamp == latest && !partition->end_offset_known())
        co_return fail(ErrorCode::offset_not_available, "high watermark of the new leader");
    switch (timestamp) {
        case latest: {
            const Offset end = partition->readable_end(isolation);
            co_return TimestampOffset{.offset = end, .leader_epoch = partition->leader_epoch()};
        }
        case earliest:
        case earliest_local:
            co_return at(*partition, partition->log_start_offset());
        case latest_tiered:
        case earliest_pending_upload:
            // Nothing is tiered.
            co_return TimestampOffset{};
        case max_timestamp: {
            auto finding = partition->find_max_timestamp(isolation);
            co_return co_await std::move(finding);
        }
        default: {
            auto finding = partition->find_by_timestamp(timestamp, isolation);
            co_return co_await std::move(finding);
        }
    }
}

Task<PartitionAnswer> answer_partition(RequestContext& ctx, std::string_view topic,
                                       const PartitionQuestion& question, Isolation isolation) {
    PartitionAnswer answer;
    answer.partition_index = question.partition_index;
    FoundPartition found = find_partition(ctx, topic, question.partition_index);
    answer.error_code = found.error;
    if (found.error == ErrorCode::none && ctx.version < version_of(question.timestamp))
        answer.error_code = ErrorCode::unsupported_version;
    if (answer.error_code == ErrorCode::none)
        answer.error_code = found.partition->check_leader_epoch(question.current_leader_epoch);
    if (answer.error_code != ErrorCode::none) co_return answer;
    auto looking = look_up(found.partition, question.timestamp, isolation);
    const auto known = co_await std::move(looking);
    if (!known) {
        answer.error_code = known.error().code;
        if (answer.error_code == ErrorCode::offset_not_available && ctx.version < 5)
            answer.error_code = ErrorCode::leader_not_available;
        co_return answer;
    }
    answer.timestamp = known->timestamp_ms;
    answer.offset = known->offset;
    answer.leader_epoch = known->leader_epoch;
    co_return answer;
}

}  // namespace

Task<ListOffsetsResponse> handle_list_offsets(RequestContext& ctx, ListOffsetsRequest request) {
    ListOffsetsResponse response;
    const auto isolation =
        request.isolation_level == 1 ? Isolation::read_committed : Isolation::read_uncommitted;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        std::multiset<PartitionIndex> asked;
        for (const auto& question : topic.partitions) asked.insert(question.partition_index);
        for (const auto& question : topic.partitions) {
            // What a partition's two questions at once mean is not defined.
            if (asked.count(question.partition_index) > 1) {
                PartitionAnswer refused;
                refused.partition_index = question.partition_index;
                refused.error_code = ErrorCode::invalid_request;
                answers.partitions.push_back(std::move(refused));
                continue;
            }
            auto answering = answer_partition(ctx, topic.name.view(), question, isolation);
            answers.partitions.push_back(co_await std::move(answering));
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
