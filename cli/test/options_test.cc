// SPDX-License-Identifier: Apache-2.0
// Command lines, addresses and what the tools print, from values.
#include "cli/options.h"

#include <gtest/gtest.h>

#include "cli/client/address.h"
#include "cli/client/group_member.h"
#include "cli/client/producer.h"
#include "cli/dispatch.h"
#include "cli/table.h"
#include "cli/tools/config_output.h"
#include "cli/tools/partition_filter.h"
#include "cli/tools/quorum_output.h"
#include "cli/tools/record_output.h"
#include "cli/tools/reset_plan.h"
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

TEST(ConfigOutput, lists_in_brackets) {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(parse_changes("retention.ms=1000, cleanup.policy=[compact,delete],x="),
              (Pairs{{"retention.ms", "1000"}, {"cleanup.policy", "compact,delete"}, {"x", ""}}));
    EXPECT_THROW(parse_changes("bad"), Failure);
    EXPECT_THROW(parse_changes("a=1,bad"), Failure);
    EXPECT_EQ(describe_configs("topic", "t",
                               {{"b", "2", 5, false, {}}, {"a", "1", 1, false, {"S:a=1"}}}, false),
              "Dynamic configs for topic t are:\n  a=1 sensitive=false synonyms={S:a=1}\n");
}

TEST(ResetPlan, times_and_durations) {
    EXPECT_EQ(parse_date_time("2023-11-14T22:13:40.000"), 1'700'000'020'000);
    EXPECT_EQ(parse_date_time("2023-11-14T22:13:40.5Z"), 1'700'000'020'500);
    EXPECT_EQ(parse_date_time("2023-11-14T23:13:40+01:00"), 1'700'000'020'000);
    EXPECT_EQ(parse_date_time("2023-13-14T23:13:40"), std::nullopt);
    EXPECT_EQ(parse_date_time("yesterday"), std::nullopt);
    EXPECT_EQ(parse_duration("P1DT2H3M4.5S"), ((26 * 60 + 3) * 60 + 4) * 1000 + 500);
    EXPECT_EQ(parse_duration("PT1H"), 3'600'000);
    EXPECT_EQ(parse_duration("1H"), std::nullopt);
    EXPECT_EQ(keep_between(99, 0, 10), 10);
    EXPECT_EQ(keep_between(-1, 3, 10), 3);
}

TEST(Ranges, the_first_members_get_one_more) {
    const auto parts = assign_ranges({{"a", {"t", "u"}}, {"b", {"t"}}}, {{"t", 3}, {"u", 1}});
    EXPECT_EQ(parts.at("a"), (std::vector<PartitionName>{{"t", 0}, {"t", 1}, {"u", 0}}));
    EXPECT_EQ(parts.at("b"), (std::vector<PartitionName>{{"t", 2}}));
}

TEST(Murmur2, partitions_as_kafkas_clients_choose_them) {
    EXPECT_EQ(static_cast<int32_t>(murmur2(as_bytes("21"))), -973932308);
    EXPECT_EQ(static_cast<int32_t>(murmur2(as_bytes("foobar"))), -790332482);
    EXPECT_EQ(static_cast<int32_t>(murmur2(as_bytes("a-little-bit-long-string"))), -985981536);
}

TEST(RecordOutput, prints_and_reads_lines) {
    const PartitionName partition{"t", 1};
    ConsumedRecord record;
    record.partition = &partition;
    record.offset = 3;
    record.timestamp = 5;
    record.key = as_bytes("k");
    const RecordFormat all(
        parse_settings({"print.key=true", "print.timestamp=true", "print.partition=true",
                        "print.offset=true", "print.headers=true"}));
    EXPECT_EQ(all.text(record), "CreateTime:5\tPartition:1\tOffset:3\tNO_HEADERS\tk\tnull\n");
    const LineFormat lines(
        parse_settings({"parse.key=true", "key.separator=:", "null.marker=NIL",
                        "parse.headers=true", "headers.delimiter=|", "headers.key.separator=="}));
    const auto read = lines.parse("h=1,i=2|key:NIL", 1);
    EXPECT_EQ(read.key, "key");
    EXPECT_EQ(read.value, std::nullopt);
    ASSERT_EQ(read.headers.size(), 2u);
    EXPECT_EQ(read.headers[1].second, "2");
    EXPECT_THROW(lines.parse("no delimiter", 2), Failure);
}

}  // namespace
}  // namespace barnabas::cli
