// SPDX-License-Identifier: Apache-2.0
// See raw_frames.h.
#include "bench/raw_frames.h"

#include <boost/endian/conversion.hpp>

#include "base/assert.h"
#include "base/random.h"
#include "protocol/message.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "protocol/record_batch_builder.h"

namespace barnabas::bench {
namespace {

// Both known to Apache Kafka 4 and the last that name topics by name.
constexpr int16_t produce_version = 12;
constexpr int16_t fetch_version = 12;
constexpr const char* client_id = "raw_load";
constexpr int64_t timestamp_ms = 1'700'000'000'000;

size_t position_of(const std::vector<uint8_t>& frame, int64_t marker) {
    for (size_t at = 0; at + sizeof marker <= frame.size(); ++at)
        if (boost::endian::load_big_s64(frame.data() + at) == marker) return at;
    ASSERT(false, "the marker is in the frame");
    return 0;
}

// Answers of flexible versions: correlation id, no tags.
protocol::Reader open_answer(Bytes answer) {
    protocol::Reader reader(answer);
    reader.set_flexible(true);
    int32_t correlation = 0;
    reader.read(correlation);
    reader.read_uvarint();
    return reader;
}

}  // namespace

std::vector<uint8_t> make_batch(const BatchShape& shape) {
    protocol::BatchOptions options;
    options.compression.codec = shape.codec;
    protocol::RecordBatchBuilder builder(options);
    Random random(1);
    std::vector<uint8_t> value(shape.record_bytes);
    for (int i = 0; i < shape.records; ++i) {
        for (uint8_t& byte : value)
            byte = static_cast<uint8_t>("etaoin shrdlucmf"[random.below(16)]);
        builder.add(timestamp_ms, std::nullopt, Bytes(value));
    }
    return builder.build();
}

std::vector<uint8_t> produce_frame(const std::string& topic, PartitionIndex partition, int acks,
                                   Bytes batch) {
    protocol::ProduceRequest request;
    request.acks = static_cast<int16_t>(acks);
    request.timeout_ms = 30'000;
    auto& to = request.topic_data.emplace_back();
    to.name = Text(topic);
    auto& data = to.partition_data.emplace_back();
    data.index = partition;
    data.records = protocol::Records::borrow(batch);
    return protocol::encode_request(1, client_id, request, produce_version).bytes;
}

FetchFrame::FetchFrame(const std::string& topic, PartitionIndex partition, FetchLimits limits) {
    constexpr int64_t marker = 0x1122334455667788;
    protocol::FetchRequest request;
    request.max_wait_ms = limits.max_wait_ms;
    request.min_bytes = 1;
    request.max_bytes = limits.bytes_max;
    auto& from = request.topics.emplace_back();
    from.topic = Text(topic);
    auto& wanted = from.partitions.emplace_back();
    wanted.partition = partition;
    wanted.fetch_offset = Offset{marker};
    wanted.partition_max_bytes = limits.bytes_max;
    bytes_ = protocol::encode_request(1, client_id, request, fetch_version).bytes;
    offset_at_ = position_of(bytes_, marker);
    set_offset(Offset{0});
}

void FetchFrame::set_offset(Offset offset) {
    boost::endian::store_big_s64(bytes_.data() + offset_at_, offset.value);
}

ProduceAnswer read_produce_answer(Bytes answer) {
    protocol::Reader reader = open_answer(answer);
    Text topic;
    int32_t partition = 0;
    ProduceAnswer found;
    reader.read_uvarint();  // topics
    reader.read(topic);
    reader.read_uvarint();  // partitions
    reader.read(partition);
    reader.read(found.error);
    reader.read(found.base_offset);
    if (!reader.ok()) found.error = ErrorCode::corrupt_message;
    return found;
}

FetchAnswer read_fetch_answer(Bytes head) {
    protocol::Reader reader = open_answer(head);
    int32_t number = 0;
    Offset offset;
    Text topic;
    FetchAnswer found;
    reader.read(number);  // throttle time
    reader.read(found.error);
    reader.read(number);  // session
    if (reader.read_uvarint() < 2 || found.error != ErrorCode::none) return found;
    reader.read(topic);
    reader.read_uvarint();  // partitions
    reader.read(number);
    reader.read(found.error);
    for (int i = 0; i < 3; ++i) reader.read(offset);  // high watermark, stable, log start
    if (reader.read_uvarint() > 1) reader.fail("aborted transactions");
    reader.read(number);  // preferred replica
    const uint32_t length = reader.read_uvarint();
    found.record_bytes = length > 0 ? length - 1 : 0;
    if (found.record_bytes > 0) reader.read(found.first_offset);
    if (!reader.ok()) found.error = ErrorCode::corrupt_message;
    return found;
}

std::vector<uint8_t> api_versions_frame() {
    protocol::ApiVersionsRequest request;
    request.client_software_name = Text(client_id);
    request.client_software_version = Text("1");
    return protocol::encode_request(1, client_id, request, 3).bytes;
}

}  // namespace barnabas::bench
