// SPDX-License-Identifier: Apache-2.0
// See quorum_output.h.
#include "cli/tools/quorum_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace barnabas::cli {

namespace {

const QuorumReplica* leader_of(const Quorum& quorum) {
    for (const auto& voter : quorum.voters)
        if (voter.id == quorum.leader) return &voter;
    return nullptr;
}

// [{"id": 1, "directoryId": "...", "endpoints": ["..."]}]
std::string members(const std::vector<QuorumReplica>& replicas) {
    std::vector<std::string> texts;
    for (const auto& replica : replicas) {
        std::string text = fmt::format("{{\"id\": {}", replica.id);
        if (!replica.directory.empty())
            text += fmt::format(", \"directoryId\": \"{}\"", replica.directory);
        std::vector<std::string> quoted;
        for (const auto& endpoint : replica.endpoints)
            quoted.push_back(fmt::format("\"{}\"", endpoint));
        if (!quoted.empty()) text += fmt::format(", \"endpoints\": [{}]", fmt::join(quoted, ", "));
        texts.push_back(text + "}");
    }
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

// The follower that is furthest behind: offsets and milliseconds.
std::pair<int64_t, int64_t> lag(const Quorum& quorum) {
    const auto* leader = leader_of(quorum);
    int64_t offsets = 0, time = 0;
    if (!leader) return {0, 0};
    for (const auto& voter : quorum.voters) {
        offsets = std::max(offsets, leader->end_offset - voter.end_offset);
        if (voter.id == quorum.leader) continue;
        const bool unknown = voter.last_caught_up_ms < 0 || leader->last_caught_up_ms < 0;
        time = unknown ? -1 : std::max(time, leader->last_caught_up_ms - voter.last_caught_up_ms);
    }
    return {offsets, time};
}

std::string moment(int64_t at_ms, int64_t now_ms) {
    if (now_ms < 0) return std::to_string(at_ms);
    return at_ms == -1 ? "unknown" : fmt::format("{} ms ago", now_ms - at_ms);
}

}  // namespace

std::string quorum_status(const Quorum& quorum) {
    const auto [offsets, time] = lag(quorum);
    return fmt::format(
        "ClusterId:              {}\nLeaderId:               {}\nLeaderEpoch:            {}\n"
        "HighWatermark:          {}\nMaxFollowerLag:         {}\nMaxFollowerLagTimeMs:   {}\n"
        "CurrentVoters:          {}\nCurrentObservers:       {}\n",
        quorum.cluster_id, quorum.leader, quorum.epoch, quorum.high_watermark, offsets, time,
        members(quorum.voters), members(quorum.observers));
}

Table quorum_status_table(const Quorum& quorum) {
    const auto [offsets, time] = lag(quorum);
    return {
        {"cluster_id", "leader_id", "leader_epoch", "high_watermark", "max_follower_lag",
         "max_follower_lag_time_ms"},
        {{quorum.cluster_id, std::to_string(quorum.leader), std::to_string(quorum.epoch),
          std::to_string(quorum.high_watermark), std::to_string(offsets), std::to_string(time)}}};
}

Table quorum_replication_table(const Quorum& quorum, int64_t now_ms) {
    Table table{{"NodeId", "DirectoryId", "LogEndOffset", "Lag", "LastFetchTimestamp",
                 "LastCaughtUpTimestamp", "Status"},
                {}};
    const auto* leader = leader_of(quorum);
    const auto add = [&](const QuorumReplica& replica, const char* status) {
        table.rows.push_back({std::to_string(replica.id), replica.directory,
                              std::to_string(replica.end_offset),
                              std::to_string(leader ? leader->end_offset - replica.end_offset : 0),
                              moment(replica.last_fetch_ms, now_ms),
                              moment(replica.last_caught_up_ms, now_ms), status});
    };
    if (leader) add(*leader, "Leader");
    for (const auto& voter : quorum.voters)
        if (&voter != leader) add(voter, "Follower");
    for (const auto& observer : quorum.observers) add(observer, "Observer");
    return table;
}

std::string quorum_replication(const Quorum& quorum, int64_t now_ms) {
    const Table table = quorum_replication_table(quorum, now_ms);
    std::vector<std::vector<std::string>> lines{table.columns};
    lines.insert(lines.end(), table.rows.begin(), table.rows.end());
    std::vector<size_t> widths(table.columns.size(), 0);
    for (const auto& line : lines)
        for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    std::string text;
    for (const auto& line : lines) {
        for (size_t i = 0; i < line.size(); ++i)
            text += fmt::format("{:<{}}\t", line[i], widths[i]);
        text += "\n";
    }
    return text;
}

}  // namespace barnabas::cli
