// SPDX-License-Identifier: Apache-2.0
// The controller's decisions, as transcripts (data/*.txt); and properties that hold for all of
// them.
#include "cluster/controller.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "cluster/config/config_def.h"
#include "cluster/test/controller_script.h"
#include "cluster/test/transcript.h"
#include "cluster/topic_name.h"

namespace barnabas::cluster {
namespace {

void check(const std::string& name) {
    ControllerScript script;
    check_transcript(name, [&](const std::string& command) { return script.run(command); });
}

TEST(Controller, start_of_a_cluster) {
    check("start.txt");
}
TEST(Controller, A01_A03_A08_create_topics) {
    check("create_topics.txt");
}
TEST(Controller, delete_topics) {
    check("delete_topics.txt");
}
TEST(Controller, A09_create_partitions) {
    check("create_partitions.txt");
}
TEST(Controller, A02_A04_alter_configs) {
    check("alter_configs.txt");
}
TEST(Controller, brokers_and_leaders) {
    check("brokers.txt");
}

// A controller with one broker and nothing else.
struct Ready {
    Ready() {
        ImageBuilder builder;
        apply(builder, decide_activation(context(), false, default_bootstrap_records()));
        image = *builder.build(Offset{9}, LeaderEpoch{1});
        BrokerRegistration registration;
        registration.log_dirs = {Uuid{{1}}};
        commit(decide_register_broker(context(), registration).records);
    }
    static void apply(ImageBuilder& builder, const std::vector<MetadataRecord>& records) {
        for (const MetadataRecord& record : records) EXPECT_TRUE(builder.apply(record).has_value());
    }
    void commit(const std::vector<MetadataRecord>& records) {
        ImageBuilder builder(*image);
        apply(builder, records);
        image = *builder.build(image->offset + int64_t(records.size()), LeaderEpoch{1});
    }
    DecideContext context() { return {*image, settings, image->offset + 1, random}; }

    std::shared_ptr<const MetadataImage> image = std::make_shared<const MetadataImage>();
    ControllerSettings settings;
    Random random{5};
};

TEST(Controller, A03_validate_only_records_nothing) {
    Ready ready;
    protocol::CreateTopicsRequest create;
    create.validate_only = true;
    auto& topic = create.topics.emplace_back();
    topic.name = Text("t");
    topic.num_partitions = 3;
    topic.replication_factor = 1;
    const auto answer = decide_create_topics(ready.context(), create, 7);
    EXPECT_TRUE(answer.records.empty());
    EXPECT_EQ(answer.response.topics.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(answer.response.topics.at(0).num_partitions, 3);
}

TEST(Controller, A01_one_bad_item_spoils_no_other) {
    Ready ready;
    protocol::CreateTopicsRequest request;
    for (const char* name : {"good", "bad name", "twice", "twice", "also-good"}) {
        auto& topic = request.topics.emplace_back();
        topic.name = Text(name);
        topic.num_partitions = 1;
        topic.replication_factor = static_cast<int16_t>(request.topics.size() == 5 ? 1 : -1);
    }
    request.topics.emplace_back().name = Text("wide");
    request.topics.back().num_partitions = 1;
    request.topics.back().replication_factor = 3;
    const auto created = decide_create_topics(ready.context(), request, 7);
    std::map<std::string, ErrorCode> told;
    for (const auto& topic : created.response.topics) told[topic.name.str()] = topic.error_code;
    EXPECT_EQ(told,
              (std::map<std::string, ErrorCode>{{"good", ErrorCode::none},
                                                {"bad name", ErrorCode::invalid_topic_exception},
                                                {"twice", ErrorCode::invalid_request},
                                                {"also-good", ErrorCode::none},
                                                {"wide", ErrorCode::invalid_replication_factor}}));
    ready.commit(created.records);
    EXPECT_EQ(ready.image->topics.size(), 2u);

    protocol::CreatePartitionsRequest growth;
    for (const char* name : {"good", "nope", "also-good"}) {
        auto& topic = growth.topics.emplace_back();
        topic.name = Text(name);
        topic.count = name == std::string_view("also-good") ? 1 : 3;
        topic.assignments.reset();
    }
    const auto grown = decide_create_partitions(ready.context(), growth);
    told.clear();
    for (const auto& topic : grown.response.results) told[topic.name.str()] = topic.error_code;
    EXPECT_EQ(told,
              (std::map<std::string, ErrorCode>{{"good", ErrorCode::none},
                                                {"nope", ErrorCode::unknown_topic_or_partition},
                                                {"also-good", ErrorCode::invalid_partitions}}));
    ready.commit(grown.records);
    EXPECT_EQ(ready.image->topic("good")->partitions.size(), 3u);

    protocol::DeleteTopicsRequest deletion;
    for (const char* name : {"nope", "good"}) deletion.topics.emplace_back().name = Text(name);
    const auto deleted = decide_delete_topics(ready.context(), deletion, 6);
    ready.commit(deleted.records);
    EXPECT_EQ(ready.image->topics.size(), 1u);
    EXPECT_NE(ready.image->topic("also-good"), nullptr);
}

TEST(Controller, A08_topic_names) {
    const std::string longest(249, 'x');
    EXPECT_EQ(check_topic_name(longest), "");
    EXPECT_EQ(check_topic_name("a.B-9_"), "");
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), longest + "x", std::string("a/b"),
          std::string("../x"), std::string("a\0b", 3), std::string("\xc3\xa4"), std::string("a b"),
          std::string("a\n")})
        EXPECT_NE(check_topic_name(name), "") << name;
    // Any bytes: what is accepted is safe as a directory's name.
    Random random(3);
    for (int i = 0; i < 20000; ++i) {
        std::string name(random.below(6), ' ');
        for (char& c : name) c = static_cast<char>(random.below(256));
        if (!check_topic_name(name).empty()) continue;
        ASSERT_EQ(name.find_first_of("/\\ \n\r\t\"'%:"), std::string::npos);
        ASSERT_NE(name, ".");
        ASSERT_NE(name, "..");
    }
}

TEST(Controller, X06_blocks_of_producer_ids_never_overlap) {
    Ready ready;
    int64_t next = 0;
    for (int i = 0; i < 100; ++i) {
        const auto decision = decide_allocate_producer_ids(ready.context());
        ASSERT_TRUE(decision.response.has_value());
        EXPECT_EQ(decision.response->first.value, next);
        EXPECT_EQ(decision.response->count, 1000);
        next += 1000;
        ready.commit(decision.records);
    }
}

TEST(Controller, effective_configs_of_a_new_topic) {
    Ready ready;
    ready.settings.static_configs = {{"log.retention.hours", "2"},
                                     {"log.segment.bytes", "2000000"}};
    protocol::CreateTopicsRequest create;
    auto& topic = create.topics.emplace_back();
    topic.name = Text("t");
    topic.num_partitions = topic.replication_factor = -1;
    topic.configs.emplace_back().name = Text("cleanup.policy");
    topic.configs.back().value = Text("compact");
    const auto answer = decide_create_topics(ready.context(), create, 5);
    std::map<std::string, std::pair<std::string, int>> configs;
    for (const auto& config : *answer.response.topics.at(0).configs)
        configs[config.name.str()] = {config.value->str(), config.config_source};
    EXPECT_EQ(configs.size(), 33u);
    EXPECT_EQ(configs["cleanup.policy"], std::pair(std::string("compact"), 1));
    EXPECT_EQ(configs["min.insync.replicas"], std::pair(std::string("1"), 3));
    EXPECT_EQ(configs["retention.ms"], std::pair(std::string("7200000"), 4));
    EXPECT_EQ(configs["segment.bytes"], std::pair(std::string("2000000"), 4));
    EXPECT_EQ(configs["flush.ms"], std::pair(std::string("9223372036854775807"), 5));
}

// Pitfall A02: whatever is accepted can be read again by those who start with it.
TEST(Controller, A02_random_values_are_refused_or_valid) {
    Ready ready;
    Random random(11);
    const char* values[] = {"-1",        "0",
                            "1",         "abc",
                            "",          "9223372036854775807",
                            "1e3",       "true",
                            "delete",    "compact,delete",
                            "0.5",       " 7 ",
                            "*",         "lz4",
                            "CreateTime"};
    int accepted = 0, refused = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto defs = topic_config_defs();
        protocol::CreateTopicsRequest create;
        auto& topic = create.topics.emplace_back();
        topic.name = Text(fmt::format("t{}", i));
        topic.num_partitions = topic.replication_factor = 1;
        auto& config = topic.configs.emplace_back();
        const ConfigDef& def = defs[random.below(defs.size())];
        config.name = Text(def.name);
        config.value = Text(values[random.below(std::size(values))]);
        const auto decision = decide_create_topics(ready.context(), create, 4);
        if (decision.response.topics.at(0).error_code == ErrorCode::none) {
            ++accepted;
            EXPECT_EQ(check_config_value(def, config.value->view()), "");
        } else {
            ++refused;
            EXPECT_TRUE(decision.records.empty());
        }
    }
    EXPECT_GT(accepted, 200);
    EXPECT_GT(refused, 200);
}

TEST(Controller, placement_spreads_replicas_evenly) {
    Ready ready;
    for (int32_t id = 2; id <= 4; ++id) {
        ready.settings.node_id = BrokerId{id};
        ready.commit(decide_register_broker(ready.context(), {}).records);
    }
    protocol::CreateTopicsRequest create;
    auto& topic = create.topics.emplace_back();
    topic.name = Text("t");
    topic.num_partitions = 40;
    topic.replication_factor = 3;
    ready.commit(decide_create_topics(ready.context(), create, 4).records);
    std::map<BrokerId, int> leads, holds;
    for (const PartitionImage& partition : ready.image->topic("t")->partitions) {
        ++leads[partition.leader];
        const std::set<BrokerId> distinct(partition.replicas.begin(), partition.replicas.end());
        EXPECT_EQ(distinct.size(), 3u);
        EXPECT_EQ(partition.isr, partition.replicas);
        for (const BrokerId id : partition.replicas) ++holds[id];
    }
    for (int32_t id = 1; id <= 4; ++id) {
        EXPECT_EQ(leads[BrokerId{id}], 10);
        EXPECT_EQ(holds[BrokerId{id}], 30);
    }
}

}  // namespace
}  // namespace barnabas::cluster
