// SPDX-License-Identifier: Apache-2.0
// DeleteRecords, api 21, v0-2. Moves the start of logs up to an offset, or to the high watermark
// for -1; answers with the new start. v2: flexible.
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "protocol/messages/delete_records.h"

namespace barnabas::broker {
namespace {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using PartitionAnswer = DeleteRecordsResponse::DeleteRecordsPartitionResult;

Task<PartitionAnswer> answer_partition(
    RequestContext& ctx, const cluster::TopicImage* topic, std::string_view name,
    const DeleteRecordsRequest::DeleteRecordsPartition& question) {
    PartitionAnswer answer;
    answer.partition_index = question.partition_index;
    answer.low_watermark = offset_none;
    const FoundPartition found = find_partition(ctx, name, question.partition_index);
    answer.error_code = found.error;
    if (found.error == ErrorCode::none && topic != nullptr && topic->internal())
        answer.error_code = ErrorCode::invalid_topic_exception;
    if (answer.error_code != ErrorCode::none) co_return answer;
    auto deleting = found.partition->delete_records_before(question.offset);
    const auto start = co_await std::move(deleting);
    if (start)
        answer.low_watermark = *start;
    else
        answer.error_code = start.error().code;
    co_return answer;
}

}  // namespace

Task<DeleteRecordsResponse> handle_delete_records(RequestContext& ctx,
                                                  DeleteRecordsRequest request) {
    DeleteRecordsResponse response;
    const auto image = ctx.image();
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        const auto known = image->topic(topic.name.view());
        for (const auto& question : topic.partitions) {
            auto answering = answer_partition(ctx, known.get(), topic.name.view(), question);
            answers.partitions.push_back(co_await std::move(answering));
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
