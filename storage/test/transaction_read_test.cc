// SPDX-License-Identifier: Apache-2.0
// Which aborted transactions go with the records that a fetch gives, against a search of everything
// (pitfalls F13-F15).
#include <gtest/gtest.h>

#include "base/random.h"
#include "storage/test/compaction_rig.h"

namespace barnabas::storage {
namespace {

struct Transaction {
    ProducerId producer;
    Offset first;
    Offset marker = offset_none;
    bool aborted = false;
};

// A log of a few producers' transactions, interleaved, over many small segments.
class TransactionLog {
  public:
    explicit TransactionLog(uint64_t seed) : random_(seed) {
        rig.options.config.cleanup_compact = false;
        rig.options.config.segment_bytes = 600 + static_cast<int32_t>(random_.below(2000));
        rig.must_open();
        for (int i = 0; i < 300; ++i) step();
    }

    CompactionRig rig;
    std::vector<Transaction> ended;
    std::vector<FoundRecord> committed;  // in offset order once sorted

  private:
    struct Producer {
        int32_t sequence = 0;
        std::optional<Offset> first;
        std::vector<FoundRecord> written;
    };

    void step() {
        const size_t index = random_.below(producers_.size());
        const ProducerId id{static_cast<int64_t>(index) + 50};
        Producer& producer = producers_[index];
        const bool is_plain = index == 0;
        if (producer.first && random_.chance(1, 4)) return end(id, producer);
        KeyedBatch batch;
        for (uint64_t n = random_.below(4) + 1; n > 0; --n)
            batch.records.push_back({"k", std::to_string(random_.next() % 1000), rig.now_ms});
        if (!is_plain) {
            batch.producer_id = id;
            batch.producer_epoch = 0;
            batch.base_sequence = producer.sequence;
            batch.transactional = true;
        }
        const AppendResult result = rig.put(batch);
        ASSERT_EQ(result.error, ErrorCode::none);
        producer.sequence += static_cast<int32_t>(batch.records.size());
        if (!is_plain && !producer.first) producer.first = result.base_offset;
        Offset at = result.base_offset;
        for (const KeyedRecord& record : batch.records) {
            const FoundRecord written{at, record.timestamp_ms, record.key, record.value};
            (is_plain ? committed : producer.written).push_back(written);
            at = at + 1;
        }
    }

    void end(ProducerId id, Producer& producer) {
        const bool commit = random_.chance(1, 2);
        const Offset marker = rig.end();
        rig.end_transaction(id, 0, commit);
        ended.push_back({id, *producer.first, marker, !commit});
        if (commit)
            committed.insert(committed.end(), producer.written.begin(), producer.written.end());
        producer.first.reset();
        producer.written.clear();
    }

    Random random_;
    std::vector<Producer> producers_ = std::vector<Producer>(6);
};

TEST(TransactionRead, F14_aborted_transactions_equal_a_search_of_all) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        TransactionLog log(seed);
        Random random(seed);
        const auto view = log.rig.snapshot();
        const Offset stable = view->first_unstable_offset.value_or(view->end_offset);
        ASSERT_GT(view->sealed->size(), 3u);
        size_t listed = 0;
        for (int i = 0; i < 200; ++i) {
            const Offset from{static_cast<int64_t>(random.below(uint64_t(stable.value)))};
            const uint64_t bytes_max = random.below(random.chance(1, 2) ? 400 : 6000);
            const auto plan = view->plan_read({from, stable, bytes_max, true}, ReadMode::blocking);
            ASSERT_TRUE(plan.has_value());
            const auto headers = headers_of(bytes_of(*plan));
            ASSERT_FALSE(headers.empty());
            ASSERT_EQ(plan->end_offset, headers.back().next_offset());
            std::set<std::pair<Offset, ProducerId>> expected, told;
            for (const Transaction& one : log.ended)
                if (one.aborted && one.first < plan->end_offset && one.marker >= from)
                    expected.emplace(one.first, one.producer);
            for (const AbortedTransaction& row : view->aborted_between(from, plan->end_offset))
                told.emplace(row.first_offset, row.producer_id);
            ASSERT_EQ(told, expected)
                << "seed " << seed << " from " << from.value << " to " << plan->end_offset.value;
            listed += told.size();
        }
        EXPECT_GT(listed, 100u);
    }
}

TEST(TransactionRead, F13_F14_readers_of_committed_data_see_it_all_and_nothing_else) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        TransactionLog log(seed);
        const auto expect_committed = [&] {
            const auto view = log.rig.snapshot();
            const Offset stable = view->first_unstable_offset.value_or(view->end_offset);
            auto expected = log.committed;
            std::ranges::sort(expected, {}, &FoundRecord::offset);
            std::erase_if(expected,
                          [&](const FoundRecord& record) { return record.offset >= stable; });
            for (const uint64_t bytes_max : {1u, 300u, 5000u, 1u << 20})
                ASSERT_EQ(consume_committed(*view, stable, bytes_max), expected) << bytes_max;
        };
        expect_committed();
        ASSERT_TRUE(log.rig.reopen_killed().has_value());
        expect_committed();
    }
}

TEST(TransactionRead, F15_readers_of_everything_get_aborted_data_and_markers) {
    TransactionLog log(3);
    const auto headers = headers_of(read_bytes(*log.rig.snapshot()));
    Offset expected;
    size_t markers = 0;
    for (const auto& header : headers) {
        ASSERT_EQ(header.base_offset, expected) << "nothing is left out";
        expected = header.next_offset();
        markers += header.is_control() ? 1 : 0;
    }
    EXPECT_EQ(expected, log.rig.end());
    EXPECT_EQ(markers, log.ended.size());
}

}  // namespace
}  // namespace barnabas::storage
