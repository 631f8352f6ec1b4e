// SPDX-License-Identifier: Apache-2.0
// Command lines, addresses and what the tools print, from values.
#include "cli/options.h"

#include <gtest/gtest.h>

#include "cli/client/address.h"
#include "cli/dispatch.h"
#include "cli/table.h"
#include "cli/tools/partition_filter.h"
#include "cli/tools/quorum_output.h"
#include "cli/tools/topic_output.h"
#include "cli/tools/version_output.h"

namespace barnabas::cli {
namespace {

constexpr OptionSpec specs[] = {{"list"},
                                {"topic", Takes::value},
                                {"config", Takes::value, "", "", 'c'},
                                {"state", Takes::optional_value}};

Options parse(std::vector<std::string> words, bool abbreviations = false) {
    return parse_options(specs, words, abbreviations);
}

std::string refusal(std::vector<std::string> words, bool abbreviations = false) {
    try {
        parse(std::move(words), abbreviations);
    } catch (const UsageFailure& failure) {
        return failure.text();
    }
    return "accepted";
}

TEST(Options, forms_of_kafkas_command_lines) {
    const auto options = parse({"--topic", "a", "-topic=b", "extra", "-list", "--config=k=v,w"});
    EXPECT_EQ(options.values("topic"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(options.value("topic"), "b");
    EXPECT_TRUE(options.has("list"));
    EXPECT_EQ(options.value("config"), "k=v,w");
    EXPECT_EQ(options.words(), std::vector<std::string>{"extra"});
    EXPECT_EQ(parse({"-c", "file"}).value("config"), "file");
    EXPECT_EQ(parse({"--topic", "-5"}).number("topic"), -5);
    EXPECT_EQ(parse({"--", "--list"}).words(), std::vector<std::string>{"--list"});
}

TEST(Options, optional_values) {
    EXPECT_TRUE(parse({"--state"}).has("state"));
    EXPECT_EQ(parse({"--state", "--list"}).value("state"), std::nullopt);
    EXPECT_EQ(parse({"--state", "Stable"}).value("state"), "Stable");
}

TEST(Options, refusals_name_the_word) {
    EXPECT_EQ(refusal({"--li"}), "li is not a recognized option");
    EXPECT_EQ(refusal({"--li"}, true), "accepted");
    EXPECT_EQ(refusal({"--topic"}), "Option topic requires an argument");
    EXPECT_EQ(refusal({"--list=3"}), "Option list takes no value");
    EXPECT_THROW(parse({"--topic", "x"}).number("topic"), UsageFailure);
}

TEST(Bootstrap, what_is_missing_has_a_default) {
    const auto list = parse_bootstrap(" :9093, kafka ,,PLAINTEXT://b:1,[::1]:7,localhost:9092,");
    ASSERT_EQ(list.size(), 5u);
    EXPECT_EQ(list[0], (Address{"localhost", 9093}));
    EXPECT_EQ(list[1], (Address{"kafka", 9092}));
    EXPECT_EQ(list[2], (Address{"b", 1}));
    EXPECT_EQ(list[3], (Address{"::1", 7}));
    EXPECT_EQ(list[3].str(), "[::1]:7");
    EXPECT_TRUE(list[4].is_loopback());
    EXPECT_FALSE(list[1].is_loopback());
}

TEST(Bootstrap, bad_ports_are_refused_with_their_text) {
    for (const char* text : {"a:0", "a:65536", "a:x", "a:", "", ","})
        EXPECT_THROW(parse_bootstrap(text), Failure) << text;
}

TEST(Dispatch, names_with_and_without_sh) {
    EXPECT_EQ(program_name("/opt/kafka/bin/kafka-topics.sh"), "kafka-topics");
    EXPECT_EQ(program_name("kafka-topics"), "kafka-topics");
    EXPECT_NE(find_by_script("kafka-topics"), nullptr);
    EXPECT_EQ(find_by_script("barnabas"), nullptr);
    EXPECT_EQ(find_by_class("kafka.tools.GetOffsetShell"), find_by_verb("get-offsets"));
    EXPECT_EQ(find_by_class("org.apache.kafka.tools.TopicCommand"), find_by_verb("topics"));
    EXPECT_EQ(find_by_class("com.example.TopicCommand"), nullptr);
}

TEST(Table, json_and_columns) {
    const Table table{{"topic", "end_offset"}, {{"a\"b", "12"}, {"c", "-"}}};
    EXPECT_EQ(table.json(),
              "[{\"topic\":\"a\\\"b\",\"end_offset\":12},"
              "{\"topic\":\"c\",\"end_offset\":null}]\n");
    EXPECT_EQ(table.aligned(), "TOPIC  END-OFFSET\na\"b    12\nc      -\n");
}

TEST(TopicOutput, as_kafka_prints_it) {
    const TopicText topic{"t",
                          "id",
                          false,
                          {{"min.insync.replicas", "2"}},
                          {{0, 1, {1, 2}, {1}, std::vector<int32_t>{}, std::vector<int32_t>{}},
                           {1, -1, {1, 2}, {1, 2}, std::nullopt, std::nullopt}}};
    EXPECT_EQ(describe_topic(topic, PartitionFilter::all),
              "Topic: t\tTopicId: id\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: "
              "min.insync.replicas=2\n"
              "\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1\tElr: \tLastKnownElr: \n"
              "\tTopic: t\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: 1,2\tElr: N/A"
              "\tLastKnownElr: N/A\n");
    const auto lines = [&](PartitionFilter filter) {
        return std::ranges::count(describe_topic(topic, filter), '\n');
    };
    EXPECT_EQ(lines(PartitionFilter::under_replicated), 1);
    EXPECT_EQ(lines(PartitionFilter::unavailable), 1);
    EXPECT_EQ(lines(PartitionFilter::under_min_isr), 1);
    EXPECT_EQ(lines(PartitionFilter::at_min_isr), 1);
}

TEST(QuorumOutput, status_and_replication) {
    Quorum quorum{"c", 1, 2, 28, {{1, "d", 28, 5, 6, {"CONTROLLER://h:1"}}}, {}};
    EXPECT_NE(quorum_status(quorum).find("LeaderId:               1\n"), std::string::npos);
    EXPECT_NE(quorum_status(quorum).find(
                  "[{\"id\": 1, \"directoryId\": \"d\", \"endpoints\": [\"CONTROLLER://h:1\"]}]"),
              std::string::npos);
    EXPECT_EQ(quorum_replication(quorum, -1),
              "NodeId\tDirectoryId\tLogEndOffset\tLag\tLastFetchTimestamp\tLastCaughtUpTimestamp"
              "\tStatus\t\n"
              "1     \td          \t28          \t0  \t5                 \t6                    "
              "\tLeader\t\n");
}

TEST(VersionOutput, usable_and_unusable) {
    const std::vector<KnownApi> apis{
        {0, "Produce", 3, 13}, {1, "Fetch", 4, 18}, {17, "Sasl", 0, 1}};
    EXPECT_EQ(describe_versions("n", apis, {{0, {0, 13}}, {1, {19, 20}}, {99, {0, 0}}}),
              "n -> (\n\tProduce(0): 0 to 13 [usable: 13],\n"
              "\tFetch(1): 19 to 20 [unusable: node too new or too old],\n"
              "\tSasl(17): UNSUPPORTED,\n\tUNKNOWN(99): 0\n)\n");
}

TEST(PartitionRules, ranges_end_before_their_end) {
    const auto rules = parse_partition_rules("t:1-3,a.*:0,:7,u:4-");
    const auto any = [&](std::string_view topic, int32_t partition) {
        return std::ranges::any_of(
            rules, [&](const auto& rule) { return rule.matches(topic, partition); });
    };
    EXPECT_TRUE(any("t", 1) && any("t", 2) && any("abc", 0) && any("x", 7) && any("u", 400));
    EXPECT_FALSE(any("t", 3) || any("t", 0) || any("abc", 1) || any("u", 3));
    EXPECT_THROW(parse_partition_rules("t:x"), Failure);
    EXPECT_EQ(parse_time("earliest"), -2);
    EXPECT_THROW(parse_time("xx"), Failure);
}

}  // namespace
}  // namespace barnabas::cli
