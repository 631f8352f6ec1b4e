// SPDX-License-Identifier: Apache-2.0
// kafka-consumer-groups: lists, describes and deletes consumer groups, resets their offsets.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli/client/error_text.h"
#include "cli/client/group_member.h"
#include "cli/client/groups.h"
#include "cli/table.h"
#include "cli/tools/all.h"
#include "cli/tools/delete_offsets.h"
#include "cli/tools/group_description.h"
#include "cli/tools/reset_plan.h"
#include "protocol/messages/delete_groups.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"list", Takes::nothing, "", "Lists consumer groups"},
    {"describe", Takes::nothing, "", "Shows offsets and lag, members or state"},
    {"delete", Takes::nothing, "", "Deletes groups without members"},
    {"reset-offsets", Takes::nothing, "", "Moves the offsets of a group without members"},
    {"delete-offsets", Takes::nothing, "", "Deletes what a group has committed for --topic"},
    {"validate-regex", Takes::value, "regex", "Whether a subscription could be by it"},
    {"group", Takes::value, "group", "The group; may be given more than once"},
    {"all-groups", Takes::nothing, "", "All groups"},
    {"offsets", Takes::nothing, "", "With --describe: offsets and lag (default)"},
    {"members", Takes::nothing, "", "With --describe: the members"},
    {"verbose", Takes::nothing, "", "With --describe: epochs and assignments too"},
    {"state", Takes::optional_value, "states", "With --describe or --list: the state"},
    {"type", Takes::optional_value, "types", "With --list: classic or consumer"},
    {"topic", Takes::value, "topic[:0,1]", "With --reset-offsets, --delete-offsets: the topic"},
    {"all-topics", Takes::nothing, "", "With --reset-offsets: all that the group has offsets of"},
    {"to-earliest", Takes::nothing, "", "To the first record"},
    {"to-latest", Takes::nothing, "", "To the end"},
    {"to-current", Takes::nothing, "", "To where it is"},
    {"to-offset", Takes::value, "offset", "To this offset"},
    {"shift-by", Takes::value, "n", "So many records on, or back if negative"},
    {"to-datetime", Takes::value, "time", "To the first record of that time or later"},
    {"by-duration", Takes::value, "PnDTnHnMnS", "To the first record of so long ago"},
    {"from-file", Takes::value, "file", "To the offsets of a file that --export has made"},
    {"dry-run", Takes::nothing, "", "Shows what would be done (default)"},
    {"execute", Takes::nothing, "", "Does it"},
    {"export", Takes::nothing, "", "Shows it as CSV"},
    {"timeout", Takes::value, "ms", "How long the cluster may take; 30000"},
    output_option,
};

constexpr std::string_view actions[] = {"list",          "describe",       "delete",
                                        "reset-offsets", "delete-offsets", "validate-regex"};

std::string_view find_action(const Options& options) {
    std::string_view found;
    int count = 0;
    for (const auto action : actions)
        if (options.has(action)) {
            found = action;
            ++count;
        }
    if (count != 1)
        throw UsageFailure(
            "Command must include exactly one action: --list, --describe, --delete, "
            "--reset-offsets, --delete-offsets, --validate-regex");
    return found;
}

std::string in_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

bool among(const Options& options, std::string_view option, std::string_view value) {
    const auto wanted = options.list(option);
    return wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& each) {
               return in_lower(each) == in_lower(value);
           });
}

// Consumers' groups, and those that only have offsets.
std::vector<ListedGroup> consumer_groups(Client& client) {
    auto groups = list_groups(client);
    std::erase_if(groups, [](const ListedGroup& group) {
        return !group.protocol_type.empty() && group.protocol_type != "consumer";
    });
    return groups;
}

int list(Client& client, const Options& options) {
    const bool state = options.has("state"), type = options.has("type");
    Table table{{"group", "type", "state"}, {}};
    std::string text;
    if (state || type)
        text = fmt::format("{:<32} {}{}\n", "GROUP", type ? fmt::format("{:<20} ", "TYPE") : "",
                           state ? fmt::format("{:<20}", "STATE") : "");
    for (const auto& group : consumer_groups(client)) {
        if (!among(options, "state", group.state) || !among(options, "type", group.type)) continue;
        std::string kind = group.type;
        if (!kind.empty())
            kind[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(kind[0])));
        table.rows.push_back({group.id, kind, group.state});
        text += state || type ? fmt::format("{:<32} {}{}\n", group.id,
                                            type ? fmt::format("{:<20} ", kind) : "",
                                            state ? fmt::format("{:<20}", group.state) : "")
                              : group.id + "\n";
    }
    if (!print_if_asked(options, table)) fmt::print("{}", text);
    return 0;
}

std::vector<std::string> pick_groups(Client& client, const Options& options) {
    if (!options.has("all-groups")) {
        auto groups = options.values("group");
        if (groups.empty())
            throw UsageFailure(
                fmt::format("Option \"[{}]\" takes one of these options: [all-groups], "
                            "[group]",
                            find_action(options)));
        return groups;
    }
    std::vector<std::string> ids;
    for (const auto& group : consumer_groups(client)) ids.push_back(group.id);
    return ids;
}

// In front of a reason, as Kafka's tool prints it and scripts look for it.
std::string_view exception_name(ErrorCode code) {
    if (code == ErrorCode::group_id_not_found)
        return "org.apache.kafka.common.errors.GroupIdNotFoundException: ";
    if (code == ErrorCode::non_empty_group)
        return "org.apache.kafka.common.errors.GroupNotEmptyException: ";
    return "";
}

int remove(Client& client, const Options& options) {
    std::vector<std::string> done, failed;
    for (const auto& id : pick_groups(client, options)) {
        protocol::DeleteGroupsRequest request;
        request.groups_names.emplace_back(id);
        const auto answer = client.ask<protocol::DeleteGroupsResponse>(
            client.coordinator(CoordinatorType::group, id), request);
        for (const auto& result : answer.results)
            if (result.error_code == ErrorCode::none)
                done.push_back(fmt::format("'{}'", id));
            else
                failed.push_back(fmt::format("* Group '{}' could not be deleted due to: {}{}", id,
                                             exception_name(result.error_code),
                                             error_text(result.error_code)));
    }
    const auto names = fmt::format("{}", fmt::join(done, ", "));
    if (failed.empty()) {
        fmt::print("Deletion of requested consumer groups ({}) was successful.\n", names);
        return 0;
    }
    fmt::print("\nError: Deletion of some consumer groups failed:\n{}\n", fmt::join(failed, "\n"));
    if (!done.empty()) fmt::print("\nThese consumer groups were deleted successfully: {}\n", names);
    return 0;
}

// The partitions that --topic and --all-topics mean for a group.
std::vector<PartitionName> pick_partitions(Client& client, const Options& options,
                                           const std::map<PartitionName, int64_t>& committed) {
    std::vector<PartitionName> partitions;
    if (options.has("all-topics")) {
        for (const auto& [partition, ignored] : committed) partitions.push_back(partition);
        return partitions;
    }
    const auto topics = options.values("topic");
    if (topics.empty() && options.has("from-file")) return partitions;
    if (topics.empty())
        throw UsageFailure("One of the reset scopes should be defined: --all-topics, --topic.");
    for (const auto& text : topics) {
        const auto colon = text.find(':');
        const auto topic = text.substr(0, colon);
        std::set<int64_t> only;
        if (colon != std::string::npos)
            for (const auto& index : split(text.substr(colon + 1), ','))
                only.insert(parse_number("topic", index));
        const auto all = partitions_of(client, {topic});
        if (all.empty())
            throw Failure(ErrorCode::unknown_topic_or_partition,
                          fmt::format("The topic {} does not exist", topic));
        for (const auto& partition : all)
            if (only.empty() || only.contains(partition.index)) partitions.push_back(partition);
    }
    return partitions;
}

int64_t by_time_or_end(const PartitionName& partition, const FoundOffset& found, int64_t end) {
    if (found.offset >= 0) return found.offset;
    fmt::print(
        "\nWarn: Partition {} from topic {} is empty. Falling back to latest known offset.\n",
        partition.index, partition.topic);
    return end;
}

// A rule, and whose offsets it shall move.
struct Reset {
    const ResetRule& rule;
    const std::string& group;
};

std::map<PartitionName, int64_t> new_offsets(Client& client, const Reset& reset,
                                             const std::vector<PartitionName>& partitions,
                                             const std::map<PartitionName, int64_t>& committed) {
    const ResetRule& rule = reset.rule;
    std::map<PartitionName, int64_t> offsets;
    if (partitions.empty()) return offsets;
    const auto first = list_offsets(client, partitions, earliest_time);
    const auto last = list_offsets(client, partitions, latest_time);
    FoundOffsets by_time;
    if (rule.to == ResetTo::time) by_time = list_offsets(client, partitions, rule.number);
    for (const auto& partition : partitions) {
        const int64_t low = first.at(partition).offset, high = last.at(partition).offset;
        const auto current = committed.find(partition);
        int64_t offset = high;
        if (rule.to == ResetTo::earliest) offset = low;
        if (rule.to == ResetTo::offset) offset = rule.number;
        if (rule.to == ResetTo::file) offset = rule.file.at(reset.group).at(partition);
        if (rule.to == ResetTo::time) offset = by_time_or_end(partition, by_time[partition], high);
        if (rule.to == ResetTo::current && current != committed.end()) offset = current->second;
        if (rule.to == ResetTo::shift) {
            if (current == committed.end())
                throw Failure(ErrorCode::invalid_request,
                              fmt::format("Cannot shift offset for partition {} since there is no "
                                          "current committed offset",
                                          partition.str()));
            offset = current->second + rule.number;
        }
        offsets[partition] = keep_between(offset, low, high);
    }
    return offsets;
}

// Groups whose members would not hear of it keep their offsets; says so.
bool may_move(Client& client, const std::string& id) {
    std::string state = "Empty";
    try {
        state = describe_group(client, id).state;
    } catch (const Failure& failure) {
        if (failure.code() != ErrorCode::group_id_not_found) throw;
    }
    if (state == "Empty" || state == "Dead") return true;
    fmt::print(
        "\nError: Assignments can only be reset if the group '{}' is inactive, but the current "
        "state is {}.\n",
        id, state);
    return false;
}

std::map<PartitionName, int64_t> reset_one(Client& client, const Options& options,
                                           const ResetRule& rule, const std::string& id) {
    const auto committed = committed_offsets(client, id, nullptr);
    auto partitions = pick_partitions(client, options, committed);
    if (rule.to == ResetTo::file) {
        const auto planned = rule.file.find(id);
        if (planned == rule.file.end()) {
            fmt::print("\nError: No reset plan for group {} found\n", id);
            return {};
        }
        partitions.clear();
        for (const auto& [partition, ignored] : planned->second) partitions.push_back(partition);
    }
    const auto offsets = new_offsets(client, {rule, id}, partitions, committed);
    if (!options.has("execute") || offsets.empty()) return offsets;
    for (const auto& [partition, code] : commit_offsets(client, {id}, offsets))
        if (code != ErrorCode::none)
            throw Failure(code, fmt::format("{}: {}", partition.str(), error_text(code)));
    return offsets;
}

int reset(Client& client, const Options& options) {
    if (options.has("execute") && options.has("dry-run"))
        throw UsageFailure("Option \"[execute]\" can't be used with option \"[dry-run]\"");
    const ResetRule rule = parse_reset_rule(options, client.wall_ms());
    GroupRows rows;
    for (const auto& id : pick_groups(client, options)) {
        if (!may_move(client, id)) continue;
        for (const auto& [partition, offset] : reset_one(client, options, rule, id))
            rows.push_back(
                {id, partition.topic, std::to_string(partition.index), std::to_string(offset)});
    }
    if (options.has("export")) {
        const bool several = options.values("group").size() != 1;
        for (const auto& row : rows)
            fmt::print("{}{},{},{}\n", several ? row[0] + "," : "", row[1], row[2], row[3]);
        return 0;
    }
    if (!print_if_asked(options, Table{{"group", "topic", "partition", "new_offset"}, rows}))
        print_columns({{"GROUP", 30}, {"TOPIC", 30}, {"PARTITION", 10}, {"NEW-OFFSET"}}, rows);
    return 0;
}

int run(const Options& options) {
    const auto action = find_action(options);
    output_form(options);
    if (action == "validate-regex") return validate_regex(options);
    ClientNeeds needs{.only_looks = action == "list" || action == "describe"};
    if (const auto timeout = options.number("timeout"))
        for (const auto* key : {"request.timeout.ms", "default.api.timeout.ms"})
            needs.settings[key] = std::to_string(*timeout);
    const auto client = make_client(options, needs);
    try {
        if (action == "list") return list(*client, options);
        if (action == "describe")
            return describe_groups(*client, options, pick_groups(*client, options));
        if (action == "delete") return remove(*client, options);
        if (action == "delete-offsets") return delete_offsets(*client, options);
        return reset(*client, options);
    } catch (const UsageFailure&) {
        throw;
    } catch (const Failure& failure) {
        // Kafka's tool says so and ends with 0; scripts with `set -e` count on it. Not where no
        // broker answers: health checks ask for that.
        if (failure.code() == ErrorCode::network_exception ||
            failure.code() == ErrorCode::request_timed_out)
            throw;
        fmt::print("\nError: Executing consumer group command failed due to {}{}\n",
                   failure.code() == ErrorCode::group_id_not_found
                       ? "org.apache.kafka.common.errors.GroupIdNotFoundException: "
                       : "",
                   failure.text());
        return 0;
    }
}

}  // namespace

const Tool& consumer_groups_tool() {
    static constexpr Tool tool{"consumer-groups",
                               "kafka-consumer-groups",
                               "list, describe, delete consumer groups, reset offsets",
                               specs,
                               run,
                               "",
                               "Error: Executing consumer group command failed due to "};
    return tool;
}

}  // namespace barnabas::cli
