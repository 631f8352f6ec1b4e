// SPDX-License-Identifier: Apache-2.0
// Compaction against a model that remembers everything: random keys, tombstones, transactions that
// commit and abort, idempotent producers, rounds that are given up half way, losses of power. Small
// by default; COMPACTION_RECORDS and COMPACTION_SEEDS make it long (pitfalls K06-K10, K12, K13).
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sim/test_size.h"
#include "storage/test/compaction_rig.h"

namespace barnabas::storage {
namespace {

struct Told {
    FoundRecord record;
    bool aborted = false;
    bool open = false;          // in a transaction that has not ended
    int64_t cleanable_ms = -1;  // when compaction first may have gone over it
};

class Life {
  public:
    explicit Life(uint64_t seed) : random_(seed) {
        rig.options.config.segment_bytes = 2000 + static_cast<int32_t>(random_.below(20'000));
        rig.options.config.delete_retention_ms = static_cast<int64_t>(random_.below(3000));
        rig.map_bytes = random_.chance(1, 2) ? 1 << 20 : 24 * (20 + random_.below(200));
        keys_ = 5 + random_.below(200);
        rig.must_open();
    }

    void run(int64_t records) {
        while (static_cast<int64_t>(told_.size()) < records && !testing::Test::HasFatalFailure())
            step();
        for (size_t id = 0; id < producers_.size(); ++id) end_transaction(id);
        rig.seal();
        compact_all();
        check();
        check_nothing_left_over();
        ASSERT_TRUE(rig.reopen_clean().has_value());
        check();
    }
    int crashes = 0;
    int rounds = 0;

  private:
    struct Producer {
        int32_t sequence = 0;
        bool open = false;
        bool transactional = false;
    };

    void step() {
        const uint64_t what = random_.below(1000);
        if (what < 900) {
            write();
        } else if (what < 950) {
            end_transaction(random_.below(producers_.size()));
        } else if (what < 970) {
            rig.now_ms += static_cast<int64_t>(random_.below(1500));
        } else if (what < 985) {
            rig.seal();
        } else if (what < 996) {
            note_cleanable();
            compact_some();
        } else if (what < 998) {
            check();
        } else {
            crash();
        }
    }

    void write() {
        const auto id = random_.below(producers_.size() + 2);
        KeyedBatch batch;
        Producer* const producer = id < producers_.size() ? &producers_[id] : nullptr;
        if (producer != nullptr) {
            if (!producer->open && producer->sequence == 0)
                producer->transactional = random_.chance(2, 3);
            batch.producer_id = ProducerId{static_cast<int64_t>(id) + 100};
            batch.producer_epoch = 0;
            batch.base_sequence = producer->sequence;
            batch.transactional = producer->transactional;
            producer->open = producer->transactional;
        }
        batch.codec = static_cast<protocol::Codec>(random_.below(5));
        const auto count = 1 + random_.below(random_.chance(1, 5) ? 20 : 3);
        std::vector<Told> told;
        for (uint64_t i = 0; i < count; ++i) {
            KeyedRecord record{"k" + std::to_string(random_.below(keys_)), std::nullopt,
                               rig.now_ms};
            if (!random_.chance(1, 6))
                record.value =
                    "v" + std::to_string(told_.size() + i) + std::string(random_.below(40), 'x');
            batch.records.push_back(record);
            Told one;
            one.record = {Offset{}, record.timestamp_ms, record.key, record.value};
            one.open = batch.transactional;
            told.push_back(one);
        }
        const AppendResult result = rig.put(batch);
        ASSERT_EQ(result.error, ErrorCode::none) << result.error_message;
        if (producer != nullptr) producer->sequence += static_cast<int32_t>(count);
        for (uint64_t i = 0; i < count; ++i) {
            told[i].record.offset = result.base_offset + static_cast<int64_t>(i);
            if (batch.transactional) open_[id].push_back(told_.size());
            told_.push_back(told[i]);
        }
    }

    void end_transaction(size_t id) {
        if (!producers_[id].open) return;
        const bool commit = random_.chance(1, 2);
        rig.end_transaction(ProducerId{static_cast<int64_t>(id) + 100}, 0, commit);
        for (const size_t index : open_[id]) {
            told_[index].open = false;
            told_[index].aborted = !commit;
        }
        open_[id].clear();
        producers_[id].open = false;
    }

    void note_cleanable() {
        const Offset until = rig.range().until;
        for (auto told = told_.rbegin(); told != told_.rend(); ++told)
            if (told->record.offset < until && told->cleanable_ms < 0)
                told->cleanable_ms = rig.now_ms;
    }

    void compact_some() {
        if (rig.range().dirty_bytes == 0) return;
        if (random_.chance(1, 3)) {  // given up somewhere
            LogCleaning cleaning(*rig.disk, rig.input());
            for (uint64_t steps = random_.below(200); steps > 0; --steps) {
                const auto progress = cleaning.step(1);
                ASSERT_TRUE(progress.has_value());
                if (progress->done) break;
                if (!progress->has_replacement) continue;
                ASSERT_TRUE(*rig.log->replace_segments(cleaning.take_replacement(), rig.now_ms));
                cleaning.replaced();
            }
            ASSERT_TRUE(cleaning.discard().has_value());
        } else {
            rig.must_compact();
        }
        ++rounds;
        ASSERT_TRUE(rig.log->purge_deleted(rig.now_ms).has_value());
    }

    void compact_all() {
        note_cleanable();
        while (rig.range().dirty_bytes > 0) rig.must_compact();
    }

    // Power goes, often in the middle of compaction. What was appended is synced before: losing
    // the end of a log is other tests' business.
    void crash() {
        ++crashes;
        ASSERT_TRUE(rig.log->flush().has_value());
        const Offset end = rig.end();
        note_cleanable();
        rig.disk->crash_at(random_.below(80));
        (void)rig.compact();
        rig.options.recovery_point = rig.log->recovery_point();
        rig.options.log_start_offset = Offset{0};
        rig.disk->crash(random_.next());
        rig.must_open();
        ASSERT_EQ(rig.end(), end);
        // The checkpoint of what was compacted may be lost, too.
        if (random_.chance(1, 2)) rig.cleaned_until.reset();
        check();
    }

    void check() {
        const auto found = rig.found();
        // A subsequence of what was written, byte for byte.
        size_t at = 0;
        std::map<std::string, const Told*> newest;
        for (const Told& told : told_)
            if (!told.aborted && !told.open) newest[told.record.key] = &told;
        std::map<std::string, Offset> oldest_found;
        for (const FoundRecord& record : found) {
            while (at < told_.size() && told_[at].record.offset < record.offset) ++at;
            ASSERT_LT(at, told_.size()) << record.key << "@" << record.offset.value;
            ASSERT_EQ(told_[at].record, record);
            if (!told_[at].aborted && !told_[at].open)
                oldest_found.try_emplace(record.key, record.offset);
        }
        const auto is_found = [&](Offset offset) {
            return std::ranges::binary_search(found, offset, {}, &FoundRecord::offset);
        };
        for (const auto& [key, told] : newest) {
            if (is_found(told->record.offset)) continue;
            ASSERT_FALSE(told->record.value.has_value()) << key << ": the last value is gone";
            ASSERT_GE(told->cleanable_ms, 0) << key << ": a tombstone went before compaction";
            ASSERT_GE(rig.now_ms, told->cleanable_ms + rig.options.config.delete_retention_ms)
                << key << ": a tombstone went too early";
            const auto oldest = oldest_found.find(key);
            ASSERT_EQ(oldest, oldest_found.end()) << key << " rose from the dead";
        }
        check_committed_reader(found);
        for (const Told& told : told_)
            if (told.open) ASSERT_TRUE(is_found(told.record.offset)) << "of an open transaction";
        if (!told_.empty()) ASSERT_GT(rig.end(), told_.back().record.offset);
    }

    // Who reads committed data only sees everything that is there but what was aborted (F14).
    void check_committed_reader(const std::vector<FoundRecord>& found) {
        const auto view = rig.snapshot();
        const Offset stable = view->first_unstable_offset.value_or(view->end_offset);
        std::vector<FoundRecord> committed;
        size_t at = 0;
        for (const FoundRecord& record : found) {
            while (told_[at].record.offset < record.offset) ++at;
            if (record.offset < stable && !told_[at].aborted) committed.push_back(record);
        }
        ASSERT_EQ(consume_committed(*view, stable, 1 + random_.below(3000)), committed);
    }

    // What no later round would take away either.
    void check_nothing_left_over() {
        std::map<std::string, int> count;
        const auto found = rig.found();
        size_t at = 0;
        for (const FoundRecord& record : found) {
            while (told_[at].record.offset < record.offset) ++at;
            ASSERT_FALSE(told_[at].aborted) << "aborted data stayed";
            if (record.offset < *rig.cleaned_until) ASSERT_EQ(++count[record.key], 1) << record.key;
        }
    }

    CompactionRig rig;
    Random random_;
    uint64_t keys_ = 0;
    std::vector<Told> told_;
    std::vector<Producer> producers_ = std::vector<Producer>(4);
    std::map<size_t, std::vector<size_t>> open_;
};

TEST(CompactionOracle, K06_K08_K09_K10_K12_K13_random_lives_equal_the_model) {
    const auto records = static_cast<int64_t>(test_size("COMPACTION_RECORDS", 4000));
    const auto seeds = static_cast<int64_t>(test_size("COMPACTION_SEEDS", 12));
    int crashes = 0, rounds = 0;
    for (int64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Life life(static_cast<uint64_t>(seed));
        life.run(records);
        if (HasFatalFailure()) return;
        crashes += life.crashes;
        rounds += life.rounds;
    }
    RecordProperty("crashes", crashes);
    RecordProperty("rounds", rounds);
    EXPECT_GT(crashes, 10);
    EXPECT_GT(rounds, 50);
}

}  // namespace
}  // namespace barnabas::storage
