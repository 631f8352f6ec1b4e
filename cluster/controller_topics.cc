// SPDX-License-Identifier: Apache-2.0
// CreateTopics and DeleteTopics. Every item is judged on its own: one that is refused does not keep
// the others from being done (pitfall A01). Pure.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "cluster/controller_support.h"
#include "cluster/image_builder.h"
#include "cluster/topic_name.h"

namespace barnabas::cluster {

namespace {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using protocol::PartitionRecord;
using CreatableTopic = CreateTopicsRequest::CreatableTopic;
using TopicResult = CreateTopicsResponse::CreatableTopicResult;

constexpr std::string_view metadata_topic = "__cluster_metadata";

// A topic that passed all checks.
struct NewTopic {
    Uuid id;
    std::vector<PartitionRecord> partitions;
    ConfigMap configs;
};

std::expected<ConfigMap, ItemError> configs_of(const CreatableTopic& topic) {
    ConfigMap configs;
    std::vector<std::string_view> nulls;
    for (const auto& config : topic.configs) {
        if (config.value)
            configs.insert_or_assign(config.name.str(), config.value->str());
        else
            nulls.push_back(config.name);
    }
    if (!nulls.empty())
        return refuse(
            ErrorCode::invalid_config,
            fmt::format("Null value not supported for topic configs: {}", fmt::join(nulls, ",")));
    return configs;
}

std::optional<ItemError> check_new_name(const MetadataImage& image, std::string_view name) {
    if (auto why = check_topic_name(name); !why.empty())
        return ItemError{ErrorCode::invalid_topic_exception, std::move(why)};
    if (image.topic(name))
        return ItemError{ErrorCode::topic_already_exists,
                         fmt::format("Topic '{}' already exists.", name)};
    if (!has_collision_chars(name)) return std::nullopt;
    const auto other = image.names_by_unified.find(unified_name(name));
    if (other == image.names_by_unified.end()) return std::nullopt;
    return ItemError{
        ErrorCode::invalid_topic_exception,
        fmt::format("Topic '{}' collides with existing topic: {}", name, other->second)};
}

std::expected<std::vector<Assignment>, ItemError> chosen_assignments(const DecideContext& context,
                                                                     const CreatableTopic& topic) {
    if (topic.replication_factor != -1)
        return refuse(ErrorCode::invalid_request,
                      "A manual partition assignment was specified, but replication factor was "
                      "not set to -1.");
    if (topic.num_partitions != -1)
        return refuse(ErrorCode::invalid_request,
                      "A manual partition assignment was specified, but numPartitions was not set "
                      "to -1.");
    std::map<int32_t, Assignment> by_index;
    size_t replication_factor = 0;
    for (const auto& assignment : topic.assignments) {
        const int32_t index = assignment.partition_index.value;
        if (by_index.contains(index))
            return refuse(
                ErrorCode::invalid_replica_assignment,
                fmt::format("Found multiple manual partition assignments for partition {}", index));
        if (auto error = check_assignment(context.image, assignment.broker_ids, replication_factor))
            return std::unexpected(std::move(*error));
        replication_factor = assignment.broker_ids.size();
        by_index[index] = assignment.broker_ids;
    }
    if (by_index.begin()->first != 0 ||
        by_index.rbegin()->first != static_cast<int32_t>(by_index.size()) - 1)
        return refuse(ErrorCode::invalid_replica_assignment,
                      "partitions should be a consecutive 0-based integer sequence");
    std::vector<Assignment> result;
    for (auto& [index, replicas] : by_index) result.push_back(std::move(replicas));
    return result;
}

std::expected<std::vector<Assignment>, ItemError> assignments_of(const DecideContext& context,
                                                                 const CreatableTopic& topic) {
    if (!topic.assignments.empty()) return chosen_assignments(context, topic);
    if (topic.replication_factor < -1 || topic.replication_factor == 0)
        return refuse(ErrorCode::invalid_replication_factor,
                      "Replication factor must be larger than 0, or -1 to use the default value.");
    if (topic.num_partitions < -1 || topic.num_partitions == 0)
        return refuse(ErrorCode::invalid_partitions,
                      "Number of partitions was set to an invalid non-positive value.");
    const int32_t partitions =
        topic.num_partitions == -1 ? context.settings.num_partitions : topic.num_partitions;
    int16_t replicas = topic.replication_factor == -1 ? context.settings.default_replication_factor
                                                      : topic.replication_factor;
    // A small cluster can hold its own book-keeping whatever the settings, made for a large one,
    // say.
    if (is_internal_topic(topic.name)) {
        const auto active = std::ranges::count_if(
            context.image.brokers, [](const auto& entry) { return entry.second->active(); });
        replicas = static_cast<int16_t>(std::clamp<int64_t>(active, 1, replicas));
    }
    auto placed = place_replicas(context, partitions, replicas);
    if (!placed)
        return refuse(placed.error().code,
                      fmt::format("Unable to replicate the partition {} time(s): {}", replicas,
                                  placed.error().message.value_or("")));
    return placed;
}

std::expected<NewTopic, ItemError> check_topic(const DecideContext& context,
                                               const CreatableTopic& topic) {
    if (auto error = check_new_name(context.image, topic.name))
        return std::unexpected(std::move(*error));
    auto configs = configs_of(topic);
    if (!configs) return std::unexpected(std::move(configs.error()));
    if (auto why = check_topic_configs(context, *configs); !why.empty())
        return refuse(ErrorCode::invalid_config, std::move(why));
    auto assignments = assignments_of(context, topic);
    if (!assignments) return std::unexpected(std::move(assignments.error()));
    NewTopic result;
    do {
        result.id = context.random.uuid();
    } while (context.image.topic(result.id));
    for (const Assignment& replicas : *assignments) {
        const PartitionIndex index{static_cast<int32_t>(result.partitions.size())};
        auto partition = new_partition(context.image, result.id, index, replicas);
        if (!partition)
            return refuse(ErrorCode::invalid_replica_assignment,
                          fmt::format("All brokers specified in the manual partition assignment "
                                      "for partition {} are fenced or in controlled shutdown.",
                                      index.value));
        result.partitions.push_back(std::move(*partition));
    }
    result.configs = std::move(*configs);
    return result;
}

void append_records(const std::string& name, NewTopic topic, std::vector<MetadataRecord>& records) {
    protocol::TopicRecord record;
    record.name = Text(name);
    record.topic_id = topic.id;
    records.emplace_back(std::move(record));
    // Configs come before partitions, so that a log is opened with its settings.
    for (const auto& [key, value] : topic.configs) {
        protocol::ConfigRecord config;
        config.resource_type = static_cast<int8_t>(ConfigResourceType::topic);
        config.resource_name = Text(name);
        config.name = Text(key);
        config.value = Text(value);
        records.emplace_back(std::move(config));
    }
    for (PartitionRecord& partition : topic.partitions) records.emplace_back(std::move(partition));
}

void describe(const DecideContext& context, const NewTopic& topic, TopicResult& result) {
    result.num_partitions = static_cast<int32_t>(topic.partitions.size());
    result.replication_factor = static_cast<int16_t>(topic.partitions.front().replicas.size());
    const BrokerConfigLayers layers = broker_layers(context.image, context.settings);
    for (const ConfigDef& def : topic_config_defs()) {
        const EffectiveConfig effective = effective_topic_config(def, &topic.configs, layers);
        auto& config = result.configs->emplace_back();
        config.name = Text::borrow(def.name);
        config.value.reset();
        if (!def.sensitive) config.value = Text(effective.value);
        config.read_only = def.read_only;
        config.config_source = static_cast<int8_t>(effective.source);
        config.is_sensitive = def.sensitive;
    }
}

int64_t partitions_asked_for(const DecideContext& context, const CreateTopicsRequest& request) {
    int64_t total = 0;
    for (const CreatableTopic& topic : request.topics) {
        if (!topic.assignments.empty())
            total += static_cast<int64_t>(topic.assignments.size());
        else if (topic.num_partitions == -1)
            total += context.settings.num_partitions;
        else
            total += std::max(topic.num_partitions, 0);
    }
    return total;
}

TopicResult failed(std::string_view name, ItemError error) {
    TopicResult result;
    result.name = Text(name);
    result.error_code = error.code;
    result.error_message = to_text(std::move(error.message));
    return result;
}

}  // namespace

Decision<CreateTopicsResponse> decide_create_topics(const DecideContext& context,
                                                    const CreateTopicsRequest& request,
                                                    int16_t version) {
    Decision<CreateTopicsResponse> decision;
    auto& results = decision.response.topics;
    std::unordered_set<std::string_view> seen, refused;
    for (const CreatableTopic& topic : request.topics)
        if (!seen.insert(topic.name.view()).second || topic.name == metadata_topic)
            refused.insert(topic.name.view());
    const bool too_many = partitions_asked_for(context, request) > partitions_per_request_max;
    // Names that this very request takes, in unified form.
    std::set<std::string> taken;
    for (const CreatableTopic& topic : request.topics) {
        const std::string name = topic.name.str();
        if (refused.contains(topic.name.view())) continue;
        if (too_many) {
            results.push_back(
                failed(name, {ErrorCode::policy_violation,
                              "Excessively large number of partitions per request."}));
            continue;
        }
        auto checked = check_topic(context, topic);
        if (checked && has_collision_chars(name) && !taken.insert(unified_name(name)).second)
            checked = refuse(
                ErrorCode::invalid_topic_exception,
                fmt::format("Topic '{}' collides with another topic of this request.", name));
        if (!checked) {
            results.push_back(failed(name, std::move(checked.error())));
            continue;
        }
        TopicResult& result = results.emplace_back();
        result.name = Text(name);
        result.topic_id = checked->id;
        result.error_message.reset();
        if (version >= 5) describe(context, *checked, result);
        append_records(name, std::move(*checked), decision.records);
    }
    for (const CreatableTopic& topic : request.topics) {
        if (refused.erase(topic.name.view()) == 0) continue;
        const bool prohibited = topic.name == metadata_topic;
        results.push_back(failed(
            topic.name, {ErrorCode::invalid_request,
                         prohibited ? "Creation of internal topic __cluster_metadata is prohibited."
                                    : "Duplicate topic name."}));
    }
    if (request.validate_only) decision.records.clear();
    return decision;
}

namespace {

// What one entry of DeleteTopics names: a name, or an id.
struct Named {
    std::optional<std::string> name;
    Uuid id;
    friend auto operator<=>(const Named&, const Named&) = default;
};

class TopicDeletion {
  public:
    explicit TopicDeletion(const MetadataImage& image) : image_(image) {}

    void add(Named named) {
        const bool has_id = !named.id.is_zero();
        if (named.name && has_id)
            return answer(named, ErrorCode::invalid_request,
                          "You may not specify both topic name and topic id.");
        if (!named.name && !has_id)
            return answer(named, ErrorCode::invalid_request,
                          "Neither topic name nor id were specified.");
        ++(has_id ? ids_[named.id] : names_[*named.name]);
        order_.push_back(std::move(named));
    }

    Decision<DeleteTopicsResponse> finish() {
        for (const Named& named : order_) {
            const bool once = named.name ? names_[*named.name] == 1 : ids_[named.id] == 1;
            if (once) {
                remove(named);
            } else if (answered_.insert(named).second) {
                answer(named, ErrorCode::invalid_request,
                       named.name ? "Duplicate topic name." : "Duplicate topic id.");
            }
        }
        return std::move(decision_);
    }

  private:
    void answer(const Named& named, ErrorCode code, const char* message) {
        auto& result = decision_.response.responses.emplace_back();
        result.name.reset();
        if (named.name) result.name = Text(*named.name);
        result.topic_id = named.id;
        result.error_code = code;
        result.error_message.reset();
        if (message != nullptr) result.error_message = Text(message);
    }

    void remove(const Named& named) {
        const auto topic = named.name ? image_.topic(*named.name) : image_.topic(named.id);
        if (!topic && named.name)
            return answer(named, ErrorCode::unknown_topic_or_partition,
                          "This server does not host this topic-partition.");
        if (!topic)
            return answer(named, ErrorCode::unknown_topic_id,
                          "This server does not host this topic ID.");
        const Named found{topic->name, topic->id};
        // Given by name and by id: neither is done, and the name's entry gets the answer.
        if (named.name && count(ids_, topic->id) == 1)
            return answer(found, ErrorCode::invalid_request,
                          "The provided topic name maps to an ID that was already supplied.");
        if (!named.name && count(names_, topic->name) == 1) return;
        protocol::RemoveTopicRecord record;
        record.topic_id = topic->id;
        decision_.records.emplace_back(std::move(record));
        answer(found, ErrorCode::none, nullptr);
    }

    template <class Map, class Key>
    static int count(const Map& map, const Key& key) {
        const auto found = map.find(key);
        return found == map.end() ? 0 : found->second;
    }

    const MetadataImage& image_;
    std::vector<Named> order_;
    std::map<std::string, int> names_;
    std::map<Uuid, int> ids_;
    std::set<Named> answered_;
    Decision<DeleteTopicsResponse> decision_;
};

}  // namespace

Decision<DeleteTopicsResponse> decide_delete_topics(const DecideContext& context,
                                                    const DeleteTopicsRequest& request,
                                                    int16_t version) {
    std::vector<Named> all;
    for (const Text& name : request.topic_names) all.push_back({name.str(), {}});
    for (const auto& topic : request.topics)
        all.push_back(
            {topic.name ? std::optional(topic.name->str()) : std::nullopt, topic.topic_id});
    if (context.settings.delete_topic_enable) {
        TopicDeletion deletion(context.image);
        for (Named& named : all) deletion.add(std::move(named));
        return deletion.finish();
    }
    Decision<DeleteTopicsResponse> decision;
    for (const Named& named : all) {
        auto& result = decision.response.responses.emplace_back();
        result.name.reset();
        if (named.name) result.name = Text(*named.name);
        result.topic_id = named.id;
        result.error_code =
            version < 3 ? ErrorCode::invalid_request : ErrorCode::topic_deletion_disabled;
        result.error_message = Text("Topic deletion is disabled.");
    }
    return decision;
}

}  // namespace barnabas::cluster
