// SPDX-License-Identifier: Apache-2.0
// Opening after an unclean end: torn tails, damage, leftovers, derived files that are wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "storage/file_names.h"
#include "storage/producer_snapshot.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

const std::string first_log = "00000000000000000000.log";

// A log whose active segment holds everything, and the positions of its batches.
class OneSegment : public LogRig {
  public:
    explicit OneSegment(int batches) {
        options.config.segment_bytes = 1 << 20;
        must_open();
        fill(batches);
        for (const auto& header : headers_of(read_bytes(*snapshot()))) {
            positions.push_back(size);
            size += header.size();
        }
        bytes = get(first_log);
        log.reset();
    }
    // The log of a directory that has only these bytes in its one segment.
    void place(Bytes content) {
        disk = std::make_unique<SimDisk>();
        options.recovery_point = options.log_start_offset = Offset{0};
        options.clean_shutdown = false;
        ASSERT_TRUE(disk->make_directories(options.directory).has_value());
        put(first_log, content);
        const std::string epochs = "0\n1\n0 0\n";
        put("leader-epoch-checkpoint", as_bytes(epochs));
    }

    std::vector<uint64_t> positions;
    std::vector<uint8_t> bytes;
    uint64_t size = 0;
};

std::vector<uint8_t> joined(Bytes a, Bytes b) {
    std::vector<uint8_t> all(a.begin(), a.end());
    all.insert(all.end(), b.begin(), b.end());
    return all;
}

TEST(LogRecovery, L01_a_cut_at_every_byte_of_the_last_batches) {
    OneSegment rig(8);
    const auto all = records_of(rig.bytes);
    for (uint64_t size = rig.positions[5]; size <= rig.size; ++size) {
        rig.place(Bytes(rig.bytes).first(size));
        ASSERT_TRUE(rig.open().has_value());
        const auto whole = std::ranges::upper_bound(rig.positions, size) - rig.positions.begin() -
                           (size == rig.size ? 0 : 1);
        ASSERT_EQ(rig.records(), std::vector(all.begin(), all.begin() + whole));
        ASSERT_EQ(rig.append({}).base_offset, Offset{whole});
        ASSERT_TRUE(rig.reopen_clean().has_value());
        ASSERT_EQ(rig.records().size(), static_cast<size_t>(whole + 1));
    }
}

TEST(LogRecovery, L02_any_flipped_bit_before_valid_batches_is_an_error_and_changes_nothing) {
    OneSegment rig(8);
    Random random(1);
    // Below the recovery point, or where acknowledged records are synced ones.
    for (int i = 0; i < 2000; ++i) {
        const bool flushes = i % 2 == 0;
        rig.options.config.flush_messages = flushes ? 1 : 1000;
        auto damaged = rig.bytes;
        const auto at = random.below(rig.positions.back());
        damaged[at] = static_cast<uint8_t>(damaged[at] ^ (1u << random.below(8)));
        rig.place(damaged);
        rig.options.recovery_point = Offset{flushes ? 0 : 7};
        const auto opened = rig.open();
        ASSERT_FALSE(opened.has_value()) << "byte " << at;
        ASSERT_EQ(opened.error().code, ErrorCode::kafka_storage_error);
        ASSERT_EQ(opened.error().os_error, 0);
        ASSERT_EQ(rig.get(first_log), damaged);
    }
}

// Beyond the recovery point and acknowledged from the page cache: nothing there was promised to
// survive a loss of power, whatever bytes the device has now.
TEST(LogRecovery, L02_unsynced_and_not_flushed_before_the_answer_is_cut_at_the_first_bad_batch) {
    OneSegment rig(8);
    Random random(1);
    const auto all = records_of(rig.bytes);
    for (int i = 0; i < 1000; ++i) {
        auto damaged = rig.bytes;
        // Not offset and epoch, which are under no checksum.
        const uint64_t batch = rig.positions[2 + random.below(6)];
        const uint64_t at = batch + 16 + random.below(rig.positions[1] - 16);
        damaged[at] = static_cast<uint8_t>(damaged[at] ^ (1u << random.below(8)));
        rig.place(damaged);
        rig.options.recovery_point = Offset{2};
        ASSERT_TRUE(rig.open().has_value()) << "byte " << at;
        const auto kept = static_cast<size_t>(rig.end().value);
        ASSERT_EQ(rig.positions[kept], batch);
        ASSERT_EQ(rig.records(),
                  std::vector(all.begin(), all.begin() + static_cast<ptrdiff_t>(kept)));
        ASSERT_LE(rig.log->recovery_report().bytes_truncated, rig.size - rig.positions[2]);
        ASSERT_EQ(rig.append({}).base_offset, Offset{static_cast<int64_t>(kept)});
    }
}

TEST(LogRecovery, L02_synced_records_that_are_gone_without_a_trace_are_damage) {
    OneSegment rig(8);
    rig.place(Bytes(rig.bytes).first(rig.positions[6]));
    rig.options.recovery_point = Offset{7};
    EXPECT_FALSE(rig.open().has_value());
    rig.options.recovery_point = Offset{6};
    EXPECT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{6});
}

// Offsets are under no checksum: the last batch of a log has no neighbour that would show that its
// own was turned.
TEST(LogRecovery, L28_a_moved_end_is_seen_after_a_clean_stop_and_after_a_crash) {
    LogRig rig;
    rig.options.config.segment_bytes = 1 << 20;
    rig.must_open();
    rig.fill(7, {.records = 3});
    ASSERT_TRUE(rig.reopen_clean().has_value());
    const auto all = rig.records();
    const auto sound = rig.get(first_log);
    const uint64_t last_batch = sound.size() / 7 * 6;
    ASSERT_TRUE(rig.log->close().has_value());
    for (unsigned bit = 0; bit < 64; ++bit)
        for (const bool clean : {true, false}) {
            auto damaged = sound;
            auto& byte = damaged[last_batch + 7 - bit / 8];
            byte = static_cast<uint8_t>(byte ^ (1u << bit % 8));
            rig.put(first_log, damaged);
            rig.options.clean_shutdown = clean;
            ASSERT_FALSE(rig.open().has_value()) << "bit " << bit << (clean ? ", clean" : "");
            ASSERT_EQ(rig.get(first_log), damaged);
        }
    rig.put(first_log, sound);
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.records(), all);
}

TEST(LogRecovery, L28_the_epoch_of_the_last_batch_is_one_that_began) {
    OneSegment rig(5);
    for (unsigned bit = 0; bit < 32; ++bit) {
        auto damaged = rig.bytes;
        auto& byte = damaged[rig.positions.back() + 15 - bit / 8];
        byte = static_cast<uint8_t>(byte ^ (1u << bit % 8));
        rig.place(damaged);
        rig.options.recovery_point = rig.options.log_start_offset = Offset{0};
        const auto opened = rig.open();
        // Below zero, the batch passes for one of an older epoch.
        ASSERT_EQ(opened.has_value(), bit == 31) << "bit " << bit;
        if (opened) EXPECT_EQ(rig.end(), Offset{4});
    }
    // The same epoch twice: what is damaged is the checkpoint.
    auto twice = rig.bytes;
    twice[rig.positions[3] + 15] = twice[rig.positions[4] + 15] = 1;
    rig.place(twice);
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{5});
}

// A wrong start must not pass for records that were all deleted.
TEST(LogRecovery, L20_L28_a_start_beyond_the_end_of_a_closed_log_is_damage) {
    LogRig rig;
    rig.must_open();
    rig.fill(20);
    ASSERT_TRUE(rig.reopen_clean().has_value());
    const auto all = rig.records();
    ASSERT_TRUE(rig.log->close().has_value());
    rig.options.log_start_offset = Offset{84};
    EXPECT_FALSE(rig.open().has_value());
    rig.options.log_start_offset = Offset{0};
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.records(), all);
    // Nothing is left below a start that truncation went down to.
    ASSERT_TRUE(rig.log->advance_log_start(Offset{15}).has_value());
    ASSERT_TRUE(rig.log->truncate_to(Offset{15}).has_value());
    ASSERT_TRUE(rig.reopen_clean().has_value());
    EXPECT_EQ(rig.end(), Offset{15});
    EXPECT_EQ(rig.append({}).base_offset, Offset{15});
}

// What lies before a start is deleted: one that a turned digit moved up must not be believed. The
// first leader epoch begins where the log does.
TEST(LogRecovery, L28_a_start_that_moved_up_hides_and_deletes_nothing) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    ASSERT_TRUE(rig.log->advance_log_start(Offset{13}).has_value());
    ASSERT_TRUE(rig.reopen_clean().has_value());
    const auto all = rig.records();
    const auto start = [&] { return rig.snapshot()->log_start_offset; };
    for (const bool clean : {true, false})
        for (const int64_t wrong : {14, 19, 31, 40}) {
            ASSERT_TRUE(rig.reopen_clean().has_value());
            ASSERT_TRUE(rig.log->close().has_value());
            rig.options.clean_shutdown = clean;
            rig.options.log_start_offset = Offset{wrong};
            ASSERT_TRUE(rig.open().has_value());
            EXPECT_EQ(start(), Offset{13}) << wrong;
            ASSERT_TRUE(rig.log->apply_retention(1000, rig.end()).has_value());
            EXPECT_EQ(rig.records(), all);
        }
    // One that moved down shows again what is still there.
    ASSERT_TRUE(rig.log->close().has_value());
    rig.options.log_start_offset = Offset{3};
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(start(), segment_base(*rig.snapshot(), 0));
    // Epochs that are made up from the batches know nothing of a start.
    ASSERT_TRUE(rig.log->close().has_value());
    ASSERT_TRUE(rig.disk->remove(rig.path("leader-epoch-checkpoint")).has_value());
    rig.options.log_start_offset = Offset{14};
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(start(), Offset{14});
}

// Of the two that know where a closed log ended, one may be wrong.
TEST(LogRecovery, L28_one_witness_of_the_end_may_be_missing_or_damaged) {
    LogRig rig;
    rig.options.config.segment_bytes = 1 << 20;
    rig.must_open();
    rig.fill(7);
    ASSERT_TRUE(rig.reopen_clean().has_value());
    const auto all = rig.records();
    ASSERT_EQ(rig.end(), Offset{7});
    for (const int64_t point : {0, 3, 6, 8, 1'000'000}) {
        ASSERT_TRUE(rig.reopen_clean().has_value());
        ASSERT_TRUE(rig.log->close().has_value());
        rig.options.recovery_point = Offset{point};
        ASSERT_TRUE(rig.open().has_value()) << point;
        EXPECT_EQ(rig.records(), all);
        EXPECT_EQ(rig.log->recovery_report().bytes_scanned, 0u) << "not read";
    }
    ASSERT_TRUE(rig.reopen_clean().has_value());
    ASSERT_TRUE(rig.log->close().has_value());
    ASSERT_TRUE(rig.disk->remove(rig.path("00000000000000000007.snapshot")).has_value());
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.records(), all);
}

// Sectors lost out of the middle of an unsynced write, at every place that a boundary can have in
// it, with whole batches behind.
TEST(LogRecovery, L02_a_lost_sector_before_records_is_told_from_damage) {
    for (size_t shift = 0; shift < 512; ++shift) {
        LogRig rig;
        rig.options.config.segment_bytes = 1 << 20;
        rig.options.config.flush_messages = 1;
        rig.must_open();
        ASSERT_EQ(rig.append({.value_size = 20 + shift}).error, ErrorCode::none);
        const uint64_t begin = rig.size_of(first_log);
        for (int i = 0; i < 3; ++i)
            ASSERT_EQ(rig.append({.value_size = 700}).error, ErrorCode::none);
        const auto whole = rig.get(first_log);
        const uint64_t end = begin + (whole.size() - begin) / 3;
        for (uint64_t lost = begin; lost < end; lost = (lost / 512 + 1) * 512) {
            auto holed = whole;
            const uint64_t lost_end = std::min(end, (lost / 512 + 1) * 512);
            for (uint64_t at = lost; at < lost_end; ++at) holed[at] = 0;
            if (holed == whole || lost_end - lost < 2) continue;
            rig.put(first_log, holed);
            ASSERT_TRUE(rig.open().has_value()) << shift << ' ' << lost;
            ASSERT_EQ(rig.end(), Offset{1}) << shift << ' ' << lost;
        }
    }
}

TEST(LogRecovery, L02_below_the_recovery_point_a_torn_tail_is_damage) {
    OneSegment rig(8);
    rig.place(Bytes(rig.bytes).first(rig.size - 3));
    rig.options.recovery_point = Offset{8};
    EXPECT_FALSE(rig.open().has_value());
    rig.options.recovery_point = Offset{7};
    EXPECT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{7});
}

TEST(LogRecovery, L02_damage_in_an_unsynced_segment_before_the_last) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    rig.options.recovery_point = Offset{0};
    rig.options.config.flush_messages = 1;
    auto bytes = rig.get(first_log);
    bytes.back() ^= 1;
    rig.put(first_log, bytes);
    const auto opened = rig.open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::kafka_storage_error);
    rig.options.config.flush_messages = 1000;
    ASSERT_TRUE(rig.open().has_value()) << "not promised";
    EXPECT_TRUE(rig.snapshot()->sealed->empty());
    EXPECT_LT(rig.records().size(), 12u);
}

TEST(LogRecovery, a_segment_that_lost_its_end_ends_the_log) {
    for (const uint64_t lost : {1u, 5u, 88u, 89u, 200u}) {
        LogRig rig;
        rig.must_open();
        rig.fill(40);
        const auto bytes = rig.get(first_log);
        rig.put(first_log, Bytes(bytes).first(bytes.size() - lost));
        ASSERT_TRUE(rig.open().has_value());
        EXPECT_TRUE(rig.snapshot()->sealed->empty());
        const auto records = rig.records();
        EXPECT_LT(records.size(), 12u);
        EXPECT_EQ(rig.end(), Offset{static_cast<int64_t>(records.size())});
        EXPECT_EQ(rig.append({}).base_offset.value, static_cast<int64_t>(records.size()));
    }
}

TEST(LogRecovery, L03_zeros_at_the_end) {
    OneSegment rig(8);
    for (const size_t zeros : {1u, 11u, 12u, 17u, 60u, 61u, 62u, 4096u, 1u << 20}) {
        const std::vector<uint8_t> nothing(zeros);
        rig.place(joined(rig.bytes, nothing));
        ASSERT_TRUE(rig.open().has_value());
        EXPECT_EQ(rig.end(), Offset{8});
        EXPECT_EQ(rig.log->recovery_report().bytes_truncated, zeros);
        EXPECT_EQ(rig.size_of(first_log), rig.size);
    }
}

TEST(LogRecovery, L03_a_hole_before_valid_batches_is_a_lost_write) {
    OneSegment rig(8);
    auto holed = rig.bytes;
    std::fill(holed.begin() + static_cast<ptrdiff_t>(rig.positions[4]),
              holed.begin() + static_cast<ptrdiff_t>(rig.positions[5]), uint8_t{0});
    rig.place(holed);
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{4});
    rig.place(holed);
    rig.options.recovery_point = Offset{5};
    EXPECT_FALSE(rig.open().has_value()) << "but not below the recovery point";
}

TEST(LogRecovery, L04_an_old_batch_after_the_end) {
    OneSegment rig(8);
    const Bytes old =
        Bytes(rig.bytes).subspan(rig.positions[3], rig.positions[5] - rig.positions[3]);
    rig.place(joined(rig.bytes, old));
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{8});
    EXPECT_EQ(rig.records().size(), 8u);
}

TEST(LogRecovery, L04_a_batch_of_an_older_epoch_after_the_end) {
    OneSegment rig(3);
    auto newer = rig.bytes;
    for (const uint64_t position : rig.positions)
        protocol::stamp_offset_and_epoch(MutableBytes(newer).subspan(position),
                                         Offset{load_be<int64_t>(&newer[position])},
                                         LeaderEpoch{5});
    auto stale = make_batch({});
    protocol::stamp_offset_and_epoch(stale, Offset{3}, LeaderEpoch{4});
    rig.place(joined(newer, stale));
    rig.put("leader-epoch-checkpoint", as_bytes("0\n1\n5 0\n"));
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{3});
}

// Everything that readers can ask, compared with what it was before.
void expect_same_answers(const LogRig& rig, const std::vector<ReadRecord>& expected) {
    const auto log = rig.snapshot();
    ASSERT_EQ(read_records(*log), expected);
    for (const ReadRecord& record : expected) {
        const auto plan =
            log->plan_read({record.offset, log->end_offset, 1, true}, ReadMode::blocking);
        ASSERT_TRUE(plan.has_value());
        ASSERT_EQ(plan->first_offset, record.offset);
        const auto found =
            log->find_by_timestamp(record.timestamp_ms, log->end_offset, ReadMode::blocking);
        ASSERT_TRUE(found.has_value());
        ASSERT_EQ(found->offset, record.offset);
    }
}

TEST(LogRecovery, L05_index_files_missing_cut_or_garbled) {
    LogRig rig;
    rig.must_open();
    rig.fill(60);
    const auto expected = rig.records();
    ASSERT_TRUE(rig.log->close().has_value());
    std::vector<std::string> indexes;
    for (const std::string& name : rig.names())
        if (name.ends_with("index")) indexes.push_back(name);
    ASSERT_GT(indexes.size(), 6u);
    const auto before = rig.disk->clone();
    Random random(7);
    for (int round = 0; round < 300; ++round) {
        rig.log.reset();
        rig.disk = before->clone();
        const std::string& name = indexes[random.below(indexes.size())];
        auto bytes = rig.get(name);
        // After a clean shutdown only what is obvious is noticed.
        rig.options.clean_shutdown = random.chance(1, 4);
        const uint64_t what = rig.options.clean_shutdown ? 0 : random.below(5);
        if (what == 0) {
            ASSERT_TRUE(rig.disk->remove(rig.path(name)).has_value());
        } else {
            if (what == 1) bytes.resize(random.below(bytes.size() + 1));
            if (what == 2) random.fill(bytes);
            if (what == 3) bytes.resize(bytes.size() + random.below(100));
            if (what == 4) bytes[random.below(bytes.size())] ^= 1u << random.below(8);
            rig.put(name, bytes);
        }
        rig.options.recovery_point = Offset{static_cast<int64_t>(random.below(61))};
        ASSERT_TRUE(rig.open().has_value());
        expect_same_answers(rig, expected);
        ASSERT_EQ(rig.append({}).base_offset, Offset{60});
    }
}

TEST(LogRecovery, L16_epochs_are_cut_completed_or_rebuilt) {
    LogRig rig;
    rig.must_open();
    for (int i = 0; i < 60; ++i) {
        AppendRequest request = make_request(make_batch({}));
        request.leader_epoch = LeaderEpoch{i / 7};
        ASSERT_EQ(rig.log->append(request).error, ErrorCode::none);
    }
    const auto expected = *rig.snapshot()->epochs;
    const std::string good = "0\n9\n0 0\n1 7\n2 14\n3 21\n4 28\n5 35\n6 42\n7 49\n8 56\n";
    EXPECT_EQ(as_text(rig.get("leader-epoch-checkpoint")), good);
    const auto before = rig.disk->clone();
    ASSERT_TRUE(rig.log->close().has_value());
    const auto closed = rig.disk->clone();
    for (const std::string& text :
         {good, std::string("0\n10\n0 0\n1 7\n2 14\n3 21\n4 28\n5 35\n6 42\n7 49\n8 56\n9 60\n"),
          std::string("0\n11\n0 0\n1 7\n2 14\n3 21\n4 28\n5 35\n6 42\n7 49\n8 56\n9 60\n10 99\n"),
          std::string("garbage"), std::string()}) {
        for (const bool clean : {false, true}) {
            rig.log.reset();
            rig.disk = (clean ? closed : before)->clone();
            rig.put("leader-epoch-checkpoint", as_bytes(text));
            rig.options.clean_shutdown = clean;
            rig.options.recovery_point = Offset{clean ? 60 : 33};
            ASSERT_TRUE(rig.open().has_value()) << text;
            EXPECT_EQ(rig.log->recovery_report().bytes_scanned == 0, clean) << text;
            EXPECT_EQ(*rig.snapshot()->epochs, expected) << text;
        }
    }
    // Behind the log, in the part that is walked.
    rig.log.reset();
    rig.disk = before->clone();
    rig.put("leader-epoch-checkpoint", as_bytes("0\n5\n0 0\n1 7\n2 14\n3 21\n4 28\n"));
    rig.options.clean_shutdown = false;
    rig.options.recovery_point = Offset{33};
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(*rig.snapshot()->epochs, expected);
}

BatchSpec idempotent(int32_t sequence) {
    return {.producer_id = ProducerId{4}, .producer_epoch = 0, .base_sequence = sequence};
}

// Which of the producer's batches are known, and what it may send next.
void expect_producer_at(LogRig& rig, int32_t next) {
    for (int32_t back = 1; back <= 5 && back <= next; ++back) {
        const AppendResult retry = rig.append(idempotent(next - back));
        ASSERT_EQ(retry.error, ErrorCode::none);
        ASSERT_TRUE(retry.duplicate);
        ASSERT_EQ(retry.base_offset, Offset{next - back});
    }
    if (next > 5) {
        ASSERT_EQ(rig.append(idempotent(next - 6)).error, ErrorCode::out_of_order_sequence_number);
    }
    ASSERT_EQ(rig.append(idempotent(next + 1)).error, ErrorCode::out_of_order_sequence_number);
    const AppendResult fresh = rig.append(idempotent(next));
    ASSERT_EQ(fresh.error, ErrorCode::none);
    ASSERT_FALSE(fresh.duplicate);
    ASSERT_EQ(fresh.base_offset, Offset{next});
}

TEST(LogRecovery, L17_X02_producers_after_clean_and_unclean_ends) {
    for (int count = 1; count < 60; count += 3) {
        for (const bool clean : {false, true}) {
            LogRig rig;
            rig.must_open();
            for (int32_t i = 0; i < count; ++i) {
                ASSERT_EQ(rig.append(idempotent(i)).error, ErrorCode::none);
                if (i % 10 == 5) ASSERT_TRUE(rig.log->flush().has_value());
            }
            ASSERT_TRUE((clean ? rig.reopen_clean() : rig.reopen_killed()).has_value());
            expect_producer_at(rig, count);
        }
    }
}

TEST(LogRecovery, L17_snapshots_that_are_damaged_missing_or_beyond_the_end) {
    LogRig rig;
    rig.must_open();
    for (int32_t i = 0; i < 50; ++i) ASSERT_EQ(rig.append(idempotent(i)).error, ErrorCode::none);
    std::vector<std::string> snapshots;
    for (const std::string& name : rig.names())
        if (name.ends_with(".snapshot")) snapshots.push_back(name);
    ASSERT_GE(snapshots.size(), 3u);
    const auto before = rig.disk->clone();
    for (size_t damaged = 0; damaged < (1u << snapshots.size()); ++damaged) {
        rig.log.reset();
        rig.disk = before->clone();
        for (size_t i = 0; i < snapshots.size(); ++i) {
            if ((damaged >> i & 1) == 0) continue;
            auto bytes = rig.get(snapshots[i]);
            bytes[damaged % bytes.size()] ^= 4;
            if (damaged % 3 == 0) bytes.clear();
            rig.put(snapshots[i], bytes);
        }
        // From another life of the log: the state at an offset that it has not reached.
        ProducerState other;
        protocol::BatchHeader batch;
        batch.base_offset = Offset{70};
        batch.producer_id = ProducerId{4};
        batch.producer_epoch = 9;
        batch.base_sequence = 3;
        other.apply(batch, 1000);
        rig.put("00000000000000000071.snapshot", encode_producer_snapshot(other));
        rig.options.recovery_point = Offset{50};
        ASSERT_TRUE(rig.open().has_value());
        expect_producer_at(rig, 50);
        const auto names = rig.names();
        EXPECT_EQ(std::ranges::count(names, "00000000000000000071.snapshot"), 0);
    }
}

TEST(LogRecovery, L18_replay_is_bounded_by_a_segment) {
    LogRig rig;
    rig.must_open();
    for (int32_t i = 0; i < 500; ++i) {
        ASSERT_EQ(rig.append(idempotent(i)).error, ErrorCode::none);
        if (i % 20 == 0) ASSERT_TRUE(rig.log->flush().has_value());
    }
    ASSERT_GT(rig.snapshot()->sealed->size(), 30u);
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_LE(rig.log->recovery_report().bytes_scanned, 4 * 1000u);
    EXPECT_LE(rig.log->recovery_report().segments_scanned, 4u);
    // After a clean stop no record is read, the producers' neither: each such read would fail.
    ASSERT_TRUE(rig.log->close().has_value());
    for (const SegmentExtent& extent : *rig.snapshot()->sealed)
        rig.disk->fail({.op = DiskOp::read,
                        .sticky = true,
                        .path_contains = file_name(extent.segment->base_offset(), FileKind::log)});
    rig.options.recovery_point = rig.end();
    rig.options.clean_shutdown = true;
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.log->recovery_report().bytes_scanned, 0u);
    rig.disk->clear_faults();
    expect_producer_at(rig, 500);
}

TEST(LogRecovery, L09_what_is_kept_is_synced_before_it_is_served) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    ASSERT_TRUE(rig.reopen_killed().has_value());
    const auto served = rig.records();
    ASSERT_EQ(served.size(), 40u);
    EXPECT_EQ(rig.log->recovery_point(), rig.end());
    rig.disk->crash(3, CrashStyle::lose_all);
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.records(), served);
}

TEST(LogRecovery, L20_a_start_beyond_the_end_empties_the_log) {
    for (const bool clean : {false, true}) {
        LogRig rig;
        rig.must_open();
        for (int32_t i = 0; i < 40; ++i) rig.append(idempotent(i));
        ASSERT_TRUE(rig.log->close().has_value());
        rig.options.log_start_offset = Offset{100};
        rig.options.clean_shutdown = clean;
        ASSERT_TRUE(rig.open().has_value());
        EXPECT_EQ(rig.snapshot()->log_start_offset, Offset{100});
        EXPECT_EQ(rig.end(), Offset{100});
        EXPECT_TRUE(rig.snapshot()->epochs->empty());
        EXPECT_EQ(rig.append(idempotent(9)).base_offset, Offset{100}) << "producers are unknown";
        rig.options.clean_shutdown = false;
        ASSERT_TRUE(rig.open().has_value());
        EXPECT_EQ(rig.end(), Offset{101});
    }
}

TEST(LogRecovery, L21_leftovers_of_deletion_and_unfinished_compaction_go) {
    LogRig rig;
    rig.must_open();
    rig.fill(30);
    const auto expected = rig.records();
    for (const char* name :
         {"00000000000000000000.log.deleted", "00000000000000000000.index.deleted",
          "00000000000000000000.log.cleaned", "00000000000000000000.timeindex.cleaned",
          "00000000000000000005.log.swap", "00000000000000000077.index",
          "00000000000000000077.timeindex"})
        rig.put(name, as_bytes("left over"));
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.records(), expected);
    for (const std::string& name : rig.names()) {
        const auto parsed = parse_file_name(name);
        EXPECT_TRUE(!parsed || parsed->stage == FileStage::live) << name;
        EXPECT_FALSE(name.starts_with("00000000000000000077")) << name;
    }
}

// Compaction replaces the first two segments by one with every second batch: the log after a crash
// at any operation of finishing the swap.
TEST(LogRecovery, L21_a_finished_replacement_is_completed_whatever_happens) {
    LogRig rig;
    rig.must_open();
    rig.fill(40);
    const auto all = rig.records();
    const Offset third = segment_base(*rig.snapshot(), 2);
    std::vector<uint8_t> compacted;
    std::vector<ReadRecord> expected;
    const auto bytes = read_bytes(*rig.snapshot());
    protocol::BatchReader reader(bytes);
    protocol::BatchView batch;
    while (reader.next(batch).value()) {
        // The last record before the third segment stays, so that the swap covers what it replaces.
        const bool kept = batch.base_offset() >= third || (third - batch.base_offset()) % 2 == 1;
        if (!kept) continue;
        if (batch.base_offset() < third)
            compacted.insert(compacted.end(), batch.bytes().begin(), batch.bytes().end());
        expected.push_back(all[static_cast<size_t>(batch.base_offset().value)]);
    }
    ASSERT_TRUE(rig.log->flush().has_value());
    rig.options.recovery_point = rig.end();
    rig.put("00000000000000000000.log.swap", compacted);
    rig.put("00000000000000000000.index.swap", {});
    rig.put("00000000000000000000.timeindex.swap", {});
    rig.log.reset();
    const auto before = rig.disk->clone();
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.records(), expected);
    const uint64_t operations = rig.disk->operations() - before->operations();
    for (uint64_t k = 0; k < operations; ++k) {
        rig.log.reset();
        rig.disk = before->clone();
        rig.disk->crash_at(k);
        (void)rig.open();
        rig.log.reset();
        rig.disk->crash(k);
        ASSERT_TRUE(rig.open().has_value()) << k;
        ASSERT_EQ(rig.records(), expected) << k;
    }
}

TEST(LogRecovery, L21_overlapping_segments_are_an_error_empty_ones_are_not) {
    LogRig rig;
    rig.must_open();
    rig.fill(5);
    rig.put("00000000000000000003.log", {});
    rig.put("00000000000000000003.index", {});
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.records().size(), 5u);
    auto batch = make_batch({});
    protocol::stamp_offset_and_epoch(batch, Offset{3}, LeaderEpoch{0});
    rig.put("00000000000000000003.log", batch);
    EXPECT_FALSE(rig.reopen_killed().has_value());
}

TEST(LogRecovery, messages_of_format_0_and_1_are_refused_not_cut) {
    // offset, size, crc, magic 1, attributes, timestamp, null key, empty value
    std::vector<uint8_t> message(12 + 4 + 1 + 1 + 8 + 4 + 4);
    store_be<int32_t>(&message[8], static_cast<int32_t>(message.size() - 12));
    message[16] = 1;
    store_be<int64_t>(&message[18], 1000);
    store_be<int32_t>(&message[26], -1);
    // CRC-32 of the bytes from the magic on.
    uint32_t crc = 0xffffffffu;
    for (size_t i = 16; i < message.size(); ++i) {
        crc ^= message[i];
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    store_be<uint32_t>(&message[12], ~crc);
    OneSegment rig(1);
    rig.place(message);
    EXPECT_FALSE(rig.open().has_value());
    EXPECT_EQ(rig.get(first_log), message);
}

TEST(LogRecovery, a_clean_marker_that_lies_is_noticed) {
    OneSegment rig(8);
    rig.place(Bytes(rig.bytes).first(rig.size - 3));
    rig.options.clean_shutdown = true;
    ASSERT_TRUE(rig.open().has_value());
    EXPECT_EQ(rig.end(), Offset{7});
    EXPECT_GT(rig.log->recovery_report().bytes_scanned, 0u);
}

}  // namespace
}  // namespace barnabas::storage
