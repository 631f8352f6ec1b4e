// SPDX-License-Identifier: Apache-2.0
// Frames, headers, primitive types, records that lie in files, JSON.
#include "protocol/message.h"

#include <gtest/gtest.h>

#include <limits>

#include "protocol/json_writer.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "protocol/record_framing.h"
#include "protocol/records/client.h"
#include "protocol/records/group.h"
#include "protocol/wire_tool.h"

namespace barnabas::protocol {
namespace {

std::vector<uint8_t> hex(std::string_view text) {
    return parse_hex(text).value();
}

// Whether bytes are accepted; decoded messages borrow, so none is handed out.
template <class Message>
bool decodes(const std::vector<uint8_t>& bytes, int16_t version, size_t* used = nullptr) {
    return decode_message<Message>(bytes, version, used).has_value();
}

TEST(ApiTable, knows_every_live_key) {
    EXPECT_EQ(api_infos.size(), 89u);
    for (size_t i = 1; i < api_infos.size(); ++i) EXPECT_LT(api_infos[i - 1].key, api_infos[i].key);
    for (const ApiInfo& api : api_infos) {
        EXPECT_LE(api.version_min, api.version_max) << api.name;
        EXPECT_EQ(find_api(static_cast<int16_t>(api.key)), &api);
        EXPECT_TRUE(api.broker_min >= 0 || api.controller_min >= 0) << api.name;
    }
    for (int removed : {-1, 4, 5, 6, 7, 93, 200})
        EXPECT_EQ(find_api(static_cast<int16_t>(removed)), nullptr);
}

TEST(ApiTable, advertises_what_kafka_advertises) {
    const ApiInfo& produce = *find_api(0);
    EXPECT_EQ(produce.broker_min, 0) << "old clients look for it, although 3 is the first we parse";
    EXPECT_EQ(produce.broker_max, 13);
    EXPECT_EQ(produce.version_min, 3);
    EXPECT_EQ(find_api(22)->broker_max, 5) << "InitProducerId 6 is not stable";
    EXPECT_EQ(find_api(22)->version_max, 6);
    EXPECT_EQ(find_api(52)->broker_min, -1) << "Vote is for controllers";
    EXPECT_EQ(find_api(52)->controller_max, 2);
    EXPECT_TRUE(find_api(19)->forwarded);
    int on_brokers = 0;
    for (const ApiInfo& api : api_infos) on_brokers += api.broker_min >= 0;
    EXPECT_EQ(on_brokers, 77) << "75 and the two of telemetry, which need a plugin";
}

TEST(Headers, N12_versions) {
    EXPECT_EQ(request_header_version(ApiKey::fetch, 11), 1);
    EXPECT_EQ(request_header_version(ApiKey::fetch, 12), 2);
    EXPECT_EQ(response_header_version(ApiKey::fetch, 11), 0);
    EXPECT_EQ(response_header_version(ApiKey::fetch, 12), 1);
    EXPECT_EQ(request_header_version(ApiKey::offset_delete, 0), 1) << "never flexible";
    EXPECT_EQ(request_header_version(ApiKey::sasl_handshake, 1), 1) << "never flexible";
    for (int16_t version = -1; version < 100; ++version)
        EXPECT_EQ(response_header_version(ApiKey::api_versions, version), 0);
    EXPECT_EQ(request_header_version(ApiKey::api_versions, 2), 1);
    EXPECT_EQ(request_header_version(ApiKey::api_versions, 99), 2) << "an unknown high version";
    EXPECT_EQ(request_header_version(static_cast<ApiKey>(500), 0), 1);
}

TEST(Frames, a_request_comes_back) {
    MetadataRequest request;
    request.topics->emplace_back().name = Text("orders");
    for (int16_t version : {int16_t{1}, int16_t{9}, int16_t{13}}) {
        const EncodedFrame frame = encode_request(42, "me", request, version);
        EXPECT_EQ(load_be<int32_t>(frame.bytes.data()) + 4, static_cast<int32_t>(frame.size()));
        const auto parsed = parse_request(Bytes(frame.bytes).subspan(4));
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(parsed->header.request_api_key, 3);
        EXPECT_EQ(parsed->header.request_api_version, version);
        EXPECT_EQ(parsed->header.correlation_id, 42);
        EXPECT_EQ(parsed->header.client_id, Text("me"));
        const auto body = decode_message<MetadataRequest>(parsed->body, version);
        ASSERT_TRUE(body.has_value());
        EXPECT_EQ(body->topics->at(0).name, Text("orders"));
    }
}

TEST(Frames, headers_that_are_too_short_are_refused) {
    const auto frame = hex("0003000c0000000700026162");
    for (size_t size = 0; size < frame.size(); ++size)
        EXPECT_FALSE(parse_request(Bytes(frame).first(size)).has_value()) << size;
}

TEST(Frames, records_in_files_are_spliced_not_copied) {
    FetchResponse response;
    auto& partitions = response.responses.emplace_back().partitions;
    partitions.resize(3);
    partitions[0].records =
        Records(std::vector{FileRange{nullptr, 100, 7}, FileRange{nullptr, 0, 5}});
    partitions[1].records = Records(std::vector<FileRange>{});
    partitions[2].records = Records(Blob::copy(hex("aabbcc")));
    for (int16_t version : {int16_t{4}, int16_t{11}, int16_t{16}}) {
        const EncodedFrame frame = encode_response(9, response, version);
        ASSERT_EQ(frame.splices.size(), 2u);
        EXPECT_EQ(frame.size(), frame.bytes.size() + 12);
        EXPECT_EQ(load_be<int32_t>(frame.bytes.data()) + 4, static_cast<int32_t>(frame.size()));
        EXPECT_EQ(frame.splices[0].range.position, 100u);
        EXPECT_EQ(frame.splices[0].position, frame.splices[1].position);

        // With the bytes of the files put in, a client reads what was meant.
        std::vector<uint8_t> sent = frame.bytes;
        const auto at = static_cast<ptrdiff_t>(frame.splices[0].position);
        const auto content = hex("010203040506070809101112");
        sent.insert(sent.begin() + at, content.begin(), content.end());
        const size_t header = version >= 12 ? 9 : 8;
        const auto read = decode_message<FetchResponse>(Bytes(sent).subspan(header), version);
        ASSERT_TRUE(read.has_value());
        const auto& got = read->responses.at(0).partitions;
        EXPECT_EQ(to_hex(got.at(0).records->view()), to_hex(content));
        EXPECT_TRUE(got.at(1).records->empty());
        EXPECT_EQ(to_hex(got.at(2).records->view()), "aabbcc");
    }
}

TEST(Messages, strings_and_records_are_views_into_the_frame) {
    ProduceRequest request;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    topic.partition_data.emplace_back().records = Records(Blob::copy(hex("0102030405")));
    const auto bytes = encode_message(request, 9);
    const auto read = decode_message<ProduceRequest>(bytes, 9);
    ASSERT_TRUE(read.has_value());
    const auto within = [&](const void* at) {
        return at >= bytes.data() && at < bytes.data() + bytes.size();
    };
    EXPECT_TRUE(within(read->topic_data[0].name.view().data()));
    EXPECT_TRUE(within(read->topic_data[0].partition_data[0].records->view().data()));
}

TEST(Messages, null_depends_on_the_version) {
    JoinGroupResponse response;
    response.protocol_name.reset();
    const auto bytes_6 = encode_message(response, 6), bytes_7 = encode_message(response, 7);
    const auto old = decode_message<JoinGroupResponse>(bytes_6, 6);
    EXPECT_EQ(old->protocol_name, Text("")) << "written as an empty string";
    const auto now = decode_message<JoinGroupResponse>(bytes_7, 7);
    EXPECT_FALSE(now->protocol_name.has_value());
    EXPECT_FALSE(decodes<MetadataRequest>(hex("ffffffff"), 0)) << "v0 knows no null";
    EXPECT_TRUE(decodes<MetadataRequest>(hex("ffffffff"), 1));
}

TEST(Messages, versions_outside_the_schema_are_refused) {
    for (int version : {-1, 0, 2, 14, 32767}) {
        const auto read = decode_message<ProduceRequest>(Bytes{}, static_cast<int16_t>(version));
        ASSERT_FALSE(read.has_value());
        EXPECT_EQ(read.error().code, ErrorCode::unsupported_version);
    }
}

TEST(Messages, bytes_after_the_message_are_accepted_and_counted) {
    size_t used = 99;
    EXPECT_TRUE(decodes<ApiVersionsRequest>(hex("0102"), 0, &used));
    EXPECT_EQ(used, 0u);
}

TEST(Messages, unknown_error_codes_survive) {
    ApiVersionsResponse response;
    response.error_code = static_cast<ErrorCode>(12345);
    const auto bytes = encode_message(response, 0);
    const auto read = decode_message<ApiVersionsResponse>(bytes, 0);
    EXPECT_EQ(read->error_code, response.error_code);
    EXPECT_STREQ(error_name(read->error_code), "UNKNOWN_ERROR_CODE");
    EXPECT_STREQ(error_name(ErrorCode::unknown_topic_or_partition), "UNKNOWN_TOPIC_OR_PARTITION");
    EXPECT_TRUE(is_retriable(ErrorCode::not_leader_or_follower));
    EXPECT_FALSE(is_retriable(ErrorCode::none));
}

TEST(Messages, a_text_too_long_for_an_old_version_is_cut) {
    MetadataRequest request;
    request.topics->emplace_back().name = Text(std::string(40000, 'x'));
    const auto old = encode_message(request, 1);
    EXPECT_EQ(decode_message<MetadataRequest>(old, 1)->topics->at(0).name->size(), 32767u);
    const auto now = encode_message(request, 9);
    EXPECT_EQ(decode_message<MetadataRequest>(now, 9)->topics->at(0).name->size(), 40000u);
}

TEST(Reader, varints) {
    const auto read = [](std::string_view text) -> std::optional<uint32_t> {
        const auto bytes = hex(text);
        Reader reader(bytes);
        const uint32_t value = reader.read_uvarint();
        if (!reader.ok()) return std::nullopt;
        return value;
    };
    EXPECT_EQ(read("00"), 0u);
    EXPECT_EQ(read("7f"), 127u);
    EXPECT_EQ(read("8001"), 128u);
    EXPECT_EQ(read("8000"), 0u) << "needlessly long, as Kafka accepts it";
    EXPECT_EQ(read("ffffffff0f"), UINT32_MAX);
    EXPECT_EQ(read("ffffffff1f"), std::nullopt) << "beyond 32 bits";
    EXPECT_EQ(read("808080808000"), std::nullopt) << "six bytes";
    EXPECT_EQ(read("80"), std::nullopt);
    EXPECT_EQ(read(""), std::nullopt);
}

TEST(Reader, the_first_error_stays) {
    const auto bytes = hex("0001");
    Reader reader(bytes);
    int32_t number = 5;
    reader.read(number);
    EXPECT_FALSE(reader.ok());
    const std::string where = reader.error().where;
    Text text = "old";
    reader.read(text);
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(number, 0);
    EXPECT_EQ(where, reader.error().where);
    EXPECT_EQ(reader.left(), 0u);
}

TEST(Json, doubles_as_java_prints_them) {
    EXPECT_EQ(java_double(0.0), "0.0");
    EXPECT_EQ(java_double(-0.0), "-0.0");
    EXPECT_EQ(java_double(1.0), "1.0");
    EXPECT_EQ(java_double(-0.125), "-0.125");
    EXPECT_EQ(java_double(0.001), "0.001");
    EXPECT_EQ(java_double(0.00099), "9.9E-4");
    EXPECT_EQ(java_double(9999999.0), "9999999.0");
    EXPECT_EQ(java_double(10000000.0), "1.0E7");
    EXPECT_EQ(java_double(123456.789), "123456.789");
    EXPECT_EQ(java_double(4.9e-324), "4.9E-324");
    EXPECT_EQ(java_double(std::numeric_limits<double>::max()), "1.7976931348623157E308");
    EXPECT_EQ(java_double(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_EQ(java_double(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(Json, text_and_bytes) {
    const auto quoted = [](std::string_view text) {
        JsonWriter json;
        json.value(Text(text));
        return json.text();
    };
    EXPECT_EQ(quoted("a\"b\\c\n\t\r\b\f"), "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\"");
    EXPECT_EQ(quoted(std::string_view("\0\x1f", 2)), "\"\\u0000\\u001F\"");
    EXPECT_EQ(quoted("日本語😀"), "\"日本語😀\"");
    EXPECT_EQ(quoted("\xff a\xc0\x80\xed\xa0\x80"), "\"\ufffd a\ufffd\ufffd\ufffd\ufffd\ufffd\"");
    EXPECT_EQ(quoted("\xe6\x97"), "\"\ufffd\ufffd\"");
    EXPECT_EQ(base64(hex("")), "");
    EXPECT_EQ(base64(hex("00")), "AA==");
    EXPECT_EQ(base64(hex("0001")), "AAE=");
    EXPECT_EQ(base64(hex("fbefff")), "++//");
}

TEST(Json, indented) {
    ApiVersionsRequest request;
    request.client_software_name = "a";
    JsonWriter json(JsonWriter::Layout::indented);
    request.to_json(json, 3);
    EXPECT_EQ(json.text(),
              "{\n  \"clientSoftwareName\": \"a\",\n  \"clientSoftwareVersion\": \"\"\n}");
}

TEST(RecordFraming, metadata_records_come_back) {
    TopicRecord topic;
    topic.name = "orders";
    topic.topic_id.bytes[0] = 7;
    const auto bytes = encode_metadata_record(topic, 0);
    EXPECT_EQ(to_hex(Bytes(bytes).first(3)), "010200");
    const auto read = decode_metadata_record(bytes);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(std::get<TopicRecord>(*read), topic);
}

TEST(RecordFraming, metadata_records_that_are_wrong) {
    const auto code = [](std::string_view text) {
        const auto bytes = hex(text);
        const auto read = decode_metadata_record(bytes);
        return read ? ErrorCode::none : read.error().code;
    };
    EXPECT_EQ(code("01140000"), ErrorCode::none) << "NoOpRecord";
    EXPECT_EQ(code("00140000"), ErrorCode::unsupported_version) << "frame version 0";
    EXPECT_EQ(code("02140000"), ErrorCode::unsupported_version) << "frame version 2";
    EXPECT_EQ(code("01060000"), ErrorCode::unsupported_version) << "no such type";
    EXPECT_EQ(code("01140100"), ErrorCode::unsupported_version) << "no such version";
    EXPECT_EQ(code("0114"), ErrorCode::corrupt_message);
    EXPECT_EQ(code("011400"), ErrorCode::corrupt_message) << "the tags are missing";
    EXPECT_EQ(code("0114000000"), ErrorCode::corrupt_message) << "a byte too many";
    EXPECT_EQ(code(""), ErrorCode::corrupt_message);
}

TEST(RecordFraming, coordinator_keys_and_values) {
    OffsetCommitKey key;
    key.group = "g";
    key.topic = "t";
    key.partition = PartitionIndex{3};
    const auto bytes = encode_coordinator_key(key);
    EXPECT_EQ(to_hex(bytes), "000100016700017400000003");
    EXPECT_EQ(coordinator_key_type(bytes), OffsetCommitKey::record_type);
    EXPECT_EQ(decode_coordinator_key<OffsetCommitKey>(bytes), key);
    EXPECT_FALSE(decode_coordinator_key<GroupMetadataKey>(bytes).has_value());
    EXPECT_FALSE(decode_coordinator_key<OffsetCommitKey>(Bytes(bytes).first(9)).has_value());

    OffsetCommitValue value;
    value.offset = Offset{12};
    value.leader_epoch = LeaderEpoch{4};
    const auto written = encode_coordinator_value(value, 3);
    EXPECT_EQ(to_hex(Bytes(written).first(2)), "0003");
    EXPECT_EQ(decode_coordinator_value<OffsetCommitValue>(written), value);
    auto newer = written;
    newer[1] = 9;
    EXPECT_EQ(decode_coordinator_value<OffsetCommitValue>(newer).error().code,
              ErrorCode::unsupported_version);
    newer = written;
    newer.push_back(0);
    EXPECT_EQ(decode_coordinator_value<OffsetCommitValue>(newer).error().code,
              ErrorCode::corrupt_message);
}

TEST(RecordFraming, consumer_protocol_of_a_newer_client) {
    ConsumerProtocolSubscription subscription;
    subscription.topics.push_back("t");
    auto bytes = encode_consumer_protocol(subscription, 3);
    bytes[1] = 7;
    bytes.push_back(1);
    const auto read = decode_consumer_protocol<ConsumerProtocolSubscription>(bytes);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->topics.at(0), Text("t"));
    bytes[0] = 0x80;
    EXPECT_FALSE(decode_consumer_protocol<ConsumerProtocolSubscription>(bytes).has_value());
}

TEST(WireTool, finds_messages_as_people_name_them) {
    EXPECT_STREQ(find_for_person("fetch", MessageKind::request)->name, "FetchRequest");
    EXPECT_STREQ(find_for_person("1", MessageKind::response)->name, "FetchResponse");
    EXPECT_STREQ(find_for_person("TopicRecord", MessageKind::request)->name, "TopicRecord");
    EXPECT_EQ(find_for_person("Nothing", MessageKind::request), nullptr);
    EXPECT_EQ(find_for_person("4", MessageKind::request), nullptr);
}

TEST(WireTool, frames_with_and_without_their_length) {
    const std::string frame = "0012 0003 00000007 000161 00 0261 0262 00";
    const std::string json =
        "{\"header\":{\"requestApiKey\":18,\"requestApiVersion\":3,\"correlationId\":7,"
        "\"clientId\":\"a\"},\"body\":{\"clientSoftwareName\":\"a\","
        "\"clientSoftwareVersion\":\"b\"}}";
    const auto layout = JsonWriter::Layout::one_line;
    EXPECT_EQ(decode_request_frame(hex(frame), layout), json);
    EXPECT_EQ(decode_request_frame(hex("00000011" + frame), layout), json);
    EXPECT_FALSE(decode_request_frame(hex(frame + "00"), layout).has_value());
    const MessageEntry& entry = *find_message(18, MessageKind::response);
    EXPECT_EQ(decode_response_frame(entry, hex("00000007 0023 00000000"), 0, layout),
              "{\"header\":{\"correlationId\":7},\"body\":{\"errorCode\":35,\"apiKeys\":[]}}");
}

TEST(Registry, a_number_that_equals_nothing_still_comes_back) {
    const auto body = hex("01 0261 7fff78ffffffffff 01 00");  // the quota is a NaN
    const auto seen = inspect(*find_message("ClientQuotaRecord"), body, 0, WantJson::one_line);
    ASSERT_TRUE(seen.has_value());
    EXPECT_TRUE(seen->stable);
    EXPECT_EQ(seen->again, body);
    EXPECT_EQ(seen->json, "{\"entity\":[],\"key\":\"a\",\"value\":\"NaN\",\"remove\":true}");
}

TEST(Registry, names_are_unique) {
    std::set<std::string> names;
    for (const MessageEntry& entry : message_registry())
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_EQ(names.size(), 272u);
    for (const ApiInfo& api : api_infos) {
        const auto key = static_cast<int16_t>(api.key);
        const MessageEntry* request = find_message(key, MessageKind::request);
        const MessageEntry* response = find_message(key, MessageKind::response);
        ASSERT_TRUE(request && response) << api.name;
        EXPECT_EQ(std::string(request->name), std::string(api.name) + "Request");
        EXPECT_EQ(request->version_max, response->version_max);
        EXPECT_EQ(request->version_max, api.version_max);
    }
}

}  // namespace
}  // namespace barnabas::protocol
