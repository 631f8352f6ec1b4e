// SPDX-License-Identifier: Apache-2.0
// Handlers that pass a command on to the controller: request, version and answer arrive unchanged.
#include "broker/test/handler_fixture.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace barnabas::broker {
namespace {

using AdminHandlers = HandlerFixture;

TEST_F(AdminHandlers, create_topics) {
    protocol::CreateTopicsRequest request;
    request.topics.emplace_back().name = Text("a");
    request.validate_only = true;
    const auto response = call(handle_create_topics, std::move(request), 6);
    EXPECT_EQ(response.topics.at(0).name, "a");
    EXPECT_EQ(cluster_.last_version, 6);
    EXPECT_TRUE(cluster_.created.at(0).validate_only);
}

TEST_F(AdminHandlers, delete_topics) {
    protocol::DeleteTopicsRequest request;
    request.topics.emplace_back().name = Text("a");
    const auto response = call(handle_delete_topics, std::move(request), 5);
    EXPECT_EQ(*response.responses.at(0).name, "a");
    EXPECT_EQ(cluster_.last_version, 5);
}

TEST_F(AdminHandlers, create_partitions) {
    protocol::CreatePartitionsRequest request;
    request.topics.emplace_back().name = Text("a");
    const auto response = call(handle_create_partitions, std::move(request), 2);
    EXPECT_EQ(response.results.at(0).name, "a");
    EXPECT_EQ(cluster_.last_version, 2);
}

TEST_F(AdminHandlers, incremental_alter_configs) {
    protocol::IncrementalAlterConfigsRequest request;
    request.resources.emplace_back().resource_name = Text("a");
    const auto response = call(handle_incremental_alter_configs, std::move(request), 1);
    EXPECT_EQ(response.responses.at(0).resource_name, "a");
    EXPECT_EQ(cluster_.last_version, 1);
}

}  // namespace
}  // namespace barnabas::broker
