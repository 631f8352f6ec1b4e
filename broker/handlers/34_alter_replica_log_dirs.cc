// SPDX-License-Identifier: Apache-2.0
// AlterReplicaLogDirs, api 34, v1-2. Where the partitions of this broker are to live (KIP-113).
// This broker leaves a log in the directory it was made in: to be where it is already is granted,
// another directory is refused by policy_violation, as the texts of Kafka's tools put it best.
#include <algorithm>
#include <map>
#include <string_view>

#include "broker/handlers/handlers.h"
#include "broker/partition/partition_table.h"
#include "protocol/messages/alter_replica_log_dirs.h"

namespace barnabas::broker {
namespace {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using Directory = PartitionTable::DirectoryView;

bool holds(const Directory& directory, std::string_view topic, PartitionIndex index) {
    return std::ranges::any_of(directory.logs, [&](const storage::LogSize& log) {
        return log.topic_partition.topic == topic && log.topic_partition.partition == index;
    });
}

ErrorCode judge(const std::vector<Directory>& directories, std::string_view path,
                std::string_view topic, PartitionIndex index) {
    const auto target = std::ranges::find(directories, path, &Directory::path);
    if (target == directories.end()) return ErrorCode::log_dir_not_found;
    if (target->offline) return ErrorCode::kafka_storage_error;
    if (holds(*target, topic, index)) return ErrorCode::none;
    const bool is_here = std::ranges::any_of(
        directories, [&](const Directory& each) { return holds(each, topic, index); });
    return is_here ? ErrorCode::policy_violation : ErrorCode::unknown_topic_or_partition;
}

}  // namespace

Task<AlterReplicaLogDirsResponse> handle_alter_replica_log_dirs(
    RequestContext& ctx, AlterReplicaLogDirsRequest request) {
    // A partition that is named twice goes where it is named last.
    std::map<std::string_view, std::map<PartitionIndex, std::string_view>> wanted;
    for (const auto& directory : request.dirs)
        for (const auto& topic : directory.topics)
            for (const PartitionIndex index : topic.partitions)
                wanted[topic.name.view()][index] = directory.path.view();
    AlterReplicaLogDirsResponse response;
    const auto directories = ctx.services.partitions.directories();
    for (const auto& [topic, partitions] : wanted) {
        auto& result = response.results.emplace_back();
        result.topic_name = Text(topic);
        for (const auto& [index, path] : partitions) {
            auto& partition = result.partitions.emplace_back();
            partition.partition_index = index;
            partition.error_code = judge(directories, path, topic, index);
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
