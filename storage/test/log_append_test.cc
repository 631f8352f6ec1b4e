// SPDX-License-Identifier: Apache-2.0
// Appending: what is stored, what is refused, when segments roll, what a failing disk leaves.
#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <set>

#include "storage/producer_snapshot.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

TEST(LogAppend, stores_records_with_offsets_and_epoch) {
    LogRig rig;
    rig.must_open();
    AppendRequest request = make_request(make_batch({.records = 3}));
    request.leader_epoch = LeaderEpoch{7};
    const AppendResult first = rig.log->append(request);
    EXPECT_EQ(first.error, ErrorCode::none);
    EXPECT_EQ(first.base_offset, Offset{0});
    EXPECT_EQ(first.last_offset, Offset{2});
    EXPECT_EQ(first.log_append_time_ms, -1);
    EXPECT_EQ(first.log_start_offset, Offset{0});
    ASSERT_TRUE(first.snapshot);
    EXPECT_EQ(first.snapshot->end_offset, Offset{3});
    const AppendResult second = rig.log->append(request);
    EXPECT_EQ(second.base_offset, Offset{3});
    EXPECT_EQ(first.snapshot->end_offset, Offset{3}) << "a snapshot does not change";
    EXPECT_EQ(rig.end(), Offset{6});
    const auto headers = headers_of(read_bytes(*rig.snapshot()));
    ASSERT_EQ(headers.size(), 2u);
    EXPECT_EQ(headers[1].base_offset, Offset{3});
    EXPECT_EQ(headers[1].partition_leader_epoch, LeaderEpoch{7});
    EXPECT_EQ(rig.records().size(), 6u);
    EXPECT_EQ(rig.snapshot()->epoch_at(Offset{4}), LeaderEpoch{7});
}

TEST(LogAppend, B13_log_append_time_is_stamped_and_checksummed) {
    LogRig rig;
    rig.options.config.timestamp_type = TimestampType::log_append_time;
    rig.must_open();
    AppendRequest request = make_request(make_batch({.records = 2, .timestamp_ms = 5}));
    request.now_ms = 123456;
    const AppendResult result = rig.log->append(request);
    EXPECT_EQ(result.log_append_time_ms, 123456);
    const auto records = rig.records();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].timestamp_ms, 123456);
    EXPECT_EQ(records[1].timestamp_ms, 123456);
}

TEST(LogAppend, recompresses_when_the_topic_asks_for_it) {
    LogRig rig;
    rig.options.config.compression_codec = 4;
    rig.options.config.segment_bytes = 1 << 20;
    rig.must_open();
    rig.append({.records = 50, .value_size = 100});
    EXPECT_EQ(rig.records().size(), 50u);
    EXPECT_EQ(headers_of(read_bytes(*rig.snapshot()))[0].codec_id(), 4);
    EXPECT_LT(rig.snapshot()->size_bytes(), 3000u);
}

TEST(LogAppend, X27_every_refusal_has_offset_minus_one) {
    LogRig rig;
    rig.options.config.max_message_bytes = 500;
    rig.options.config.cleanup_compact = true;
    rig.must_open();
    const auto refused = [&](std::vector<uint8_t> bytes, ErrorCode code) {
        const AppendResult result = rig.append_bytes(std::move(bytes), AppendOrigin::client);
        EXPECT_EQ(result.error, code);
        EXPECT_EQ(result.base_offset, offset_none);
        EXPECT_EQ(result.snapshot, nullptr);
    };
    refused({}, ErrorCode::invalid_record);
    refused(make_batch({.records = 1, .value_size = 600, .keyed = true}),
            ErrorCode::message_too_large);
    refused(make_batch({.records = 1}), ErrorCode::invalid_record);
    auto damaged = make_batch({.keyed = true});
    damaged.back() ^= 1;
    refused(damaged, ErrorCode::corrupt_message);
    EXPECT_EQ(rig.end(), Offset{0});
    EXPECT_EQ(rig.append({.keyed = true}).error, ErrorCode::none);
}

TEST(LogAppend, B15_tells_which_records_lack_a_key) {
    LogRig rig;
    rig.options.config.cleanup_compact = true;
    rig.must_open();
    const AppendResult result = rig.append({.records = 2});
    EXPECT_EQ(result.error, ErrorCode::invalid_record);
    ASSERT_FALSE(result.record_errors.empty());
    EXPECT_EQ(result.record_errors[0].batch_index, 0);
}

TEST(LogAppend, refuses_what_is_larger_than_a_segment) {
    LogRig rig;
    rig.must_open();
    EXPECT_EQ(rig.append({.value_size = 2000}).error, ErrorCode::record_list_too_large);
    EXPECT_EQ(rig.append({.value_size = 900}).error, ErrorCode::none);
}

TEST(LogAppend, refuses_an_older_leader_epoch) {
    LogRig rig;
    rig.must_open();
    AppendRequest request = make_request(make_batch({}));
    request.leader_epoch = LeaderEpoch{5};
    EXPECT_EQ(rig.log->append(request).error, ErrorCode::none);
    request.leader_epoch = LeaderEpoch{4};
    EXPECT_EQ(rig.log->append(request).error, ErrorCode::fenced_leader_epoch);
}

TEST(LogAppend, rolls_by_size_before_writing) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    const auto log = rig.snapshot();
    ASSERT_GT(log->sealed->size(), 1u);
    for (size_t i = 0; i < segment_count(*log); ++i) {
        EXPECT_LE(segment_at(*log, i).size, 1000u);
        if (i > 0) EXPECT_GT(segment_base(*log, i), segment_base(*log, i - 1));
    }
    EXPECT_EQ(rig.records().size(), 40u);
}

TEST(LogAppend, rolls_when_an_index_is_full) {
    LogRig rig;
    rig.options.config.segment_bytes = 1 << 20;
    rig.options.config.index_interval_bytes = 0;
    rig.options.config.segment_index_bytes = 80;
    rig.must_open();
    rig.fill(40);
    const auto log = rig.snapshot();
    EXPECT_GT(log->sealed->size(), 3u);
    for (const SegmentExtent& extent : *log->sealed) {
        EXPECT_LE(extent.offset_index_entries * 8, 80u);
        EXPECT_LE(extent.time_index_entries * 12, 80u);
    }
}

TEST(LogAppend, L06_rolls_before_relative_offsets_overflow) {
    constexpr int64_t top = std::numeric_limits<int32_t>::max();
    LogRig rig;
    rig.must_open();
    const auto replicate = [&](int64_t offset) {
        auto batch = make_batch({});
        protocol::stamp_offset_and_epoch(batch, Offset{offset}, LeaderEpoch{0});
        return rig.append_bytes(batch, AppendOrigin::replication).error;
    };
    EXPECT_EQ(replicate(0), ErrorCode::none);
    EXPECT_EQ(replicate(top - 1), ErrorCode::none);
    EXPECT_EQ(replicate(top), ErrorCode::none);
    EXPECT_EQ(rig.snapshot()->sealed->size(), 0u);
    EXPECT_EQ(replicate(top + 1), ErrorCode::none);
    EXPECT_EQ(rig.snapshot()->sealed->size(), 1u);
    EXPECT_EQ(rig.snapshot()->active.segment->base_offset(), Offset{top + 1});
    EXPECT_EQ(replicate(3 * top), ErrorCode::none) << "further than one segment can reach";
    ASSERT_TRUE(rig.reopen_killed().has_value());
    std::vector<int64_t> offsets;
    for (const ReadRecord& record : rig.records()) offsets.push_back(record.offset.value);
    EXPECT_EQ(offsets, (std::vector<int64_t>{0, top - 1, top, top + 1, 3 * top}));
}

TEST(LogAppend, L06_an_empty_first_segment_gives_way) {
    constexpr int64_t top = std::numeric_limits<int32_t>::max();
    LogRig rig;
    rig.must_open();
    auto batch = make_batch({});
    protocol::stamp_offset_and_epoch(batch, Offset{top + 9}, LeaderEpoch{0});
    EXPECT_EQ(rig.append_bytes(batch, AppendOrigin::replication).error, ErrorCode::none);
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.records().size(), 1u);
    EXPECT_EQ(rig.end(), Offset{top + 10});
}

TEST(LogAppend, R18_a_replica_takes_only_what_continues_its_log) {
    LogRig rig;
    rig.must_open();
    const auto replicate = [&](int64_t offset, int32_t epoch) {
        auto batch = make_batch({.records = 2});
        protocol::stamp_offset_and_epoch(batch, Offset{offset}, LeaderEpoch{epoch});
        return rig.append_bytes(batch, AppendOrigin::replication).error;
    };
    EXPECT_EQ(replicate(10, 3), ErrorCode::none);
    EXPECT_EQ(replicate(11, 3), ErrorCode::offset_out_of_range);
    EXPECT_EQ(replicate(12, 2), ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(replicate(12, 3), ErrorCode::none);
    auto damaged = make_batch({});
    protocol::stamp_offset_and_epoch(damaged, Offset{14}, LeaderEpoch{3});
    damaged.back() ^= 4;
    EXPECT_EQ(rig.append_bytes(damaged, AppendOrigin::replication).error,
              ErrorCode::corrupt_message);
    EXPECT_EQ(headers_of(read_bytes(*rig.snapshot()))[1].partition_leader_epoch, LeaderEpoch{3});
}

TEST(LogAppend, L23_rolls_by_batch_time_and_not_at_every_append) {
    constexpr int64_t year = 365LL * 24 * 3600 * 1000;
    LogRig rig;
    rig.options.config.segment_bytes = 1 << 20;
    rig.options.config.segment_ms = 1000;
    rig.options.config.timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
    rig.options.now_ms = 10 * year;
    rig.must_open();
    const auto append = [&](int64_t timestamp_ms, int64_t now_ms) {
        AppendRequest request = make_request(make_batch({.timestamp_ms = timestamp_ms}));
        request.now_ms = now_ms;
        EXPECT_EQ(rig.log->append(request).error, ErrorCode::none);
        return rig.snapshot()->sealed->size();
    };
    EXPECT_EQ(append(5000, 10 * year), 0u);
    EXPECT_EQ(append(6000, 10 * year), 0u) << "not more than segment.ms";
    EXPECT_EQ(append(6001, 10 * year), 1u);
    EXPECT_EQ(append(20 * year, 10 * year), 2u) << "a timestamp from the future begins one";
    EXPECT_EQ(append(6003, 10 * year), 2u);
    EXPECT_EQ(append(6004, 10 * year), 2u);
    EXPECT_EQ(append(6005, 10 * year + 1001), 3u) << "but does not keep it open for ever";
    EXPECT_EQ(append(6006, 1 * year), 3u) << "the clock went back";
    EXPECT_EQ(append(6007, 1 * year), 3u);
}

// How old the active segment gets, by the times of its batches: the first is of `from_ms`.
int64_t age_at_roll(LogRig& rig, int64_t from_ms) {
    const size_t before = rig.snapshot()->sealed->size();
    for (int64_t age_ms = 0; age_ms < 2000; ++age_ms) {
        EXPECT_EQ(rig.append({.timestamp_ms = from_ms + age_ms}).error, ErrorCode::none);
        if (rig.snapshot()->sealed->size() > before) return age_ms;
    }
    return -1;
}

// Or the segments of many partitions would all roll at one moment.
TEST(LogAppend, L23_jitter_shortens_differently_by_segment_and_by_log) {
    std::set<int64_t> ages_of_first, ages_of_later;
    for (int log = 0; log < 5; ++log) {
        LogRig rig;
        rig.options.directory = "/data/topic-" + std::to_string(log);
        rig.options.config.segment_bytes = 1 << 20;
        rig.options.config.segment_ms = 1000;
        rig.options.config.segment_jitter_ms = 500;
        rig.options.config.timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
        rig.must_open();
        ages_of_first.insert(age_at_roll(rig, 0));
        // The batch that made it roll is the first of the next one.
        if (log > 0) continue;
        for (int64_t from_ms = 2000; from_ms < 8000; from_ms += 2000) {
            ASSERT_TRUE(rig.log->roll(1000).has_value());
            ages_of_later.insert(age_at_roll(rig, from_ms));
        }
    }
    EXPECT_GT(ages_of_first.size(), 2u);
    EXPECT_GT(ages_of_later.size(), 1u);
    for (const auto& ages : {ages_of_first, ages_of_later})
        for (const int64_t age_ms : ages) EXPECT_TRUE(age_ms > 500 && age_ms <= 1001) << age_ms;
}

TEST(LogAppend, L12_a_short_write_leaves_nothing) {
    const auto size = make_batch({}).size();
    for (uint64_t written = 0; written < size; ++written) {
        LogRig rig;
        rig.must_open();
        rig.fill(3);
        const auto before = rig.records();
        rig.disk->fail({.op = DiskOp::write,
                        .error = ENOSPC,
                        .path_contains = ".log",
                        .written_before = written});
        const AppendResult failed = rig.append({});
        ASSERT_EQ(failed.error, ErrorCode::kafka_storage_error);
        ASSERT_EQ(failed.base_offset, offset_none);
        ASSERT_FALSE(rig.log->offline());
        ASSERT_EQ(rig.records(), before);
        ASSERT_EQ(rig.append({.tag = "after"}).base_offset, Offset{3});
        rig.disk->crash(written, CrashStyle::keep_all);
        ASSERT_TRUE(rig.reopen_killed().has_value());
        ASSERT_EQ(rig.records().size(), 4u);
    }
}

TEST(LogAppend, L12_offline_when_it_cannot_be_undone) {
    LogRig rig;
    rig.must_open();
    rig.fill(3);
    rig.disk->fail({.op = DiskOp::write, .error = ENOSPC, .path_contains = ".log"});
    rig.disk->fail({.op = DiskOp::truncate, .error = EIO, .path_contains = ".log"});
    EXPECT_EQ(rig.append({}).error, ErrorCode::kafka_storage_error);
    EXPECT_TRUE(rig.log->offline());
    EXPECT_EQ(rig.append({}).error, ErrorCode::kafka_storage_error);
    EXPECT_EQ(rig.records().size(), 3u) << "what was there can still be read";
}

TEST(LogAppend, L11_a_failed_fsync_is_final) {
    LogRig rig;
    rig.must_open();
    rig.fill(3);
    rig.disk->fail({.op = DiskOp::sync});
    EXPECT_FALSE(rig.log->flush().has_value());
    EXPECT_TRUE(rig.log->offline());
    EXPECT_EQ(rig.log->recovery_point(), Offset{0});
    rig.disk->clear_faults();
    EXPECT_FALSE(rig.log->flush().has_value());
    EXPECT_EQ(rig.append({}).error, ErrorCode::kafka_storage_error);
    EXPECT_FALSE(rig.log->close().has_value());
}

TEST(LogAppend, L12_a_failed_roll_leaves_the_old_segment_in_use) {
    // Each file that rolling makes fails once.
    for (const char* name : {".log", ".index", ".timeindex"}) {
        LogRig rig;
        rig.must_open();
        rig.fill(10);
        const size_t sealed = rig.snapshot()->sealed->size();
        int appended = 10;
        rig.disk->fail({.op = DiskOp::create, .error = ENOSPC, .path_contains = name});
        for (int i = 0; i < 10; ++i) appended += rig.append({}).error == ErrorCode::none ? 1 : 0;
        EXPECT_EQ(appended, 19) << "one append failed";
        EXPECT_GT(rig.snapshot()->sealed->size(), sealed);
        ASSERT_TRUE(rig.reopen_killed().has_value());
        EXPECT_EQ(rig.records().size(), 19u);
    }
}

TEST(LogAppend, L13_a_full_disk_does_not_stop_start_or_deletion) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    EXPECT_TRUE(rig.log->flush().has_value());
    uint64_t used = 0;
    for (const auto& [path, bytes] : rig.disk->contents())
        used += (bytes.size() + 4095) / 4096 * 4096;
    rig.disk->set_capacity(used);
    int appended = 0;
    while (appended < 1000 && rig.append({}).error == ErrorCode::none) ++appended;
    ASSERT_LT(appended, 1000);
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_TRUE(rig.log->advance_log_start(Offset{30}).has_value());
    rig.options.config.file_delete_delay_ms = 0;
    EXPECT_TRUE(rig.log->purge_deleted(1 << 30).has_value());
    rig.options.log_start_offset = Offset{30};
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.append({}).error, ErrorCode::none);
}

TEST(LogAppend, L25_segments_end_before_positions_overflow) {
    LogRig rig;
    rig.options.config.segment_bytes = std::numeric_limits<int32_t>::max();
    rig.options.config.max_message_bytes = std::numeric_limits<int32_t>::max();
    rig.options.config.index_interval_bytes = 1;
    rig.must_open();
    // One batch that almost fills a segment; the simulated file is sparse.
    auto large = make_batch({.records = 1});
    const int32_t length = std::numeric_limits<int32_t>::max() - 200;
    const auto file = rig.disk->open(rig.path("00000000000000000000.log"), OpenMode::read_write);
    store_be<int32_t>(&large[8], length - 12);
    const Bytes part(large);
    ASSERT_TRUE((*file)->write_at(0, {&part, 1}).has_value());
    ASSERT_TRUE((*file)->truncate(static_cast<uint64_t>(length)).has_value());
    rig.put("00000000000000000001.snapshot", encode_producer_snapshot(ProducerState{}));
    rig.options.clean_shutdown = true;
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{1});
    EXPECT_EQ(rig.append({}).error, ErrorCode::none);
    EXPECT_EQ(rig.snapshot()->sealed->size(), 0u);
    EXPECT_EQ(rig.append({}).error, ErrorCode::none);
    EXPECT_EQ(rig.append({}).error, ErrorCode::none);
    const auto log = rig.snapshot();
    EXPECT_EQ(log->sealed->size(), 1u);
    EXPECT_LE((*log->sealed)[0].size, uint64_t{std::numeric_limits<int32_t>::max()});
    const auto place = find_batch((*log->sealed)[0], Offset{1}, ReadMode::blocking);
    ASSERT_TRUE(place && *place);
    EXPECT_EQ((*place)->position, static_cast<uint64_t>(length));
}

}  // namespace
}  // namespace barnabas::storage
