// SPDX-License-Identifier: Apache-2.0
// Incremental fetch sessions (KIP-227): against an oracle that fetches everything each time, and
// the rules of who gets a slot.
#include "broker/partition/fetch_session_cache.h"

#include <gtest/gtest.h>

#include <map>

namespace barnabas::broker {
namespace {

using Request = FetchSessionCache::Request;
using Round = FetchSessionCache::Round;

constexpr Nanos two_minutes = std::chrono::minutes(2);

FetchTarget target_of(const std::string& topic, int32_t partition, int64_t offset = 0) {
    return {.topic = std::make_shared<const FetchTopic>(topic, Uuid{}),
            .partition = PartitionIndex{partition},
            .offset = Offset{offset},
            .bytes_max = 1000};
}

std::vector<FetchOutcome> outcomes_of(const Round& round, FetchOutcome each = {}) {
    return std::vector<FetchOutcome>(round.targets.size(), each);
}

struct FetchSessionCacheTest : testing::Test {
    // A full fetch that opens a session, if there is room.
    int32_t open(size_t partitions, Nanos now = {}) {
        Request request{.session_epoch = 0};
        for (size_t i = 0; i < partitions; ++i)
            request.targets.push_back(target_of("t", static_cast<int32_t>(i)));
        const Round round = cache.begin(std::move(request), now);
        return cache.finish(round, outcomes_of(round), now).session_id;
    }
    ErrorCode use(int32_t id, int32_t epoch, Nanos now = {}) {
        const Round round = cache.begin({.session_id = id, .session_epoch = epoch}, now);
        if (round.error != ErrorCode::none) return round.error;
        return cache.finish(round, outcomes_of(round), now).error;
    }

    Random random{1};
    FetchSessionCache cache{random, 2, two_minutes};
};

TEST_F(FetchSessionCacheTest, F11_epochs) {
    const int32_t id = open(1);
    ASSERT_NE(id, 0);
    EXPECT_EQ(use(id, 1), ErrorCode::none);
    EXPECT_EQ(use(id, 1), ErrorCode::invalid_fetch_session_epoch);
    EXPECT_EQ(use(id, 3), ErrorCode::invalid_fetch_session_epoch);
    EXPECT_EQ(use(id, 2), ErrorCode::none);
    EXPECT_EQ(use(id + 1, 1), ErrorCode::fetch_session_id_not_found);
    EXPECT_EQ(FetchSessionCache::next_epoch(INT32_MAX), 1);
    // Closed by a last fetch, which is served without a session.
    const Round last = cache.begin({.session_id = id, .session_epoch = -1}, {});
    EXPECT_EQ(last.error, ErrorCode::none);
    EXPECT_EQ(cache.finish(last, {}, {}).session_id, 0);
    EXPECT_EQ(cache.size(), 0u);
    EXPECT_EQ(use(id, 3), ErrorCode::fetch_session_id_not_found);
}

TEST_F(FetchSessionCacheTest, F11_a_fetch_that_came_in_between_is_noticed) {
    const int32_t id = open(1);
    const Round slow = cache.begin({.session_id = id, .session_epoch = 1}, {});
    EXPECT_EQ(use(id, 2), ErrorCode::none);
    EXPECT_EQ(cache.finish(slow, outcomes_of(slow), {}).error,
              ErrorCode::invalid_fetch_session_epoch);
}

TEST_F(FetchSessionCacheTest, F12_names_and_ids_do_not_mix) {
    const int32_t id = open(1);
    const Round round = cache.begin({.session_id = id, .session_epoch = 1, .by_id = true}, {});
    EXPECT_EQ(round.error, ErrorCode::fetch_session_topic_id_error);
}

TEST_F(FetchSessionCacheTest, F11_a_session_without_partitions_ends) {
    const int32_t id = open(1);
    Request request{.session_id = id, .session_epoch = 1};
    request.forgotten.push_back(target_of("t", 0));
    const Round round = cache.begin(std::move(request), {});
    EXPECT_EQ(round.error, ErrorCode::none);
    EXPECT_TRUE(round.targets.empty());
    EXPECT_EQ(cache.finish(round, {}, {}).session_id, 0);
    EXPECT_EQ(cache.size(), 0u);
}

TEST_F(FetchSessionCacheTest, F11_slots) {
    const int32_t small = open(1), large = open(5);
    ASSERT_NE(small, 0);
    ASSERT_NE(large, 0);
    // Taken, and all young: a fetch is served without a session.
    EXPECT_EQ(open(9), 0);
    EXPECT_EQ(cache.size(), 2u);
    // Old enough, but in use: only a larger one may take a slot, that of the smallest.
    const Nanos later = two_minutes + std::chrono::seconds(1);
    EXPECT_EQ(use(small, 1, later), ErrorCode::none);
    EXPECT_EQ(use(large, 1, later), ErrorCode::none);
    EXPECT_EQ(open(1, later), 0);
    const int32_t larger = open(2, later);
    EXPECT_NE(larger, 0);
    EXPECT_EQ(use(small, 2, later), ErrorCode::fetch_session_id_not_found);
    EXPECT_EQ(use(large, 2, later), ErrorCode::none);
    // Unused for so long: gives way to any.
    const Nanos much_later = later + two_minutes + std::chrono::seconds(1);
    EXPECT_EQ(use(large, 3, much_later), ErrorCode::none);
    EXPECT_NE(open(1, much_later), 0);
    EXPECT_EQ(use(larger, 1, much_later), ErrorCode::fetch_session_id_not_found);
    EXPECT_EQ(cache.size(), 2u);
}

TEST_F(FetchSessionCacheTest, F02_who_was_served_goes_last) {
    const int32_t id = open(3);
    const Round first = cache.begin({.session_id = id, .session_epoch = 1}, {});
    auto outcomes = outcomes_of(first);
    outcomes[0].has_records = true;
    (void)cache.finish(first, outcomes, {});
    const Round second = cache.begin({.session_id = id, .session_epoch = 2}, {});
    ASSERT_EQ(second.targets.size(), 3u);
    EXPECT_EQ(second.targets[0].partition, PartitionIndex{1});
    EXPECT_EQ(second.targets[2].partition, PartitionIndex{0});
}

TEST_F(FetchSessionCacheTest, F02_fair_over_a_thousand_fetches) {
    constexpr int32_t partitions = 7;
    const int32_t id = open(partitions);
    std::map<int32_t, int> served;
    for (int32_t epoch = 1; epoch <= 1000; ++epoch) {
        const Round round = cache.begin({.session_id = id, .session_epoch = epoch}, {});
        auto outcomes = outcomes_of(round);
        // There is room for two in each answer, and all have data.
        for (size_t i = 0; i < 2; ++i) {
            outcomes[i].has_records = true;
            ++served[round.targets[i].partition.value];
        }
        ASSERT_EQ(cache.finish(round, outcomes, {}).error, ErrorCode::none);
    }
    for (const auto& [partition, count] : served)
        EXPECT_GE(count, 2000 / partitions * 8 / 10) << partition;
    EXPECT_EQ(served.size(), static_cast<size_t>(partitions));
}

// A broker whose partitions change at random, a client with a session, and one that knows all.
class SessionModel {
  public:
    explicit SessionModel(uint64_t seed) : random_(seed), cache_(random_, 3, two_minutes) {}

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            change();
            fetch();
        }
    }

  private:
    using Name = std::pair<std::string, int32_t>;
    struct Known {
        int64_t high_watermark = 0;
        int64_t log_start = 0;
        ErrorCode error = ErrorCode::none;
        friend bool operator==(const Known&, const Known&) = default;
    };

    Name draw() {
        return {std::string(1, static_cast<char>('a' + random_.below(3))),
                static_cast<int32_t>(random_.below(4))};
    }
    void change() {
        Known& partition = truth_[draw()];
        switch (random_.below(4)) {
            case 0:
                partition.high_watermark += 3;
                break;
            case 1:
                partition.log_start += 1;
                break;
            case 2:
                partition.error =
                    random_.chance(1, 2) ? ErrorCode::not_leader_or_follower : ErrorCode::none;
                break;
            default:
                break;
        }
    }
    // What a full fetch would tell of it.
    Known oracle(const Name& name) {
        const Known& is = truth_[name];
        if (is.error != ErrorCode::none) return {-1, -1, is.error};
        return is;
    }

    Request request() {
        Request request{.session_id = id_, .session_epoch = epoch_};
        const bool full = epoch_ <= 0;
        if (full) wanted_.clear(), view_.clear();
        for (uint64_t i = random_.below(full ? 8 : 3) + (full ? 1 : 0); i > 0; --i) {
            const Name name = draw();
            if (full && wanted_.contains(name)) continue;
            wanted_.insert({name, 0});
            request.targets.push_back(target_of(name.first, name.second));
        }
        while (!full && random_.chance(1, 3)) {
            const Name name = draw();
            request.forgotten.push_back(target_of(name.first, name.second));
            wanted_.erase(name);
            view_.erase(name);
        }
        return request;
    }

    void fetch() {
        // Now and then the client begins anew, or closes.
        if (random_.chance(1, 20)) epoch_ = random_.chance(1, 2) ? 0 : -1;
        const Round round = cache_.begin(request(), now_);
        now_ += std::chrono::seconds(random_.below(60));
        if (round.error != ErrorCode::none) return lose_session();
        ASSERT_EQ(round.targets.size(), wanted_.size());
        std::vector<FetchOutcome> outcomes;
        for (const FetchTarget& target : round.targets) {
            const Known is = oracle({target.topic->name, target.partition.value});
            const bool records = is.error == ErrorCode::none && random_.chance(1, 3);
            outcomes.push_back({.error = is.error,
                                .has_records = records,
                                .high_watermark = Offset{is.high_watermark},
                                .log_start_offset = Offset{is.log_start}});
        }
        const auto answer = cache_.finish(round, outcomes, now_);
        ASSERT_EQ(answer.error, ErrorCode::none);
        learn(round, outcomes, answer.told);
        if (answer.session_id == 0) return lose_session();
        id_ = answer.session_id;
        epoch_ = FetchSessionCache::next_epoch(std::max(epoch_, 0));
        // Somebody else takes slots.
        if (random_.chance(1, 10)) {
            Request other{.session_epoch = 0};
            for (int32_t i = 0; i < 20; ++i) other.targets.push_back(target_of("o", i));
            const Round theirs = cache_.begin(std::move(other), now_);
            (void)cache_.finish(theirs, outcomes_of(theirs), now_);
        }
    }

    void learn(const Round& round, const std::vector<FetchOutcome>& outcomes,
               const std::vector<bool>& told) {
        for (size_t i = 0; i < told.size(); ++i) {
            EXPECT_TRUE(told[i] || !outcomes[i].has_records) << "records are never kept back";
            if (!told[i]) continue;
            view_[{round.targets[i].topic->name, round.targets[i].partition.value}] = {
                outcomes[i].high_watermark.value, outcomes[i].log_start_offset.value,
                outcomes[i].error};
        }
        for (const auto& [name, unused] : wanted_) {
            ASSERT_TRUE(view_.contains(name)) << name.first << name.second;
            EXPECT_EQ(view_[name], oracle(name)) << name.first << name.second;
        }
    }
    void lose_session() {
        id_ = 0;
        epoch_ = 0;
    }

    Random random_;
    FetchSessionCache cache_;
    std::map<Name, Known> truth_;
    std::map<Name, Known> view_;
    std::map<Name, int> wanted_;
    int32_t id_ = 0;
    int32_t epoch_ = 0;
    Nanos now_{};
};

TEST(FetchSessionModel, F11_a_session_tells_what_full_fetches_would) {
    for (uint64_t seed = 1; seed <= 100 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        SessionModel(seed).run(500);
    }
}

}  // namespace
}  // namespace barnabas::broker
