// SPDX-License-Identifier: Apache-2.0
// DescribeConfigs and InitProducerId. Expected answers were taken from Apache Kafka 4.3.
#include <gmock/gmock.h>

#include <set>

#include "broker/test/handler_fixture.h"
#include "cluster/config/config_def.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/init_producer_id.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigResourceType;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::InitProducerIdRequest;
using testing::ElementsAre;
using Described = DescribeConfigsResponse::DescribeConfigsResult;

class DescribeConfigsTest : public HandlerFixture {
  protected:
    DescribeConfigsTest() { cluster_.add_topic("a", 1); }

    Described describe(ConfigResourceType type, const char* name,
                       std::vector<const char*> keys = {}, bool synonyms = true) {
        DescribeConfigsRequest request;
        request.include_synonyms = synonyms;
        auto& resource = request.resources.emplace_back();
        resource.resource_type = static_cast<int8_t>(type);
        resource.resource_name = Text(name);
        resource.configuration_keys.reset();
        if (!keys.empty()) {
            resource.configuration_keys.emplace();
            for (const char* key : keys) resource.configuration_keys->emplace_back(Text(key));
        }
        return call(handle_describe_configs, std::move(request), 4).results.at(0);
    }
    // "retention.ms=5000 (1) retention.ms=5000/1 log.retention.hours=168/5"
    static std::string show(const DescribeConfigsResponse::DescribeConfigsResourceResult& entry) {
        std::string line = entry.name.str() + "=" + (entry.value ? entry.value->str() : "null") +
                           " (" + std::to_string(entry.config_source) + ")";
        for (const auto& synonym : entry.synonyms)
            line += " " + synonym.name.str() + "=" +
                    (synonym.value ? synonym.value->str() : "null") + "/" +
                    std::to_string(synonym.source);
        return line;
    }
    static std::vector<std::string> lines(const Described& described) {
        std::vector<std::string> result;
        for (const auto& entry : described.configs) result.push_back(show(entry));
        return result;
    }
};

TEST_F(DescribeConfigsTest, A05_topic_configs_and_all_layers_beneath) {
    EXPECT_THAT(lines(describe(ConfigResourceType::topic, "a", {"retention.ms"})),
                ElementsAre("retention.ms=604800000 (5)"));
    config_.given["log.retention.hours"] = "1";
    EXPECT_THAT(lines(describe(ConfigResourceType::topic, "a", {"retention.ms"})),
                ElementsAre("retention.ms=3600000 (5)"));
    cluster_.set_config(ConfigResourceType::broker, "", {{"log.retention.ms", "7000"}});
    cluster_.set_config(ConfigResourceType::broker, "1", {{"log.retention.ms", "6000"}});
    EXPECT_THAT(lines(describe(ConfigResourceType::topic, "a", {"retention.ms"})),
                ElementsAre("retention.ms=6000 (2) log.retention.ms=6000/2 "
                            "log.retention.ms=7000/3 log.retention.hours=1/4 "
                            "log.retention.hours=168/5"));
    cluster_.set_config(ConfigResourceType::topic, "a", {{"retention.ms", "5000"}});
    EXPECT_THAT(lines(describe(ConfigResourceType::topic, "a", {"retention.ms", "nope"})),
                ElementsAre("retention.ms=5000 (1) retention.ms=5000/1 log.retention.ms=6000/2 "
                            "log.retention.ms=7000/3 log.retention.hours=1/4 "
                            "log.retention.hours=168/5"));
}

TEST_F(DescribeConfigsTest, topic_configs_without_a_broker_setting) {
    EXPECT_THAT(lines(describe(ConfigResourceType::topic, "a",
                               {"remote.storage.enable", "leader.replication.throttled.replicas"})),
                ElementsAre("leader.replication.throttled.replicas= (5)",
                            "remote.storage.enable=false (5)"));
}

TEST_F(DescribeConfigsTest, all_keys_when_none_is_named_and_no_synonyms_unless_asked_for) {
    const auto all = describe(ConfigResourceType::topic, "a", {}, false);
    EXPECT_EQ(all.configs.size(), 33u);
    for (const auto& entry : all.configs) {
        EXPECT_TRUE(entry.synonyms.empty());
        EXPECT_FALSE(entry.documentation.has_value());
        EXPECT_FALSE(entry.read_only);
        EXPECT_NE(entry.config_type, 0);
    }
    EXPECT_EQ(*all.error_message, "");
}

TEST_F(DescribeConfigsTest, documentation_when_asked_for) {
    DescribeConfigsRequest request;
    request.include_documentation = true;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = 2;
    resource.resource_name = Text("a");
    const auto response = call(handle_describe_configs, std::move(request), 3);
    for (const auto& entry : response.results.at(0).configs)
        EXPECT_TRUE(entry.documentation.has_value());
}

TEST_F(DescribeConfigsTest, broker_configs) {
    config_.given["log.retention.hours"] = "1";
    config_.given["log.dirs"] = "/data";
    EXPECT_THAT(
        lines(describe(ConfigResourceType::broker, "1",
                       {"log.retention.ms", "log.retention.hours", "node.id", "log.dirs",
                        "num.io.threads", "nope"})),
        ElementsAre("log.dirs=/data (4) log.dirs=/data/4 log.dirs=./barnabas-data/5",
                    "log.retention.hours=1 (4) log.retention.hours=1/4 log.retention.hours=168/5",
                    "log.retention.ms=null (5)", "node.id=1 (5) node.id=1/5",
                    "num.io.threads=8 (5) num.io.threads=8/5"));
    cluster_.set_config(ConfigResourceType::broker, "1", {{"log.retention.ms", "6000"}});
    EXPECT_THAT(lines(describe(ConfigResourceType::broker, "1", {"log.retention.ms"})),
                ElementsAre("log.retention.ms=6000 (2) log.retention.ms=6000/2 "
                            "log.retention.hours=1/4 log.retention.hours=168/5"));
    const auto all = describe(ConfigResourceType::broker, "1");
    EXPECT_EQ(all.configs.size(), cluster::broker_config_defs().size());
}

TEST_F(DescribeConfigsTest, defaults_of_all_brokers) {
    EXPECT_TRUE(describe(ConfigResourceType::broker, "").configs.empty());
    cluster_.set_config(ConfigResourceType::broker, "",
                        {{"log.cleaner.threads", "2"}, {"log.retention.ms", "7000"}});
    EXPECT_THAT(lines(describe(ConfigResourceType::broker, "")),
                ElementsAre("log.cleaner.threads=2 (3) log.cleaner.threads=2/3",
                            "log.retention.ms=7000 (3) log.retention.ms=7000/3"));
}

TEST_F(DescribeConfigsTest, A13_secrets_are_never_shown) {
    config_.given["ssl.keystore.password"] = "hunter2";
    const auto described =
        describe(ConfigResourceType::broker, "1", {"ssl.keystore.password", "ssl.key.password"});
    ASSERT_EQ(described.configs.size(), 2u);
    for (const auto& entry : described.configs) {
        EXPECT_TRUE(entry.is_sensitive);
        EXPECT_FALSE(entry.value.has_value());
        for (const auto& synonym : entry.synonyms) EXPECT_FALSE(synonym.value.has_value());
    }
}

TEST_F(DescribeConfigsTest, groups_client_metrics_and_loggers) {
    EXPECT_THAT(lines(describe(ConfigResourceType::group, "g", {"consumer.session.timeout.ms"})),
                ElementsAre("consumer.session.timeout.ms=45000 (5) "
                            "group.consumer.session.timeout.ms=45000/5"));
    cluster_.set_config(ConfigResourceType::group, "g", {{"consumer.session.timeout.ms", "50000"}});
    EXPECT_THAT(lines(describe(ConfigResourceType::group, "g", {"consumer.session.timeout.ms"})),
                ElementsAre("consumer.session.timeout.ms=50000 (8) "
                            "consumer.session.timeout.ms=50000/8 "
                            "group.consumer.session.timeout.ms=45000/5"));
    EXPECT_THAT(lines(describe(ConfigResourceType::client_metrics, "m", {}, false)),
                ElementsAre("interval.ms=300000 (5)", "match= (5)", "metrics= (5)"));
    const auto loggers = describe(ConfigResourceType::broker_logger, "1");
    ASSERT_EQ(loggers.configs.size(), 1u);
    EXPECT_EQ(loggers.configs[0].name, "root");
    EXPECT_EQ(loggers.configs[0].config_source, 6);
}

TEST_F(DescribeConfigsTest, refusals_in_kafkas_words) {
    const auto check = [this](ConfigResourceType type, const char* name, ErrorCode error,
                              const char* message) {
        const auto described = describe(type, name);
        EXPECT_EQ(described.error_code, error) << name;
        EXPECT_EQ(*described.error_message, message);
        EXPECT_TRUE(described.configs.empty());
    };
    using Type = ConfigResourceType;
    check(Type::topic, "nope", ErrorCode::unknown_topic_or_partition, "");
    check(Type::topic, "", ErrorCode::invalid_topic_exception,
          "Topic name is invalid: the empty string is not allowed");
    check(Type::broker, "2", ErrorCode::invalid_request,
          "Unexpected broker id, expected 1 or empty string, but received 2");
    check(Type::broker, "abc", ErrorCode::invalid_request,
          "Broker id must be an integer, but it is: abc");
    check(Type::broker_logger, "2", ErrorCode::invalid_request,
          "Unexpected broker id, expected 1 but received 2");
    check(Type::group, "", ErrorCode::invalid_request, "Group name must not be empty");
    check(Type::client_metrics, "", ErrorCode::invalid_request,
          "Client metrics subscription name must not be empty");
    EXPECT_EQ(describe(static_cast<Type>(77), "a").error_code, ErrorCode::invalid_request);
}

class InitProducerIdTest : public HandlerFixture {
  protected:
    static InitProducerIdRequest plain() {
        InitProducerIdRequest request;
        request.transactional_id.reset();
        return request;
    }
};

TEST_F(InitProducerIdTest, X06_every_id_is_given_once) {
    std::set<int64_t> seen;
    for (int i = 0; i < 105; ++i) {
        const auto response = call(handle_init_producer_id, plain(), 5);
        ASSERT_EQ(response.error_code, ErrorCode::none);
        EXPECT_EQ(response.producer_epoch, 0);
        EXPECT_TRUE(seen.insert(response.producer_id.value).second);
    }
    EXPECT_EQ(cluster_.blocks_given, 11);
}

TEST_F(InitProducerIdTest, X06_many_at_once_share_the_wait_for_a_block) {
    cluster_.clock = &loop_.clock();
    std::set<int64_t> seen;
    const auto ask = [](ProducerIds& ids, std::set<int64_t>& into) -> Task<void> {
        const auto id = co_await ids.next();
        EXPECT_TRUE(id.has_value());
        if (id) EXPECT_TRUE(into.insert(id->value).second);
    };
    for (int i = 0; i < 35; ++i)
        boost::asio::co_spawn(loop_.executor(), ask(producer_ids_, seen),
                              [](std::exception_ptr) {});
    loop_.run_for(std::chrono::seconds(10));
    EXPECT_EQ(seen.size(), 35u);
    EXPECT_EQ(cluster_.blocks_given, 4);
}

TEST_F(InitProducerIdTest, a_controller_that_gives_none_is_an_error_for_now) {
    cluster_.allocation_error = ErrorCode::not_controller;
    const auto refused = call(handle_init_producer_id, plain(), 5);
    EXPECT_EQ(refused.error_code, ErrorCode::not_controller);
    EXPECT_EQ(refused.producer_id, producer_id_none);
    EXPECT_EQ(refused.producer_epoch, -1);
    cluster_.allocation_error = ErrorCode::none;
    EXPECT_EQ(call(handle_init_producer_id, plain(), 5).error_code, ErrorCode::none);
}

TEST_F(InitProducerIdTest, id_and_epoch_come_together_or_not_at_all) {
    auto request = plain();
    request.producer_id = ProducerId{5};
    EXPECT_EQ(call(handle_init_producer_id, request, 5).error_code, ErrorCode::invalid_request);
    request.producer_epoch = 3;
    const auto renewed = call(handle_init_producer_id, request, 5);
    EXPECT_EQ(renewed.error_code, ErrorCode::none);
    EXPECT_EQ(renewed.producer_epoch, 0) << "a new id, not a new epoch";
    request.producer_id = producer_id_none;
    EXPECT_EQ(call(handle_init_producer_id, request, 5).error_code, ErrorCode::invalid_request);
}

TEST_F(InitProducerIdTest, a_transactional_id_has_a_name) {
    auto request = plain();
    request.transactional_id = Text("");
    EXPECT_EQ(call(handle_init_producer_id, request, 5).error_code, ErrorCode::invalid_request);
}

}  // namespace
}  // namespace barnabas::broker
