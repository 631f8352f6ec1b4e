// SPDX-License-Identifier: Apache-2.0
// SharedMap against std::map: random changes, with copies taken on the way that must never change.
#include "cluster/shared_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.h"

namespace barnabas::cluster {
namespace {

using Map = SharedMap<std::string, int>;
using Model = std::map<std::string, int>;

void expect_same(const Map& map, const Model& model) {
    ASSERT_EQ(map.size(), model.size());
    auto expected = model.begin();
    for (const auto& [key, value] : map) {
        ASSERT_EQ(key, expected->first);
        ASSERT_EQ(value, expected->second);
        ++expected;
    }
}

TEST(SharedMap, is_a_sorted_map) {
    Map map;
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.find("a"), map.end());
    EXPECT_TRUE(map.emplace("b", 2));
    EXPECT_FALSE(map.emplace("b", 3));
    map["a"] = 1;
    map.insert_or_assign("c", 3);
    EXPECT_EQ(map.find("b")->second, 2);
    EXPECT_EQ(map.lower_bound("bb")->first, "c");
    EXPECT_EQ(map.erase("b"), 1u);
    EXPECT_EQ(map.erase("b"), 0u);
    expect_same(map, {{"a", 1}, {"c", 3}});
}

TEST(SharedMap, copies_never_change) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        Map map;
        Model model;
        MapEdit edit;
        std::vector<std::pair<Map, Model>> copies;
        for (int step = 0; step < 3000; ++step) {
            const std::string key = std::to_string(random.below(700));
            if (random.chance(1, 3)) {
                EXPECT_EQ(map.erase(key, edit), model.erase(key));
            } else {
                map.insert_or_assign(key, step, edit);
                model[key] = step;
            }
            if (random.chance(1, 100)) {
                copies.emplace_back(map, model);
                edit = MapEdit{};
            }
            if (random.chance(1, 200)) map.insert_or_assign(key, model[key] = -step);
        }
        expect_same(map, model);
        for (const auto& [copy, expected] : copies) expect_same(copy, expected);
    }
}

TEST(SharedMap, finds_what_is_there_and_nothing_else) {
    Map map;
    const MapEdit edit;
    for (int i = 0; i < 5000; i += 2) map.insert_or_assign(std::to_string(10000 + i), i, edit);
    for (int i = 0; i < 5000; ++i)
        ASSERT_EQ(map.contains(std::to_string(10000 + i)), i % 2 == 0) << i;
    EXPECT_EQ(map.lower_bound("10001")->first, "10002");
    EXPECT_EQ(map.lower_bound("99999"), map.end());
    EXPECT_EQ(map.lower_bound("")->first, "10000");
}

TEST(SharedMap, tells_what_changed_and_looks_at_little_else) {
    Random random(5);
    Map map;
    for (int i = 0; i < 2'000; ++i) map[std::to_string(random.below(8'000))] = i;
    for (int round = 0; round < 60; ++round) {
        const Map before = map;
        const MapEdit edit;
        for (uint64_t i = random.below(6); i > 0; --i) {
            const std::string key = std::to_string(random.below(8'000));
            if (random.chance(1, 3))
                map.erase(key, edit);
            else
                map.insert_or_assign(key, round, edit);
        }
        Model changed;
        size_t calls = 0;
        const auto note = [&](const std::string& key, const int* old, const int* now) {
            ++calls;
            EXPECT_EQ(old ? *old : -1, before.contains(key) ? before.find(key)->second : -1);
            EXPECT_EQ(now ? *now : -1, map.contains(key) ? map.find(key)->second : -1);
            EXPECT_FALSE(old && now && *old == *now);
            changed[key] = now ? *now : -1;
        };
        Map::for_each_change(before, map, note);
        EXPECT_EQ(calls, changed.size());
        Model expected;
        for (const auto& [key, value] : before)
            if (!map.contains(key)) expected[key] = -1;
        for (const auto& [key, value] : map)
            if (!before.contains(key) || before.find(key)->second != value) expected[key] = value;
        EXPECT_EQ(changed, expected);
    }
    size_t calls = 0;
    Map::for_each_change(Map{}, map, [&](const auto&, const int*, const int*) { ++calls; });
    EXPECT_EQ(calls, map.size());
}

}  // namespace
}  // namespace barnabas::cluster
