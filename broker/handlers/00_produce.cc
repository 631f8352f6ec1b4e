// SPDX-License-Identifier: Apache-2.0
// Produce, api 0, v3-13. Appends one batch to each partition named; each gets an answer of its own
// (B19). v5: log_start_offset. v8: record_errors. v9: flexible. v10: current_leader. v13: topic ids
// (KIP-516).
#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "protocol/messages/produce.h"
#include "protocol/record_batch.h"

namespace barnabas::broker {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using storage::AppendRequest;
using storage::AppendResult;
using PartitionData = ProduceRequest::PartitionProduceData;
using PartitionAnswer = ProduceResponse::PartitionProduceResponse;

// The attributes of the batch, if it is one; what else may be wrong with it is for storage to say.
int16_t attributes_of(const PartitionData& data) {
    namespace layout = protocol::batch_layout;
    const Bytes bytes = data.records ? data.records->view() : Bytes{};
    if (bytes.size() < protocol::batch_header_size) return 0;
    if (static_cast<int8_t>(bytes[layout::magic]) != protocol::batch_magic) return 0;
    return load_be<int16_t>(bytes.data() + layout::attributes);
}

bool is_transactional(const PartitionData& data) {
    return attributes_of(data) & protocol::attribute_transactional;
}

bool has_producer_id(const PartitionData& data) {
    return load_be<int64_t>(data.records->view().data() + protocol::batch_layout::producer_id) >= 0;
}

// An error that refuses the whole request, told for each partition.
ErrorCode check_request(const ProduceRequest& request) {
    if (request.acks < -1 || request.acks > 1) return ErrorCode::invalid_required_acks;
    if (request.transactional_id) return ErrorCode::none;
    for (const auto& topic : request.topic_data)
        if (std::ranges::any_of(topic.partition_data, is_transactional))
            return ErrorCode::transactional_id_authorization_failed;
    return ErrorCode::none;
}

ErrorCode check_partition(const PartitionData& data) {
    if (!data.records) return ErrorCode::invalid_record;
    // No transactional id is known here, so no producer has been given the right to use one.
    if (is_transactional(data) && has_producer_id(data))
        return ErrorCode::invalid_producer_id_mapping;
    return ErrorCode::none;
}

void fill(PartitionAnswer& answer, AppendResult result) {
    answer.error_code = result.error;
    answer.base_offset = result.base_offset;
    answer.log_append_time_ms = result.log_append_time_ms;
    answer.log_start_offset = result.log_start_offset;
    ASSERT(result.error == ErrorCode::none || result.base_offset == offset_none, "X27");
    if (result.record_errors.empty()) return;
    answer.error_message = Text(std::move(result.error_message));
    for (storage::RecordError& error : result.record_errors) {
        auto& told = answer.record_errors.emplace_back();
        told.batch_index = error.batch_index;
        told.batch_index_error_message = Text(std::move(error.message));
    }
}

// One whole batch of format 2, and not a second one behind it: what Kafka asks of a request before
// it looks for the log.
bool is_one_batch(Bytes records) {
    const auto batch = protocol::BatchView::parse(records);
    return batch && batch->header().magic == 2 &&
           !protocol::BatchView::parse(records.subspan(batch->size()));
}

// Kafka tells the log start with refusals that it found inside the log (batch rules, sequences),
// not with those of the request, of the partition or of the bytes themselves.
bool tells_log_start(ErrorCode error, Bytes records) {
    if (error == ErrorCode::invalid_record) return is_one_batch(records);
    return error == ErrorCode::invalid_timestamp ||
           error == ErrorCode::out_of_order_sequence_number ||
           error == ErrorCode::invalid_producer_epoch || error == ErrorCode::unknown_server_error;
}

void fill(PartitionAnswer& answer, ErrorCode error) {
    AppendResult result;
    result.error = error;
    fill(answer, std::move(result));
}

// An append that is in its log's queue, and where its outcome goes.
struct Pending {
    PartitionAnswer* answer;
    Task<AppendResult> append;
    std::shared_ptr<Partition> partition;
    Bytes records;
};

class Produce {
  public:
    Produce(RequestContext& ctx, const ProduceRequest& request) : ctx_(ctx), request_(request) {}

    // Shapes the answer and queues what can be appended, in order.
    void start() {
        const ErrorCode refused = check_request(request_);
        response.responses.reserve(request_.topic_data.size());
        for (const auto& topic : request_.topic_data) {
            auto& answers = response.responses.emplace_back();
            answers.name = topic.name;
            answers.topic_id = topic.topic_id;
            answers.partition_responses.resize(topic.partition_data.size());
            for (size_t i = 0; i < topic.partition_data.size(); ++i) {
                PartitionAnswer& answer = answers.partition_responses[i];
                answer.index = topic.partition_data[i].index;
                if (refused != ErrorCode::none)
                    fill(answer, refused);
                else
                    start_partition(topic, topic.partition_data[i], answer);
            }
        }
    }

    // Who leads the partitions for which this broker was the wrong one.
    void tell_leaders() {
        const auto image = ctx_.image();
        for (auto& topic : response.responses) {
            const auto known =
                ctx_.version >= 13 ? image->topic(topic.topic_id) : image->topic(topic.name.view());
            for (PartitionAnswer& answer : topic.partition_responses) {
                ctx_.failed |= answer.error_code != ErrorCode::none;
                const auto index = static_cast<size_t>(answer.index.value);
                if (known && index < known->partitions.size() && tells_leader(answer.error_code))
                    tell_leader(ctx_, *image, known->partitions[index], response, answer);
            }
        }
    }

    ProduceResponse response;
    std::vector<Pending> pending;

  private:
    void start_partition(const ProduceRequest::TopicProduceData& topic, const PartitionData& data,
                         PartitionAnswer& answer) {
        FoundPartition found = ctx_.version >= 13
                                   ? find_partition(ctx_, topic.topic_id, data.index)
                                   : find_partition(ctx_, topic.name.view(), data.index);
        if (found.error != ErrorCode::none) return fill(answer, found.error);
        if (const ErrorCode error = check_partition(data); error != ErrorCode::none)
            return fill(answer, error);
        AppendRequest append;
        append.records = data.records->view();
        append.keep_alive = ctx_.frame;
        append.produce_version = ctx_.version;
        append.now_ms = ctx_.services.clock.wall_ms();
        const Nanos patience = std::chrono::milliseconds(std::max(request_.timeout_ms, 0));
        auto task = found.partition->append(std::move(append), request_.acks,
                                            ctx_.services.clock.after(patience));
        pending.push_back(
            {&answer, std::move(task), std::move(found.partition), data.records->view()});
    }

    RequestContext& ctx_;
    const ProduceRequest& request_;
};

}  // namespace

Task<ProduceResponse> handle_produce(RequestContext& ctx, ProduceRequest request) {
    Produce produce(ctx, request);
    produce.start();
    // The batches are in line: what the client sends next cannot overtake them.
    if (ctx.admit_next) ctx.admit_next();
    for (Pending& pending : produce.pending) {
        AppendResult result = co_await std::move(pending.append);
        if (tells_log_start(result.error, pending.records))
            result.log_start_offset = pending.partition->log_start_offset();
        fill(*pending.answer, std::move(result));
    }
    produce.tell_leaders();
    ctx.no_answer = request.acks == 0;
    ctx.close_connection |= ctx.no_answer && ctx.failed;
    co_return std::move(produce.response);
}

}  // namespace barnabas::broker
