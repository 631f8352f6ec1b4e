// SPDX-License-Identifier: Apache-2.0
// Truncation at the end, DeleteRecords and retention at the start.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/random.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

bool has_name(const LogRig& rig, const std::string& part) {
    return std::ranges::any_of(
        rig.names(), [&](const std::string& name) { return name.find(part) != std::string::npos; });
}

TEST(LogTruncate, R21_every_offset_with_indexes_epochs_and_producers) {
    constexpr int batches = 40;
    for (int cut = 0; cut <= batches; ++cut) {
        LogRig rig;
        rig.must_open();
        for (int i = 0; i < batches; ++i) {
            AppendRequest request = make_request(make_batch({.timestamp_ms = 1000 + i,
                                                             .producer_id = ProducerId{9},
                                                             .producer_epoch = 0,
                                                             .base_sequence = i}));
            request.leader_epoch = LeaderEpoch{i / 10};
            ASSERT_EQ(rig.log->append(request).error, ErrorCode::none);
        }
        if (cut % 2 == 0) ASSERT_TRUE(rig.log->flush().has_value());
        const auto held = rig.snapshot();
        ASSERT_TRUE(rig.log->truncate_to(Offset{cut}).has_value());
        ASSERT_EQ(rig.end(), Offset{cut});
        ASSERT_LE(rig.log->recovery_point(), Offset{cut});
        ASSERT_EQ(rig.records().size(), static_cast<size_t>(cut));
        const auto& epochs = *rig.snapshot()->epochs;
        ASSERT_EQ(epochs.size(), static_cast<size_t>((cut + 9) / 10));
        const auto newest =
            rig.snapshot()->find_max_timestamp(rig.end(), ReadMode::blocking).value();
        ASSERT_EQ(newest.offset, Offset{cut - 1});
        // The producer goes on where the log ends, and nowhere else.
        BatchSpec next{.producer_id = ProducerId{9}, .producer_epoch = 0, .base_sequence = cut + 1};
        AppendRequest request = make_request(make_batch(next));
        request.leader_epoch = LeaderEpoch{4};
        if (cut > 0)
            ASSERT_EQ(rig.log->append(request).error, ErrorCode::out_of_order_sequence_number);
        if (cut > 10)
            ASSERT_EQ(rig.append(next).error, ErrorCode::fenced_leader_epoch) << "epoch 0 is over";
        next.base_sequence = cut;
        request = make_request(make_batch(next));
        request.leader_epoch = LeaderEpoch{4};
        ASSERT_EQ(rig.log->append(request).error, ErrorCode::none);
        ASSERT_TRUE(rig.reopen_killed().has_value());
        ASSERT_EQ(rig.end(), Offset{cut + 1});
        ASSERT_EQ(rig.snapshot()->epoch_at(Offset{cut}), LeaderEpoch{4});
    }
}

TEST(LogTruncate, a_batch_that_holds_the_offset_goes_as_a_whole) {
    LogRig rig;
    rig.must_open();
    rig.append({.records = 4});
    rig.append({.records = 4});
    ASSERT_TRUE(rig.log->truncate_to(Offset{6}).has_value());
    EXPECT_EQ(rig.end(), Offset{4});
    EXPECT_EQ(rig.records().size(), 4u);
    ASSERT_TRUE(rig.log->truncate_to(Offset{10}).has_value());
    EXPECT_EQ(rig.end(), Offset{4}) << "beyond the end is nothing to do";
}

TEST(LogTruncate, everything_goes_and_the_log_starts_elsewhere) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    ASSERT_TRUE(rig.log->truncate_fully_and_start_at(Offset{1000}).has_value());
    EXPECT_EQ(rig.snapshot()->log_start_offset, Offset{1000});
    EXPECT_EQ(rig.end(), Offset{1000});
    EXPECT_EQ(rig.snapshot()->size_bytes(), 0u);
    EXPECT_EQ(rig.append({}).base_offset, Offset{1000});
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.snapshot()->log_start_offset, Offset{1000});
    EXPECT_EQ(rig.records().size(), 1u);
}

TEST(LogTruncate, bytes_of_the_old_end_never_come_back) {
    // The old end has the same batch boundaries and plausible offsets: only durable truncation
    // helps.
    for (uint64_t seed = 0; seed < 200; ++seed) {
        LogRig rig;
        rig.must_open();
        rig.fill(9);
        ASSERT_TRUE(rig.log->truncate_to(Offset{3}).has_value());
        rig.append({.tag = "new"});
        rig.disk->crash(seed);
        rig.options.recovery_point = Offset{3};
        ASSERT_TRUE(rig.open().has_value());
        const auto records = rig.records();
        ASSERT_LE(records.size(), 4u);
        if (records.size() == 4) ASSERT_TRUE(records[3].value.starts_with("new"));
    }
}

TEST(LogRetention, DeleteRecords_removes_whole_segments_later) {
    LogRig rig;
    rig.options.config.file_delete_delay_ms = 100;
    rig.must_open();
    rig.fill(40);
    const auto held = rig.snapshot();
    const Offset second = segment_base(*held, 1);
    ASSERT_TRUE(rig.log->advance_log_start(second - 1).has_value());
    EXPECT_EQ(rig.snapshot()->sealed->size(), held->sealed->size());
    EXPECT_EQ(rig.snapshot()->log_start_offset, second - 1);
    ASSERT_TRUE(rig.log->advance_log_start(second).has_value());
    EXPECT_EQ(rig.snapshot()->sealed->size(), held->sealed->size() - 1);
    EXPECT_TRUE(has_name(rig, "00000000000000000000.log.deleted"));
    ASSERT_TRUE(rig.log->purge_deleted(1099).has_value());
    EXPECT_TRUE(has_name(rig, ".deleted"));
    ASSERT_TRUE(rig.log->purge_deleted(1100).has_value());
    EXPECT_FALSE(has_name(rig, ".deleted"));
    // K04: whoever holds the old snapshot still reads everything.
    EXPECT_EQ(read_records(*held).size(), 40u);
    EXPECT_EQ(rig.log->advance_log_start(rig.end() + 1).error().code,
              ErrorCode::offset_out_of_range);
    ASSERT_TRUE(rig.log->advance_log_start(Offset{1}).has_value());
    EXPECT_EQ(rig.snapshot()->log_start_offset, second) << "it never goes back";
}

// The files of `rig` as after a long rest.
void close_files(const LogRig& rig) {
    ASSERT_TRUE(rig.log->flush().has_value());
    const auto log = rig.snapshot();
    for (size_t i = 0; i < segment_count(*log); ++i)
        for_each_resting(segment_at(*log, i),
                         [](const RestingFile& file) { EXPECT_TRUE(file.rest()); });
}

TEST(LogRetention, A11_who_has_a_closed_segment_can_read_it_when_it_was_deleted) {
    LogRig rig;
    rig.must_open();
    rig.fill(60);
    close_files(rig);
    const auto old = rig.snapshot();
    ASSERT_GT(old->sealed->size(), 3u);
    const auto records = rig.records();
    close_files(rig);
    ASSERT_TRUE(rig.log->advance_log_start(rig.end()).has_value());
    ASSERT_TRUE(rig.log->purge_deleted(int64_t{1} << 50).has_value());
    EXPECT_EQ(read_records(*old), records);
}

TEST(LogTruncate, A11_who_has_a_closed_segment_reads_no_other_of_its_name) {
    LogRig rig;
    rig.must_open();
    rig.fill(60);
    close_files(rig);
    const auto old = rig.snapshot();
    const auto records = rig.records();
    close_files(rig);
    ASSERT_TRUE(rig.log->truncate_fully_and_start_at(Offset{0}).has_value());
    rig.fill(60, {.value_size = 30});
    EXPECT_EQ(read_records(*old), records);
    EXPECT_NE(rig.records(), records);
    close_files(rig);
    const auto second = rig.snapshot();
    const auto kept = read_records(*second);
    close_files(rig);
    ASSERT_TRUE(rig.log->truncate_to(Offset{20}).has_value());
    rig.fill(10);
    const ReadRequest beyond{Offset{segment_base(*second, segment_count(*second) - 1)},
                             second->end_offset, 1 << 20, true};
    const auto plan = second->plan_read(beyond, ReadMode::blocking);
    ASSERT_TRUE(plan.has_value());
    const auto last = records_of(bytes_of(*plan));
    EXPECT_TRUE(std::ranges::equal(last, std::span(kept).last(last.size())));
}

TEST(LogRetention, K03_by_size_keeps_at_least_the_limit) {
    LogRig rig;
    rig.options.config.retention_ms = -1;
    rig.must_open();
    rig.fill(60);
    for (int64_t limit = 8000; limit >= 0; limit -= 250) {
        LogConfig config = rig.options.config;
        config.retention_bytes = limit;
        const auto before = static_cast<int64_t>(rig.snapshot()->size_bytes());
        ASSERT_TRUE(rig.log->set_config(config).has_value());
        ASSERT_TRUE(rig.log->apply_retention(2000, rig.end()).has_value());
        const auto log = rig.snapshot();
        const auto size = static_cast<int64_t>(log->size_bytes());
        ASSERT_GE(size, std::min(limit, before)) << "too much";
        if (size == 0) continue;
        // One segment less would be too little.
        ASSERT_GT(limit, size - static_cast<int64_t>(segment_at(*log, 0).size));
    }
    EXPECT_EQ(rig.snapshot()->size_bytes(), 0u) << "a limit of 0 lets the active segment go too";
    EXPECT_EQ(rig.snapshot()->log_start_offset, rig.end());
    EXPECT_EQ(rig.append({}).base_offset, Offset{60});
}

TEST(LogRetention, by_time_and_K01_never_above_the_high_watermark) {
    LogRig rig;
    rig.options.config.retention_ms = 1000;
    rig.must_open();
    for (int i = 0; i < 40; ++i) rig.append({.timestamp_ms = 1000 + i * 100});
    const auto before = rig.snapshot();
    const Offset third = segment_base(*before, 2);
    EXPECT_EQ(rig.log->apply_retention(1 << 30, third - 1).value(), 1u);
    EXPECT_EQ(rig.log->apply_retention(1 << 30, third).value(), 1u);
    EXPECT_EQ(rig.snapshot()->log_start_offset, third);
    EXPECT_GT(rig.log->apply_retention(1 << 30, rig.end()).value(), 0u);
    EXPECT_EQ(rig.snapshot()->size_bytes(), 0u);
}

TEST(LogRetention, by_time_looks_at_the_newest_record_of_each_segment) {
    LogRig rig;
    rig.options.config.retention_ms = 1000;
    rig.must_open();
    for (int i = 0; i < 40; ++i) {
        AppendRequest request = make_request(make_batch({.timestamp_ms = 1000 + i * 100}));
        request.now_ms = 1000 + i * 100;
        ASSERT_EQ(rig.log->append(request).error, ErrorCode::none);
    }
    const int64_t newest = (*rig.snapshot()->sealed)[0].max_timestamp_ms;
    EXPECT_EQ(rig.log->apply_retention(newest + 1000, rig.end()).value(), 0u);
    EXPECT_EQ(rig.log->apply_retention(newest + 1001, rig.end()).value(), 1u);
}

TEST(LogRetention, K02_a_timestamp_from_the_future_ends_some_day) {
    LogRig rig;
    rig.options.config.retention_ms = 1000;
    rig.options.config.timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
    rig.must_open();
    rig.append({.timestamp_ms = int64_t{1} << 50});
    ASSERT_TRUE(rig.log->roll(1000).has_value());
    rig.fill(3);
    EXPECT_EQ(rig.log->apply_retention(1900, rig.end()).value(), 0u);
    EXPECT_EQ(rig.log->apply_retention(2001, rig.end()).value(), 1u);
}

TEST(LogRetention, K02_old_times_and_none_age_no_younger_record_and_no_fresh_segment) {
    LogRig rig;
    rig.options.config.retention_ms = 1000;
    rig.must_open();
    rig.append({.timestamp_ms = -1});
    ASSERT_TRUE(rig.log->roll(1000).has_value());
    for (const int64_t timestamp_ms : {1, 1000, 1}) rig.append({.timestamp_ms = timestamp_ms});
    ASSERT_TRUE(rig.log->roll(1000).has_value());
    rig.append({.timestamp_ms = 1500});
    EXPECT_EQ(rig.log->apply_retention(2000, rig.end()).value(), 0u);
    EXPECT_EQ(rig.log->apply_retention(2001, rig.end()).value(), 2u);
    EXPECT_EQ(rig.snapshot()->log_start_offset, Offset{4});
}

TEST(LogRetention, only_compacted_logs_keep_all_segments) {
    LogRig rig;
    rig.options.config.retention_ms = 1;
    rig.options.config.retention_bytes = 1;
    rig.options.config.cleanup_delete = false;
    rig.must_open();
    rig.fill(40);
    EXPECT_EQ(rig.log->apply_retention(1 << 30, rig.end()).value(), 0u);
}

TEST(LogRetention, X22_idle_producers_are_forgotten_busy_ones_are_not) {
    LogRig rig;
    rig.options.producer_id_expiration_ms = 5000;
    rig.must_open();
    const auto append = [&](int64_t id, int32_t sequence, int64_t now_ms) {
        // With an old timestamp: expiry goes by what the broker saw.
        AppendRequest request = make_request(make_batch({.timestamp_ms = 1,
                                                         .producer_id = ProducerId{id},
                                                         .producer_epoch = 0,
                                                         .base_sequence = sequence}));
        request.now_ms = now_ms;
        return rig.log->append(request).error;
    };
    EXPECT_EQ(append(1, 0, 10000), ErrorCode::none);
    EXPECT_EQ(append(2, 0, 14000), ErrorCode::none);
    ASSERT_TRUE(rig.log->apply_retention(15000, Offset{0}).has_value());
    EXPECT_EQ(append(1, 7, 15000), ErrorCode::none) << "unknown now: any sequence will do (X04)";
    EXPECT_EQ(append(2, 7, 15000), ErrorCode::out_of_order_sequence_number);
}

}  // namespace
}  // namespace barnabas::storage
