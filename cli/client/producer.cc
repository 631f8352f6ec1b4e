// SPDX-License-Identifier: Apache-2.0
// See producer.h.
#include "cli/client/producer.h"

#include <utility>

#include "cli/client/error_text.h"
#include "protocol/messages/produce.h"

namespace barnabas::cli {

namespace {

// The last version that names topics, and the last that does not add its partitions to the
// transaction by itself.
constexpr int16_t produce_by_name = 12, produce_added = 11;
constexpr int topic_tries = 50;
constexpr Nanos topic_pause = std::chrono::milliseconds(100);

}  // namespace

uint32_t murmur2(Bytes key) {
    constexpr uint32_t m = 0x5bd1e995;
    const auto length = static_cast<uint32_t>(key.size());
    uint32_t h = 0x9747b28c ^ length;
    size_t at = 0;
    for (; at + 4 <= key.size(); at += 4) {
        uint32_t k = static_cast<uint32_t>(key[at]) | static_cast<uint32_t>(key[at + 1]) << 8 |
                     static_cast<uint32_t>(key[at + 2]) << 16 |
                     static_cast<uint32_t>(key[at + 3]) << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    const size_t rest = key.size() - at;
    if (rest >= 3) h ^= static_cast<uint32_t>(key[at + 2]) << 16;
    if (rest >= 2) h ^= static_cast<uint32_t>(key[at + 1]) << 8;
    if (rest >= 1) h = (h ^ key[at]) * m;
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

Producer::Producer(Client& client, std::string topic, ProducerSettings settings)
    : client_(client), topic_(std::move(topic)), settings_(settings) {
    ErrorCode code = ErrorCode::none;
    for (int i = 0; i < topic_tries && partitions_ == 0; ++i) {
        if (i > 0) client_.sleep(topic_pause);
        const auto metadata = client_.metadata({topic_}, true);
        for (const auto& found : metadata.topics) {
            code = found.error_code;
            if (code == ErrorCode::none)
                partitions_ = static_cast<int32_t>(found.partitions.size());
        }
        if (code != ErrorCode::none && !is_retriable(code)) break;
    }
    if (partitions_ == 0)
        throw Failure(code, fmt::format("Topic {}: {}", topic_, error_text(code)));
}

protocol::BatchOptions Producer::batch_options(int32_t partition) const {
    protocol::BatchOptions options;
    options.compression = settings_.compression;
    if (const auto* transactions = settings_.transactions) {
        options.producer_id = transactions->producer();
        options.producer_epoch = transactions->epoch();
        options.base_sequence = transactions->sequence({topic_, partition});
        options.transactional = true;
    }
    return options;
}

void Producer::add(const RecordToSend& record) {
    const int32_t partition = record.key
                                  ? static_cast<int32_t>((murmur2(*record.key) & 0x7fffffffu) %
                                                         static_cast<uint32_t>(partitions_))
                                  : sticky_;
    auto found = batches_.find(partition);
    if (found == batches_.end())
        found = batches_.emplace(partition, protocol::RecordBatchBuilder(batch_options(partition)))
                    .first;
    std::vector<protocol::RecordHeader> headers;
    for (const auto& [key, value] : record.headers)
        headers.push_back({as_bytes(key), as_bytes(value)});
    found->second.add(record.timestamp, record.key, record.value, headers);
    waiting_ += (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

void Producer::check(ErrorCode code, int32_t partition, const std::optional<Text>& message) const {
    if (code == ErrorCode::none) return;
    throw Failure(code,
                  fmt::format("Error when sending message to topic {} partition {}: {}", topic_,
                              partition, message ? message->view() : error_text(code)));
}

void Producer::send(Connection& leader, const std::vector<int32_t>& partitions, Batches& batches) {
    protocol::ProduceRequest request;
    request.acks = settings_.acks;
    request.timeout_ms = settings_.timeout_ms;
    Transactions* const transactions = settings_.transactions;
    if (transactions) request.transactional_id.emplace(transactions->id());
    auto& topic = request.topic_data.emplace_back();
    topic.name = Text(topic_);
    for (const int32_t partition : partitions) {
        auto& item = topic.partition_data.emplace_back();
        item.index = PartitionIndex(partition);
        auto& batch = batches.at(partition);
        if (transactions) transactions->advance({topic_, partition}, batch.count());
        item.records = protocol::Records(Blob(batch.build()));
    }
    const AskLimits limits{.version_max = transactions ? produce_added : produce_by_name};
    if (settings_.acks == 0) {
        client_.tell(leader, request, limits);
        return;
    }
    const auto answer = client_.ask<protocol::ProduceResponse>(leader, request, limits);
    for (const auto& response : answer.responses)
        for (const auto& partition : response.partition_responses)
            check(partition.error_code, partition.index.value, partition.error_message);
}

void Producer::flush() {
    Batches batches = std::exchange(batches_, {});
    waiting_ = 0;
    sticky_ = (sticky_ + 1) % partitions_;
    std::map<Connection*, std::vector<int32_t>> by_leader;
    std::set<PartitionName> names;
    for (const auto& [partition, batch] : batches) {
        by_leader[&client_.leader(topic_, partition)].push_back(partition);
        names.insert({topic_, partition});
    }
    if (settings_.transactions) settings_.transactions->add(names);
    for (const auto& [leader, partitions] : by_leader) send(*leader, partitions, batches);
}

}  // namespace barnabas::cli
