// SPDX-License-Identifier: Apache-2.0
// Tests of the environment of containers: the mapping of names, who wins, what people's compose
// files and test harnesses set, and what is ignored and said.
#include "broker/container_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/broker_config.h"

namespace barnabas::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Properties = std::map<std::string, std::string>;

ContainerConfig made(const Variables& variables, const Properties& file = {}) {
    std::string error;
    auto config = make_container_config(variables, file, error);
    EXPECT_TRUE(config) << error;
    return config ? *config : ContainerConfig{};
}

// The broker's settings after the second step, too.
BrokerConfig served(const Variables& variables, const Properties& file = {}) {
    std::string error;
    auto config = make_broker_config(made(variables, file).properties, error);
    EXPECT_TRUE(config) << error;
    return config ? *config : BrokerConfig{};
}

std::string refusal(const Variables& variables, const Properties& file = {}) {
    std::string error;
    EXPECT_FALSE(make_container_config(variables, file, error));
    return error;
}

// "NAME bind -> advertised" of each listener.
std::vector<std::string> listeners(const Variables& variables, const Properties& file = {}) {
    std::vector<std::string> lines;
    for (const auto& listener : served(variables, file).listeners)
        lines.push_back(listener.name + " " + listener.bind.str() + " -> " +
                        listener.advertised.str());
    return lines;
}

TEST(ContainerConfig, C1_names_are_mapped_as_apache_kafka_does) {
    EXPECT_EQ(property_of_variable("ADVERTISED_LISTENERS"), "advertised.listeners");
    EXPECT_EQ(property_of_variable("A__B"), "a_b");
    EXPECT_EQ(property_of_variable("A___B"), "a-b");
    EXPECT_EQ(property_of_variable("A____B"), "a-.b");
    EXPECT_EQ(
        property_of_variable("LISTENER_NAME_SECURE__SCRAM_SCRAM___SHA___512_SASL_JAAS_CONFIG"),
        "listener.name.secure_scram.scram-sha-512.sasl.jaas.config");
    EXPECT_EQ(property_of_variable("LISTENER_NAME_SECURE_SCRAM-SHA-512_SASL_JAAS_CONFIG"),
              "listener.name.secure.scram-sha-512.sasl.jaas.config");
    const auto config = made({{"KAFKA_NUM_PARTITIONS", "3"}, {"PATH", "/bin"}, {"NUM_X", "1"}});
    EXPECT_EQ(config.properties.at("num.partitions"), "3");
    EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(ContainerConfig, defaults_are_a_working_single_node) {
    EXPECT_THAT(listeners({}), ElementsAre("PLAINTEXT :9092 -> localhost:9092"));
    const auto config = made({});
    EXPECT_EQ(config.cluster_id, "5L6g3nShT-eMCtK--X86sw");
    EXPECT_EQ(config.properties.at("log.dirs"), "/var/lib/kafka/data");
    EXPECT_EQ(config.properties.at("group.initial.rebalance.delay.ms"), "0");
    EXPECT_THAT(config.topics, IsEmpty());
    const auto broker = served({});
    EXPECT_EQ(broker.node_id.value, 1);
    EXPECT_THAT(broker.warnings, IsEmpty());
}

TEST(ContainerConfig, C1_environment_over_file_over_defaults_by_merging) {
    const auto config = made({{"KAFKA_NUM_PARTITIONS", "7"}},
                             {{"num.partitions", "5"}, {"node.id", "4"}, {"log.dir", "/d"}});
    EXPECT_EQ(config.properties.at("num.partitions"), "7");
    EXPECT_EQ(config.properties.at("node.id"), "4");
    EXPECT_EQ(config.properties.at("log.dirs"), "/d");
    // One variable alone keeps the other defaults (KAFKA-17953).
    const auto lone = made({{"KAFKA_LOG_RETENTION_HOURS", "1"}});
    EXPECT_EQ(lone.properties.at("listeners"), "PLAINTEXT://:9092,CONTROLLER://:9093");
    // The environment's name of a setting wins over the file's other name of it.
    const auto aliased = made({{"KAFKA_BROKER_ID", "9"}, {"KAFKA_LOG_DIR", "/e"}},
                              {{"node.id", "4"}, {"log.dirs", "/d"}});
    EXPECT_EQ(aliased.properties.at("node.id"), "9");
    EXPECT_EQ(aliased.properties.at("log.dirs"), "/e");
    EXPECT_FALSE(aliased.properties.contains("broker.id"));
    EXPECT_EQ(made({{"KAFKA_BROKER_ID", "-1"}}).properties.at("node.id"), "1");
}

TEST(ContainerConfig, C1_empty_values_are_not_settings) {
    const auto config = made({{"KAFKA_NUM_PARTITIONS", ""}, {"KAFKA_LISTENERS", " "}});
    EXPECT_EQ(config.properties.at("num.partitions"), "1");
    EXPECT_THAT(config.warnings, ElementsAre("ignored, because they are empty: KAFKA_LISTENERS, "
                                             "KAFKA_NUM_PARTITIONS"));
}

TEST(ContainerConfig, C2_listeners_of_the_harnesses) {
    // Testcontainers for Java, apache/kafka.
    EXPECT_THAT(
        listeners({{"KAFKA_LISTENERS",
                    "PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,CONTROLLER://0.0.0.0:9094"},
                   {"KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://localhost:32771,BROKER://abc:9093"},
                   {"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                    "BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
                   {"KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"},
                   {"KAFKA_INTER_BROKER_LISTENER_NAME", "BROKER"},
                   {"KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9094"},
                   {"KAFKA_LOG_FLUSH_INTERVAL_MESSAGES", "9223372036854775807"}}),
        ElementsAre("PLAINTEXT 0.0.0.0:9092 -> localhost:32771",
                    "BROKER 0.0.0.0:9093 -> abc:9093"));
    // Testcontainers for .NET: a comma too many.
    EXPECT_THAT(
        listeners({{"KAFKA_LISTENERS", "CONTROLLER://:9094, PLAINTEXT://:9092 ,BROKER://:9093,"},
                   {"KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://127.0.0.1:1,BROKER://c:9093,"}}),
        ElementsAre("PLAINTEXT :9092 -> 127.0.0.1:1", "BROKER :9093 -> c:9093"));
}

TEST(ContainerConfig, C2_listeners_and_their_protocols_follow_from_what_is_advertised) {
    EXPECT_THAT(
        listeners({{"KAFKA_ADVERTISED_LISTENERS",
                    "PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092"}}),
        ElementsAre("PLAINTEXT :29092 -> broker:29092", "PLAINTEXT_HOST :9092 -> localhost:9092"));
    EXPECT_THAT(listeners({{"KAFKA_LISTENERS", "my-net_1://0.0.0.0:5,CONTROLLER://0.0.0.0:6"}}),
                ElementsAre("MY-NET_1 0.0.0.0:5 -> localhost:5"));
    // No controller listener at all; a host name to bind to.
    EXPECT_THAT(listeners({{"KAFKA_LISTENERS", "PLAINTEXT://broker:29092"}}),
                ElementsAre("PLAINTEXT broker:29092 -> broker:29092"));
    // The file says where to listen, the environment what to tell.
    EXPECT_THAT(listeners({{"KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://me:1"}},
                          {{"listeners", "PLAINTEXT://:9092"}}),
                ElementsAre("PLAINTEXT :9092 -> me:1"));
    EXPECT_THAT(served({{"KAFKA_ADVERTISED_LISTENERS", "OTHER://me:1"}},
                       {{"listeners", "PLAINTEXT://:9092"}})
                    .warnings,
                ElementsAre(HasSubstr("names OTHER")));
}

TEST(ContainerConfig, C2_host_and_port_of_the_zookeeper_era) {
    EXPECT_THAT(listeners({{"KAFKA_ADVERTISED_HOST_NAME", "10.0.0.7"},
                           {"KAFKA_ADVERTISED_PORT", "9094"},
                           {"KAFKA_ZOOKEEPER_CONNECT", "zookeeper:2181"}}),
                ElementsAre("PLAINTEXT :9094 -> 10.0.0.7:9094"));
}

TEST(ContainerConfig, C3_what_means_nothing_is_said_once_and_ignored) {
    const auto config = made({{"KAFKA_ZOOKEEPER_CONNECT", "z:2181"},
                              {"KAFKA_ZOOKEEPER_CONNECTION_TIMEOUT_MS", "1"},
                              {"KAFKA_HEAP_OPTS", "-Xmx1G"},
                              {"KAFKA_OPTS", "-D"},
                              {"KAFKA_JMX_PORT", "9101"},
                              {"KAFKA_LOG4J_ROOT_LOGLEVEL", "WARN"},
                              {"KAFKA_TOOLS_LOG4J_LOGLEVEL", "ERROR"},
                              {"KAFKA_REST_HOST_NAME", "rest"},
                              {"KAFKA_CONFLUENT_SUPPORT_METRICS_ENABLE", "false"},
                              {"KAFKA_PORT_9092_TCP", "tcp://10.0.0.1:9092"},
                              {"KAFKA_NO_SUCH_THING", "1"},
                              {"KAFKA_VERSION", "4.3.0"},
                              {"KAFKA_NUM_NETWORK_THREADS", "3"}});
    EXPECT_THAT(
        config.warnings,
        testing::UnorderedElementsAre(
            "ignored, because there is no ZooKeeper: KAFKA_ZOOKEEPER_CONNECT, "
            "KAFKA_ZOOKEEPER_CONNECTION_TIMEOUT_MS",
            "ignored, because there is no JVM: KAFKA_HEAP_OPTS, KAFKA_JMX_PORT, "
            "KAFKA_LOG4J_ROOT_LOGLEVEL, KAFKA_OPTS, KAFKA_TOOLS_LOG4J_LOGLEVEL",
            "ignored, because there is no REST proxy: KAFKA_REST_HOST_NAME",
            "ignored, because it belongs to another product of Confluent: "
            "KAFKA_CONFLUENT_SUPPORT_METRICS_ENABLE",
            "ignored, because container networks tell their names by it: KAFKA_PORT_9092_TCP",
            "ignored, because Apache Kafka has no such setting: KAFKA_NO_SUCH_THING"));
    EXPECT_EQ(config.properties.at("num.network.threads"), "3");
}

TEST(ContainerConfig, C3_any_cluster_id) {
    EXPECT_EQ(made({{"CLUSTER_ID", "iceberg-streaming-eks-demo00"}}).cluster_id,
              "iceberg-streaming-eks-demo00");
    EXPECT_EQ(made({{"KAFKA_KRAFT_CLUSTER_ID", "abc"}}).cluster_id, "abc");
    EXPECT_EQ(made({{"KAFKA_CLUSTER_ID", "a b"}, {"CLUSTER_ID", ""}}).cluster_id, "a b");
}

TEST(ContainerConfig, C3_a_quorum_of_several_is_refused) {
    EXPECT_THAT(refusal({{"KAFKA_CONTROLLER_QUORUM_VOTERS", "1@a:1,2@b:1,3@c:1"}}),
                HasSubstr("Invalid value 1@a:1,2@b:1,3@c:1 for configuration "
                          "controller.quorum.voters"));
    made({{"KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:29093,"}});
}

TEST(ContainerConfig, names_of_bitnami) {
    const auto config = made({{"KAFKA_CFG_NODE_ID", "0"},
                              {"KAFKA_NODE_ID", "5"},
                              {"KAFKA_CFG_PROCESS_ROLES", "controller,broker"},
                              {"KAFKA_CFG_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093"},
                              {"KAFKA_CFG_CONTROLLER_QUORUM_VOTERS", "0@kafka:9093"},
                              {"KAFKA_CFG_JMX_PORT", "1"},
                              {"KAFKA_CLIENT_USERS", "u"},
                              {"KAFKA_ENABLE_KRAFT", "yes"},
                              {"ALLOW_PLAINTEXT_LISTENER", "yes"},
                              {"BITNAMI_DEBUG", "true"}});
    EXPECT_EQ(config.properties.at("node.id"), "0");
    EXPECT_EQ(config.properties.at("log.dirs"), "/bitnami/kafka/data");
    EXPECT_THAT(config.warnings,
                testing::UnorderedElementsAre(
                    "ignored, because there is no JVM: KAFKA_CFG_JMX_PORT",
                    "ignored, because this version has no user accounts: KAFKA_CLIENT_USERS"));
    EXPECT_EQ(made({{"KAFKA_CFG_LOG_DIRS", "/x"}}).properties.at("log.dirs"), "/x");
}

std::vector<std::string> topics(const Variables& variables) {
    std::vector<std::string> lines;
    for (const auto& topic : made(variables).topics)
        lines.push_back(topic.name + " " + std::to_string(topic.partitions) + " " +
                        std::to_string(topic.replicas) + " " + topic.cleanup_policy);
    return lines;
}

TEST(ContainerConfig, topics_at_start_up) {
    EXPECT_THAT(topics({{"KAFKA_CREATE_TOPICS", "a:3:1, b:1:1:compact,c,,"}}),
                ElementsAre("a 3 1 ", "b 1 1 compact", "c -1 -1 "));
    EXPECT_THAT(topics({{"KAFKA_CREATE_TOPICS", "a:1:1\n b:2:1\n"},
                        {"KAFKA_CREATE_TOPICS_SEPARATOR", "$'\\n'"}}),
                ElementsAre("a 1 1 ", "b 2 1 "));
    EXPECT_THAT(topics({{"KAFKA_CREATE_TOPICS", "a;b:2"}, {"KAFKA_CREATE_TOPICS_SEPARATOR", ";"}}),
                ElementsAre("a -1 -1 ", "b 2 -1 "));
    EXPECT_THAT(refusal({{"KAFKA_CREATE_TOPICS", "a:none:1"}}),
                HasSubstr("Invalid value a:none:1 in KAFKA_CREATE_TOPICS"));
    EXPECT_THAT(refusal({{"KAFKA_CREATE_TOPICS", "a:0"}}), HasSubstr("a:0"));
    EXPECT_THAT(refusal({{"KAFKA_CREATE_TOPICS", "a:1:1:compact:more"}}), HasSubstr("more"));
}

}  // namespace
}  // namespace barnabas::broker
