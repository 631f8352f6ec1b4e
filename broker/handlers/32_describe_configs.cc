// SPDX-License-Identifier: Apache-2.0
// DescribeConfigs, api 32, v1-4. The configs of topics, brokers, groups, client metrics and loggers
// in effect: values, sources, synonyms; v3: types and documentation. Secrets are never shown (A13).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/log_line.h"
#include "broker/broker_config.h"
#include "broker/handlers/config_view.h"
#include "broker/handlers/handlers.h"
#include "cluster/topic_name.h"
#include "protocol/messages/describe_configs.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigDef;
using cluster::ConfigMap;
using cluster::ConfigResourceType;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using Resource = DescribeConfigsRequest::DescribeConfigsResource;
using Result = DescribeConfigsResponse::DescribeConfigsResult;
using Entry = DescribeConfigsResponse::DescribeConfigsResourceResult;

constexpr const char* malformed =
    "This most likely occurs because of a request being malformed by the client library or the "
    "message was sent to an incompatible broker. See the broker logs for more details.";

// The configs of a client metrics subscription (KIP-714).
constexpr std::array client_metrics_defs{
    ConfigDef{"interval.ms", cluster::ConfigType::int32, "300000",
              "How often clients push these metrics."},
    ConfigDef{"match", cluster::ConfigType::list, "", "Which clients: a list of selector=pattern."},
    ConfigDef{"metrics", cluster::ConfigType::list, "", "Prefixes of the names of the metrics."},
};

class Describer {
  public:
    Describer(const RequestContext& ctx, const DescribeConfigsRequest& request)
        : ctx_(ctx), request_(request), image_(ctx.image()) {
        const BrokerConfig& config = ctx.services.config;
        own_ = image_->config(ConfigResourceType::broker, std::to_string(config.node_id.value));
        all_ = image_->config(ConfigResourceType::broker, "");
        layers_ = {own_.get(), all_.get(), &config.given};
    }

    Result describe(const Resource& resource) const {
        Result result;
        result.error_message = Text("");
        result.resource_type = resource.resource_type;
        result.resource_name = resource.resource_name;
        switch (static_cast<ConfigResourceType>(resource.resource_type)) {
            case ConfigResourceType::topic:
                describe_topic(resource, result);
                break;
            case ConfigResourceType::broker:
                describe_broker(resource, result);
                break;
            case ConfigResourceType::broker_logger:
                describe_loggers(resource, result);
                break;
            case ConfigResourceType::client_metrics:
                describe_client_metrics(resource, result);
                break;
            case ConfigResourceType::group:
                describe_group(resource, result);
                break;
            case ConfigResourceType::unknown:
            default:
                refuse(result, ErrorCode::invalid_request, malformed);
        }
        return result;
    }

  private:
    static void refuse(Result& result, ErrorCode error, std::string message) {
        result.error_code = error;
        result.error_message = Text(std::move(message));
    }

    void describe_topic(const Resource& resource, Result& result) const {
        const std::string_view name = resource.resource_name;
        if (auto why = cluster::check_topic_name(name); !why.empty())
            return refuse(result, ErrorCode::invalid_topic_exception, std::move(why));
        if (!image_->topic(name)) return refuse(result, ErrorCode::unknown_topic_or_partition, "");
        const auto view = [this](const ConfigDef& def, const std::string* own) {
            return view_topic_config(def, own, layers_);
        };
        describe_own(resource, cluster::topic_config_defs(), view, result);
    }

    void describe_group(const Resource& resource, Result& result) const {
        if (resource.resource_name.empty())
            return refuse(result, ErrorCode::invalid_request, "Group name must not be empty");
        const auto view = [this](const ConfigDef& def, const std::string* own) {
            return view_group_config(def, own, layers_);
        };
        describe_own(resource, cluster::group_config_defs(), view, result);
    }

    void describe_client_metrics(const Resource& resource, Result& result) const {
        if (resource.resource_name.empty())
            return refuse(result, ErrorCode::invalid_request,
                          "Client metrics subscription name must not be empty");
        const auto view = [](const ConfigDef& def, const std::string* own) {
            return view_lone_config(def, own, source_client_metrics);
        };
        describe_own(resource, client_metrics_defs, view, result);
    }

    // Resources whose own configs are all dynamic. `view(def, own value or null)`.
    template <class View>
    void describe_own(const Resource& resource, std::span<const ConfigDef> defs, View view,
                      Result& result) const {
        const auto type = static_cast<ConfigResourceType>(resource.resource_type);
        const auto overrides = image_->config(type, resource.resource_name.str());
        for (const ConfigDef& def : defs) {
            if (!wanted(resource, def.name)) continue;
            const std::string* own = nullptr;
            if (overrides)
                if (const auto found = overrides->find(std::string(def.name));
                    found != overrides->end())
                    own = &found->second;
            add(def, view(def, own), result);
        }
    }

    void describe_broker(const Resource& resource, Result& result) const {
        const std::string_view name = resource.resource_name;
        if (name.empty()) return describe_broker_defaults(resource, result);
        int32_t id = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
        if (error != std::errc{} || end != name.data() + name.size())
            return refuse(result, ErrorCode::invalid_request,
                          fmt::format("Broker id must be an integer, but it is: {}", name));
        const int32_t self = ctx_.services.config.node_id.value;
        if (id != self)
            return refuse(
                result, ErrorCode::invalid_request,
                fmt::format("Unexpected broker id, expected {} or empty string, but received {}",
                            self, name));
        for (const ConfigDef& def : cluster::broker_config_defs())
            if (wanted(resource, def.name)) add(def, view_own_broker_config(def), result);
    }

    // Settings that nobody gave but that are known by now (made up at start-up) are shown as they
    // are.
    ConfigView view_own_broker_config(const ConfigDef& def) const {
        ConfigView view = view_broker_config(def, layers_);
        const BrokerConfig& config = ctx_.services.config;
        if (view.source != static_cast<int8_t>(cluster::ConfigSource::default_value)) return view;
        if (def.name == "node.id" || def.name == "broker.id")
            view.value = std::to_string(config.node_id.value);
        else if (def.name == "log.dirs" && !config.log_dirs.empty())
            view.value = fmt::format("{}", fmt::join(config.log_dirs, ","));
        return view;
    }

    // What was set for all brokers at once, and only that.
    void describe_broker_defaults(const Resource& resource, Result& result) const {
        if (!all_) return;
        cluster::BrokerConfigLayers layers;
        layers.default_broker = all_.get();
        for (const auto& [name, value] : *all_) {
            const ConfigDef* def = cluster::find_broker_config(name);
            if (!def || !wanted(resource, name)) continue;
            ConfigView view = view_broker_config(*def, layers);
            std::erase_if(view.layers, [](const ConfigLayerValue& layer) {
                return layer.source == static_cast<int8_t>(cluster::ConfigSource::default_value);
            });
            view.read_only = false;
            add(*def, std::move(view), result);
        }
    }

    void describe_loggers(const Resource& resource, Result& result) const {
        const std::string self = std::to_string(ctx_.services.config.node_id.value);
        if (resource.resource_name != self)
            return refuse(result, ErrorCode::invalid_request,
                          fmt::format("Unexpected broker id, expected {} but received {}", self,
                                      resource.resource_name.view()));
        if (!wanted(resource, "root")) return;
        Entry& entry = result.configs.emplace_back();
        entry.name = "root";
        entry.value = Text(log_enabled(LogLevel::debug)  ? "DEBUG"
                           : log_enabled(LogLevel::info) ? "INFO"
                                                         : "WARN");
        entry.config_source = source_broker_logger;
        entry.documentation = Text("");
    }

    static bool wanted(const Resource& resource, std::string_view name) {
        const auto& keys = resource.configuration_keys;
        return !keys || keys->empty() || std::ranges::find(*keys, name, &Text::view) != keys->end();
    }

    void add(const ConfigDef& def, ConfigView view, Result& result) const {
        Entry& entry = result.configs.emplace_back();
        entry.name = Text(def.name);
        if (view.value)
            entry.value = Text(std::move(*view.value));
        else
            entry.value.reset();
        entry.read_only = view.read_only;
        entry.config_source = view.source;
        entry.is_sensitive = def.sensitive;
        entry.config_type = static_cast<int8_t>(def.type);
        entry.documentation.reset();
        if (request_.include_documentation) entry.documentation = Text(def.documentation);
        if (!request_.include_synonyms) return;
        for (auto& layer : view.layers) {
            auto& synonym = entry.synonyms.emplace_back();
            synonym.name = Text(std::move(layer.name));
            synonym.value = Text(std::move(layer.value));
            if (def.sensitive) synonym.value.reset();
            synonym.source = layer.source;
        }
    }

    const RequestContext& ctx_;
    const DescribeConfigsRequest& request_;
    std::shared_ptr<const cluster::MetadataImage> image_;
    std::shared_ptr<const ConfigMap> own_;
    std::shared_ptr<const ConfigMap> all_;
    cluster::BrokerConfigLayers layers_;
};

}  // namespace

Task<DescribeConfigsResponse> handle_describe_configs(RequestContext& ctx,
                                                      DescribeConfigsRequest request) {
    DescribeConfigsResponse response;
    const Describer describer(ctx, request);
    for (const Resource& resource : request.resources)
        response.results.push_back(describer.describe(resource));
    co_return response;
}

}  // namespace barnabas::broker
