// SPDX-License-Identifier: Apache-2.0
// DescribeProducers, api 61, v0. Who has written to partitions that are led here, and since where
// which transaction is open (KIP-664).
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "cluster/topic_name.h"
#include "protocol/messages/describe_producers.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using PartitionAnswer = DescribeProducersResponse::PartitionResponse;

Task<PartitionAnswer> describe(RequestContext& ctx, std::string_view topic, PartitionIndex index) {
    PartitionAnswer answer;
    answer.partition_index = index;
    const FoundPartition found = find_partition(ctx, topic, index);
    answer.error_code = found.error;
    if (found.error == ErrorCode::none)
        answer.error_code = found.partition->check_leader_epoch(leader_epoch_none);
    if (answer.error_code == ErrorCode::none) {
        auto asking = found.partition->active_producers();
        const auto producers = co_await std::move(asking);
        if (!producers) answer.error_code = producers.error().code;
        if (producers)
            for (const storage::ActiveProducer& one : *producers) {
                auto& told = answer.active_producers.emplace_back();
                told.producer_id = one.producer_id;
                told.producer_epoch = one.epoch;
                told.last_sequence = one.last_sequence;
                told.last_timestamp = one.last_timestamp_ms;
                told.coordinator_epoch = one.coordinator_epoch;
                told.current_txn_start_offset = one.transaction_first_offset;
            }
    }
    co_return answer;
}

// What is wrong with a topic is told in words, too; what is wrong with a partition is not.
std::optional<PartitionAnswer> refusal_of(const RequestContext& ctx, std::string_view topic,
                                          PartitionIndex index) {
    PartitionAnswer answer;
    answer.partition_index = index;
    if (std::string wrong = cluster::check_topic_name(topic); !wrong.empty()) {
        answer.error_code = ErrorCode::invalid_topic_exception;
        answer.error_message = Text(std::move(wrong));
        return answer;
    }
    if (ctx.image()->topic(topic)) return std::nullopt;
    answer.error_code = ErrorCode::unknown_topic_or_partition;
    answer.error_message = Text("This server does not host this topic-partition.");
    return answer;
}

}  // namespace

Task<DescribeProducersResponse> handle_describe_producers(RequestContext& ctx,
                                                          DescribeProducersRequest request) {
    DescribeProducersResponse response;
    for (const auto& topic : request.topics) {
        std::vector<PartitionAnswer> answers;
        for (const PartitionIndex index : topic.partition_indexes) {
            if (auto refused = refusal_of(ctx, topic.name.view(), index)) {
                answers.push_back(std::move(*refused));
                continue;
            }
            auto describing = describe(ctx, topic.name.view(), index);
            answers.push_back(co_await std::move(describing));
        }
        auto& told = response.topics.emplace_back();
        told.name = topic.name;
        told.partitions = std::move(answers);
    }
    co_return response;
}

}  // namespace barnabas::broker
