// SPDX-License-Identifier: Apache-2.0
// Turns, and the matching of clients with subscriptions. Facts of KIP-714 and of what Apache Kafka
// answers: an interval is the shortest of those that match, at most the default one.
#include "broker/client_metrics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <set>

#include "base/crc32c.h"
#include "cluster/config/config_number.h"

namespace barnabas::broker {
namespace {

constexpr int32_t default_interval_ms = 300'000;
constexpr size_t instances_max = 16'384;
constexpr std::string_view every_metric = "*";

std::vector<std::string> split(const cluster::ConfigMap& configs, const std::string& key) {
    std::vector<std::string> parts;
    const auto found = configs.find(key);
    if (found == configs.end()) return parts;
    for (const auto part : std::views::split(found->second, ',')) {
        std::string_view text(part.begin(), part.end());
        while (text.starts_with(' ')) text.remove_prefix(1);
        while (text.ends_with(' ')) text.remove_suffix(1);
        if (!text.empty()) parts.emplace_back(text);
    }
    return parts;
}

int32_t interval_of(const cluster::ConfigMap& configs) {
    const auto found = configs.find("interval.ms");
    if (found == configs.end()) return default_interval_ms;
    const auto given = cluster::config_number<int32_t>(found->second);
    return std::min(given.value_or(default_interval_ms), default_interval_ms);
}

std::string attribute(std::string_view key, const Uuid& id, const ClientInfo& client) {
    if (key == "client_id") return client.client_id;
    if (key == "client_instance_id") return id.str();
    if (key == "client_software_name") return client.software_name;
    if (key == "client_software_version") return client.software_version;
    if (key == "client_source_address") return client.peer.host;
    if (key == "client_source_port") return std::to_string(client.peer.port);
    return {};
}

// The hash that Java has for an id.
uint32_t hash_of(const Uuid& id) {
    uint32_t hash = 0;
    for (size_t i = 0; i < id.bytes.size(); ++i)
        hash ^= static_cast<uint32_t>(id.bytes[i]) << (24 - 8 * (i % 4));
    return hash;
}

}  // namespace

struct ClientMetrics::Wanted {
    struct Pattern {
        std::string key;
        std::unique_ptr<RE2> value;
    };
    explicit Wanted(const cluster::ConfigMap& configs)
        : metrics(split(configs, "metrics")), interval_ms(interval_of(configs)) {
        for (const std::string& pattern : split(configs, "match")) {
            const size_t equals = std::min(pattern.find('='), pattern.size());
            const size_t value = std::min(equals + 1, pattern.size());
            patterns.push_back({pattern.substr(0, equals),
                                std::make_unique<RE2>(pattern.substr(value), RE2::Quiet)});
        }
    }
    bool matches(const Uuid& id, const ClientInfo& client) const {
        return std::ranges::all_of(patterns, [&](const Pattern& pattern) {
            return RE2::FullMatch(attribute(pattern.key, id, client), *pattern.value);
        });
    }

    std::vector<std::string> metrics;
    int32_t interval_ms;
    std::vector<Pattern> patterns;
};

struct ClientMetrics::Instance {
    Uuid id;
    uint64_t version = 0;
    ClientSubscription subscription;
    std::optional<Nanos> asked;
    std::optional<Nanos> pushed;
    bool terminating = false;
    ErrorCode refused = ErrorCode::none;  // what its last push was told, if not taken

    Nanos interval() const { return std::chrono::milliseconds(subscription.push_interval_ms); }
    bool asks_early(Nanos now) const {
        const auto last = std::max(asked, pushed);
        return last && now - *last < interval();
    }
    // The first push after a subscription may come at any time.
    bool pushes_early(Nanos now) const {
        return pushed && !(asked > pushed) && now - *pushed < interval();
    }
    // A client that was told so has to ask at once.
    bool must_ask() const {
        return refused == ErrorCode::unknown_subscription_id ||
               refused == ErrorCode::unsupported_compression_type;
    }
    ErrorCode judge(const Push& push, Nanos now) const {
        if (terminating) return ErrorCode::invalid_request;
        if (pushes_early(now) && !push.terminating) return ErrorCode::throttling_quota_exceeded;
        if (push.subscription_id != subscription.id) return ErrorCode::unknown_subscription_id;
        if (!push.knows_compression) return ErrorCode::unsupported_compression_type;
        if (push.too_large) return ErrorCode::telemetry_too_large;
        return ErrorCode::none;
    }
};

ClientMetrics::ClientMetrics(Random& random) : random_(random) {}
ClientMetrics::~ClientMetrics() = default;

Result<ClientSubscription> ClientMetrics::subscribe(const Uuid& id, const Caller& caller) {
    Instance& instance = find(id, caller);
    if (instance.asks_early(caller.now) && !instance.must_ask())
        return fail(ErrorCode::throttling_quota_exceeded, "client metrics: before its time");
    instance.asked = caller.now;
    instance.refused = ErrorCode::none;
    return instance.subscription;
}

ErrorCode ClientMetrics::push(const Uuid& id, const Caller& caller, const Push& push) {
    // Two ids are nobody's; the second one may ask all the same, as at Apache Kafka.
    if (id.is_zero() || id == metadata_topic_id) return ErrorCode::invalid_request;
    Instance& instance = find(id, caller);
    const ErrorCode judged = instance.judge(push, caller.now);
    if (judged != ErrorCode::invalid_request && judged != ErrorCode::throttling_quota_exceeded)
        instance.pushed = caller.now;
    instance.terminating = instance.terminating || push.terminating;
    instance.refused = judged;
    return judged;
}

// Takes the subscriptions anew if they are others than before.
void ClientMetrics::follow(const cluster::MetadataImage& image) {
    using cluster::ConfigResource;
    using cluster::ConfigResourceType;
    if (seen_ == image.offset) return;
    seen_ = image.offset;
    std::map<std::string, std::shared_ptr<const cluster::ConfigMap>> configs;
    const ConfigResource first{ConfigResourceType::client_metrics, ""};
    for (auto at = image.configs.lower_bound(first);
         at != image.configs.end() && at->first.type == ConfigResourceType::client_metrics; ++at)
        configs.emplace(at->first.name, at->second);
    if (configs == configs_) return;
    configs_ = std::move(configs);
    ++version_;
    wanted_.clear();
    for (const auto& [name, config] : configs_) wanted_.emplace_back(*config);
}

ClientMetrics::Instance& ClientMetrics::find(const Uuid& id, const Caller& caller) {
    follow(caller.image);
    const auto known = by_id_.find(id);
    if (known != by_id_.end() && known->second->version == version_) {
        instances_.splice(instances_.begin(), instances_, known->second);
        return instances_.front();
    }
    if (known != by_id_.end()) {
        instances_.erase(known->second);
        by_id_.erase(known);
    } else if (instances_.size() >= instances_max) {
        by_id_.erase(instances_.back().id);
        instances_.pop_back();
    }
    Instance& made = instances_.emplace_front();
    made.id = id;
    made.version = version_;
    made.subscription = subscription_of(id, caller.client);
    by_id_[id] = instances_.begin();
    return made;
}

ClientSubscription ClientMetrics::subscription_of(const Uuid& id, const ClientInfo& client) const {
    ClientSubscription result;
    result.push_interval_ms = default_interval_ms;
    std::set<std::string> metrics;
    for (const Wanted& wanted : wanted_) {
        if (!wanted.matches(id, client)) continue;
        metrics.insert(wanted.metrics.begin(), wanted.metrics.end());
        result.push_interval_ms = std::min(result.push_interval_ms, wanted.interval_ms);
    }
    if (metrics.contains(std::string(every_metric))) metrics = {std::string(every_metric)};
    result.metrics.assign(metrics.begin(), metrics.end());
    const std::string text =
        fmt::format("[{}]{}", fmt::join(result.metrics, ", "), result.push_interval_ms);
    result.id = static_cast<int32_t>(crc32c(as_bytes(text)) ^ hash_of(id));
    return result;
}

}  // namespace barnabas::broker
