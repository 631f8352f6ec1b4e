// SPDX-License-Identifier: Apache-2.0
// kafka-topics: lists, describes, creates, alters and deletes topics.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli/client/error_text.h"
#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/filters.h"
#include "cli/tools/topic_output.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_topic_partitions.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"list", Takes::nothing, "", "Lists all topics"},
    {"describe", Takes::nothing, "", "Shows the given topics, or all"},
    {"create", Takes::nothing, "", "Creates a topic"},
    {"delete", Takes::nothing, "", "Deletes a topic"},
    {"alter", Takes::nothing, "", "Changes the number of partitions of a topic"},
    {"topic", Takes::value, "topic", "A name; a regular expression too, except for --create"},
    {"topic-id", Takes::value, "topic-id", "The id of a topic to describe"},
    {"partitions", Takes::value, "n", "How many partitions; the cluster's default otherwise"},
    {"replication-factor", Takes::value, "n", "How many replicas; the cluster's default otherwise"},
    {"replica-assignment", Takes::value, "1:2,2:3", "The brokers of each partition, by hand"},
    {"config", Takes::value, "name=value", "A setting of the topic that is created"},
    {"if-not-exists", Takes::nothing, "", "With --create: a topic that is there is no error"},
    {"if-exists", Takes::nothing, "", "A topic that is not there is no error"},
    {"exclude-internal", Takes::nothing, "", "Leaves out topics like __consumer_offsets"},
    {"under-replicated-partitions", Takes::nothing, "", "Only those with replicas out of sync"},
    {"unavailable-partitions", Takes::nothing, "", "Only those without a leader"},
    {"under-min-isr-partitions", Takes::nothing, "", "Only those below min.insync.replicas"},
    {"at-min-isr-partitions", Takes::nothing, "", "Only those exactly at min.insync.replicas"},
    {"topics-with-overrides", Takes::nothing, "", "Only topics with settings of their own"},
    {"partition-size-limit-per-response", Takes::value, "n", "Partitions in one answer, at most"},
    output_option,
};

constexpr std::string_view actions[] = {"list", "describe", "create", "alter", "delete"};
constexpr int32_t change_timeout_ms = 60'000;
constexpr int8_t topic_resource = 2;
constexpr int8_t default_source = 5;

std::string_view find_action(const Options& options) {
    std::string_view found;
    int count = 0;
    for (const auto action : actions) {
        if (!options.has(action)) continue;
        found = action;
        ++count;
    }
    if (count != 1)
        throw UsageFailure(
            "Command must include exactly one action: --list, --describe, --create, --alter or "
            "--delete");
    return found;
}

void refuse_with(const Options& options, std::string_view action,
                 std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (options.has(name))
            throw UsageFailure(
                fmt::format("Option \"[{}]\" can't be used with option \"[{}]\"", name, action));
}

void require(const Options& options, std::string_view name) {
    if (!options.has(name))
        throw UsageFailure(fmt::format("Missing required argument \"[{}]\"", name));
}

void check(const Options& options, std::string_view action) {
    if (!options.has("bootstrap-server"))
        throw UsageFailure("--bootstrap-server must be specified");
    if (action == "create" || action == "delete" || action == "alter")
        if (!(action == "create" && options.has("topic-id"))) require(options, "topic");
    if (action == "alter") require(options, "partitions");
    if (action != "create") refuse_with(options, action, {"replication-factor", "config"});
    if (action != "create" && action != "alter")
        refuse_with(options, action, {"partitions", "replica-assignment"});
    if (action == "create" && options.has("replica-assignment"))
        refuse_with(options, "replica-assignment", {"partitions", "replication-factor"});
    if (action != "create") refuse_with(options, action, {"if-not-exists"});
    if (action != "describe")
        refuse_with(
            options, action,
            {"under-replicated-partitions", "unavailable-partitions", "under-min-isr-partitions",
             "at-min-isr-partitions", "topics-with-overrides", "topic-id"});
    if (action == "create" || action == "list") refuse_with(options, action, {"if-exists"});
}

// The names that --topic means; throws if there are none and --if-exists was not given.
std::vector<std::string> pick_topics(Client& client, const Options& options) {
    const auto topic = options.value("topic");
    auto names = find_topics(client, topic ? &*topic : nullptr, options.has("exclude-internal"));
    if (topic && names.empty() && !options.has("if-exists"))
        throw Failure(ErrorCode::unknown_topic_or_partition,
                      fmt::format("Topic '{}' does not exist as expected", *topic));
    return names;
}

int list(Client& client, const Options& options) {
    const auto topic = options.value("topic");
    const auto names =
        find_topics(client, topic ? &*topic : nullptr, options.has("exclude-internal"));
    Table table{{"topic"}, {}};
    for (const auto& name : names) table.rows.push_back({name});
    if (!print_if_asked(options, table)) fmt::print("{}\n", fmt::join(names, "\n"));
    return 0;
}

std::vector<int32_t> plain(const std::vector<BrokerId>& ids) {
    std::vector<int32_t> numbers;
    for (const BrokerId id : ids) numbers.push_back(id.value);
    return numbers;
}

std::optional<std::vector<int32_t>> plain(const std::optional<std::vector<BrokerId>>& ids) {
    if (!ids) return std::nullopt;
    return plain(*ids);
}

using Topics = std::vector<TopicText>;

TopicText& topic_of(Topics& topics, std::string_view name) {
    for (auto& topic : topics)
        if (topic.name == name) return topic;
    topics.emplace_back().name = name;
    return topics.back();
}

// Page by page, as the broker limits its answers.
Topics ask_partitions(Client& client, const std::vector<std::string>& names, int64_t limit) {
    Topics topics;
    protocol::DescribeTopicPartitionsRequest request;
    request.response_partition_limit = static_cast<int32_t>(limit);
    for (const auto& name : names) request.topics.emplace_back().name = Text(name);
    while (true) {
        const auto answer = client.ask<protocol::DescribeTopicPartitionsResponse>(request);
        for (const auto& found : answer.topics) {
            if (found.error_code != ErrorCode::none || !found.name) continue;
            TopicText& topic = topic_of(topics, found.name->view());
            topic.id = found.topic_id.str();
            topic.internal = found.is_internal;
            for (const auto& each : found.partitions)
                topic.partitions.push_back({each.partition_index.value, each.leader_id.value,
                                            plain(each.replica_nodes), plain(each.isr_nodes),
                                            plain(each.eligible_leader_replicas),
                                            plain(each.last_known_elr)});
        }
        if (!answer.next_cursor) break;
        request.cursor.emplace();
        request.cursor->topic_name = Text(answer.next_cursor->topic_name.str());
        request.cursor->partition_index = answer.next_cursor->partition_index;
    }
    std::ranges::sort(topics, {}, &TopicText::name);
    for (auto& topic : topics) std::ranges::sort(topic.partitions, {}, &PartitionText::index);
    return topics;
}

void ask_configs(Client& client, Topics& topics) {
    protocol::DescribeConfigsRequest request;
    for (const auto& topic : topics) {
        auto& resource = request.resources.emplace_back();
        resource.resource_type = topic_resource;
        resource.resource_name = Text(topic.name);
        resource.configuration_keys.reset();
    }
    const auto answer = client.ask<protocol::DescribeConfigsResponse>(request);
    for (const auto& result : answer.results)
        for (const auto& config : result.configs)
            if (config.config_source != default_source)
                topic_of(topics, result.resource_name)
                    .configs.emplace_back(config.name.str(),
                                          config.value ? config.value->str() : "null");
}

PartitionFilter filter_of(const Options& options) {
    if (options.has("under-replicated-partitions")) return PartitionFilter::under_replicated;
    if (options.has("unavailable-partitions")) return PartitionFilter::unavailable;
    if (options.has("under-min-isr-partitions")) return PartitionFilter::under_min_isr;
    if (options.has("at-min-isr-partitions")) return PartitionFilter::at_min_isr;
    return PartitionFilter::all;
}

// The name of the topic with that id, in a list.
std::vector<std::string> pick_by_id(Client& client, const Options& options) {
    const auto text = *options.value("topic-id");
    std::vector<std::string> names;
    for (const auto& topic : client.metadata().topics)
        if (topic.name && topic.topic_id.str() == text) names.push_back(topic.name->str());
    if (names.empty() && !options.has("if-exists"))
        throw Failure(ErrorCode::unknown_topic_id,
                      fmt::format("TopicId '{}' does not exist as expected", text));
    return names;
}

int describe(Client& client, const Options& options) {
    const auto names =
        options.has("topic-id") ? pick_by_id(client, options) : pick_topics(client, options);
    if (names.empty()) return 0;
    auto topics =
        ask_partitions(client, names, options.number_or("partition-size-limit-per-response", 2000));
    ask_configs(client, topics);
    const PartitionFilter filter = filter_of(options);
    const bool overrides_only = options.has("topics-with-overrides");
    Table table;
    std::string text;
    for (const auto& topic : topics) {
        if (overrides_only && topic.configs.empty()) continue;
        add_rows(table, topic, filter);
        text += overrides_only ? topic_line(topic) : describe_topic(topic, filter);
    }
    if (!print_if_asked(options, table)) fmt::print("{}", text);
    return 0;
}

std::vector<std::vector<BrokerId>> parse_assignment(const std::string& text) {
    std::vector<std::vector<BrokerId>> assignment;
    for (const auto& partition : split(text, ',')) {
        auto& brokers = assignment.emplace_back();
        std::set<int64_t> seen;
        for (const auto& id : split(partition, ':')) {
            const int64_t number = parse_number("replica-assignment", id);
            if (!seen.insert(number).second)
                throw Failure(ErrorCode::invalid_replica_assignment,
                              fmt::format("Partition replica lists may not contain duplicate "
                                          "entries: {}",
                                          number));
            brokers.emplace_back(static_cast<int32_t>(number));
        }
        if (brokers.size() != assignment.front().size())
            throw Failure(ErrorCode::invalid_replica_assignment,
                          fmt::format("Partition {} has a different replication factor: {}",
                                      assignment.size() - 1, partition));
    }
    return assignment;
}

void add_configs(protocol::CreateTopicsRequest::CreatableTopic& topic, const Options& options) {
    for (const auto& text : options.values("config")) {
        const auto equals = text.find('=');
        if (equals == std::string::npos)
            throw Failure(ErrorCode::invalid_config,
                          "requirement failed: Invalid topic config: all configs to be added must "
                          "be in the format \"key=val\".");
        auto& config = topic.configs.emplace_back();
        config.name = Text(text.substr(0, equals));
        config.value = Text(text.substr(equals + 1));
    }
}

protocol::CreateTopicsRequest creation(const Options& options) {
    protocol::CreateTopicsRequest request;
    request.timeout_ms = change_timeout_ms;
    auto& topic = request.topics.emplace_back();
    topic.name = Text(*options.value("topic"));
    topic.num_partitions = static_cast<int32_t>(options.number_or("partitions", -1));
    topic.replication_factor = static_cast<int16_t>(options.number_or("replication-factor", -1));
    if (options.has("partitions") && topic.num_partitions < 1)
        throw Failure(ErrorCode::invalid_partitions, "The partitions must be greater than 0");
    if (options.has("replication-factor") &&
        (topic.replication_factor < 1 || *options.number("replication-factor") > INT16_MAX))
        throw Failure(
            ErrorCode::invalid_replication_factor,
            fmt::format("The replication factor must be between 1 and {} inclusive", INT16_MAX));
    if (const auto text = options.value("replica-assignment")) {
        int32_t index = 0;
        for (auto& brokers : parse_assignment(*text)) {
            auto& assignment = topic.assignments.emplace_back();
            assignment.partition_index = PartitionIndex(index++);
            assignment.broker_ids = std::move(brokers);
        }
    }
    add_configs(topic, options);
    return request;
}

int create(Client& client, const Options& options) {
    const auto name = *options.value("topic");
    if (name.find_first_of("._") != std::string::npos)
        fmt::print(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore "
            "('_') could collide. To avoid issues it is best to use either, but not both.\n");
    const auto answer = client.ask<protocol::CreateTopicsResponse>(creation(options));
    for (const auto& topic : answer.topics) {
        const bool there = topic.error_code == ErrorCode::topic_already_exists;
        if (there && options.has("if-not-exists")) return 0;
        expect_success(topic);
    }
    fmt::print("Created topic {}.\n", name);
    return 0;
}

int alter(Client& client, const Options& options) {
    const auto names = pick_topics(client, options);
    if (names.empty()) return 0;
    protocol::CreatePartitionsRequest request;
    request.timeout_ms = change_timeout_ms;
    std::optional<std::vector<std::vector<BrokerId>>> assignment;
    if (const auto text = options.value("replica-assignment")) assignment = parse_assignment(*text);
    const auto metadata = client.metadata(names);
    for (const auto& known : metadata.topics) {
        auto& topic = request.topics.emplace_back();
        topic.name = Text(known.name->str());
        topic.count = static_cast<int32_t>(options.number_or("partitions", 0));
        topic.assignments.reset();
        if (!assignment) continue;
        topic.assignments.emplace();
        for (size_t i = known.partitions.size(); i < assignment->size(); ++i)
            topic.assignments->emplace_back().broker_ids = (*assignment)[i];
    }
    const auto answer = client.ask<protocol::CreatePartitionsResponse>(request);
    for (const auto& result : answer.results) expect_success(result);
    return 0;
}

int remove(Client& client, const Options& options) {
    const auto names = pick_topics(client, options);
    if (names.empty()) return 0;
    protocol::DeleteTopicsRequest request;
    request.timeout_ms = change_timeout_ms;
    for (const auto& name : names) {
        request.topics.emplace_back().name = Text(name);
        request.topic_names.emplace_back(name);
    }
    const auto answer = client.ask<protocol::DeleteTopicsResponse>(request);
    for (const auto& result : answer.responses) expect_success(result);
    return 0;
}

int run(const Options& options) {
    const auto action = find_action(options);
    check(options, action);
    output_form(options);
    ClientNeeds needs;
    needs.only_looks = action == "list" || action == "describe";
    const auto client = make_client(options, needs);
    if (action == "list") return list(*client, options);
    if (action == "describe") return describe(*client, options);
    if (action == "create") return create(*client, options);
    if (action == "alter") return alter(*client, options);
    return remove(*client, options);
}

}  // namespace

const Tool& topics_tool() {
    static constexpr Tool tool{"topics",
                               "kafka-topics",
                               "list, describe, create, alter, delete topics",
                               specs,
                               run,
                               "",
                               "Error while executing topic command : "};
    return tool;
}

}  // namespace barnabas::cli
