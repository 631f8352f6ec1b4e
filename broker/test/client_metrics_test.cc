// SPDX-License-Identifier: Apache-2.0
// Client metrics subscriptions (KIP-714): which clients they match, and whose turn it is. What is
// expected here is what Apache Kafka 4.3 was seen to answer.
#include "broker/client_metrics.h"

#include <gmock/gmock.h>

#include "broker/test/handler_fixture.h"
#include "protocol/messages/get_telemetry_subscriptions.h"
#include "protocol/messages/push_telemetry.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigResourceType;
using testing::ElementsAre;

class ClientMetricsTest : public HandlerFixture {
  protected:
    ClientMetricsTest() { client_.software_name = "soft"; }

    void set(const std::string& name, cluster::ConfigMap configs) {
        cluster_.set_config(ConfigResourceType::client_metrics, name, std::move(configs));
        ++cluster_.image_.offset.value;
    }
    auto get(const Uuid& id) {
        protocol::GetTelemetrySubscriptionsRequest request;
        request.client_instance_id = id;
        return call(handle_get_telemetry_subscriptions, std::move(request), 0);
    }
    ErrorCode push(const Uuid& id, int32_t subscription, bool terminating = false, int8_t codec = 0,
                   std::vector<uint8_t> bytes = {}) {
        protocol::PushTelemetryRequest request;
        request.client_instance_id = id;
        request.subscription_id = subscription;
        request.terminating = terminating;
        request.compression_type = codec;
        request.metrics = Blob(std::move(bytes));
        return call(handle_push_telemetry, std::move(request), 0).error_code;
    }
    static Uuid id(uint8_t last) {
        Uuid result;
        result.bytes[15] = last;
        return result;
    }
};

TEST_F(ClientMetricsTest, subscriptions_that_match_are_joined) {
    const auto nothing = get(id(1));
    EXPECT_EQ(nothing.subscription_id, -725132321);
    EXPECT_EQ(nothing.push_interval_ms, 300'000);
    EXPECT_TRUE(nothing.requested_metrics.empty());
    EXPECT_THAT(nothing.accepted_compression_types, ElementsAre(4, 3, 1, 2));
    EXPECT_EQ(nothing.telemetry_max_bytes, 1'048'576);
    set("a", {{"metrics", "x.y"}, {"interval.ms", "1000"}});
    EXPECT_EQ(get(id(2)).push_interval_ms, 1000);
    set("b", {{"metrics", "b.c"}, {"match", "client_software_name=so.*"}});
    EXPECT_THAT(get(id(3)).requested_metrics, ElementsAre("b.c", "x.y"));
    set("b", {{"metrics", "*"}, {"match", "client_software_name=so"}});
    EXPECT_THAT(get(id(4)).requested_metrics, ElementsAre("x.y")) << "the whole name must match";
    set("b", {{"metrics", "*"}, {"match", "client_software_name=so.*,client_id="}});
    EXPECT_THAT(get(id(5)).requested_metrics, ElementsAre("*"));
    set("a", {{"interval.ms", "3000000"}});
    EXPECT_EQ(get(id(6)).push_interval_ms, 300'000) << "never longer than the default";
}

TEST_F(ClientMetricsTest, everybody_waits_for_its_turn) {
    EXPECT_FALSE(get(Uuid{}).client_instance_id.is_zero()) << "a name is made up";
    EXPECT_EQ(push(Uuid{}, 0), ErrorCode::invalid_request);
    EXPECT_EQ(push(id(1), 0), ErrorCode::invalid_request) << "reserved";
    const int32_t mine = get(id(9)).subscription_id;
    EXPECT_EQ(get(id(9)).error_code, ErrorCode::throttling_quota_exceeded);
    EXPECT_EQ(push(id(9), mine), ErrorCode::none);
    EXPECT_EQ(push(id(9), mine), ErrorCode::throttling_quota_exceeded);
    EXPECT_EQ(push(id(9), mine, true), ErrorCode::none) << "a farewell may come early";
    EXPECT_EQ(push(id(9), mine, true), ErrorCode::invalid_request) << "but once";
    EXPECT_EQ(push(id(2), 1), ErrorCode::unknown_subscription_id);
    EXPECT_EQ(get(id(2)).error_code, ErrorCode::none) << "it was told to ask";
    loop_.run_for(std::chrono::seconds(301));
    EXPECT_EQ(get(id(2)).error_code, ErrorCode::none);
}

TEST_F(ClientMetricsTest, pushes_are_checked) {
    const int32_t one = get(id(9)).subscription_id;
    EXPECT_EQ(push(id(9), one, false, 9), ErrorCode::unsupported_compression_type);
    EXPECT_EQ(get(id(9)).error_code, ErrorCode::none);
    const int32_t two = get(id(2)).subscription_id;
    EXPECT_EQ(push(id(2), two, false, 1, {1, 2, 3}), ErrorCode::invalid_record);
    const int32_t three = get(id(3)).subscription_id;
    EXPECT_EQ(push(id(3), three, false, 0, std::vector<uint8_t>(1'048'577)),
              ErrorCode::telemetry_too_large);
    const int32_t four = get(id(4)).subscription_id;
    set("a", {{"interval.ms", "1000"}});
    EXPECT_EQ(push(id(4), four), ErrorCode::unknown_subscription_id) << "others are asked for now";
}

TEST_F(ClientMetricsTest, clients_that_are_remembered_are_limited) {
    for (int i = 0; i < 20'000; ++i) get(Uuid{});
    EXPECT_EQ(client_metrics_.instances(), 16'384u);
}

}  // namespace
}  // namespace barnabas::broker
