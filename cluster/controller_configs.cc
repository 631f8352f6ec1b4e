// SPDX-License-Identifier: Apache-2.0
// IncrementalAlterConfigs: nothing is recorded that the broker could not start with (pitfall A02).
// Each resource is judged on its own, and changed as a whole or not at all. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "cluster/controller_support.h"
#include "cluster/topic_name.h"

namespace barnabas::cluster {

namespace {

using protocol::AlterConfigsRequest;
using protocol::ConfigRecord;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;
using AlterResource = IncrementalAlterConfigsRequest::AlterConfigsResource;

enum class ConfigOperation : int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

constexpr std::string_view min_isr = "min.insync.replicas";

const ConfigDef* find_def(ConfigResourceType type, std::string_view name) {
    switch (type) {
        case ConfigResourceType::topic:
            return find_topic_config(name);
        case ConfigResourceType::broker:
            return find_broker_config(name);
        case ConfigResourceType::group:
            return find_group_config(name);
        default:
            return nullptr;
    }
}

std::vector<std::string> split_list(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        if (comma > 0) parts.emplace_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

std::string change_list(std::string_view current, std::string_view change,
                        ConfigOperation operation) {
    std::vector<std::string> parts = split_list(current);
    for (const std::string& part : split_list(change)) {
        const auto found = std::ranges::find(parts, part);
        if (operation == ConfigOperation::append && found == parts.end()) parts.push_back(part);
        if (operation == ConfigOperation::subtract && found != parts.end()) parts.erase(found);
    }
    return fmt::format("{}", fmt::join(parts, ","));
}

// One resource's change: works out the new configs, checks them, and gives the records.
class ConfigChange {
  public:
    ConfigChange(const DecideContext& context, const AlterResource& request)
        : context_(context),
          request_(request),
          type_(static_cast<ConfigResourceType>(request.resource_type)),
          name_(request.resource_name.str()) {
        if (const auto current = context.image.config(type_, name_)) current_ = *current;
        changed_ = current_;
    }

    std::optional<ItemError> run() {
        if (auto error = check_shape()) return error;
        if (auto error = check_resource()) return error;
        for (const auto& config : request_.configs)
            if (auto error = change(config)) return error;
        if (auto error = check_min_isr()) return error;
        if (auto error = check_values()) return error;
        if (type_ == ConfigResourceType::topic && !context_.image.topic(name_))
            return ItemError{ErrorCode::unknown_topic_or_partition,
                             fmt::format("The topic '{}' does not exist.", name_)};
        return std::nullopt;
    }

    std::vector<ConfigRecord> take_records() { return std::move(records_); }

  private:
    static ItemError invalid_request(std::string message) {
        return {ErrorCode::invalid_request, std::move(message)};
    }
    static ItemError invalid_config(std::string message) {
        return {ErrorCode::invalid_config, std::move(message)};
    }

    std::optional<ItemError> check_shape() const {
        std::set<std::string_view> names;
        std::vector<std::string_view> nulls;
        for (const auto& config : request_.configs) {
            if (!names.insert(config.name.view()).second)
                return invalid_request("Error due to duplicate config keys");
            const auto operation = static_cast<ConfigOperation>(config.config_operation);
            if (config.config_operation < 0 || operation > ConfigOperation::subtract)
                return invalid_request(
                    fmt::format("Unknown config operation {}", int{config.config_operation}));
            if (operation != ConfigOperation::remove && !config.value) nulls.push_back(config.name);
        }
        if (nulls.empty()) return std::nullopt;
        return invalid_request(
            fmt::format("Null value not supported for : {}", fmt::join(nulls, ", ")));
    }

    std::optional<ItemError> check_resource() const {
        switch (type_) {
            case ConfigResourceType::topic:
                if (name_.empty())
                    return invalid_request("Default topic resources are not allowed.");
                if (auto why = check_topic_name(name_); !why.empty())
                    return ItemError{ErrorCode::invalid_topic_exception, std::move(why)};
                return std::nullopt;
            case ConfigResourceType::broker:
                return check_broker();
            case ConfigResourceType::broker_logger:
                return check_logger();
            case ConfigResourceType::client_metrics:
                if (name_.empty()) return invalid_request("Subscription name can't be empty");
                return std::nullopt;
            case ConfigResourceType::group:
                if (name_.empty())
                    return invalid_request("Default group resources are not allowed.");
                return std::nullopt;
            default:
                return invalid_request(
                    fmt::format("Unknown resource type {}", int{request_.resource_type}));
        }
    }

    std::optional<int32_t> node_id() const {
        int32_t id = 0;
        const auto [end, error] = std::from_chars(name_.data(), name_.data() + name_.size(), id);
        if (error != std::errc{} || end != name_.data() + name_.size()) return std::nullopt;
        return id;
    }

    // A broker's configs are changed at that broker, those of all brokers anywhere.
    std::optional<ItemError> check_broker() const {
        const int32_t self = context_.settings.node_id.value;
        if (!name_.empty() && !node_id())
            return invalid_request(fmt::format("Node id must be an integer, but it is: {}", name_));
        if (!name_.empty() && node_id() != self)
            return invalid_request(
                fmt::format("Unexpected broker id, expected {}, but received {}", self, name_));
        std::vector<std::string> names;
        for (const auto& config : request_.configs) names.push_back(config.name.str());
        if (auto why = check_broker_names(name_, names); !why.empty())
            return invalid_request(std::move(why));
        for (const auto& config : request_.configs) {
            const ConfigDef* def = find_broker_config(config.name);
            const bool sets =
                static_cast<ConfigOperation>(config.config_operation) == ConfigOperation::set;
            if (def == nullptr || !sets) continue;
            if (auto why = check_broker_value(*def, config.value->view()); !why.empty())
                return invalid_request(std::move(why));
        }
        return std::nullopt;
    }

    // Levels of loggers are not in the metadata, and no logger here has a level of its own.
    std::optional<ItemError> check_logger() const {
        const int32_t self = context_.settings.node_id.value;
        if (node_id() != self)
            return invalid_request(
                fmt::format("Unexpected node id. Expected {}, but received {}", self, name_));
        if (request_.configs.empty()) return std::nullopt;
        return invalid_config(
            fmt::format("Logger {} does not exist!", request_.configs.front().name.view()));
    }

    std::optional<ItemError> change(const IncrementalAlterConfigsRequest::AlterableConfig& config) {
        const auto operation = static_cast<ConfigOperation>(config.config_operation);
        const std::string key = config.name.str();
        const auto found = current_.find(key);
        std::optional<std::string> before, after;
        if (found != current_.end()) before = found->second;
        if (operation == ConfigOperation::set) after = config.value->str();
        if (operation == ConfigOperation::append || operation == ConfigOperation::subtract) {
            const ConfigDef* def = find_def(type_, key);
            if (def == nullptr || def->type != ConfigType::list)
                return invalid_config(
                    fmt::format("Can't {} to key {} because its type is not LIST.",
                                operation == ConfigOperation::append ? "APPEND" : "SUBTRACT", key));
            const std::string base = before.value_or(std::string(def->default_value.value_or("")));
            after = change_list(base, config.value->view(), operation);
        }
        // A broker config that is set again is recorded again: brokers reload what it names (a
        // keystore's file).
        if (before == after && type_ != ConfigResourceType::broker) return std::nullopt;
        if (after)
            changed_.insert_or_assign(key, *after);
        else
            changed_.erase(key);
        ConfigRecord record;
        record.resource_type = request_.resource_type;
        record.resource_name = Text(name_);
        record.name = Text(key);
        record.value.reset();
        if (after) record.value = Text(*after);
        records_.push_back(std::move(record));
        return std::nullopt;
    }

    // With eligible leader replicas (KIP-966) the cluster's value is the only one brokers agree on.
    std::optional<ItemError> check_min_isr() const {
        if (type_ != ConfigResourceType::broker) return std::nullopt;
        if (context_.image.feature_level("eligible.leader.replicas.version") < 1)
            return std::nullopt;
        for (const ConfigRecord& record : records_) {
            if (record.name != min_isr) continue;
            if (!name_.empty())
                return invalid_config(
                    "Broker-level min.insync.replicas cannot be altered while "
                    "ELR is enabled.");
            if (!record.value)
                return invalid_config(
                    "Cluster-level min.insync.replicas cannot be removed while "
                    "ELR is enabled.");
        }
        return std::nullopt;
    }

    std::optional<ItemError> check_values() const {
        if (type_ == ConfigResourceType::topic) {
            if (auto why = check_topic_configs(context_, changed_); !why.empty())
                return invalid_config(std::move(why));
        } else if (type_ == ConfigResourceType::group) {
            if (auto why = check_group_configs(context_.settings.static_configs, changed_);
                !why.empty())
                return invalid_config(std::move(why));
        } else if (type_ == ConfigResourceType::client_metrics) {
            if (auto error = check_client_metrics_configs(changed_); error.code != ErrorCode::none)
                return error;
        } else if (type_ == ConfigResourceType::broker) {
            for (const auto& [key, value] : changed_) {
                const ConfigDef* def = find_broker_config(key);
                if (def == nullptr) continue;
                if (auto why = check_broker_value(*def, value); !why.empty())
                    return invalid_request(std::move(why));
            }
            if (auto why = check_broker_rules(context_, changed_); !why.empty())
                return invalid_request(std::move(why));
        }
        return std::nullopt;
    }

    const DecideContext& context_;
    const AlterResource& request_;
    ConfigResourceType type_;
    std::string name_;
    ConfigMap current_;
    ConfigMap changed_;
    std::vector<ConfigRecord> records_;
};

}  // namespace

Decision<IncrementalAlterConfigsResponse> decide_alter_configs(
    const DecideContext& context, const IncrementalAlterConfigsRequest& request) {
    Decision<IncrementalAlterConfigsResponse> decision;
    std::map<std::pair<int8_t, std::string_view>, int> times;
    for (const AlterResource& resource : request.resources)
        ++times[{resource.resource_type, resource.resource_name.view()}];
    for (const AlterResource& resource : request.resources) {
        auto& result = decision.response.responses.emplace_back();
        result.resource_type = resource.resource_type;
        result.resource_name = Text(resource.resource_name.view());
        result.error_message.reset();
        ConfigChange change(context, resource);
        std::optional<ItemError> error;
        if (times[{resource.resource_type, resource.resource_name.view()}] > 1)
            error =
                ItemError{ErrorCode::invalid_request, "Each resource must appear at most once."};
        else
            error = change.run();
        if (error) {
            result.error_code = error->code;
            result.error_message = to_text(std::move(error->message));
            continue;
        }
        for (ConfigRecord& record : change.take_records())
            decision.records.emplace_back(std::move(record));
    }
    if (request.validate_only) decision.records.clear();
    return decision;
}

namespace {

// The same change in the newer form: sets what is named, deletes what else the resource has.
IncrementalAlterConfigsRequest as_changes(const MetadataImage& image,
                                          const AlterConfigsRequest& request) {
    IncrementalAlterConfigsRequest changes;
    changes.validate_only = request.validate_only;
    const auto add = [](AlterResource& resource, std::string_view name, ConfigOperation operation,
                        const std::optional<Text>& value) {
        auto& config = resource.configs.emplace_back();
        config.name = Text(name);
        config.config_operation = static_cast<int8_t>(operation);
        config.value.reset();
        if (value) config.value = Text(value->view());
    };
    for (const auto& from : request.resources) {
        auto& resource = changes.resources.emplace_back();
        resource.resource_type = from.resource_type;
        resource.resource_name = Text(from.resource_name.view());
        std::set<std::string_view> named;
        for (const auto& config : from.configs) {
            named.insert(config.name.view());
            add(resource, config.name.view(), ConfigOperation::set, config.value);
        }
        const auto current = image.config(static_cast<ConfigResourceType>(from.resource_type),
                                          from.resource_name.str());
        if (!current) continue;
        for (const auto& [name, value] : *current)
            if (!named.contains(name)) add(resource, name, ConfigOperation::remove, std::nullopt);
    }
    return changes;
}

}  // namespace

Decision<protocol::AlterConfigsResponse> decide_replace_configs(
    const DecideContext& context, const AlterConfigsRequest& request) {
    auto changed = decide_alter_configs(context, as_changes(context.image, request));
    Decision<protocol::AlterConfigsResponse> decision;
    decision.records = std::move(changed.records);
    for (auto& from : changed.response.responses) {
        auto& result = decision.response.responses.emplace_back();
        result.error_code = from.error_code;
        result.error_message = std::move(from.error_message);
        result.resource_type = from.resource_type;
        result.resource_name = std::move(from.resource_name);
        // Levels of loggers have the newer form only.
        const auto type = static_cast<ConfigResourceType>(result.resource_type);
        if (type != ConfigResourceType::broker_logger) continue;
        result.error_code = ErrorCode::invalid_request;
        result.error_message =
            Text(fmt::format("Unknown resource type {}", int{result.resource_type}));
    }
    return decision;
}

}  // namespace barnabas::cluster
