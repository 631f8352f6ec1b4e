// SPDX-License-Identifier: Apache-2.0
// DescribeLogDirs, api 35, v1-5. The log directories, the sizes of the partitions in them, of
// copies on their way to them how far they are behind, and how much room their disks have (v4+; -1
// if a disk does not say within a second).
#include <map>
#include <set>

#include "broker/handlers/handlers.h"
#include "broker/partition/partition_table.h"
#include "protocol/messages/describe_log_dirs.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

constexpr int16_t first_version_with_space = 4;

using Wanted = std::map<std::string_view, std::set<PartitionIndex>>;

void add_logs(const PartitionTable::DirectoryView& directory, const Wanted* wanted,
              DescribeLogDirsResponse::DescribeLogDirsResult& result) {
    using Logs = std::map<PartitionIndex, const storage::LogSize*>;
    std::map<std::string_view, Logs> logs;
    for (const storage::LogSize& log : directory.logs) {
        const auto& [topic, index] = log.topic_partition;
        if (wanted) {
            const auto asked = wanted->find(topic);
            if (asked == wanted->end() || !asked->second.contains(index)) continue;
        }
        logs[topic][index] = &log;
    }
    for (const auto& [name, partitions] : logs) {
        auto& topic = result.topics.emplace_back();
        topic.name = Text(name);
        for (const auto& [index, log] : partitions) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = index;
            partition.partition_size = static_cast<int64_t>(log->bytes);
            partition.offset_lag = log->offset_lag;
            partition.is_future_key = log->is_future;
        }
    }
}

}  // namespace

Task<DescribeLogDirsResponse> handle_describe_log_dirs(RequestContext& ctx,
                                                       DescribeLogDirsRequest request) {
    Wanted wanted;
    if (request.topics)
        for (const auto& topic : *request.topics)
            wanted[topic.topic.view()].insert(topic.partitions.begin(), topic.partitions.end());
    DescribeLogDirsResponse response;
    const auto directories = ctx.services.partitions.directories();
    for (const auto& directory : directories) {
        auto& result = response.results.emplace_back();
        result.log_dir = Text(directory.path);
        result.is_cordoned = directory.cordoned;
        if (directory.offline)
            result.error_code = ErrorCode::kafka_storage_error;
        else
            add_logs(directory, request.topics ? &wanted : nullptr, result);
    }
    if (ctx.version < first_version_with_space) co_return response;
    for (size_t i = 0; i < directories.size(); ++i) {
        auto asking = ctx.services.partitions.space_in(directories[i].path);
        const auto space = co_await std::move(asking);
        if (!space) continue;
        response.results[i].total_bytes = static_cast<int64_t>(space->total_bytes);
        response.results[i].usable_bytes = static_cast<int64_t>(space->free_bytes);
    }
    co_return response;
}

}  // namespace barnabas::broker
