// SPDX-License-Identifier: Apache-2.0
// See group_description.h.
#include "cli/tools/group_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/client/group_member.h"
#include "cli/client/groups.h"
#include "cli/table.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view missing = "-";

// What one group has to show.
struct Section {
    std::vector<GroupColumn> columns;
    GroupRows rows;
};

template <class Number>
std::string or_missing(const std::optional<Number>& number) {
    return number ? std::to_string(*number) : std::string(missing);
}

// "t:0,1;u:2"
std::string assignment_text(const std::vector<PartitionName>& partitions) {
    std::map<std::string, std::set<int32_t>> topics;
    for (const auto& [topic, index] : partitions) topics[topic].insert(index);
    std::vector<std::string> texts;
    for (const auto& [topic, indexes] : topics)
        texts.push_back(fmt::format("{}:{}", topic, fmt::join(indexes, ",")));
    if (texts.empty()) return std::string(missing);
    return fmt::format("{}", fmt::join(texts, ";"));
}

class OffsetsSection {
  public:
    OffsetsSection(Client& client, const GroupText& group, bool verbose)
        : group_(group),
          verbose_(verbose),
          committed_(committed_positions(client, group.id, nullptr)) {
        std::set<PartitionName> all;
        for (const auto& [partition, ignored] : committed_) all.insert(partition);
        for (const auto& member : group.members)
            all.insert(member.partitions.begin(), member.partitions.end());
        if (!all.empty()) ends_ = list_offsets(client, {all.begin(), all.end()}, latest_time);
    }

    Section section() {
        Section section;
        section.columns = {{"GROUP"}, {"TOPIC"}, {"PARTITION", 10}};
        if (verbose_) section.columns.push_back({"LEADER-EPOCH"});
        for (const auto* title : {"CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST"})
            section.columns.push_back({title});
        section.columns.push_back({"CLIENT-ID", 0});
        // Those with the most partitions first, and last what nobody owns.
        std::vector<const MemberText*> members;
        for (const auto& member : group_.members) members.push_back(&member);
        std::ranges::sort(members, [](const MemberText* left, const MemberText* right) {
            const size_t a = left->partitions.size(), b = right->partitions.size();
            return a != b ? a > b : left->id < right->id;
        });
        std::set<PartitionName> owned;
        for (const auto* member : members) {
            const std::set<PartitionName> mine(member->partitions.begin(),
                                               member->partitions.end());
            for (const auto& partition : mine) section.rows.push_back(row(partition, member));
            owned.insert(mine.begin(), mine.end());
        }
        for (const auto& [partition, ignored] : committed_)
            if (!owned.contains(partition)) section.rows.push_back(row(partition, nullptr));
        return section;
    }

  private:
    std::vector<std::string> row(const PartitionName& partition, const MemberText* owner) const {
        const auto committed = committed_.find(partition);
        const auto end = ends_.find(partition);
        const bool known = end != ends_.end() && end->second.offset >= 0;
        const bool has = committed != committed_.end();
        std::vector<std::string> cells{group_.id, partition.topic, std::to_string(partition.index)};
        if (verbose_)
            cells.push_back(has ? or_missing(committed->second.leader_epoch)
                                : std::string(missing));
        const auto number = [&](bool there, int64_t value) {
            cells.push_back(there ? std::to_string(value) : std::string(missing));
        };
        const int64_t offset = has ? committed->second.offset : 0;
        number(has, offset);
        number(known, known ? end->second.offset : 0);
        number(has && known, known ? end->second.offset - offset : 0);
        for (const auto* text : {owner ? &owner->id : nullptr, owner ? &owner->host : nullptr,
                                 owner ? &owner->client_id : nullptr})
            cells.push_back(text ? *text : std::string(missing));
        return cells;
    }

    const GroupText& group_;
    bool verbose_;
    std::map<PartitionName, Committed> committed_;
    FoundOffsets ends_;
};

Section members_section(const GroupText& group, bool verbose) {
    const bool has_instances = std::ranges::any_of(
        group.members, [](const auto& each) { return !each.instance_id.empty(); });
    const auto speaks = [&](bool newer) {
        return std::ranges::any_of(group.members, [&](const MemberText& each) {
            return each.upgraded && *each.upgraded == newer;
        });
    };
    const bool mixed = speaks(true) && speaks(false);
    Section section;
    section.columns = {{"GROUP"}, {"CONSUMER-ID"}};
    if (has_instances) section.columns.push_back({"GROUP-INSTANCE-ID", 17});
    for (const auto* title : {"HOST", "CLIENT-ID", "#PARTITIONS"})
        section.columns.push_back({title});
    if (verbose) {
        section.columns.push_back({"CURRENT-EPOCH"});
        section.columns.push_back({"CURRENT-ASSIGNMENT", 20});
        section.columns.push_back({"TARGET-EPOCH"});
        section.columns.push_back({"TARGET-ASSIGNMENT", 20});
        if (mixed) section.columns.push_back({"UPGRADED", 0});
    }
    for (const auto& member : group.members) {
        auto& row = section.rows.emplace_back();
        row = {group.id, member.id};
        if (has_instances) row.push_back(member.instance_id);
        row.insert(row.end(),
                   {member.host, member.client_id, std::to_string(member.partitions.size())});
        if (!verbose) continue;
        row.insert(row.end(), {or_missing(member.epoch), assignment_text(member.partitions),
                               or_missing(group.target_epoch), assignment_text(member.target)});
        if (mixed)
            row.push_back(member.upgraded ? (*member.upgraded ? "true" : "false")
                                          : std::string(missing));
    }
    return section;
}

Section state_section(const GroupText& group, bool verbose) {
    Section section;
    section.columns = {
        {"GROUP"}, {"COORDINATOR (ID)", 25}, {"ASSIGNMENT-STRATEGY", 20}, {"STATE", 20}};
    std::vector<std::string> row{group.id, group.coordinator,
                                 group.assignor.empty() ? std::string(missing) : group.assignor,
                                 group.state};
    if (verbose) {
        section.columns.push_back({"GROUP-EPOCH"});
        section.columns.push_back({"TARGET-ASSIGNMENT-EPOCH", 25});
        row.push_back(or_missing(group.epoch));
        row.push_back(or_missing(group.target_epoch));
    }
    section.columns.push_back({"#MEMBERS", 0});
    row.push_back(std::to_string(group.members.size()));
    section.rows.push_back(std::move(row));
    return section;
}

// "current_offset" for "CURRENT-OFFSET": what JSON calls a column.
std::string json_name(const std::string& title) {
    static const std::map<std::string, std::string> others{{"COORDINATOR (ID)", "coordinator"},
                                                           {"ASSIGNMENT-STRATEGY", "assignor"},
                                                           {"CONSUMER-ID", "member"},
                                                           {"GROUP-INSTANCE-ID", "instance_id"}};
    if (const auto found = others.find(title); found != others.end()) return found->second;
    std::string name;
    for (const char c : title)
        if (c != '#')
            name += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
}

void tell_state(const GroupText& group) {
    const std::string_view state = group.state;
    if (state == "Empty")
        fmt::print(stderr, "\nConsumer group '{}' has no active members.\n", group.id);
    else if (state != "Stable" && state != "Dead")
        fmt::print(stderr, "\nWarning: Consumer group '{}' is rebalancing.\n", group.id);
}

}  // namespace

void print_columns(const std::vector<GroupColumn>& columns, const GroupRows& rows) {
    std::vector<size_t> widths;
    for (const auto& column : columns) widths.push_back(column.width);
    for (const auto& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    const auto line = [&](const auto& cell) {
        std::string text;
        for (size_t i = 0; i < widths.size(); ++i)
            text += fmt::format("{:<{}}{}", cell(i), widths[i], i + 1 < widths.size() ? " " : "");
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    };
    fmt::print("\n{}\n", line([&](size_t i) { return columns[i].title; }));
    for (const auto& row : rows) fmt::print("{}\n", line([&](size_t i) { return row[i]; }));
}

int describe_groups(Client& client, const Options& options, const std::vector<std::string>& ids) {
    const bool verbose = options.has("verbose"), kafka = output_form(options) == OutputForm::kafka;
    const bool offsets = options.has("offsets");
    std::vector<GroupText> groups;
    for (const auto& id : std::set<std::string>(ids.begin(), ids.end()))
        groups.push_back(describe_group(client, id));
    Table table;
    for (const auto& group : groups) {
        Section section;
        if (options.has("members") && !offsets)
            section = members_section(group, verbose);
        else if (options.has("state") && !offsets)
            section = state_section(group, verbose);
        else
            section = OffsetsSection(client, group, verbose).section();
        if (kafka) {
            tell_state(group);
            // A group without offsets has no table, one without members has an empty one.
            if (!section.rows.empty() || options.has("members"))
                print_columns(section.columns, section.rows);
            continue;
        }
        if (table.columns.empty())
            for (const auto& column : section.columns)
                table.columns.push_back(json_name(column.title));
        for (auto& row : section.rows) table.rows.push_back(std::move(row));
    }
    if (!kafka) print_if_asked(options, table);
    return 0;
}

}  // namespace barnabas::cli
