// SPDX-License-Identifier: Apache-2.0
// See offsets.h.
#include "cli/client/offsets.h"

#include <algorithm>

#include "protocol/messages/list_offsets.h"

namespace barnabas::cli {

namespace {

// The lowest versions that know the special timestamps (KIP-734, KIP-405, KIP-1005, KIP-1023).
int16_t version_needed(int64_t timestamp) {
    switch (timestamp) {
        case -3:
            return 7;
        case -4:
            return 8;
        case -5:
            return 9;
        case -6:
            return 11;
        default:
            return 1;
    }
}

protocol::ListOffsetsRequest question(const std::vector<PartitionName>& partitions,
                                      int64_t timestamp, bool committed_only) {
    protocol::ListOffsetsRequest request;
    request.replica_id = broker_id_none;
    request.isolation_level = committed_only ? 1 : 0;
    request.timeout_ms = 30'000;
    for (const auto& partition : partitions) {
        const bool same = !request.topics.empty() && request.topics.back().name == partition.topic;
        if (!same) request.topics.emplace_back().name = Text(partition.topic);
        auto& item = request.topics.back().partitions.emplace_back();
        item.partition_index = PartitionIndex(partition.index);
        item.timestamp = timestamp;
    }
    return request;
}

}  // namespace

FoundOffsets list_offsets(Client& client, const std::vector<PartitionName>& partitions,
                          int64_t timestamp, bool committed_only) {
    std::map<Connection*, std::vector<PartitionName>> by_leader;
    FoundOffsets found;
    for (const auto& partition : partitions) {
        try {
            by_leader[&client.leader(partition.topic, partition.index)].push_back(partition);
        } catch (const Failure& failure) {
            if (failure.code() != ErrorCode::leader_not_available) throw;
            found[partition].code = failure.code();
        }
    }
    for (auto& [connection, wanted] : by_leader) {
        std::ranges::sort(wanted);
        const int16_t highest =
            client.version(*connection, protocol::ApiKey::list_offsets, 1, 11, "ListOffsets");
        if (highest < version_needed(timestamp))
            throw Failure(ErrorCode::unsupported_version,
                          fmt::format("The broker at {} does not know the timestamp {}",
                                      connection->address().str(), timestamp));
        const auto answer = client.ask<protocol::ListOffsetsResponse>(
            *connection, question(wanted, timestamp, committed_only));
        for (const auto& topic : answer.topics)
            for (const auto& each : topic.partitions)
                found[{topic.name.str(), each.partition_index.value}] = {
                    each.error_code, each.offset.value, each.timestamp};
    }
    return found;
}

std::vector<PartitionName> partitions_of(Client& client, const std::vector<std::string>& topics) {
    std::vector<PartitionName> partitions;
    for (const auto& topic : client.metadata(topics).topics)
        for (const auto& partition : topic.partitions)
            partitions.push_back({topic.name->str(), partition.partition_index.value});
    std::ranges::sort(partitions);
    return partitions;
}

std::map<PartitionName, int64_t> starting_offsets(Client& client,
                                                  const std::vector<PartitionName>& partitions,
                                                  std::map<PartitionName, int64_t> known,
                                                  int64_t timestamp, bool committed_only) {
    std::vector<PartitionName> without;
    for (const auto& partition : partitions)
        if (!known.contains(partition)) without.push_back(partition);
    if (!without.empty())
        for (const auto& [partition, found] :
             list_offsets(client, without, timestamp, committed_only))
            known[partition] = std::max<int64_t>(found.offset, 0);
    return known;
}

}  // namespace barnabas::cli
