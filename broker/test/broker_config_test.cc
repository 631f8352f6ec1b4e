// SPDX-License-Identifier: Apache-2.0
// Tests of server.properties: Java's syntax, listener grammar, merging, and the refusals people
// read.
#include "broker/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "broker/properties.h"
#include "cluster/config/config_def.h"

namespace barnabas::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using Properties = std::map<std::string, std::string>;

BrokerConfig made(const Properties& properties) {
    std::string error;
    auto config = make_broker_config(properties, error);
    EXPECT_TRUE(config) << error;
    return config ? *config : BrokerConfig{};
}

std::string refusal(const Properties& properties) {
    std::string error;
    EXPECT_FALSE(make_broker_config(properties, error));
    return error;
}

TEST(PropertiesSyntax, as_java_reads_them) {
    const auto parsed = parse_properties(
        "# comment\n! another\n\n a = 1 \r\nb:2\nc 3\nd\ne=x\\\n   "
        "y\nf=\\u00e9\\t.\ng\\=h=i\na=9\n");
    ASSERT_TRUE(parsed);
    EXPECT_THAT(*parsed, ElementsAre(Pair("a", "9"), Pair("b", "2"), Pair("c", "3"), Pair("d", ""),
                                     Pair("e", "xy"), Pair("f", "\xC3\xA9\t."), Pair("g=h", "i")));
    EXPECT_FALSE(parse_properties("a=\\u12"));
}

TEST(BrokerConfig, defaults_are_a_working_single_node) {
    const auto config = made({});
    ASSERT_EQ(config.listeners.size(), 1u);
    EXPECT_EQ(config.listeners[0].bind.str(), "localhost:9092");
    EXPECT_THAT(config.log_dirs, ElementsAre("./barnabas-data"));
    EXPECT_EQ(config.group_initial_rebalance_delay_ms, 0);
    EXPECT_FALSE(config.log_defaults.flushes_before_answer());
    EXPECT_TRUE(config.warnings.empty());
}

TEST(BrokerConfig, C2_listener_grammar_of_compose_files) {
    const auto config = made({{"listeners",
                               " TC-0://kafka:19092, PLAINTEXT_HOST://0.0.0.0:9093 ,"
                               "CONTROLLER://0.0.0.0:9094,BROKER://[::1]:9095,"},
                              {"advertised.listeners", "PLAINTEXT_HOST://example:32000,"},
                              {"listener.security.protocol.map",
                               "BROKER:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT,CONTROLLER:PLAINTEXT"}});
    ASSERT_EQ(config.listeners.size(), 3u);
    EXPECT_EQ(config.listeners[0].name, "TC-0");
    EXPECT_EQ(config.listeners[0].advertised.str(), "kafka:19092");
    EXPECT_EQ(config.listeners[1].advertised.str(), "example:32000");
    EXPECT_EQ(config.listeners[2].bind.host, "::1");
}

TEST(BrokerConfig, C2_listeners_derived_from_advertised) {
    const auto config = made({{"advertised.listeners", "PLAINTEXT://broker:29092"}});
    ASSERT_EQ(config.listeners.size(), 1u);
    EXPECT_EQ(config.listeners[0].bind.str(), ":29092");
    EXPECT_EQ(config.listeners[0].advertised.str(), "broker:29092");
}

TEST(BrokerConfig, refusals_name_key_value_and_what_is_allowed) {
    EXPECT_EQ(refusal({{"num.partitions", "0"}}),
              "Invalid value 0 for configuration num.partitions: Value must be at least 1");
    EXPECT_THAT(refusal({{"listeners", "localhost:9092"}}),
                HasSubstr("Invalid value localhost:9092 for configuration listeners: expected "
                          "NAME://host:port"));
    EXPECT_THAT(refusal({{"listeners", "PLAINTEXT://:70000"}}), HasSubstr("port 0 to 65535"));
    EXPECT_THAT(refusal({{"listeners", "A://:1,A://:2"}}), HasSubstr("different name"));
    EXPECT_THAT(refusal({{"listeners", "SSL://:9093"}}), HasSubstr("only PLAINTEXT"));
    EXPECT_THAT(refusal({{"group.coordinator.rebalance.protocols", "consumer,streams"}}),
                HasSubstr("Disabling the 'classic' protocol is not supported."));
    EXPECT_THAT(refusal({{"log.dirs", " ,"}}), HasSubstr("log.dirs"));
}

TEST(BrokerConfig, unknown_keys_warn_once_each_and_idle_keys_together) {
    const auto config = made(
        {{"zookeeper.connect", "zk:2181"}, {"num.io.threads", "8"}, {"background.threads", "10"}});
    ASSERT_EQ(config.warnings.size(), 2u);
    EXPECT_THAT(config.warnings[0], HasSubstr("zookeeper.connect"));
    EXPECT_THAT(config.warnings[1], HasSubstr("background.threads, num.io.threads"));
}

TEST(BrokerConfig, A05_finer_units_win_and_topics_override_the_broker) {
    const auto config = made({{"log.retention.hours", "2"},
                              {"log.retention.minutes", "30"},
                              {"log.roll.hours", "1"},
                              {"log.roll.ms", "5"},
                              {"log.cleanup.policy", "compact,delete"},
                              {"log.flush.interval.messages", "1"},
                              {"message.max.bytes", "2000"}});
    EXPECT_EQ(config.log_defaults.retention_ms, 30 * 60 * 1000);
    EXPECT_EQ(config.log_defaults.segment_ms, 5);
    EXPECT_TRUE(config.log_defaults.cleanup_compact && config.log_defaults.cleanup_delete);
    EXPECT_TRUE(config.log_defaults.flushes_before_answer());
    const Properties topic{{"max.message.bytes", "77"},
                           {"cleanup.policy", "compact"},
                           {"compression.type", "zstd"},
                           {"compression.zstd.level", "7"},
                           {"message.timestamp.type", "LogAppendTime"}};
    const auto merged = make_log_config(config, &topic);
    EXPECT_EQ(merged.max_message_bytes, 77);
    EXPECT_FALSE(merged.cleanup_delete);
    EXPECT_EQ(merged.compression_codec, 4);
    EXPECT_EQ(merged.compression_level, 7);
    EXPECT_EQ(merged.timestamp_type, storage::TimestampType::log_append_time);
    EXPECT_EQ(make_log_config(config, nullptr).max_message_bytes, 2000);
}

// Every topic setting that concerns a log reaches it; a new one must be sorted in here.
TEST(BrokerConfig, every_topic_setting_reaches_the_log) {
    const std::map<std::string, std::string> values{
        {"cleanup.policy", "compact"},
        {"compression.type", "lz4"},
        {"delete.retention.ms", "5"},
        {"file.delete.delay.ms", "5"},
        {"flush.messages", "5"},
        {"flush.ms", "5"},
        {"index.interval.bytes", "5"},
        {"max.compaction.lag.ms", "5"},
        {"max.message.bytes", "5"},
        {"message.timestamp.after.max.ms", "5"},
        {"message.timestamp.before.max.ms", "5"},
        {"message.timestamp.type", "LogAppendTime"},
        {"min.cleanable.dirty.ratio", "0.25"},
        {"min.compaction.lag.ms", "5"},
        {"min.insync.replicas", "5"},
        {"preallocate", "true"},
        {"retention.bytes", "5"},
        {"retention.ms", "5"},
        {"segment.bytes", "1048577"},
        {"segment.index.bytes", "5"},
        {"segment.jitter.ms", "5"},
        {"segment.ms", "5"},
        {"unclean.leader.election.enable", "true"},
    };
    // Accepted and told again, but of tiered storage and of replication between brokers.
    const std::set<std::string> elsewhere{"follower.replication.throttled.replicas",
                                          "leader.replication.throttled.replicas",
                                          "local.retention.bytes",
                                          "local.retention.ms",
                                          "remote.log.copy.disable",
                                          "remote.log.delete.on.disable",
                                          "remote.storage.enable"};
    const auto broker = made({});
    for (const auto& def : cluster::topic_config_defs()) {
        const std::string name(def.name);
        if (elsewhere.contains(name)) continue;
        SCOPED_TRACE(name);
        const bool is_level = name.ends_with(".level");
        Properties topic;
        if (is_level) {
            const std::string codec = name.substr(12, name.size() - 12 - 6);
            topic = {{"compression.type", codec}, {name, "2"}};
            EXPECT_EQ(make_log_config(broker, &topic).compression_level, 2);
            // The broker's level counts for a codec that only the topic chose.
            const auto with_level = made({{name, "3"}});
            topic.erase(name);
            EXPECT_EQ(make_log_config(with_level, &topic).compression_level, 3);
            continue;
        }
        ASSERT_TRUE(values.contains(name)) << "a setting that nobody knows what to do with";
        topic = {{name, values.at(name)}};
        EXPECT_NE(make_log_config(broker, &topic), make_log_config(broker, nullptr));
        if (def.broker_synonym.empty()) continue;
        const auto given = made({{std::string(def.broker_synonym), values.at(name)}});
        EXPECT_EQ(make_log_config(given, nullptr), make_log_config(broker, &topic));
    }
}

TEST(BrokerConfig, the_cleaner_takes_its_settings) {
    const auto cleaner = made({{"log.cleaner.enable", "false"},
                               {"log.cleaner.threads", "3"},
                               {"log.cleaner.dedupe.buffer.size", "1000"},
                               {"log.cleaner.io.buffer.size", "2000"},
                               {"log.cleaner.io.buffer.load.factor", "0.5"},
                               {"log.cleaner.io.max.bytes.per.second", "1E6"},
                               {"log.cleaner.backoff.ms", "7"}})
                             .cleaner;
    EXPECT_FALSE(cleaner.enabled);
    EXPECT_EQ(cleaner.threads, 3u);
    EXPECT_EQ(cleaner.dedupe_buffer_bytes, 1000u);
    EXPECT_EQ(cleaner.io_buffer_bytes, 2000u);
    EXPECT_EQ(cleaner.load_factor, 0.5);
    EXPECT_EQ(cleaner.bytes_per_second, 1e6);
    EXPECT_EQ(cleaner.backoff_ms, 7);
    EXPECT_TRUE(made({}).cleaner.enabled);
    EXPECT_EQ(made({{"log.cleaner.threads", "1"}}).warnings.size(), 0u);
}

// While the broker runs, what is set for it comes before what is set for all brokers.
TEST(BrokerConfig, the_cleaner_takes_settings_that_change) {
    const auto broker = made({{"log.cleaner.threads", "3"}, {"log.cleaner.backoff.ms", "7"}});
    const Properties all{{"log.cleaner.threads", "5"},
                         {"log.cleaner.io.max.bytes.per.second", "1000"}};
    const Properties own{{"log.cleaner.threads", "4"}};
    const auto alone = make_cleaner_options(broker, {});
    EXPECT_EQ(alone.threads, 3u);
    const auto layered = make_cleaner_options(broker, layered_broker_settings(&own, &all));
    EXPECT_EQ(layered.threads, 4u);
    EXPECT_EQ(layered.bytes_per_second, 1000);
    EXPECT_EQ(layered.backoff_ms, 7);
}

TEST(BrokerConfig, settings_of_directories_reach_them) {
    const auto config = made({{"replica.high.watermark.checkpoint.interval.ms", "7"},
                              {"num.recovery.threads.per.data.dir", "5"},
                              {"metadata.log.dir", "/metadata"},
                              {"metadata.log.segment.bytes", "8388609"},
                              {"log.flush.offset.checkpoint.interval.ms", "8"},
                              {"log.flush.start.offset.checkpoint.interval.ms", "9"},
                              {"log.retention.check.interval.ms", "10"}});
    EXPECT_EQ(config.high_watermark_checkpoint_interval_ms, 7);
    EXPECT_EQ(config.recovery_threads_per_data_dir, 5);
    EXPECT_EQ(config.metadata_log_dir, "/metadata");
    EXPECT_EQ(config.metadata_segment_bytes, 8388609);
    EXPECT_EQ(config.flush_offset_checkpoint_interval_ms, 8);
    EXPECT_EQ(config.flush_start_offset_checkpoint_interval_ms, 9);
    EXPECT_EQ(config.retention_check_interval_ms, 10);
    EXPECT_THAT(config.warnings, IsEmpty());
}

// Whoever sets something of the log is told what it does, or why it does nothing.
TEST(BrokerConfig, every_setting_of_the_log_acts_or_says_why_not) {
    const auto is_idle = [](std::string_view key, std::string_view value) {
        return !made({{std::string(key), std::string(value)}}).warnings.empty();
    };
    size_t idle = 0;
    for (const auto& def : cluster::broker_config_defs()) {
        if (!def.name.starts_with("log.") && !def.name.starts_with("metadata.")) continue;
        if (def.name == "log.dir" || def.name == "log.dirs") continue;
        const bool acts = !is_idle(def.name, def.default_value.value_or("1000"));
        idle += acts ? 0 : 1;
        EXPECT_EQ(acts, !def.documentation.starts_with("Without effect")) << def.name;
    }
    EXPECT_GE(idle, 6u);
    for (const auto& def : cluster::topic_config_defs())
        EXPECT_FALSE(def.documentation.empty()) << def.name;
}

TEST(BrokerConfig, log_retention_minus_one_is_for_ever) {
    EXPECT_EQ(made({{"log.retention.hours", "-1"}}).log_defaults.retention_ms, -1);
}

}  // namespace
}  // namespace barnabas::broker
