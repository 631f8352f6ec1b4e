// SPDX-License-Identifier: Apache-2.0
// What compaction keeps and what it does not, rule by rule (pitfalls K05-K12, K15-K17).
#include <gtest/gtest.h>

#include "storage/test/compaction_rig.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {
namespace {

using Texts = std::vector<std::string>;

class Compaction : public testing::Test {
  protected:
    Compaction() { rig.options.config.segment_bytes = 100'000; }
    void SetUp() override { rig.must_open(); }

    CompactionRig rig;
};

TEST_F(Compaction, K06_newest_value_of_each_key_stays_where_it_is) {
    rig.put("a", "1");
    rig.put("b", "1");
    rig.put("a", "2");
    rig.seal();
    rig.put("c", "1");
    rig.put("a", "3");
    rig.seal();
    rig.put("b", "active");
    const Offset end = rig.end();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"b=1@1", "c=1@3", "a=3@4", "b=active@5"}));
    EXPECT_EQ(rig.end(), end);
    EXPECT_EQ(rig.stats.records_read, 5u);
    EXPECT_EQ(rig.stats.records_kept, 3u);
    // A second round has nothing to do but what is new.
    rig.seal();
    EXPECT_EQ(rig.range().from, Offset{5});
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"c=1@3", "a=3@4", "b=active@5"}));
}

TEST_F(Compaction, K06_batches_keep_their_ends_and_their_offsets) {
    KeyedBatch batch;
    for (int i = 0; i < 6; ++i)
        batch.records.push_back({"k" + std::to_string(i % 3), "v" + std::to_string(i), 1000 + i});
    ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    rig.put("k2", "later");
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"k0=v3@3", "k1=v4@4", "k2=later@6"}));
    const auto headers = rig.headers();
    ASSERT_EQ(headers.size(), 2u);
    EXPECT_EQ(headers[0].base_offset, Offset{0});
    EXPECT_EQ(headers[0].last_offset(), Offset{5});
    EXPECT_EQ(headers[0].record_count, 2);
    EXPECT_EQ(headers[0].base_timestamp, 1003);
    EXPECT_EQ(headers[0].max_timestamp, 1004);
}

TEST_F(Compaction, K05_active_segment_open_transactions_and_lag_are_left_alone) {
    const auto until = [&] { return rig.range().until; };
    rig.put("a", "1");
    EXPECT_EQ(until(), Offset{0}) << "active";
    rig.seal();
    rig.put("a", "2");
    EXPECT_EQ(until(), Offset{1});
    rig.seal();
    EXPECT_EQ(until(), Offset{2});
    KeyedBatch open;
    open.records.push_back({"a", "3", rig.now_ms});
    open.producer_id = ProducerId{7};
    open.producer_epoch = 0;
    open.base_sequence = 0;
    open.transactional = true;
    ASSERT_EQ(rig.put(open).error, ErrorCode::none);
    rig.seal();
    rig.put("a", "4");
    rig.seal();
    EXPECT_EQ(until(), Offset{2}) << "the open transaction";
    rig.end_transaction(open.producer_id, 0, true);
    rig.seal();
    EXPECT_EQ(until(), Offset{5});
    rig.options.config.min_compaction_lag_ms = 500;
    EXPECT_EQ(until(), Offset{0}) << "too young";
    rig.now_ms += 499;
    EXPECT_EQ(until(), Offset{0});
    rig.now_ms += 1;
    EXPECT_EQ(until(), Offset{5});
    // Segments that were not synced: the disk might still lose what would replace the old ones.
    rig.put("a", "5");
    ASSERT_TRUE(rig.log->roll(rig.now_ms).has_value());
    rig.now_ms += 1000;
    EXPECT_EQ(until(), Offset{5});
    ASSERT_TRUE(rig.log->flush().has_value());
    EXPECT_EQ(until(), Offset{6});
}

TEST_F(Compaction, K05_overdue_by_the_first_timestamp_of_a_dirty_segment) {
    rig.put("a", "1");
    rig.seal();
    const auto overdue = [&] {
        return *compaction_overdue(*rig.snapshot(), rig.options.config, rig.range(), rig.now_ms);
    };
    rig.now_ms += 10'000'000;
    EXPECT_FALSE(overdue()) << "without a limit";
    rig.options.config.max_compaction_lag_ms = 10'000'000;
    EXPECT_FALSE(overdue());
    rig.now_ms += 1;
    EXPECT_TRUE(overdue());
    rig.must_compact();
    EXPECT_FALSE(overdue()) << "all is compacted";
}

TEST_F(Compaction, dirty_ratio_counts_bytes_of_segments) {
    rig.put("a", std::string(1000, 'x'));
    rig.seal();
    EXPECT_DOUBLE_EQ(rig.range().dirty_ratio(), 1);
    rig.must_compact();
    EXPECT_DOUBLE_EQ(rig.range().dirty_ratio(), 0);
    rig.put("b", std::string(1000, 'x'));
    rig.seal();
    EXPECT_DOUBLE_EQ(rig.range().dirty_ratio(), 0.5);
    // A checkpoint of another log, or one that lies before the log's start.
    rig.cleaned_until = Offset{99};
    EXPECT_EQ(rig.range().from, Offset{0});
    ASSERT_TRUE(rig.log->advance_log_start(Offset{1}).has_value());
    rig.cleaned_until = Offset{0};
    EXPECT_EQ(rig.range().from, Offset{1});
}

TEST_F(Compaction, K07_a_full_map_ends_a_round_at_a_batch) {
    rig.map_bytes = 24 * 16;  // 14 keys
    for (int i = 0; i < 10; ++i) {
        KeyedBatch batch;
        for (int k = 0; k < 5; ++k)
            batch.records.push_back({"k" + std::to_string(i * 5 + k), "old", 1000});
        ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    }
    for (int i = 0; i < 50; ++i) rig.put("k" + std::to_string(i), "new");
    rig.seal();
    // Batches of 5 keys: 10 fit, the next is not taken in part.
    rig.must_compact();
    EXPECT_EQ(rig.cleaned_until, Offset{10});
    EXPECT_EQ(rig.found().size(), 100u);
    int rounds = 1;
    for (; rig.range().dirty_bytes > 0; ++rounds) rig.must_compact();
    EXPECT_GT(rounds, 5);
    std::map<std::string, std::string> values;
    const auto found = rig.found();
    EXPECT_EQ(found.size(), 50u);
    for (const FoundRecord& record : found) EXPECT_EQ(record.value, "new");
}

TEST_F(Compaction, K08_tombstones_stay_until_their_horizon) {
    rig.put("a", "1");
    rig.put("b", "1");
    rig.put("a", std::nullopt);
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"b=1@1", "a!@2"}));
    const auto stamped = rig.headers().back();
    EXPECT_TRUE(stamped.has_delete_horizon());
    EXPECT_EQ(stamped.base_timestamp, rig.now_ms + 1000);
    EXPECT_EQ(rig.found().back().timestamp_ms, 1000) << "the record's own time stays";
    // Later rounds neither move the horizon nor come before it.
    const auto another_round = [&] {
        rig.put("z", "more");
        rig.seal();
        rig.must_compact();
    };
    rig.now_ms += 999;
    another_round();
    EXPECT_EQ(rig.texts(), (Texts{"b=1@1", "a!@2", "z=more@3"}));
    EXPECT_EQ(rig.headers()[1].base_timestamp, stamped.base_timestamp);
    rig.now_ms += 1;
    another_round();
    EXPECT_EQ(rig.texts(), (Texts{"b=1@1", "z=more@4"}));
}

TEST_F(Compaction, K08_a_tombstone_hides_older_values_of_its_key_only) {
    rig.put("a", "1");
    rig.put("a", std::nullopt);
    rig.put("a", "2");
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"a=2@2"}));
    EXPECT_FALSE(rig.headers().back().has_delete_horizon());
}

class TransactionCompaction : public Compaction {
  protected:
    void write(ProducerId id, const std::string& key, const std::string& value) {
        KeyedBatch batch;
        batch.records.push_back({key, value, rig.now_ms});
        batch.producer_id = id;
        batch.producer_epoch = 0;
        batch.base_sequence = sequences_[id]++;
        batch.transactional = true;
        ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    }
    void end(ProducerId id, bool commit) { rig.end_transaction(id, 0, commit); }
    size_t markers() const {
        size_t count = 0;
        for (const auto& header : rig.headers())
            count += header.is_control() && header.record_count > 0 ? 1 : 0;
        return count;
    }
    std::vector<AbortedTransaction> aborted() const {
        return rig.snapshot()->aborted_between(Offset{0}, rig.end());
    }
    const ProducerId p{7}, q{8};

  private:
    std::map<ProducerId, int32_t> sequences_;
};

TEST_F(TransactionCompaction, K09_an_aborted_value_wipes_nothing_out) {
    rig.put("a", "1");
    write(p, "a", "aborted");
    write(q, "b", "committed");
    end(p, false);
    end(q, true);
    rig.put("z", "last");
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"a=1@0", "b=committed@2", "z=last@5"}));
    EXPECT_EQ(markers(), 2u);
    // The row stays as long as readers of an older snapshot may still see the data.
    EXPECT_EQ(aborted().size(), 1u);
}

TEST_F(TransactionCompaction, K09_markers_go_when_their_data_is_gone_and_their_time_has_come) {
    write(p, "a", "aborted");
    end(p, false);
    write(q, "b", "1");
    end(q, true);
    write(p, "x", "1");  // so that both producers have later data
    end(p, true);
    write(q, "x", "2");
    end(q, true);
    rig.put("b", "2");
    rig.put("x", "3");
    rig.seal();
    const auto another_round = [&] {
        rig.put("z", "more");
        rig.seal();
        rig.must_compact();
    };
    another_round();
    // Data was met in this round, so no marker is on its way out yet.
    EXPECT_EQ(markers(), 4u);
    for (const auto& header : rig.headers()) EXPECT_FALSE(header.has_delete_horizon());
    another_round();
    EXPECT_EQ(markers(), 4u);
    EXPECT_TRUE(aborted().empty());
    size_t stamped = 0;
    for (const auto& header : rig.headers()) stamped += header.has_delete_horizon() ? 1 : 0;
    EXPECT_EQ(stamped, 2u) << "those whose producers' last batches are other ones";
    rig.now_ms += 999;
    another_round();
    EXPECT_EQ(markers(), 4u);
    rig.now_ms += 1;
    another_round();
    EXPECT_EQ(markers(), 2u);
    EXPECT_EQ(rig.texts().size(), 3u);
}

TEST_F(TransactionCompaction, K09_data_whose_marker_lies_in_a_later_segment) {
    rig.put("a", "1");
    write(p, "a", "aborted");
    rig.seal();
    end(p, false);
    rig.put("z", "active");
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"a=1@0", "z=active@3"}));
    ASSERT_EQ(aborted().size(), 1u) << "the marker's segment has not been looked at";
    EXPECT_EQ(aborted()[0].first_offset, Offset{1});
    rig.seal();
    rig.must_compact();
    ASSERT_TRUE(rig.reopen_clean().has_value());
    EXPECT_EQ(rig.texts(), (Texts{"a=1@0", "z=active@3"}));
}

TEST_F(TransactionCompaction, K09_what_is_left_of_the_transaction_index_is_on_disk) {
    write(p, "a", "x");
    write(p, "b", "x");
    end(p, false);
    write(q, "c", "x");
    end(q, false);
    rig.put("z", "1");
    rig.seal();
    rig.must_compact();
    const auto before = aborted();
    EXPECT_EQ(before.size(), 2u);
    ASSERT_TRUE(rig.reopen_clean().has_value());
    EXPECT_EQ(aborted(), before);
    rig.put("z", "2");
    rig.seal();
    rig.must_compact();
    rig.put("z", "3");
    rig.seal();
    rig.must_compact();
    // Empty batches of the producers' last data are all that is left, so the rows stay with them.
    ASSERT_TRUE(rig.reopen_clean().has_value());
    EXPECT_EQ(aborted(), before);
}

TEST_F(Compaction, K10_the_last_batch_of_a_live_producer_leaves_its_header) {
    const auto write = [&](int32_t sequence, const std::string& value) {
        KeyedBatch batch;
        batch.records.push_back({"a", value, rig.now_ms});
        batch.producer_id = ProducerId{5};
        batch.producer_epoch = 3;
        batch.base_sequence = sequence;
        return rig.put(batch);
    };
    for (int32_t i = 0; i < 4; ++i)
        ASSERT_EQ(write(i, "v" + std::to_string(i)).error, ErrorCode::none);
    rig.put("a", "other");
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"a=other@4"}));
    const auto headers = rig.headers();
    ASSERT_EQ(headers.size(), 2u);
    EXPECT_EQ(headers[0].record_count, 0);
    EXPECT_EQ(headers[0].base_sequence, 3);
    EXPECT_EQ(headers[0].last_offset(), Offset{3});
    // A crash that loses the producer snapshots: the state comes from the log alone.
    for (const std::string& name : rig.names())
        if (name.ends_with(".snapshot")) ASSERT_TRUE(rig.disk->remove(rig.path(name)).has_value());
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_TRUE(write(3, "v3").duplicate);
    EXPECT_EQ(write(5, "gap").error, ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(write(4, "v4").error, ErrorCode::none);
    // Now another batch is the producer's last.
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.headers()[0].base_sequence, 4);
}

TEST_F(Compaction, K10_forgotten_producers_leave_nothing) {
    rig.options.producer_id_expiration_ms = 100;
    ASSERT_TRUE(rig.reopen_clean().has_value());
    KeyedBatch batch;
    batch.records.push_back({"a", "1", rig.now_ms});
    batch.producer_id = ProducerId{5};
    batch.producer_epoch = 0;
    batch.base_sequence = 0;
    ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    rig.put("a", "2");
    rig.seal();
    rig.now_ms += 1000;
    ASSERT_TRUE(rig.log->apply_retention(rig.now_ms, rig.end()).has_value());
    rig.must_compact();
    EXPECT_EQ(rig.headers().size(), 1u);
}

TEST_F(Compaction, K11_a_batch_larger_than_every_buffer) {
    rig.options.config.max_message_bytes = 8 << 20;
    rig.options.config.segment_bytes = 16 << 20;
    ASSERT_TRUE(rig.log->set_config(rig.options.config).has_value());
    rig.map_bytes = 24 * 16;
    rig.step_bytes = 1;
    KeyedBatch batch;
    for (int i = 0; i < 300; ++i)
        batch.records.push_back({"k" + std::to_string(i), std::string(10'000, 'x'), 1000});
    ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    rig.put("k0", "new");
    rig.seal();
    while (rig.range().dirty_bytes > 0) rig.must_compact();
    EXPECT_EQ(rig.found().size(), 300u);
    EXPECT_EQ(rig.texts().back(), "k0=new@300");
}

TEST_F(Compaction, K12_when_all_records_go_the_end_stays) {
    rig.put("a", "1");
    rig.put("a", std::nullopt);
    rig.seal();
    rig.must_compact();
    rig.now_ms += 10'000;
    rig.put("b", "1");
    rig.put("b", std::nullopt);
    rig.seal();
    rig.must_compact();
    rig.now_ms += 10'000;
    rig.put("c", std::nullopt);
    rig.seal();
    rig.must_compact();
    rig.now_ms += 10'000;
    rig.put("d", std::nullopt);
    rig.seal();
    rig.must_compact();
    EXPECT_EQ(rig.texts(), (Texts{"d!@5"}));
    const Offset end = rig.end();
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.end(), end);
    EXPECT_EQ(end, Offset{6});
}

TEST_F(Compaction, K12_the_last_batch_of_a_round_is_kept_empty) {
    KeyedBatch batch;
    batch.records.push_back({"a", "aborted", rig.now_ms});
    batch.producer_id = ProducerId{5};
    batch.producer_epoch = 0;
    batch.base_sequence = 0;
    batch.transactional = true;
    rig.put("a", "1");
    ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    rig.seal();
    rig.end_transaction(ProducerId{5}, 0, false);
    rig.must_compact();
    const auto headers = rig.headers();
    ASSERT_EQ(headers.size(), 3u);
    EXPECT_EQ(headers[1].record_count, 0);
    EXPECT_EQ(headers[1].last_offset(), Offset{1});
}

TEST_F(Compaction, small_segments_are_merged_up_to_the_limit) {
    rig.options.config.segment_bytes = 1000;
    ASSERT_TRUE(rig.log->set_config(rig.options.config).has_value());
    for (int i = 0; i < 60; ++i) rig.put("k" + std::to_string(i % 6), "v" + std::to_string(i));
    rig.seal();
    const size_t before = rig.snapshot()->sealed->size();
    EXPECT_GT(before, 4u);
    // The first round leaves small segments, later ones merge them.
    for (int i = 0; i < 4; ++i) {
        rig.must_compact();
        rig.put("x", "more");
        rig.seal();
    }
    EXPECT_LE(rig.snapshot()->sealed->size(), 2u);
    EXPECT_EQ(rig.texts().front(), "k0=v54@54");
    for (const SegmentExtent& extent : *rig.snapshot()->sealed) EXPECT_LE(extent.size, 1000u);
    ASSERT_TRUE(rig.log->purge_deleted(rig.now_ms).has_value());
    ASSERT_TRUE(rig.reopen_killed().has_value());
    EXPECT_EQ(rig.texts().front(), "k0=v54@54");
}

TEST_F(Compaction, K15_a_record_without_key_or_a_damaged_batch_stops_this_log_only) {
    rig.options.config.cleanup_compact = false;
    ASSERT_TRUE(rig.log->set_config(rig.options.config).has_value());
    rig.fill(1);
    rig.put("a", "1");
    rig.seal();
    rig.options.config.cleanup_compact = true;
    ASSERT_TRUE(rig.log->set_config(rig.options.config).has_value());
    const auto before = read_bytes(*rig.snapshot());
    const auto compacted = rig.compact();
    ASSERT_FALSE(compacted.has_value());
    EXPECT_EQ(compacted.error().code, ErrorCode::invalid_record);
    EXPECT_EQ(read_bytes(*rig.snapshot()), before);
    for (const std::string& name : rig.names()) EXPECT_FALSE(name.ends_with(".cleaned")) << name;
}

TEST_F(Compaction, K15_damage_is_not_copied) {
    rig.put("a", "1");
    rig.put("a", "2");
    rig.seal();
    rig.disk->flip_bit(rig.path("00000000000000000000.log"), 70, 3);
    const auto compacted = rig.compact();
    ASSERT_FALSE(compacted.has_value());
    EXPECT_EQ(compacted.error().code, ErrorCode::corrupt_message);
}

TEST_F(Compaction, K16_a_log_that_has_changed_meanwhile_keeps_what_it_has) {
    for (int i = 0; i < 10; ++i) {
        rig.put("a", std::to_string(i));
        if (i % 2 == 1) rig.seal();
    }
    const auto run = [&](const std::function<void()>& meanwhile) {
        LogCleaning cleaning(*rig.disk, rig.input());
        LogCleaning::Progress progress;
        while (!progress.has_replacement) progress = *cleaning.step(1);
        meanwhile();
        const auto by = cleaning.take_replacement();
        const bool replaced = rig.log->replace_segments(by, rig.now_ms).value();
        EXPECT_TRUE(cleaning.discard().has_value() || replaced);
        return replaced;
    };
    const Texts all = rig.texts();
    EXPECT_FALSE(run([&] { ASSERT_TRUE(rig.log->truncate_to(Offset{9}).has_value()); }));
    EXPECT_EQ(rig.texts(), Texts(all.begin(), all.end() - 1));
    rig.put("a", "again");
    rig.seal();
    EXPECT_FALSE(run([&] { ASSERT_TRUE(rig.log->advance_log_start(Offset{2}).has_value()); }));
    EXPECT_EQ(rig.texts().front(), "a=2@2");
    for (const std::string& name : rig.names()) EXPECT_FALSE(name.ends_with(".cleaned")) << name;
    EXPECT_FALSE(
        run([&] { ASSERT_TRUE(rig.log->truncate_fully_and_start_at(Offset{50}).has_value()); }));
    EXPECT_EQ(rig.end(), Offset{50});
    rig.put("a", "1");
    rig.put("a", "2");
    rig.seal();
    EXPECT_TRUE(run([] {}));
    EXPECT_EQ(rig.texts(), (Texts{"a=2@51"}));
}

TEST_F(Compaction, K04_readers_go_on_in_what_they_began_to_read) {
    rig.put("a", "1");
    rig.put("a", "2");
    rig.seal();
    const auto held = rig.snapshot();
    const auto before = read_bytes(*held);
    rig.must_compact();
    EXPECT_LT(read_bytes(*rig.snapshot()).size(), before.size());
    EXPECT_EQ(read_bytes(*held), before);
    ASSERT_TRUE(rig.log->purge_deleted(rig.now_ms + 1).has_value());
    EXPECT_EQ(read_bytes(*held), before);
    // A reader at an offset that is gone gets the next one.
    const auto plan =
        rig.snapshot()->plan_read({Offset{0}, rig.end(), 1 << 20, true}, ReadMode::blocking);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(found_records(bytes_of(*plan)).front().offset, Offset{1});
}

class EveryCodec : public Compaction, public testing::WithParamInterface<protocol::Codec> {};

TEST_P(EveryCodec, K17_rewritten_batches_are_valid) {
    for (int i = 0; i < 20; ++i) {
        KeyedBatch batch;
        batch.codec = GetParam();
        for (int k = 0; k < 8; ++k) {
            std::optional<std::string> value = std::string(100, static_cast<char>('a' + k));
            if (k == i % 8 && i > 11) value.reset();
            batch.records.push_back(
                {"k" + std::to_string(k * (i + 1) % 13), value, 2000 + (k * 37 + i * 11) % 50});
        }
        ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    }
    rig.seal();
    std::map<std::string, FoundRecord> newest;
    for (const FoundRecord& record : rig.found()) newest[record.key] = record;
    rig.must_compact();
    const auto found = rig.found();  // checks CRCs, deltas, timestamps
    EXPECT_EQ(found.size(), newest.size());
    for (const FoundRecord& record : found) EXPECT_EQ(record, newest[record.key]);
    bool any_rewritten = false;
    for (const auto& header : rig.headers()) {
        if (header.record_count == 0) continue;
        EXPECT_EQ(header.codec_id(), static_cast<int>(GetParam()));
        any_rewritten |= header.record_count <= header.last_offset_delta;
    }
    EXPECT_TRUE(any_rewritten);
    // Lookups by time still find what a scan finds.
    const auto by_time = rig.snapshot()->find_by_timestamp(2049, rig.end(), ReadMode::blocking);
    ASSERT_TRUE(by_time.has_value());
    const auto scanned = std::ranges::find_if(
        found, [](const FoundRecord& record) { return record.timestamp_ms >= 2049; });
    EXPECT_EQ(by_time->offset, scanned == found.end() ? offset_none : scanned->offset);
}

INSTANTIATE_TEST_SUITE_P(All, EveryCodec,
                         testing::Values(protocol::Codec::none, protocol::Codec::gzip,
                                         protocol::Codec::snappy, protocol::Codec::lz4,
                                         protocol::Codec::zstd));

TEST_F(Compaction, K17_the_time_of_appending_is_kept) {
    rig.options.config.timestamp_type = TimestampType::log_append_time;
    ASSERT_TRUE(rig.log->set_config(rig.options.config).has_value());
    KeyedBatch batch;
    for (int k = 0; k < 4; ++k) batch.records.push_back({"k" + std::to_string(k), "v", 10 + k});
    rig.now_ms = 5000;
    ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    rig.now_ms = 6000;
    rig.put("k1", std::nullopt);
    rig.put("k3", "new");
    rig.seal();
    rig.must_compact();
    const auto found = rig.found();
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found[0].timestamp_ms, 5000);
    EXPECT_EQ(found[1].timestamp_ms, 5000);
    EXPECT_EQ(found[2].timestamp_ms, 6000);
    for (const auto& header : rig.headers())
        EXPECT_EQ(header.timestamp_type(), protocol::TimestampType::log_append_time);
}

TEST_F(Compaction, K17_largest_timestamp_of_an_emptied_batch_is_nobodys) {
    KeyedBatch batch;
    batch.records.push_back({"a", "1", 9000});
    batch.producer_id = ProducerId{5};
    batch.producer_epoch = 0;
    batch.base_sequence = 0;
    ASSERT_EQ(rig.put(batch).error, ErrorCode::none);
    rig.put("a", "2");
    rig.put("b", "2");
    rig.seal();
    rig.must_compact();
    ASSERT_EQ(rig.headers()[0].record_count, 0);
    const auto largest = rig.snapshot()->find_max_timestamp(rig.end(), ReadMode::blocking);
    ASSERT_TRUE(largest.has_value());
    EXPECT_EQ(largest->offset, Offset{1});
    EXPECT_EQ(largest->timestamp_ms, 1000);
}

}  // namespace
}  // namespace barnabas::storage
