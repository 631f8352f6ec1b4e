// SPDX-License-Identifier: Apache-2.0
// Tagged fields (KIP-482): what is unknown is kept and written again in order, what is wrong is
// refused, and a default is not written.
#include <gtest/gtest.h>

#include "protocol/message.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/records/group.h"
#include "protocol/wire_tool.h"

namespace barnabas::protocol {
namespace {

std::vector<uint8_t> tag_bytes(std::string_view text) {
    return parse_hex(text).value();
}

// An ApiVersionsRequest v3 (two compact strings) with the given tag section.
std::vector<uint8_t> request_with_tags(std::string_view tags) {
    return tag_bytes("0261 0262" + std::string(tags));
}

// Whether bytes are accepted; decoded messages borrow, so none is handed out.
template <class Message>
bool decodes_tags(const std::vector<uint8_t>& bytes, int16_t version) {
    return decode_message<Message>(bytes, version).has_value();
}

std::vector<uint32_t> tags_of(const ApiVersionsRequest& request) {
    std::vector<uint32_t> tags;
    for (const UnknownTag& tag : request.unknown_tags) tags.push_back(tag.tag);
    return tags;
}

TEST(TaggedFields, N13_unknown_tags_are_kept_and_written_again) {
    const auto bytes = request_with_tags("02 0501aa 870102bbcc");
    const auto request = decode_message<ApiVersionsRequest>(bytes, 3);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(tags_of(*request), (std::vector<uint32_t>{5, 135}));
    EXPECT_EQ(to_hex(request->unknown_tags[1].data.view()), "bbcc");
    EXPECT_EQ(encode_message(*request, 3), bytes);
}

TEST(TaggedFields, N13_tags_in_any_order_are_read_and_written_in_order) {
    const auto bytes = request_with_tags("03 0900 0201aa 0500");
    const auto request = decode_message<ApiVersionsRequest>(bytes, 3);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(tags_of(*request), (std::vector<uint32_t>{2, 5, 9}));
    EXPECT_EQ(encode_message(*request, 3), request_with_tags("03 0201aa 0500 0900"));
}

TEST(TaggedFields, N13_sections_that_lie_are_refused) {
    for (const char* tags : {"02 0500",          // fewer fields than announced
                             "01 0502aa",        // a field longer than the frame
                             "ffffffff0f 0500",  // a huge count
                             "01 05ffffffff0f",  // a huge field
                             "ffffffff1f", "80808080808001", ""})
        EXPECT_FALSE(decodes_tags<ApiVersionsRequest>(request_with_tags(tags), 3)) << tags;
}

TEST(TaggedFields, N13_the_largest_tag_survives) {
    const auto bytes = request_with_tags("01 ffffffff0f 01aa");
    const auto request = decode_message<ApiVersionsRequest>(bytes, 3);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(encode_message(*request, 3), bytes);
}

TEST(TaggedFields, N13_a_header_may_have_unknown_tags) {
    const auto frame = tag_bytes("0012 0003 00000007 000161 01 2a0142 0261 0262 00");
    const auto parsed = parse_request(frame);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->header.correlation_id, 7);
    EXPECT_EQ(parsed->header.client_id, Text("a"));
    ASSERT_EQ(parsed->header.unknown_tags.size(), 1u);
    EXPECT_EQ(parsed->body.size(), 5u);
}

// Partition 0 of a FetchResponse v12 with the given tag section.
std::vector<uint8_t> fetch_with_tags(std::string_view tags) {
    return tag_bytes(
        "00000000 0000 00000000 02 0274 02 00000000 0000 0000000000000001 0000000000000001 "
        "0000000000000000 00 ffffffff 01" +
        std::string(tags) + "00 00");
}

TEST(TaggedFields, N13_known_tags_use_exactly_their_bytes) {
    const std::string content = "00000005 0000000000000009 00";  // epoch, end offset, no tags
    const auto good = fetch_with_tags("01 000d" + content);
    const auto response = decode_message<FetchResponse>(good, 12);
    ASSERT_TRUE(response.has_value());
    const auto& partition = response->responses.at(0).partitions.at(0);
    EXPECT_EQ(partition.diverging_epoch.epoch, LeaderEpoch{5});
    EXPECT_EQ(partition.diverging_epoch.end_offset, Offset{9});
    EXPECT_EQ(encode_message(*response, 12), good);
    EXPECT_FALSE(decodes_tags<FetchResponse>(fetch_with_tags("01 000e" + content + "00"), 12));
    EXPECT_FALSE(decodes_tags<FetchResponse>(fetch_with_tags("01 000c" + content), 12));
}

TEST(TaggedFields, N13_of_a_known_tag_given_twice_the_last_counts) {
    const std::string first = "00000005 0000000000000009 01 0700";
    const std::string second = "00000006 000000000000000a 00";
    const auto bytes = fetch_with_tags("02 000f" + first + "000d" + second);
    const auto response = decode_message<FetchResponse>(bytes, 12);
    ASSERT_TRUE(response.has_value());
    const auto& epoch = response->responses.at(0).partitions.at(0).diverging_epoch;
    EXPECT_EQ(epoch.epoch, LeaderEpoch{6});
    EXPECT_TRUE(epoch.unknown_tags.empty());
}

TEST(TaggedFields, known_and_unknown_are_merged_in_order) {
    FetchResponse::PartitionData partition;
    partition.current_leader.leader_id = BrokerId{3};
    partition.unknown_tags.push_back({7, Blob::copy(tag_bytes("aa"))});
    FetchResponse response;
    response.responses.emplace_back().partitions.push_back(partition);
    response.responses[0].partitions[0].snapshot_id.epoch = LeaderEpoch{2};
    const auto bytes = encode_message(response, 12);
    const auto again = decode_message<FetchResponse>(bytes, 12);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, response);
}

TEST(TaggedFields, defaults_are_not_written) {
    FetchRequest::FetchPartition partition;
    EXPECT_EQ(partition.high_watermark, Offset{INT64_MAX});
    FetchRequest request;
    request.topics.emplace_back().partitions.push_back(partition);
    const size_t size = request.size(18);
    request.topics[0].partitions[0].high_watermark = Offset{5};
    EXPECT_EQ(request.size(18), size + 10);
    EXPECT_EQ(request.size(17), size - 0) << "version 17 does not have the field";
}

// The only tagged nullable struct: its default is a value, and null is written as 0.
TEST(TaggedFields, a_nullable_struct_as_a_tag) {
    ConsumerGroupMemberMetadataValue member;
    ASSERT_TRUE(member.classic_member_metadata.has_value());
    const size_t size_default = member.size(0);
    member.classic_member_metadata.reset();
    const auto bytes = encode_message(member, 0);
    EXPECT_EQ(bytes.size(), size_default + 3);
    EXPECT_EQ(to_hex(bytes).substr(2 * size_default - 2), "01000100");
    const auto again = decode_message<ConsumerGroupMemberMetadataValue>(bytes, 0);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, member);
}

}  // namespace
}  // namespace barnabas::protocol
