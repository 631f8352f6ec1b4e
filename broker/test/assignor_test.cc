// SPDX-License-Identifier: Apache-2.0
// The server-side assignors: complete, balanced, sticky, the same answer every time; for chosen
// cases and for random ones.
#include "broker/group/assignor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"

namespace barnabas::broker {
namespace {

// Topics "0", "1", ... with so many partitions; members "a", "b", ... with the topics they want.
struct Case {
    AssignmentQuestion question;
    std::vector<std::string> names;
    std::vector<PartitionSet> had;

    Case(const std::vector<int>& partitions, const std::vector<std::vector<uint32_t>>& wants) {
        for (size_t i = 0; i < partitions.size(); ++i) {
            AssignmentTopic topic{.partitions = partitions[i]};
            topic.id.bytes[0] = static_cast<uint8_t>(i + 1);
            question.topics.push_back(topic);
        }
        for (size_t i = 0; i < wants.size(); ++i)
            names.push_back(std::string(1 + i / 26, static_cast<char>('a' + i % 26)));
        std::ranges::sort(names);
        had.resize(wants.size());
        for (size_t i = 0; i < wants.size(); ++i) {
            auto& member = question.members.emplace_back();
            member.id = names[i];
            member.topics = wants[i];
            member.had = &had[i];
        }
    }
    void keep(const AssignmentAnswer& answer) { std::ranges::copy(answer, had.begin()); }
};

std::string shown(const PartitionSet& set) {
    std::string text;
    for (const TopicIdPartition& at : set)
        text += (text.empty() ? "" : " ") + std::to_string(at.topic.bytes[0] - 1) + "-" +
                std::to_string(at.partition.value);
    return text;
}

// Each partition of a wanted topic once, to a subscriber, in order.
void check(const AssignmentQuestion& question, const AssignmentAnswer& answer) {
    ASSERT_EQ(answer.size(), question.members.size());
    std::set<TopicIdPartition> given;
    std::set<uint32_t> wanted;
    size_t total = 0;
    for (size_t i = 0; i < answer.size(); ++i) {
        ASSERT_TRUE(std::ranges::is_sorted(answer[i]));
        for (const TopicIdPartition& at : answer[i]) {
            ASSERT_TRUE(given.insert(at).second);
            const auto index = static_cast<uint32_t>(at.topic.bytes[0] - 1);
            ASSERT_TRUE(std::ranges::binary_search(question.members[i].topics, index));
            ASSERT_LT(at.partition.value, question.topics[index].partitions);
        }
        wanted.insert(question.members[i].topics.begin(), question.members[i].topics.end());
    }
    for (const uint32_t topic : wanted)
        total += static_cast<size_t>(question.topics[topic].partitions);
    ASSERT_EQ(given.size(), total);
}

// No partition could move to another of its subscribers and make the two more equal.
void check_balance(const AssignmentQuestion& question, const AssignmentAnswer& answer) {
    for (size_t from = 0; from < answer.size(); ++from)
        for (const TopicIdPartition& at : answer[from])
            for (size_t to = 0; to < answer.size(); ++to)
                if (std::ranges::binary_search(question.members[to].topics,
                                               static_cast<uint32_t>(at.topic.bytes[0] - 1)))
                    ASSERT_LE(answer[from].size(), answer[to].size() + 1);
}

size_t moved(const AssignmentAnswer& before, const AssignmentAnswer& after) {
    size_t count = 0;
    for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
        PartitionSet lost;
        std::ranges::set_difference(before[i], after[i], std::back_inserter(lost));
        count += lost.size();
    }
    return count;
}

TEST(UniformAssignor, deals_out_and_stays) {
    Case three({4, 3}, {{0, 1}, {0, 1}, {0, 1}});
    const auto answer = assign_uniform(three.question);
    EXPECT_EQ(shown(answer[0]), "0-0 0-3 1-2");
    EXPECT_EQ(shown(answer[1]), "0-1 1-0");
    EXPECT_EQ(shown(answer[2]), "0-2 1-1");
    three.keep(answer);
    EXPECT_EQ(assign_uniform(three.question), answer);
    // One more: nobody loses more than it must.
    Case four({4, 3}, {{0, 1}, {0, 1}, {0, 1}, {0, 1}});
    four.keep(answer);
    const auto next = assign_uniform(four.question);
    check(four.question, next);
    EXPECT_EQ(moved(answer, next), 1u);
}

TEST(UniformAssignor, more_members_than_partitions) {
    Case many({2}, {{0}, {0}, {0}});
    const auto answer = assign_uniform(many.question);
    EXPECT_EQ(shown(answer[0]), "0-0");
    EXPECT_EQ(shown(answer[1]), "0-1");
    EXPECT_EQ(shown(answer[2]), "");
    EXPECT_TRUE(assign_uniform({}).empty());
}

TEST(UniformAssignor, what_is_gone_or_not_wanted_is_not_kept) {
    Case one({2}, {{0}});
    Uuid deleted;
    deleted.bytes[0] = 9;
    one.had[0] = {{one.question.topics[0].id, PartitionIndex{7}}, {deleted, PartitionIndex{0}}};
    EXPECT_EQ(shown(assign_uniform(one.question)[0]), "0-0 0-1");
    Case none({2}, {{}});
    none.had[0] = {{none.question.topics[0].id, PartitionIndex{0}}};
    EXPECT_EQ(shown(assign_uniform(none.question)[0]), "");
}

TEST(UniformAssignor, different_subscriptions) {
    Case mixed({6, 2}, {{0}, {0, 1}, {1}});
    const auto answer = assign_uniform(mixed.question);
    check(mixed.question, answer);
    check_balance(mixed.question, answer);
    mixed.keep(answer);
    EXPECT_EQ(assign_uniform(mixed.question), answer);
}

TEST(RangeAssignor, ranges_side_by_side) {
    Case two({5, 5, 1}, {{0, 1, 2}, {0, 1}});
    const auto answer = assign_range(two.question);
    EXPECT_EQ(shown(answer[0]), "0-0 0-1 0-2 1-0 1-1 1-2 2-0");
    EXPECT_EQ(shown(answer[1]), "0-3 0-4 1-3 1-4");
    // Static members come first, by instance id.
    two.question.members[1].instance_id = "z";
    EXPECT_EQ(shown(assign_range(two.question)[1]), "0-0 0-1 0-2 1-0 1-1 1-2");
}

TEST(Assignors, random_groups_one_member_after_the_other) {
    Random random(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<int> partitions;
        for (uint64_t i = 0, count = 1 + random.below(5); i < count; ++i)
            partitions.push_back(1 + static_cast<int>(random.below(9)));
        std::vector<std::vector<uint32_t>> wants;
        const bool same = random.chance(1, 2);
        AssignmentAnswer before;
        for (uint64_t i = 0, count = 1 + random.below(12); i < count; ++i) {
            std::vector<uint32_t> topics;
            for (uint32_t topic = 0; topic < partitions.size(); ++topic)
                if (same || random.chance(2, 3)) topics.push_back(topic);
            wants.push_back(topics);
            Case step(partitions, wants);
            step.keep(before);
            const auto answer = assign_uniform(step.question);
            check(step.question, answer);
            check_balance(step.question, answer);
            EXPECT_EQ(answer, assign_uniform(step.question));
            check(step.question, assign_range(step.question));
            size_t newcomers = answer.back().size();
            if (same) EXPECT_EQ(moved(before, answer), i == 0 ? 0 : newcomers) << "sticky";
            before = answer;
            if (HasFatalFailure()) return;
        }
    }
}

}  // namespace
}  // namespace barnabas::broker
