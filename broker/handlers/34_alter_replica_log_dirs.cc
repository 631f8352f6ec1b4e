// SPDX-License-Identifier: Apache-2.0
// AlterReplicaLogDirs, api 34, v1-2. Where the partitions of this broker are to live (KIP-113).
// Answered when a move has begun; how far it is, DescribeLogDirs tells. The directory where a
// partition is already ends its move. A partition that this broker does not have yet is created in
// that directory when it comes.
#include <map>
#include <string>
#include <string_view>

#include "broker/handlers/handlers.h"
#include "broker/partition/partition_table.h"
#include "protocol/messages/alter_replica_log_dirs.h"

namespace barnabas::broker {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;

Task<AlterReplicaLogDirsResponse> handle_alter_replica_log_dirs(
    RequestContext& ctx, AlterReplicaLogDirsRequest request) {
    // A partition that is named twice goes where it is named last.
    std::map<std::string_view, std::map<PartitionIndex, std::string_view>> wanted;
    for (const auto& directory : request.dirs)
        for (const auto& topic : directory.topics)
            for (const PartitionIndex index : topic.partitions)
                wanted[topic.name.view()][index] = directory.path.view();
    AlterReplicaLogDirsResponse response;
    for (const auto& [topic, partitions] : wanted) {
        auto& result = response.results.emplace_back();
        result.topic_name = Text(topic);
        for (const auto& [index, path] : partitions) {
            storage::TopicPartition of{std::string(topic), index};
            auto moving = ctx.services.partitions.move(std::move(of), std::string(path));
            const Result<void> moved = co_await std::move(moving);
            auto& partition = result.partitions.emplace_back();
            partition.partition_index = index;
            if (!moved) partition.error_code = moved.error().code;
        }
    }
    co_return response;
}

}  // namespace barnabas::broker
