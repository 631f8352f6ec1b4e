// SPDX-License-Identifier: Apache-2.0
// Tests of the config tables: order (look-up is a binary search), that defaults pass their own
// rule, and the sentences that people read when a value is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cluster/config/config_def.h"
#include "cluster/config/config_number.h"

namespace barnabas::cluster {
namespace {

void check_table(std::span<const ConfigDef> rows, size_t rows_min) {
    ASSERT_GE(rows.size(), rows_min);
    EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &ConfigDef::name));
    EXPECT_EQ(std::ranges::adjacent_find(rows, {}, &ConfigDef::name), rows.end());
    for (const auto& row : rows)
        if (row.default_value && !row.default_value->empty())
            EXPECT_EQ(check_config_value(row, *row.default_value), "") << row.name;
}

TEST(ConfigNumber, is_read_as_java_reads_it) {
    EXPECT_EQ(config_number<int32_t>(" +5 "), 5);
    EXPECT_EQ(config_number<int64_t>("\t-7\n"), -7);
    EXPECT_EQ(config_number<int16_t>("007"), 7);
    EXPECT_EQ(config_number<double>("+0.5"), 0.5);
    for (const auto* text : {"", " ", "+", "+-5", "++5", "5 5", "0x10", "5L"})
        EXPECT_FALSE(config_number<int32_t>(text)) << text;
    EXPECT_FALSE(config_number<int32_t>("2147483648"));
    EXPECT_EQ(config_number<double>("0.5f"), 0.5);
    EXPECT_TRUE(std::isnan(config_number<double>("NaN").value_or(0)));
    EXPECT_EQ(config_number<double>("-Infinity"), -std::numeric_limits<double>::infinity());
    for (const auto* text : {"", "d", "nan", "inf", "infinity", "NaNd", "+"})
        EXPECT_FALSE(config_number<double>(text)) << text;
}

TEST(ConfigTables, sorted_unique_and_defaults_allowed) {
    check_table(topic_config_defs(), 33);
    check_table(broker_config_defs(), 340);
    check_table(group_config_defs(), 17);
}

TEST(ConfigTables, every_broker_synonym_exists) {
    for (const auto& row : topic_config_defs())
        if (!row.broker_synonym.empty())
            EXPECT_NE(find_broker_config(row.broker_synonym), nullptr) << row.name;
}

TEST(ConfigTables, refusals_name_key_value_and_what_is_allowed) {
    const auto refuse = [](std::string_view name, std::string_view value) {
        return check_config_value(*find_topic_config(name), value);
    };
    EXPECT_EQ(refuse("segment.bytes", "12"),
              "Invalid value 12 for configuration segment.bytes: Value must be at least 1048576");
    EXPECT_EQ(refuse("segment.bytes", "many"),
              "Invalid value many for configuration segment.bytes: Not a number of type INT");
    EXPECT_EQ(refuse("cleanup.policy", "shred"),
              "Invalid value shred for configuration cleanup.policy: "
              "String must be one of: compact, delete");
    EXPECT_EQ(refuse("cleanup.policy", "compact, delete"), "");
    EXPECT_EQ(refuse("preallocate", "yes"),
              "Invalid value yes for configuration preallocate: "
              "Expected value to be either true or false");
    EXPECT_EQ(refuse("min.cleanable.dirty.ratio", "1.5"),
              "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: "
              "Value must be no more than 1");
    EXPECT_EQ(refuse("min.cleanable.dirty.ratio", "Infinity"),
              "Invalid value Infinity for configuration min.cleanable.dirty.ratio: "
              "Value must be no more than 1");
    EXPECT_EQ(refuse("min.cleanable.dirty.ratio", "2147483647"),
              "Invalid value 2.147483647E9 for configuration min.cleanable.dirty.ratio: "
              "Value must be no more than 1");
    EXPECT_EQ(refuse("min.cleanable.dirty.ratio", "NaN"), "");
    EXPECT_EQ(refuse("min.cleanable.dirty.ratio", "1e-320"), "");
    EXPECT_EQ(refuse("retention.ms", "9223372036854775808"),
              "Invalid value 9223372036854775808 for configuration retention.ms: "
              "Not a number of type LONG");
}

}  // namespace
}  // namespace barnabas::cluster
