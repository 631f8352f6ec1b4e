// SPDX-License-Identifier: Apache-2.0
// The table of APIs, and what ApiVersions makes of it. (Ranges against the schema are checked when
// the table is compiled.)
#include "broker/server/api_table.h"

#include <gmock/gmock.h>

#include <sstream>

#include "broker/server/dispatcher.h"
#include "broker/test/handler_fixture.h"
#include "protocol/messages/api_versions.h"

namespace barnabas::broker {
namespace {

using protocol::ApiVersionsRequest;
using testing::HasSubstr;

class ApiVersionsTest : public HandlerFixture {
  protected:
    ApiVersionsTest() {
        cluster_.image_.features = {{"metadata.version", int16_t{30}},
                                    {"group.version", int16_t{1}}};
        cluster_.image_.offset = Offset{126};
    }
    auto ask(int16_t version, const char* software = "client", const char* number = "1.0") {
        ApiVersionsRequest request;
        request.client_software_name = Text(software);
        request.client_software_version = Text(number);
        return call(handle_api_versions, std::move(request), version);
    }
};

TEST_F(ApiVersionsTest, N12_advertises_exactly_what_is_answered) {
    for (int16_t version = 0; version <= 4; ++version) {
        const auto response = ask(version);
        EXPECT_EQ(response.error_code, ErrorCode::none);
        size_t i = 0;
        for (const ApiEntry& entry : broker_apis()) {
            if (!is_advertised(entry.key)) continue;
            ASSERT_LT(i, response.api_keys.size());
            EXPECT_EQ(response.api_keys[i].api_key, static_cast<int16_t>(entry.key));
            EXPECT_EQ(response.api_keys[i].max_version, entry.version_max);
            const bool is_produce = entry.key == protocol::ApiKey::produce;
            EXPECT_EQ(response.api_keys[i].min_version, is_produce ? 0 : entry.version_min);
            ++i;
        }
        EXPECT_EQ(response.api_keys.size(), i);
    }
}

TEST_F(ApiVersionsTest, features_are_told_as_the_version_can_take_them) {
    EXPECT_TRUE(ask(2).supported_features.empty());
    const auto third = ask(3);
    ASSERT_EQ(third.supported_features.size(), 1u) << "level 0 is hidden";
    EXPECT_EQ(third.supported_features[0].name, "metadata.version");
    EXPECT_EQ(third.supported_features[0].min_version, 7);
    EXPECT_EQ(third.finalized_features_epoch, 126);
    EXPECT_EQ(third.finalized_features.size(), 2u);
    EXPECT_EQ(ask(4).supported_features.size(), 7u);
}

TEST_F(ApiVersionsTest, software_names_are_checked_and_kept) {
    for (const char* bad : {"", "a b", "a-", "-a", "a_b", ".", "ä"}) {
        EXPECT_EQ(ask(3, bad).error_code, ErrorCode::invalid_request) << bad;
        EXPECT_TRUE(ask(4, "a", bad).api_keys.empty()) << bad;
        EXPECT_EQ(ask(2, bad).error_code, ErrorCode::none) << "not in that version";
    }
    EXPECT_EQ(ask(4, "apache-kafka-java", "4.3.0").error_code, ErrorCode::none);
    EXPECT_EQ(client_.software_name, "apache-kafka-java");
    EXPECT_EQ(client_.software_version, "4.3.0");
}

TEST(ApiTableTest, every_api_is_found_by_its_key_and_no_other) {
    Metrics metrics;
    const Dispatcher apis(broker_apis(), metrics);
    size_t found = 0;
    for (int key = INT16_MIN; key <= INT16_MAX; ++key)
        if (const ApiEntry* entry = apis.find(static_cast<int16_t>(key))) {
            EXPECT_EQ(static_cast<int>(entry->key), key);
            ++found;
        }
    EXPECT_EQ(found, broker_apis().size());
}

TEST(ApiTableTest, the_table_is_printed_with_what_is_missing) {
    std::ostringstream out;
    print_api_table(out);
    EXPECT_THAT(out.str(), HasSubstr("| 0 | Produce | 3-13 | 3-13 |\n"));
    EXPECT_THAT(out.str(), HasSubstr("| 18 | ApiVersions | 0-4 | 0-4 |\n"));
    EXPECT_THAT(out.str(), HasSubstr("| 78 | ShareFetch | - | 1-2 |\n"));
}

}  // namespace
}  // namespace barnabas::broker
