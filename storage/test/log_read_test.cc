// SPDX-License-Identifier: Apache-2.0
// Reading from snapshots: plans against a naive scan of the log, lookups by timestamp and epoch.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "base/random.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

struct KnownBatch {
    protocol::BatchHeader header;
    std::vector<uint8_t> bytes;
};

std::vector<KnownBatch> batches_of(const LogSnapshot& log) {
    std::vector<KnownBatch> batches;
    const auto bytes = read_bytes(log);
    protocol::BatchReader reader(bytes);
    protocol::BatchView batch;
    while (reader.next(batch).value())
        batches.push_back({batch.header(), {batch.bytes().begin(), batch.bytes().end()}});
    return batches;
}

// What plan_read must give, by looking at every batch.
std::vector<uint8_t> naive_read(const std::vector<KnownBatch>& batches, const LogSnapshot& log,
                                const ReadRequest& request) {
    std::vector<uint8_t> bytes;
    const Offset limit = std::min(request.limit, log.end_offset);
    if (request.from >= limit) return bytes;
    for (const KnownBatch& batch : batches) {
        if (batch.header.last_offset() < request.from) continue;
        if (batch.header.last_offset() >= limit) break;
        const bool is_first = bytes.empty();
        if (bytes.size() + batch.bytes.size() > request.bytes_max &&
            !(is_first && request.at_least_one_batch))
            break;
        bytes.insert(bytes.end(), batch.bytes.begin(), batch.bytes.end());
    }
    return bytes;
}

BatchSpec random_spec(Random& random) {
    BatchSpec spec;
    spec.records = 1 + static_cast<int>(random.below(6));
    spec.value_size = 1 + random.below(60);
    spec.codec = static_cast<protocol::Codec>(random.below(5));
    spec.timestamp_ms = 500 + static_cast<int64_t>(random.below(400));
    spec.timestamp_step_ms = static_cast<int64_t>(random.below(30)) - 10;
    return spec;
}

void fill_randomly(LogRig& rig, Random& random, int batches) {
    for (int i = 0; i < batches; ++i)
        ASSERT_EQ(rig.append(random_spec(random)).error, ErrorCode::none);
}

// Removes batches from the middle, as compaction does: offsets stay, with gaps.
void fill_with_gaps(LogRig& rig, Random& random, int batches) {
    Offset next;
    for (int i = 0; i < batches; ++i) {
        next += static_cast<int64_t>(random.below(4) == 0 ? random.below(50) : 0);
        auto batch = make_batch(random_spec(random));
        protocol::stamp_offset_and_epoch(batch, next, LeaderEpoch{0});
        next = protocol::BatchHeader::decode(batch)->next_offset();
        ASSERT_EQ(rig.append_bytes(batch, AppendOrigin::replication).error, ErrorCode::none);
    }
}

void compare_reads(const LogRig& rig, Random& random, int rounds) {
    const auto log = rig.snapshot();
    const auto batches = batches_of(*log);
    const auto end = static_cast<uint64_t>(log->end_offset.value);
    const auto start = static_cast<uint64_t>(log->log_start_offset.value);
    for (int i = 0; i < rounds; ++i) {
        ReadRequest request;
        request.from = Offset{static_cast<int64_t>(start + random.below(end - start + 1))};
        request.limit = Offset{static_cast<int64_t>(random.below(end + 10))};
        request.bytes_max = random.chance(1, 4) ? 1 << 20 : random.below(1500);
        request.at_least_one_batch = random.chance(1, 2);
        auto plan = log->plan_read(request, ReadMode::cached_only);
        if (!plan) {
            // A file that rests is opened by who may block.
            ASSERT_TRUE(would_block(plan.error()));
            plan = log->plan_read(request, ReadMode::blocking);
        }
        ASSERT_TRUE(plan.has_value());
        const auto expected = naive_read(batches, *log, request);
        ASSERT_EQ(bytes_of(*plan), expected);
        if (expected.empty()) {
            ASSERT_EQ(plan->first_offset, offset_none);
        } else {
            ASSERT_EQ(plan->first_offset.value, load_be<int64_t>(expected.data()));
        }
    }
}

TEST(LogRead, F01_F06_plans_equal_a_naive_scan) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Random random(seed);
        LogRig rig;
        rig.options.config.index_interval_bytes = static_cast<int32_t>(random.below(600));
        rig.must_open();
        fill_randomly(rig, random, 120);
        compare_reads(rig, random, 400);
        ASSERT_TRUE(rig.log->advance_log_start(Offset{rig.end().value / 3}).has_value());
        compare_reads(rig, random, 200);
        ASSERT_TRUE(rig.reopen_clean().has_value());
        compare_reads(rig, random, 200);
        ASSERT_TRUE(rig.reopen_killed().has_value());
        compare_reads(rig, random, 200);
    }
}

TEST(LogRead, F06_gaps_that_compaction_left) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        Random random(seed);
        LogRig rig;
        rig.must_open();
        fill_with_gaps(rig, random, 100);
        compare_reads(rig, random, 400);
    }
}

TEST(LogRead, indexes_longer_than_their_tail_in_memory) {
    LogRig rig;
    rig.options.config.segment_bytes = 1 << 20;
    rig.options.config.index_interval_bytes = 0;
    rig.must_open();
    Random random(5);
    fill_randomly(rig, random, 700);
    const auto old = rig.snapshot();
    EXPECT_GT(old->active.offset_index_entries, 5 * index_tail_capacity);
    compare_reads(rig, random, 300);
    fill_randomly(rig, random, 300);
    compare_reads(rig, random, 300);
    const auto plan = old->plan_read(whole_log(*old), ReadMode::cached_only);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->bytes, old->active.size) << "an old snapshot sees what it saw";
}

TEST(LogRead, F08_outside_the_log_is_out_of_range) {
    LogRig rig;
    rig.must_open();
    rig.fill(10);
    ASSERT_TRUE(rig.log->advance_log_start(Offset{4}).has_value());
    const auto log = rig.snapshot();
    const auto error_at = [&](int64_t from) {
        const auto plan =
            log->plan_read({Offset{from}, log->end_offset, 1000, true}, ReadMode::blocking);
        return plan ? ErrorCode::none : plan.error().code;
    };
    EXPECT_EQ(error_at(3), ErrorCode::offset_out_of_range);
    EXPECT_EQ(error_at(4), ErrorCode::none);
    EXPECT_EQ(error_at(10), ErrorCode::none);
    EXPECT_EQ(error_at(11), ErrorCode::offset_out_of_range);
}

TEST(LogRead, cached_only_says_would_block_and_never_reads) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    const auto log = rig.snapshot();
    ReadRequest request{Offset{5}, log->end_offset, 300, true};
    rig.disk->drop_caches();
    const auto cold = log->plan_read(request, ReadMode::cached_only);
    ASSERT_FALSE(cold.has_value());
    EXPECT_EQ(cold.error().os_error, EAGAIN);
    EXPECT_EQ(log->find_by_timestamp(1100, log->end_offset, ReadMode::cached_only).error().os_error,
              EAGAIN);
    ASSERT_TRUE(log->plan_read(request, ReadMode::blocking).has_value());
    EXPECT_TRUE(log->plan_read(request, ReadMode::cached_only).has_value());
}

TEST(LogRead, F17_timestamps_equal_a_naive_scan) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Random random(seed);
        LogRig rig;
        rig.options.config.index_interval_bytes = static_cast<int32_t>(random.below(400));
        rig.must_open();
        fill_randomly(rig, random, 100);
        ASSERT_TRUE(rig.log->advance_log_start(Offset{11}).has_value());
        const auto records = rig.records();
        const auto log = rig.snapshot();
        for (int64_t wanted = 450; wanted < 1100; wanted += 3) {
            const Offset limit{static_cast<int64_t>(
                random.below(2) == 0 ? static_cast<uint64_t>(rig.end().value)
                                     : random.below(static_cast<uint64_t>(rig.end().value)))};
            TimestampOffset expected;
            for (const ReadRecord& record : records)
                if (record.offset >= Offset{11} && record.timestamp_ms >= wanted) {
                    if (record.offset < limit)
                        expected = {record.timestamp_ms, record.offset, LeaderEpoch{0}};
                    break;
                }
            const auto found = log->find_by_timestamp(wanted, limit, ReadMode::cached_only);
            ASSERT_TRUE(found.has_value());
            ASSERT_EQ(found->offset, expected.offset) << wanted;
            ASSERT_EQ(found->timestamp_ms, expected.timestamp_ms);
            ASSERT_EQ(found->leader_epoch, expected.leader_epoch);
        }
    }
}

TEST(LogRead, F17_largest_timestamp_equals_a_naive_scan) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Random random(seed);
        LogRig rig;
        rig.must_open();
        fill_randomly(rig, random, 60);
        const auto batches = batches_of(*rig.snapshot());
        const auto records = rig.records();
        for (const KnownBatch& batch : batches) {
            const Offset limit = batch.header.next_offset();
            TimestampOffset expected;
            for (const ReadRecord& record : records)
                if (record.offset < limit && record.timestamp_ms > expected.timestamp_ms)
                    expected = {record.timestamp_ms, record.offset, LeaderEpoch{0}};
            const auto found = rig.snapshot()->find_max_timestamp(limit, ReadMode::cached_only);
            ASSERT_TRUE(found.has_value());
            ASSERT_EQ(found->offset, expected.offset);
            ASSERT_EQ(found->timestamp_ms, expected.timestamp_ms);
        }
    }
}

TEST(LogRead, F17_a_log_without_timestamps) {
    LogRig rig;
    rig.must_open();
    rig.append({.records = 3, .timestamp_ms = -1});
    const auto log = rig.snapshot();
    EXPECT_EQ(log->find_by_timestamp(0, log->end_offset, ReadMode::blocking)->offset, offset_none);
    EXPECT_EQ(log->find_max_timestamp(log->end_offset, ReadMode::blocking)->offset, offset_none);
}

TEST(LogRead, F10_ends_of_epochs_equal_a_model) {
    LogRig rig;
    rig.must_open();
    const auto append = [&](int32_t epoch, int count) {
        for (int i = 0; i < count; ++i) {
            AppendRequest request = make_request(make_batch({}));
            request.leader_epoch = LeaderEpoch{epoch};
            ASSERT_EQ(rig.log->append(request).error, ErrorCode::none);
        }
    };
    append(2, 10);
    append(3, 5);
    append(7, 5);
    const auto log = rig.snapshot();
    const auto end_of = [&](int32_t epoch) {
        const EpochEndOffset end = log->end_offset_for(LeaderEpoch{epoch});
        return std::pair(end.epoch.value, end.end_offset.value);
    };
    EXPECT_EQ(end_of(1), std::pair(1, int64_t{0})) << "before the first: ends where that begins";
    EXPECT_EQ(end_of(2), std::pair(2, int64_t{10}));
    EXPECT_EQ(end_of(3), std::pair(3, int64_t{15}));
    EXPECT_EQ(end_of(5), std::pair(3, int64_t{15}));
    EXPECT_EQ(end_of(7), std::pair(7, int64_t{20}));
    EXPECT_EQ(end_of(8), std::pair(-1, int64_t{-1}));
    EXPECT_EQ(end_of(-1), std::pair(-1, int64_t{-1}));
    EXPECT_EQ(log->epoch_at(Offset{9}), LeaderEpoch{2});
    EXPECT_EQ(log->epoch_at(Offset{10}), LeaderEpoch{3});
    EXPECT_EQ(log->epoch_at(Offset{19}), LeaderEpoch{7});
}

TEST(LogRead, an_offline_log_has_nothing_to_read) {
    LogSnapshot empty;
    empty.sealed = std::make_shared<const std::vector<SegmentExtent>>();
    empty.epochs = std::make_shared<const std::vector<EpochEntry>>();
    EXPECT_EQ(empty.size_bytes(), 0u);
    EXPECT_TRUE(
        empty.plan_read({Offset{0}, Offset{9}, 100, true}, ReadMode::blocking)->ranges.empty());
    EXPECT_EQ(empty.find_by_timestamp(0, Offset{9}, ReadMode::blocking)->offset, offset_none);
    EXPECT_EQ(empty.find_max_timestamp(Offset{9}, ReadMode::blocking)->offset, offset_none);
}

}  // namespace
}  // namespace barnabas::storage
