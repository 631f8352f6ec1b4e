// SPDX-License-Identifier: Apache-2.0
// See container_config.h. Variables are sorted into properties, what the image itself acts on, and
// kinds that mean nothing to a native broker.
#include "broker/container_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/whole_number.h"
#include "cluster/config/config_def.h"

namespace barnabas::broker {

namespace {

using Properties = std::map<std::string, std::string>;

// What apache/kafka gives a container that was told nothing about its cluster.
constexpr std::string_view default_cluster_id = "5L6g3nShT-eMCtK--X86sw";
constexpr std::string_view data_directory = "/var/lib/kafka/data";
// Where people who come from bitnami/kafka have their volume.
constexpr std::string_view bitnami_data_directory = "/bitnami/kafka/data";

constexpr std::string_view kafka_prefix = "KAFKA_";
constexpr std::string_view bitnami_prefix = "KAFKA_CFG_";

// Variables that are instructions to an image, never properties; values of some are read by name.
constexpr std::string_view image_variables[] = {"KAFKA_VERSION",
                                                "KAFKA_CREATE_TOPICS",
                                                "KAFKA_CREATE_TOPICS_SEPARATOR",
                                                "KAFKA_CLUSTER_ID",
                                                "KAFKA_KRAFT_CLUSTER_ID",
                                                "KAFKA_ENABLE_KRAFT",
                                                "KAFKA_HOME",
                                                "KAFKA_SKIP_KRAFT_STORAGE_INIT",
                                                "KAFKA_VOLUME_DIR",
                                                "KAFKA_MOUNTED_CONF_DIR"};

struct Kind {
    std::string_view why;
    // Beginnings of names without KAFKA_ (or KAFKA_CFG_).
    std::vector<std::string_view> beginnings;
};
const Kind kinds[] = {
    {"there is no ZooKeeper", {"ZOOKEEPER", "ZK_", "CONTROL_PLANE_LISTENER"}},
    {"there is no JVM",
     {"HEAP_OPTS", "OPTS", "JMX", "JVM", "GC_LOG", "LOG4J", "TOOLS_LOG4J", "DEBUG", "JAVA"}},
    {"there is no REST proxy", {"REST"}},
    {"it belongs to another product of Confluent", {"CONFLUENT", "SCHEMA_REGISTRY"}},
    {"this version has no user accounts",
     {"CLIENT_USERS", "CLIENT_PASSWORDS", "INTER_BROKER_USER", "INTER_BROKER_PASSWORD",
      "CONTROLLER_USER", "CONTROLLER_PASSWORD"}},
    {"container networks tell their names by it", {"PORT", "SERVICE", "HOST"}},
};
constexpr std::string_view unknown_why = "Apache Kafka has no such setting";

std::string_view trim(std::string_view text) {
    const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = std::min(text.find(separator), text.size());
        parts.push_back(trim(text.substr(0, end)));
        if (end == text.size()) return parts;
        text.remove_prefix(end + separator.size());
    }
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

bool is_property(const std::string& name) {
    return cluster::find_broker_config(name) != nullptr || name.starts_with("listener.name.") ||
           name == "admin.listener";
}

std::string value_of(const Variables& variables, const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string{} : std::string(trim(found->second));
}

// Properties out of variables. What stands under bitnami's prefix wins over the same under Kafka's.
class Sorter {
  public:
    explicit Sorter(const Variables& variables) {
        for (const auto& [name, value] : variables) take(name, value, kafka_prefix);
        for (const auto& [name, value] : variables) take(name, value, bitnami_prefix);
    }

    Properties properties;

    std::vector<std::string> warnings() const {
        std::vector<std::string> lines;
        for (const auto& [why, names] : ignored_)
            lines.push_back(fmt::format("ignored, because {}: {}", why, fmt::join(names, ", ")));
        if (!empty_.empty())
            lines.push_back(
                fmt::format("ignored, because they are empty: {}", fmt::join(empty_, ", ")));
        return lines;
    }

  private:
    void take(const std::string& name, const std::string& value, std::string_view prefix) {
        const bool bitnami = name.starts_with(bitnami_prefix);
        if (!name.starts_with(prefix) || bitnami != (prefix == bitnami_prefix)) return;
        if (std::ranges::find(image_variables, name) != std::end(image_variables)) return;
        const auto rest = std::string_view(name).substr(prefix.size());
        auto property = property_of_variable(rest);
        if (!is_property(property)) {
            ignored_[kind_of(rest)].push_back(name);
        } else if (trim(value).empty()) {
            // "KAFKA_X: ${UNSET}": nobody means the empty text by it.
            empty_.push_back(name);
        } else {
            properties[std::move(property)] = value;
        }
    }

    static std::string_view kind_of(std::string_view rest) {
        for (const auto& kind : kinds)
            for (const auto beginning : kind.beginnings)
                if (rest.starts_with(beginning)) return kind.why;
        return unknown_why;
    }

    std::map<std::string_view, std::vector<std::string>> ignored_;
    std::vector<std::string> empty_;
};

// Two names of one setting: the layer above must not lose to the other name below.
constexpr std::pair<const char*, const char*> aliases[] = {{"broker.id", "node.id"},
                                                           {"log.dir", "log.dirs"}};

void unite_aliases(Properties& layer) {
    for (const auto& [old_name, name] : aliases) {
        const auto found = layer.find(old_name);
        if (found == layer.end()) continue;
        const bool generated = trim(found->second) == "-1";  // broker.id of the ZooKeeper era
        if (!generated) layer.emplace(name, found->second);
        layer.erase(found);
    }
}

// The images of the ZooKeeper era told host and port apart.
void advertise_host(const Variables& variables, Properties& properties) {
    const auto host = value_of(variables, "KAFKA_ADVERTISED_HOST_NAME");
    if (host.empty() || properties.contains("advertised.listeners")) return;
    const auto port = value_of(variables, "KAFKA_ADVERTISED_PORT");
    properties["advertised.listeners"] =
        fmt::format("PLAINTEXT://{}:{}", host, port.empty() ? "9092" : port);
}

void add_defaults(Properties& properties, bool bitnami) {
    const auto otherwise = [&properties](const char* key, std::string_view value) {
        properties.emplace(key, value);
    };
    // Listeners belong together: what follows from the one that was given fits better than a
    // default.
    if (!properties.contains("listeners") && !properties.contains("advertised.listeners")) {
        otherwise("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093");
        otherwise("advertised.listeners", "PLAINTEXT://localhost:9092");
    }
    otherwise("node.id", "1");
    otherwise("process.roles", "broker,controller");
    otherwise("controller.listener.names", "CONTROLLER");
    otherwise("log.dirs", bitnami ? bitnami_data_directory : data_directory);
    otherwise("num.partitions", "1");
    otherwise("offsets.topic.replication.factor", "1");
    otherwise("transaction.state.log.replication.factor", "1");
    otherwise("transaction.state.log.min.isr", "1");
    otherwise("group.initial.rebalance.delay.ms", "0");
}

bool parse_count(std::string_view text, int32_t max, int32_t& count) {
    if (text.empty()) return true;
    const auto number = whole_number<int32_t>(text);
    if (!number || *number < 1 || *number > max) return false;
    count = *number;
    return true;
}

// "name[:partitions[:replicas[:cleanup.policy]]]"
bool parse_topic(std::string_view text, InitialTopic& topic) {
    const auto parts = split(text, ":");
    if (parts.size() > 4 || parts[0].empty()) return false;
    topic.name = parts[0];
    int32_t replicas = -1;
    if (parts.size() > 1 && !parse_count(parts[1], 1'000'000, topic.partitions)) return false;
    if (parts.size() > 2 && !parse_count(parts[2], 32767, replicas)) return false;
    topic.replicas = static_cast<int16_t>(replicas);
    if (parts.size() > 3 && !parts[3].empty()) topic.cleanup_policy = parts[3];
    return true;
}

std::string parse_topics(const Variables& variables, std::vector<InitialTopic>& topics) {
    auto separator = value_of(variables, "KAFKA_CREATE_TOPICS_SEPARATOR");
    // The shell's word for a line's end, which compose files hand on as it stands.
    if (separator == "$'\\n'" || separator == "\\n") separator = "\n";
    const auto raw = variables.find("KAFKA_CREATE_TOPICS_SEPARATOR");
    if (separator.empty() && raw != variables.end() && raw->second.contains('\n')) separator = "\n";
    if (separator.empty()) separator = ",";
    const auto text = value_of(variables, "KAFKA_CREATE_TOPICS");
    for (const auto part : split(text, separator)) {
        if (part.empty()) continue;
        auto& topic = topics.emplace_back();
        if (!parse_topic(part, topic))
            return fmt::format(
                "Invalid value {} in KAFKA_CREATE_TOPICS: expected "
                "name[:partitions[:replicas[:cleanup.policy]]], separated by {}",
                part, separator == "\n" ? "line ends" : fmt::format("'{}'", separator));
    }
    return {};
}

// Nodes that believe to be a cluster, each alone, would lose data in everybody's eyes.
std::string refuse_larger_quorum(const Properties& properties) {
    const auto voters = properties.find("controller.quorum.voters");
    if (voters == properties.end()) return {};
    std::set<std::string_view> nodes;
    for (const auto voter : split(voters->second, ","))
        if (!voter.empty()) nodes.insert(voter.substr(0, voter.find('@')));
    if (nodes.size() <= 1) return {};
    return fmt::format(
        "Invalid value {} for configuration controller.quorum.voters: this version runs as a "
        "cluster of one node; name that one (1@localhost:9093) or leave the setting out",
        voters->second);
}

}  // namespace

std::string property_of_variable(std::string_view name_after_prefix) {
    std::string name(name_after_prefix);
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
        if (c == '_') c = '.';
    }
    replace_all(name, "...", "-");
    replace_all(name, "..", "_");
    return name;
}

Result<ContainerConfig> make_container_config(const Variables& variables, const Properties& file,
                                              std::string& error) {
    Sorter sorted(variables);
    ContainerConfig result;
    result.properties = std::move(sorted.properties);
    result.warnings = sorted.warnings();
    unite_aliases(result.properties);
    advertise_host(variables, result.properties);
    auto below = file;
    unite_aliases(below);
    result.properties.merge(below);
    const bool bitnami = variables.contains("ALLOW_PLAINTEXT_LISTENER") ||
                         std::ranges::any_of(variables, [](const auto& variable) {
                             return variable.first.starts_with(bitnami_prefix) ||
                                    variable.first.starts_with("KAFKA_KRAFT_");
                         });
    add_defaults(result.properties, bitnami);
    for (const char* name : {"CLUSTER_ID", "KAFKA_KRAFT_CLUSTER_ID", "KAFKA_CLUSTER_ID"})
        if (result.cluster_id.empty()) result.cluster_id = value_of(variables, name);
    if (result.cluster_id.empty()) result.cluster_id = default_cluster_id;
    error = parse_topics(variables, result.topics);
    if (error.empty()) error = refuse_larger_quorum(result.properties);
    if (!error.empty()) return fail(ErrorCode::invalid_config, "environment");
    return result;
}

}  // namespace barnabas::broker
