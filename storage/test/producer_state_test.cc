// SPDX-License-Identifier: Apache-2.0
// Idempotence (rows X01-X05) and transactions as one partition sees them, and the snapshot file
// against bytes that Apache Kafka wrote.
#include "storage/producer_state.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"
#include "storage/producer_snapshot.h"
#include "storage/test/kafka_files.h"

namespace barnabas::storage {
namespace {

constexpr int32_t sequence_max = std::numeric_limits<int32_t>::max();

struct Producer {
    int64_t id = 7;
    int16_t epoch = 0;
    bool transactional = false;
};

protocol::BatchHeader batch_of(const Producer& producer, int32_t sequence, int64_t offset,
                               int32_t records = 1) {
    protocol::BatchHeader header;
    header.base_offset = Offset{offset};
    header.last_offset_delta = records - 1;
    header.record_count = records;
    header.producer_id = ProducerId{producer.id};
    header.producer_epoch = producer.epoch;
    header.base_sequence = sequence;
    header.max_timestamp = 1000 + offset;
    if (producer.transactional) header.attributes |= protocol::attribute_transactional;
    return header;
}

protocol::BatchHeader marker_of(const Producer& producer, int64_t offset) {
    protocol::BatchHeader header = batch_of(producer, -1, offset);
    header.attributes = protocol::attribute_transactional | protocol::attribute_control;
    return header;
}

ErrorCode check(const ProducerState& state, const protocol::BatchHeader& batch,
                AppendOrigin origin = AppendOrigin::client) {
    const auto checked = state.check(batch, origin);
    return checked ? ErrorCode::none : checked.error().code;
}

TEST(ProducerState, X01_exactly_the_last_five_are_duplicates) {
    ProducerState state;
    const Producer p;
    for (int32_t i = 0; i < 20; ++i) {
        state.apply(batch_of(p, i * 3, i * 3, 3), 0);
        for (int32_t back = 0; back <= i; ++back) {
            const auto retry = batch_of(p, (i - back) * 3, 999, 3);
            const auto found = state.find_duplicate(retry);
            ASSERT_EQ(found.has_value(), back < 5);
            if (found) {
                ASSERT_EQ(found->first_offset(), Offset{(i - back) * 3});
                ASSERT_EQ(found->last_offset, Offset{(i - back) * 3 + 2});
                ASSERT_EQ(found->timestamp_ms, 1000 + (i - back) * 3);
            } else {
                ASSERT_EQ(check(state, retry), ErrorCode::out_of_order_sequence_number);
            }
        }
    }
    EXPECT_FALSE(state.find_duplicate(batch_of(p, 57, 0, 2))) << "another length";
    EXPECT_FALSE(state.find_duplicate(batch_of({7, 1}, 57, 0, 3))) << "another epoch";
    EXPECT_FALSE(state.find_duplicate(batch_of({8, 0}, 57, 0, 3))) << "another producer";
}

TEST(ProducerState, X04_gaps_are_refused_unknown_producers_begin_anywhere) {
    ProducerState state;
    EXPECT_EQ(check(state, batch_of({}, 17, 0)), ErrorCode::none);
    state.apply(batch_of({}, 17, 0), 0);
    EXPECT_EQ(check(state, batch_of({}, 18, 1)), ErrorCode::none);
    EXPECT_EQ(check(state, batch_of({}, 19, 1)), ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(check(state, batch_of({}, 0, 1)), ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(check(state, batch_of({}, 19, 1), AppendOrigin::replication), ErrorCode::none);
    EXPECT_EQ(check(state, batch_of({}, -1, 1), AppendOrigin::coordinator), ErrorCode::none);
}

TEST(ProducerState, X05_old_epochs_are_fenced_new_ones_begin_at_zero) {
    ProducerState state;
    state.apply(batch_of({7, 3}, 0, 0), 0);
    EXPECT_EQ(check(state, batch_of({7, 2}, 1, 1)), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(check(state, batch_of({7, 2}, 1, 1), AppendOrigin::coordinator),
              ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(check(state, batch_of({7, 2}, 1, 1), AppendOrigin::replication), ErrorCode::none);
    EXPECT_EQ(check(state, batch_of({7, 4}, 1, 1)), ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(check(state, batch_of({7, 4}, 0, 1)), ErrorCode::none);
    state.apply(batch_of({7, 4}, 0, 1), 0);
    EXPECT_FALSE(state.find_duplicate(batch_of({7, 3}, 0, 2))) << "the old epoch's are forgotten";
    EXPECT_EQ(check(state, batch_of({7, 3}, 1, 2)), ErrorCode::invalid_producer_epoch);
}

TEST(ProducerState, B17_sequences_wrap_between_and_inside_batches) {
    ProducerState state;
    state.apply(batch_of({}, sequence_max - 1, 0, 4), 0);
    EXPECT_EQ(state.entries().at(ProducerId{7}).last()->last_sequence, 1);
    EXPECT_EQ(state.entries().at(ProducerId{7}).last()->first_sequence(), sequence_max - 1);
    EXPECT_TRUE(state.find_duplicate(batch_of({}, sequence_max - 1, 9, 4)));
    EXPECT_EQ(check(state, batch_of({}, 2, 4)), ErrorCode::none);
    state.apply(batch_of({}, 2, 4), 0);
    state.clear();
    state.apply(batch_of({}, sequence_max, 5), 0);
    EXPECT_EQ(check(state, batch_of({}, 0, 6)), ErrorCode::none);
    EXPECT_EQ(check(state, batch_of({}, 1, 6)), ErrorCode::out_of_order_sequence_number);
}

TEST(ProducerState, X20_transactions_against_brute_force) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        ProducerState state;
        std::map<int64_t, int64_t> open;  // producer -> first offset
        std::map<int64_t, int32_t> sequences;
        for (int64_t offset = 0; offset < 200; ++offset) {
            const Producer p{static_cast<int64_t>(random.below(6)), 0, true};
            if (random.chance(2, 3)) {
                const auto batch = batch_of(p, sequences[p.id]++, offset);
                ASSERT_EQ(check(state, batch), ErrorCode::none);
                state.apply(batch, 0);
                open.emplace(p.id, offset);
            } else {
                const bool commit = random.chance(1, 2);
                const auto first = open.find(p.id);
                const auto row = state.apply_marker(marker_of(p, offset), {commit, 0}, 0);
                ASSERT_EQ(row.has_value(), first != open.end() && !commit);
                if (row) ASSERT_EQ(row->first_offset, Offset{first->second});
                if (first != open.end()) open.erase(first);
                int64_t stable = offset + 1;
                for (const auto& [id, begun] : open) stable = std::min(stable, begun);
                if (row) ASSERT_EQ(row->last_stable_offset, Offset{stable});
            }
            std::optional<Offset> unstable;
            for (const auto& [id, begun] : open)
                unstable = std::min(unstable.value_or(Offset{begun}), Offset{begun});
            ASSERT_EQ(state.first_unstable_offset(), unstable);
        }
    }
}

TEST(ProducerState, a_batch_outside_its_open_transaction_is_refused) {
    ProducerState state;
    state.apply(batch_of({7, 0, true}, 0, 0), 0);
    EXPECT_EQ(check(state, batch_of({7, 0, false}, 1, 1)), ErrorCode::invalid_txn_state);
    EXPECT_EQ(check(state, batch_of({7, 0, true}, 1, 1)), ErrorCode::none);
}

TEST(ProducerState, X14_markers_are_fenced_by_both_epochs) {
    ProducerState state;
    state.apply(batch_of({7, 3, true}, 0, 0), 0);
    state.apply_marker(marker_of({7, 3}, 1), {true, 5}, 0);
    const auto check_marker = [&](int16_t epoch, int32_t coordinator_epoch) {
        const auto checked =
            state.check_marker(marker_of({7, epoch}, 2), {true, coordinator_epoch});
        return checked ? ErrorCode::none : checked.error().code;
    };
    EXPECT_EQ(check_marker(3, 5), ErrorCode::none);
    EXPECT_EQ(check_marker(2, 5), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(check_marker(3, 4), ErrorCode::transaction_coordinator_fenced);
    EXPECT_FALSE(state.apply_marker(marker_of({7, 3}, 2), {false, 5}, 0)) << "nothing was open";
}

TEST(ProducerState, X11_a_marker_that_bumps_the_epoch_fences_late_batches) {
    ProducerState state;
    state.apply(batch_of({7, 0, true}, 0, 0), 0);
    state.apply_marker(marker_of({7, 1}, 1), {true, 0}, 0);
    EXPECT_EQ(check(state, batch_of({7, 0, true}, 1, 2)), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(check(state, batch_of({7, 1, true}, 1, 2)), ErrorCode::out_of_order_sequence_number);
    EXPECT_EQ(check(state, batch_of({7, 1, true}, 0, 2)), ErrorCode::none);
}

TEST(ProducerState, X22_only_idle_producers_without_transaction_expire) {
    ProducerState state(1000);
    state.apply(batch_of({1, 0}, 0, 0), 5000);
    state.apply(batch_of({2, 0}, 0, 1), 5500);
    state.apply(batch_of({3, 0, true}, 0, 2), 5000);
    EXPECT_EQ(state.expire(5999), 0u);
    EXPECT_EQ(state.expire(6000), 1u);
    EXPECT_FALSE(state.entries().contains(ProducerId{1}));
    EXPECT_TRUE(state.entries().contains(ProducerId{3}));
}

TEST(ProducerSnapshot, round_trip_keeps_all_that_matters) {
    ProducerState state;
    for (int32_t i = 0; i < 9; ++i) state.apply(batch_of({1, 2}, i, i), 5000);
    state.apply(batch_of({2, 0, true}, 5, 20, 3), 5000);
    state.apply_marker(marker_of({3, 6}, 30), {true, 4}, 5000);
    const auto bytes = encode_producer_snapshot(state);
    EXPECT_EQ(bytes.size(), 10 + 46 * (5 + 1 + 1));
    ProducerState restored;
    ASSERT_TRUE(decode_producer_snapshot(bytes, Offset{31}, 5000, restored).has_value());
    EXPECT_EQ(encode_producer_snapshot(restored), bytes);
    // X01 holds after a restart too.
    EXPECT_TRUE(restored.find_duplicate(batch_of({1, 2}, 4, 0)));
    EXPECT_FALSE(restored.find_duplicate(batch_of({1, 2}, 3, 0)));
    EXPECT_EQ(restored.first_unstable_offset(), Offset{20});
    EXPECT_EQ(restored.entries().at(ProducerId{3}).coordinator_epoch, 4);
    EXPECT_EQ(restored.entries().at(ProducerId{3}).batch_count, 0);
}

TEST(ProducerSnapshot, every_flipped_bit_is_noticed) {
    ProducerState state;
    state.apply(batch_of({1, 2}, 0, 0), 0);
    const auto bytes = encode_producer_snapshot(state);
    for (size_t i = 0; i < bytes.size() * 8; ++i) {
        auto damaged = bytes;
        damaged[i / 8] = static_cast<uint8_t>(damaged[i / 8] ^ (1u << (i % 8)));
        ProducerState empty;
        ASSERT_FALSE(decode_producer_snapshot(damaged, Offset{9}, 0, empty).has_value());
        ASSERT_TRUE(empty.entries().empty());
    }
    for (size_t size = 0; size < bytes.size(); ++size) {
        ProducerState empty;
        ASSERT_FALSE(decode_producer_snapshot(Bytes(bytes).first(size), Offset{9}, 0, empty));
    }
}

TEST(ProducerSnapshot, rows_beyond_its_offset_are_damage) {
    ProducerState state;
    state.apply(batch_of({1, 2}, 0, 8), 0);
    ProducerState empty;
    const auto bytes = encode_producer_snapshot(state);
    EXPECT_FALSE(decode_producer_snapshot(bytes, Offset{8}, 0, empty).has_value());
    EXPECT_TRUE(decode_producer_snapshot(bytes, Offset{9}, 0, empty).has_value());
}

TEST(ProducerSnapshot, reads_and_rewrites_what_kafka_wrote) {
    const std::vector<std::pair<std::string, int64_t>> files{
        {"idem-0/00000000000000000100.snapshot", 100},
        {"idem-0/00000000000000000300.snapshot", 300},
        {"idem-0/00000000000000000500.snapshot", 500},
        {"txn-0/00000000000000000020.snapshot", 20},
        {"txn-0/00000000000000000114.snapshot", 114}};
    for (const auto& [name, offset] : files) {
        const auto bytes = kafka_file(name);
        ProducerState state;
        ASSERT_TRUE(decode_producer_snapshot(bytes, Offset{offset}, 0, state).has_value()) << name;
        ProducerState again;
        const auto ours = encode_producer_snapshot(state);
        EXPECT_EQ(ours.size(), bytes.size());
        ASSERT_TRUE(decode_producer_snapshot(ours, Offset{offset}, 0, again).has_value());
        EXPECT_EQ(encode_producer_snapshot(again), ours);
    }
    // One producer only: there is no order that could differ.
    const auto single = kafka_file("txn-0/00000000000000000020.snapshot");
    ProducerState state;
    ASSERT_TRUE(decode_producer_snapshot(single, Offset{20}, 0, state).has_value());
    EXPECT_EQ(encode_producer_snapshot(state), single);
    const ProducerEntry& entry = state.entries().at(ProducerId{3});
    EXPECT_EQ(entry.last()->last_sequence, 19);
    EXPECT_EQ(entry.last()->first_offset(), Offset{0});
    EXPECT_EQ(entry.transaction_first_offset, Offset{0});
}

}  // namespace
}  // namespace barnabas::storage
