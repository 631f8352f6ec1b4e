// SPDX-License-Identifier: Apache-2.0
// See producer.h.
#include "cli/client/producer.h"

#include "cli/client/error_text.h"
#include "protocol/messages/produce.h"

namespace barnabas::cli {

namespace {

// The last version that names topics.
constexpr int16_t produce_by_name = 12;
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

void Producer::add(const RecordToSend& record) {
    const int32_t partition = record.key
                                  ? static_cast<int32_t>((murmur2(*record.key) & 0x7fffffffu) %
                                                         static_cast<uint32_t>(partitions_))
                                  : sticky_;
    auto found = batches_.find(partition);
    if (found == batches_.end()) {
        protocol::BatchOptions options;
        options.compression = settings_.compression;
        found = batches_.emplace(partition, protocol::RecordBatchBuilder(options)).first;
    }
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

void Producer::send(Connection& leader, std::vector<int32_t> partitions) {
    protocol::ProduceRequest request;
    request.acks = settings_.acks;
    request.timeout_ms = settings_.timeout_ms;
    auto& topic = request.topic_data.emplace_back();
    topic.name = Text(topic_);
    for (const int32_t partition : partitions) {
        auto& item = topic.partition_data.emplace_back();
        item.index = PartitionIndex(partition);
        item.records = protocol::Records(Blob(batches_.at(partition).build()));
    }
    if (settings_.acks == 0) {
        client_.tell(leader, request, {.version_max = produce_by_name});
        return;
    }
    const auto answer =
        client_.ask<protocol::ProduceResponse>(leader, request, {.version_max = produce_by_name});
    for (const auto& response : answer.responses)
        for (const auto& partition : response.partition_responses)
            check(partition.error_code, partition.index.value, partition.error_message);
}

void Producer::flush() {
    std::map<Connection*, std::vector<int32_t>> by_leader;
    for (const auto& [partition, batch] : batches_)
        by_leader[&client_.leader(topic_, partition)].push_back(partition);
    for (auto& [leader, partitions] : by_leader) send(*leader, std::move(partitions));
    batches_.clear();
    waiting_ = 0;
    sticky_ = (sticky_ + 1) % partitions_;
}

}  // namespace barnabas::cli
