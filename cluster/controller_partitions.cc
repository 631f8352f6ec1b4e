// SPDX-License-Identifier: Apache-2.0
// Placement of replicas, and CreatePartitions. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "cluster/controller_support.h"

namespace barnabas::cluster {

namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::PartitionRecord;

bool is_active(const MetadataImage& image, BrokerId id) {
    const auto found = image.brokers.find(id);
    return found != image.brokers.end() && found->second->active();
}

// Where a broker puts a new replica: decided here if there is one place, else by the broker (zero).
Uuid directory_on(const MetadataImage& image, BrokerId id) {
    const auto found = image.brokers.find(id);
    if (found == image.brokers.end() || found->second->log_dirs.size() != 1) return Uuid{};
    return found->second->log_dirs.front();
}

std::expected<std::vector<Assignment>, ItemError> assignments_of(
    const DecideContext& context, const CreatePartitionsRequest::CreatePartitionsTopic& topic,
    const TopicImage& image) {
    const auto additional = topic.count - static_cast<int32_t>(image.partitions.size());
    ASSERT(additional > 0 && !image.partitions.empty());
    const size_t replication_factor = image.partitions.front().replicas.size();
    if (!topic.assignments)
        return place_replicas(context, additional, static_cast<int16_t>(replication_factor));
    if (topic.assignments->size() != static_cast<size_t>(additional))
        return refuse(ErrorCode::invalid_replica_assignment,
                      fmt::format("Attempted to add {} additional partition(s), but only {} "
                                  "assignment(s) were specified.",
                                  additional, topic.assignments->size()));
    std::vector<Assignment> result;
    for (const auto& assignment : *topic.assignments) {
        if (auto error = check_assignment(context.image, assignment.broker_ids, replication_factor))
            return std::unexpected(std::move(*error));
        result.push_back(assignment.broker_ids);
    }
    return result;
}

// The records of one topic's new partitions. `budget` is how many the request may still create.
std::expected<std::vector<PartitionRecord>, ItemError> grow_topic(
    const DecideContext& context, const CreatePartitionsRequest::CreatePartitionsTopic& topic,
    int32_t budget) {
    const auto image = context.image.topic(topic.name);
    if (!image)
        return std::unexpected(ItemError{ErrorCode::unknown_topic_or_partition, std::nullopt});
    const auto current = static_cast<int32_t>(image->partitions.size());
    if (topic.count == current)
        return refuse(ErrorCode::invalid_partitions,
                      fmt::format("Topic already has {} partition(s).", current));
    if (topic.count < current)
        return refuse(ErrorCode::invalid_partitions,
                      fmt::format("The topic {} currently has {} partition(s); {} would not be an "
                                  "increase.",
                                  topic.name.view(), current, topic.count));
    if (topic.count - current > budget)
        return refuse(ErrorCode::policy_violation,
                      "Excessively large number of partitions per request.");
    auto assignments = assignments_of(context, topic, *image);
    if (!assignments) return std::unexpected(std::move(assignments.error()));
    std::vector<PartitionRecord> records;
    for (const Assignment& replicas : *assignments) {
        const PartitionIndex index{current + static_cast<int32_t>(records.size())};
        auto record = new_partition(context.image, image->id, index, replicas);
        if (!record)
            return refuse(ErrorCode::invalid_replica_assignment,
                          fmt::format("All brokers specified in the manual partition assignment "
                                      "for partition {} are fenced or in controlled shutdown.",
                                      index.value));
        records.push_back(std::move(*record));
    }
    ASSERT(records.size() == static_cast<size_t>(topic.count - current));
    return records;
}

}  // namespace

std::expected<std::vector<Assignment>, ItemError> place_replicas(const DecideContext& context,
                                                                 int32_t count,
                                                                 int16_t replication_factor) {
    ASSERT(count > 0 && replication_factor > 0);
    Assignment active, fenced;
    for (const auto& [id, broker] : context.image.brokers) {
        if (id == context.settings.node_id && is_cordoned(context)) continue;
        (broker->active() ? active : fenced).push_back(id);
    }
    const auto cannot = [&](std::string why) {
        return refuse(ErrorCode::invalid_replication_factor, std::move(why));
    };
    if (active.empty())
        return cannot(
            "All brokers are currently fenced, or have all their log directories cordoned.");
    const auto replicas = static_cast<size_t>(replication_factor);
    if (replicas > active.size() + fenced.size())
        return cannot(fmt::format(
            "The target replication factor of {} cannot be reached because only {} broker(s) are "
            "registered or some brokers have all their log directories cordoned.",
            replication_factor, active.size() + fenced.size()));
    const size_t start = context.random.below(active.size());
    std::vector<Assignment> result;
    for (size_t partition = 0; partition < static_cast<size_t>(count); ++partition) {
        Assignment& assignment = result.emplace_back();
        for (size_t i = 0; i < replicas; ++i)
            assignment.push_back(i < active.size() ? active[(start + partition + i) % active.size()]
                                                   : fenced[(partition + i) % fenced.size()]);
    }
    return result;
}

std::optional<ItemError> check_assignment(const MetadataImage& image, const Assignment& replicas,
                                          size_t replication_factor) {
    const auto bad = [](std::string why) {
        return ItemError{ErrorCode::invalid_replica_assignment,
                         "The manual partition assignment includes " + std::move(why)};
    };
    if (replicas.empty()) return bad("an empty replica list.");
    Assignment sorted = replicas;
    std::ranges::sort(sorted);
    for (size_t i = 0; i < sorted.size(); ++i) {
        if (!image.brokers.contains(sorted[i]))
            return bad(
                fmt::format("broker {}, but no such broker is registered.", sorted[i].value));
        if (i > 0 && sorted[i] == sorted[i - 1])
            return bad(fmt::format("the broker {} more than once.", sorted[i].value));
    }
    if (replication_factor != 0 && replicas.size() != replication_factor)
        return bad(
            fmt::format("a partition with {} replica(s), but this is not consistent with "
                        "previous partitions, which have {} replica(s).",
                        replicas.size(), replication_factor));
    return std::nullopt;
}

std::optional<PartitionRecord> new_partition(const MetadataImage& image, const Uuid& topic_id,
                                             PartitionIndex index, const Assignment& replicas) {
    ASSERT(index.value >= 0 && !replicas.empty());
    PartitionRecord record;
    record.partition_id = index;
    record.topic_id = topic_id;
    record.replicas = replicas;
    for (const BrokerId id : replicas) {
        if (is_active(image, id)) record.isr.push_back(id.value);
        record.directories.push_back(directory_on(image, id));
    }
    if (record.isr.empty()) return std::nullopt;
    record.leader = BrokerId{record.isr.front()};
    record.leader_epoch = LeaderEpoch{0};
    record.partition_epoch = 0;
    return record;
}

Decision<CreatePartitionsResponse> decide_create_partitions(
    const DecideContext& context, const CreatePartitionsRequest& request) {
    Decision<CreatePartitionsResponse> decision;
    std::unordered_set<std::string_view> seen, duplicates;
    for (const auto& topic : request.topics)
        if (!seen.insert(topic.name.view()).second) duplicates.insert(topic.name.view());
    const auto answer = [&](std::string_view name) -> auto& {
        auto& result = decision.response.results.emplace_back();
        result.name = Text(name);
        result.error_message.reset();
        return result;
    };
    int32_t budget = partitions_per_request_max;
    for (const auto& topic : request.topics) {
        if (duplicates.contains(topic.name.view())) continue;
        auto records = grow_topic(context, topic, budget);
        auto& result = answer(topic.name);
        if (!records) {
            result.error_code = records.error().code;
            result.error_message = to_text(std::move(records.error().message));
            continue;
        }
        budget -= static_cast<int32_t>(records->size());
        ASSERT(budget >= 0);
        for (PartitionRecord& record : *records) decision.records.emplace_back(std::move(record));
    }
    for (const auto& topic : request.topics) {
        if (duplicates.erase(topic.name.view()) == 0) continue;
        auto& result = answer(topic.name);
        result.error_code = ErrorCode::invalid_request;
        result.error_message = Text("Duplicate topic name.");
    }
    if (request.validate_only) decision.records.clear();
    return decision;
}

}  // namespace barnabas::cluster
