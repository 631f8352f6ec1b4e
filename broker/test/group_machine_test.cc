// SPDX-License-Identifier: Apache-2.0
// The classic group machine under numbers and chance: what transcripts do not show.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "broker/coordinator/coordinator_replay.h"
#include "broker/coordinator/key_hash.h"
#include "broker/test/group_script.h"
#include "protocol/control_records.h"

namespace barnabas::broker {
namespace {

TEST(GroupHash, is_java_string_hash_code) {
    EXPECT_EQ(java_string_hash(""), 0);
    EXPECT_EQ(java_string_hash("a"), 97);
    EXPECT_EQ(java_string_hash("test"), 3556498);
    EXPECT_EQ(java_string_hash("polygenelubricants"), INT32_MIN);
    EXPECT_EQ(java_string_hash("\xc3\xa9"), 233);              // U+00E9
    EXPECT_EQ(java_string_hash("\xe2\x82\xac"), 8364);         // U+20AC
    EXPECT_EQ(java_string_hash("\xf0\x9f\x98\x80"), 1772899);  // U+1F600, two units
    EXPECT_EQ(java_string_hash("\xff"), 0xFFFD);
    EXPECT_EQ(java_string_hash("\xc3"), 0xFFFD);
    EXPECT_EQ(partition_for_key("polygenelubricants", 50), 0);
    EXPECT_EQ(partition_for_key("test", 50), 48);
}

TEST(GroupMachine, G01_ids_given_out_and_not_used_are_bounded) {
    GroupScript script;
    script.run("limits max=100");
    for (int i = 0; i < 10'000; ++i) script.run("join g client=c session=6000");
    ASSERT_NE(script.shard().find("g"), nullptr);
    EXPECT_EQ(script.shard().find("g")->pending_count(), 100u);
    EXPECT_EQ(script.shard().find("g")->member_count(), 0u);
    // When they expire nothing is left of the group.
    script.run("time 6000");
    EXPECT_EQ(script.shard().size(), 0u);
}

TEST(GroupMachine, G21_a_simple_consumer_may_not_commit_into_a_live_group) {
    GroupScript script;
    EXPECT_EQ(script.run("commit g - -1"), "  none\n");
    script.run("join g v=3 client=a");
    EXPECT_EQ(script.run("commit g - -1"), "  unknown_member_id\n");
    script.run("sync g a-1 1 assign=a-1:x");
    script.run("written");
    EXPECT_EQ(script.run("commit g - -1"), "  unknown_member_id\n");
    EXPECT_EQ(script.run("commit g a-1 1"), "  none\n");
    script.run("leave g a-1");
    script.run("written");
    EXPECT_EQ(script.run("commit g - -1"), "  none\n");
}

TEST(GroupMachine, G06_five_static_members_bounce_one_by_one_without_a_rebalance) {
    GroupScript script;
    script.run("limits delay=1000");
    std::string assignment;
    for (int i = 1; i <= 5; ++i) {
        script.run(fmt::format("join g instance=i{}", i));
        assignment += fmt::format("{}i{}-{}:part{}", i > 1 ? "," : "", i, i, i);
    }
    script.run("time 2000");
    for (int i = 1; i <= 5; ++i)
        script.run(fmt::format("sync g i{}-{} 1 assign={}", i, i, i == 1 ? assignment : ""));
    script.run("written");
    ASSERT_EQ(script.shard().find("g")->state(), ClassicGroup::State::stable);
    for (int i = 1; i <= 5; ++i) {
        script.run(fmt::format("join g instance=i{}", i));
        const std::string joined = script.run("written");
        EXPECT_THAT(joined,
                    testing::HasSubstr(fmt::format("none member=i{}-{} generation=1", i, i + 5)));
        EXPECT_THAT(script.run(fmt::format("sync g i{}-{} 1", i, i + 5)),
                    testing::HasSubstr(fmt::format("assignment=part{}", i)));
        // The others do not notice, and a coordinator that starts now knows the new id.
        if (i == 3) script.run("restart");
        for (int other = 1; other <= 5; ++other)
            EXPECT_EQ(script.run(fmt::format("heartbeat g i{}-{} 1", other,
                                             other > i ? other : other + 5)),
                      "  none\n");
        EXPECT_EQ(script.run(fmt::format("heartbeat g i{}-{} 1 instance=i{}", i, i, i)),
                  "  fenced_instance_id\n");
    }
    EXPECT_EQ(script.shard().find("g")->generation(), 1);
}

TEST(GroupMachine, G19_a_large_group_rebalances_in_linear_time) {
    GroupScript script;
    script.run("limits delay=1000");
    constexpr int members = 2'000;
    for (int i = 0; i < members; ++i)
        script.run("join g v=3 client=c session=1800000 rebalance=60000");
    const std::string joined = script.run("time 1000") + script.run("time 1000");
    EXPECT_EQ(script.shard().find("g")->member_count(), static_cast<size_t>(members));
    EXPECT_EQ(script.shard().find("g")->state(), ClassicGroup::State::completing_rebalance);
}

// Whatever happens in whatever order: every join and sync is answered exactly once, and the log
// gives what is alive.
class RandomGroup {
  public:
    explicit RandomGroup(uint64_t seed) : random_(seed) {}

    void run(int steps) {
        say("limits max=6");
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) say(draw());
        say("abandon");
        for (const auto& [ticket, count] : answers_) EXPECT_EQ(count, 1) << "ticket " << ticket;
        EXPECT_EQ(answers_.size(), tickets_);
    }

  private:
    std::string draw() {
        const std::string member = draw_member();
        const int generation = live() ? live()->generation() : 0;
        switch (random_.below(12)) {
            case 0:
                return fmt::format("join g v={} client=c", 3 + random_.below(7));
            case 1:
                return fmt::format("join g instance=i{} protocols={}", random_.below(3),
                                   random_.chance(1, 2) ? "range:m" : "sticky:s,range:m");
            case 2:
            case 3:
                return fmt::format("join g v=3 member={}{}", member, instance_of(member));
            case 4:
            case 5:
                return fmt::format("sync g {} {} assign={}:x", member,
                                   generation - static_cast<int>(random_.below(6) == 0), member);
            case 6:
                return fmt::format("heartbeat g {} {}", member, generation);
            case 7:
                return random_.chance(1, 4) ? fmt::format("leave g {}", member)
                                            : fmt::format("commit g {} {}", member, generation);
            case 8:
                return fmt::format("time {}", random_.below(7'000));
            case 9:
            case 10:
                return random_.chance(1, 8) ? "written coordinator_not_available" : "written";
            default:
                return random_.chance(1, 20) ? "restart" : "written";
        }
    }

    const ClassicGroup* live() { return script_.shard().find("g"); }

    std::string draw_member() {
        if (live() == nullptr || live()->member_count() == 0) return "nobody";
        const auto members = live()->as_stored(0).members;
        return members[random_.below(members.size())].id;
    }
    static std::string instance_of(const std::string& member) {
        return member.starts_with("i") ? " instance=" + member.substr(0, 2) : "";
    }

    void say(const std::string& line) {
        if (line == "restart") {
            // Who waited hears of the end of the old coordinator.
            count(script_.run("abandon"));
        }
        tickets_ += line.starts_with("join") || line.starts_with("sync");
        count(script_.run(line));
    }
    void count(const std::string& output) {
        for (size_t at = output.find('#'); at != std::string::npos; at = output.find('#', at + 1))
            ++answers_[std::stoi(output.substr(at + 1))];
    }

    Random random_;
    GroupScript script_;
    std::map<int, int> answers_;
    size_t tickets_ = 0;
};

TEST(GroupMachine, G13_what_is_alive_is_what_a_replay_gives) {
    for (uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        RandomGroup(seed).run(300);
    }
}

TEST(StoredGroups, G16_a_tombstone_removes_and_leaves_nothing) {
    StoredGroups stored;
    const auto apply = [&stored](const CoordinatorRecord& record) {
        const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
        EXPECT_TRUE(stored.apply(record.key, value).has_value());
    };
    const CommittedOffset committed{.offset = Offset{7}, .metadata = "m", .commit_ms = 5};
    apply(make_offset_record("g", "t", PartitionIndex{1}, committed));
    apply(make_generation_record("g", {.protocol_type = "consumer", .generation = 3}));
    ASSERT_NE(stored.find("g"), nullptr);
    EXPECT_EQ(stored.find("g")->offsets.at({"t", PartitionIndex{1}}), committed);
    apply(make_generation_tombstone("g"));
    EXPECT_NE(stored.find("g"), nullptr);
    apply(make_offset_tombstone("g", "t", PartitionIndex{1}));
    EXPECT_EQ(stored.find("g"), nullptr);
    apply(make_offset_tombstone("never", "t", PartitionIndex{1}));
    EXPECT_TRUE(stored.all().empty());
}

TEST(StoredGroups, an_expiry_asked_for_is_kept) {
    StoredGroups stored;
    const CommittedOffset committed{.offset = Offset{7}, .commit_ms = 5, .expire_ms = 60'005};
    const CoordinatorRecord record = make_offset_record("g", "t", PartitionIndex{0}, committed);
    ASSERT_TRUE(stored.apply(record.key, Bytes(*record.value)).has_value());
    EXPECT_EQ(stored.find("g")->offsets.at({"t", PartitionIndex{0}}).expire_ms, 60'005);
}

TEST(StoredGroups, bytes_that_are_no_record_change_nothing) {
    StoredGroups stored;
    const CoordinatorRecord record =
        make_offset_record("g", "t", PartitionIndex{0}, {.offset = Offset{7}});
    const Bytes key(record.key), value(*record.value);
    for (size_t cut = 0; cut < key.size(); ++cut)
        EXPECT_FALSE(stored.apply(key.first(cut), value).has_value());
    for (size_t cut = 0; cut < value.size(); ++cut)
        EXPECT_FALSE(stored.apply(key, value.first(cut)).has_value()) << cut;
    EXPECT_TRUE(stored.all().empty());
    // A kind of group that this build does not know.
    const std::vector<uint8_t> other{0, 99, 0, 1, 'g'};
    const auto unknown = stored.apply(other, value);
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(unknown.error().code, ErrorCode::unsupported_version);
}

class Collector final : public CoordinatorMachine {
  public:
    Result<void> apply(Bytes key, std::optional<Bytes> value) override {
        return stored.apply(key, value);
    }
    Result<void> hold(ProducerId producer, Bytes key, std::optional<Bytes> value) override {
        return stored.hold(producer, key, value);
    }
    void end_transaction(ProducerId producer, bool commit) override {
        stored.end_transaction(producer, commit);
    }
    void loaded() override {}
    StoredGroups stored;
};

// A batch with one committed offset for partition `index`.
std::vector<uint8_t> offset_batch(int64_t base_offset, int32_t index, bool transactional) {
    protocol::BatchOptions options;
    options.base_offset = Offset{base_offset};
    options.transactional = transactional;
    if (transactional) options.producer_id = ProducerId{7};
    protocol::RecordBatchBuilder builder(options);
    const CoordinatorRecord record =
        make_offset_record("g", "t", PartitionIndex{index}, {.offset = Offset{index}});
    builder.add(1000, Bytes(record.key), Bytes(*record.value));
    return builder.build();
}

TEST(CoordinatorReplay, G17_offsets_of_a_transaction_count_when_it_is_committed) {
    Collector collector;
    CoordinatorReplay replay(collector);
    const auto feed = [&replay](int64_t from, std::vector<uint8_t> batch) {
        if (from > 0) protocol::stamp_offset_and_epoch(batch, Offset{from}, LeaderEpoch{0});
        const auto end = replay.feed(batch, Offset{from});
        ASSERT_TRUE(end.has_value());
        EXPECT_EQ(*end, Offset{from + 1});
    };
    const auto marker = [](bool commit) {
        return protocol::end_transaction_batch(commit, ProducerId{7}, 0, 0, 1000);
    };
    const auto known = [&collector] {
        const StoredGroup* group = collector.stored.find("g");
        return group ? group->offsets.size() : 0;
    };
    feed(0, offset_batch(0, 0, false));
    EXPECT_EQ(known(), 1u);
    feed(1, offset_batch(1, 1, true));
    EXPECT_EQ(known(), 1u);
    feed(2, marker(true));
    EXPECT_EQ(known(), 2u);
    feed(3, offset_batch(3, 2, true));
    feed(4, marker(false));
    feed(5, marker(true));
    EXPECT_EQ(known(), 2u);
}

TEST(CoordinatorReplay, damage_is_an_error_and_a_strange_record_is_left_out) {
    Collector collector;
    CoordinatorReplay replay(collector);
    std::vector<uint8_t> batch = offset_batch(0, 0, false);
    batch.back() ^= 1;
    EXPECT_EQ(replay.feed(batch, Offset{0}).error().code, ErrorCode::corrupt_message);
    // Offsets that go back.
    std::vector<uint8_t> twice = offset_batch(0, 0, false);
    const auto again = offset_batch(0, 1, false);
    twice.insert(twice.end(), again.begin(), again.end());
    EXPECT_EQ(replay.feed(twice, Offset{0}).error().code, ErrorCode::corrupt_message);
    protocol::RecordBatchBuilder builder({});
    const std::vector<uint8_t> strange{0, 99};
    builder.add(1000, Bytes(strange), Bytes(strange));
    const CoordinatorRecord record = make_generation_record("h", {.generation = 1});
    builder.add(1000, Bytes(record.key), Bytes(*record.value));
    CoordinatorReplay other(collector);
    EXPECT_EQ(*other.feed(builder.build(), Offset{0}), Offset{2});
    EXPECT_EQ(other.not_understood(), 1u);
    EXPECT_NE(collector.stored.find("h"), nullptr);
}

}  // namespace
}  // namespace barnabas::broker
