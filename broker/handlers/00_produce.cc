// SPDX-License-Identifier: Apache-2.0
// Produce, api 0, v3-13. Appends one batch to each partition named; each gets an answer of its own
// (B19). v5: log_start_offset. v8: record_errors. v9: flexible. v10: current_leader. v13: topic ids
// (KIP-516).
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "broker/handlers/transaction_check.h"
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

// The producer of a transactional batch.
TransactionalProducer producer_of(const PartitionData& data) {
    namespace layout = protocol::batch_layout;
    const uint8_t* const bytes = data.records->view().data();
    return {.transactional_id = {},
            .producer_id = ProducerId{load_be<int64_t>(bytes + layout::producer_id)},
            .epoch = load_be<int16_t>(bytes + layout::producer_epoch)};
}

bool is_in_transaction(const PartitionData& data) {
    return is_transactional(data) && producer_of(data).producer_id.value >= 0;
}

int32_t sequence_of(const PartitionData& data) {
    return load_be<int32_t>(data.records->view().data() + protocol::batch_layout::base_sequence);
}

TransactionSupport support_of(int16_t version) {
    constexpr int16_t knows_abortable = 11;
    constexpr int16_t adds_no_partitions = 12;
    if (version >= adds_no_partitions) return TransactionSupport::add;
    return version >= knows_abortable ? TransactionSupport::verify : TransactionSupport::verify_old;
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

// How the coordinator's refusal is told. Errors that old clients would not try again, or only after
// asking for metadata, become one that they do.
AppendResult refusal(ErrorCode error, TransactionSupport support) {
    AppendResult result;
    result.error = error;
    switch (error) {
        case ErrorCode::invalid_txn_state:
            result.error_message = "Partition was not added to the transaction";
            break;
        case ErrorCode::concurrent_transactions:
            if (support == TransactionSupport::add) break;
            [[fallthrough]];
        case ErrorCode::network_exception:
        case ErrorCode::coordinator_load_in_progress:
        case ErrorCode::coordinator_not_available:
        case ErrorCode::not_coordinator:
            result.error = ErrorCode::not_enough_replicas;
            result.error_message =
                "Unable to verify the partition has been added to the transaction. Underlying "
                "error: " +
                std::string(error_name(error));
            break;
        default:
            break;
    }
    return result;
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

// A partition's data on its way: found, perhaps checked with the transaction coordinator, queued on
// the log.
struct Pending {
    PartitionAnswer* answer = nullptr;
    const PartitionData* data = nullptr;
    std::shared_ptr<Partition> partition{};
    std::optional<TransactionWrite> write{};
    std::optional<Task<AppendResult>> append{};
};

class Produce {
  public:
    Produce(RequestContext& ctx, const ProduceRequest& request) : ctx_(ctx), request_(request) {}

    // Shapes the answer and finds what can be appended.
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
                    find(topic, topic.partition_data[i], answer);
            }
        }
    }

    // The partitions that are written in a transaction, which is one; an error if they are not of
    // one producer: that refuses everything.
    ErrorCode collect_writes(TransactionalProducer& producer,
                             std::vector<TransactionWrite>& writes) const {
        for (const Pending& one : pending) {
            if (!is_in_transaction(*one.data)) continue;
            const TransactionalProducer named = producer_of(*one.data);
            if (!writes.empty() &&
                (named.producer_id != producer.producer_id || named.epoch != producer.epoch))
                return ErrorCode::invalid_producer_id_mapping;
            producer.producer_id = named.producer_id;
            producer.epoch = named.epoch;
            writes.push_back({.partition = one.partition, .sequence = sequence_of(*one.data)});
        }
        if (!writes.empty()) producer.transactional_id = request_.transactional_id->str();
        return ErrorCode::none;
    }

    void adopt(std::vector<TransactionWrite> checked) {
        auto next = checked.begin();
        for (Pending& one : pending)
            if (is_in_transaction(*one.data)) one.write = std::move(*next++);
        ASSERT(next == checked.end());
    }

    // Whatever else may be wrong with some of them.
    void refuse_all(ErrorCode error, std::string_view message) {
        for (auto& topic : response.responses)
            for (PartitionAnswer& answer : topic.partition_responses) {
                fill(answer, error);
                answer.error_message = Text(message);
            }
        pending.clear();
    }

    // Queues the batches, in order, without a pause between them.
    void queue() {
        for (Pending& one : pending) queue(one);
        std::erase_if(pending, [](const Pending& one) { return !one.append; });
    }

    // Who leads the partitions for which this broker was the wrong one.
    void tell_leaders() {
        const auto is_wrong = [](const PartitionAnswer& answer) {
            return answer.error_code != ErrorCode::none;
        };
        for (const auto& topic : response.responses)
            ctx_.failed |= std::ranges::any_of(topic.partition_responses, is_wrong);
        if (!ctx_.failed) return;
        const auto image = ctx_.image();
        for (auto& topic : response.responses) {
            const auto known =
                ctx_.version >= 13 ? image->topic(topic.topic_id) : image->topic(topic.name.view());
            for (PartitionAnswer& answer : topic.partition_responses) {
                const auto index = static_cast<size_t>(answer.index.value);
                if (known && index < known->partitions.size() && tells_leader(answer.error_code))
                    tell_leader(ctx_, *image, known->partitions[index], response, answer);
            }
        }
    }

    ProduceResponse response;
    std::vector<Pending> pending;

  private:
    void find(const ProduceRequest::TopicProduceData& topic, const PartitionData& data,
              PartitionAnswer& answer) {
        FoundPartition found = ctx_.version >= 13
                                   ? find_partition(ctx_, topic.topic_id, data.index)
                                   : find_partition(ctx_, topic.name.view(), data.index);
        if (found.error == ErrorCode::none && !data.records)
            found.error = ErrorCode::invalid_record;
        if (found.error != ErrorCode::none) return fill(answer, found.error);
        pending.push_back(
            {.answer = &answer, .data = &data, .partition = std::move(found.partition)});
    }

    // What the log is to know of the transaction that the batch is part of.
    std::optional<AppendResult> check_write(const Pending& one, storage::TransactionTerms& terms) {
        if (!one.write) return std::nullopt;
        const TransactionSupport support = support_of(ctx_.version);
        if (one.write->error != ErrorCode::none) return refusal(one.write->error, support);
        const TransactionalProducer producer = producer_of(*one.data);
        const auto lowest =
            one.partition->guards().admit(producer.producer_id, producer.epoch, one.write->ticket);
        AppendResult ended;
        ended.error = ErrorCode::invalid_txn_state;
        if (!lowest) return ended;
        terms.version = support == TransactionSupport::add ? 2 : 0;
        terms.lowest_sequence = *lowest;
        return std::nullopt;
    }

    void queue(Pending& one) {
        AppendRequest append;
        if (auto refused = check_write(one, append.transaction)) {
            const std::string message = std::move(refused->error_message);
            fill(*one.answer, refused->error);
            if (!message.empty()) one.answer->error_message = Text(message);
            return;
        }
        append.records = one.data->records->view();
        append.keep_alive = ctx_.frame;
        append.produce_version = ctx_.version;
        append.now_ms = ctx_.services.clock.wall_ms();
        const Nanos patience = std::chrono::milliseconds(std::max(request_.timeout_ms, 0));
        one.append = one.partition->append(std::move(append), request_.acks,
                                           ctx_.services.clock.after(patience));
    }

    RequestContext& ctx_;
    const ProduceRequest& request_;
};

}  // namespace

Task<ProduceResponse> handle_produce(RequestContext& ctx, ProduceRequest request) {
    Produce produce(ctx, request);
    produce.start();
    TransactionalProducer producer;
    std::vector<TransactionWrite> writes;
    const ErrorCode mixed = produce.collect_writes(producer, writes);
    if (mixed != ErrorCode::none)
        produce.refuse_all(mixed, "Transactional records contained more than one producer ID");
    if (mixed == ErrorCode::none && !writes.empty()) {
        auto checking =
            check_transaction(ctx, std::move(producer), support_of(ctx.version), std::move(writes));
        produce.adopt(co_await std::move(checking));
    }
    produce.queue();
    // The batches are in line: what the client sends next cannot overtake them.
    if (ctx.admit_next) ctx.admit_next();
    for (Pending& pending : produce.pending) {
        AppendResult result = co_await std::move(*pending.append);
        if (tells_log_start(result.error, pending.data->records->view()))
            result.log_start_offset = pending.partition->log_start_offset();
        if (result.error == ErrorCode::none)
            pending.partition->traffic().bytes_in += pending.data->records->size();
        fill(*pending.answer, std::move(result));
    }
    produce.tell_leaders();
    ctx.no_answer = request.acks == 0;
    ctx.close_connection |= ctx.no_answer && ctx.failed;
    co_return std::move(produce.response);
}

}  // namespace barnabas::broker
