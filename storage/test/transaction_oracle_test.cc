// SPDX-License-Identifier: Apache-2.0
// Random transactional logs against a search of everything that was written: last stable offset,
// aborted lists, what readers of committed data see, and who the log says has written; through
// rolls, restarts clean and killed, snapshots, lost snapshots, and truncation of the tail (pitfalls
// F13-F15, X20, X21). TRANSACTION_OPERATIONS=1000000 is the long form, TRANSACTION_SEED one start.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "base/random.h"
#include "base/sim/test_size.h"
#include "storage/test/compaction_rig.h"

namespace barnabas::storage {
namespace {

constexpr int producers_max = 12;
constexpr int operations_per_log = 2000;

// A batch or marker as it was written.
struct Written {
    Offset first;
    Offset last;
    ProducerId producer = producer_id_none;
    int16_t epoch = -1;
    int32_t last_sequence = -1;
    int32_t coordinator_epoch = -1;
    bool transactional = false;
    bool marker = false;
    bool commit = false;
    std::vector<std::string> values{};
};

// All answers come from a walk over what was written, from the first to the last.
struct Walk {
    explicit Walk(const std::vector<Written>& log) {
        for (const Written& one : log) step(one);
        for (const auto& [id, state] : producers)
            if (state.open) stable = std::min(stable.value_or(*state.open), *state.open);
    }

    void step(const Written& one) {
        if (one.producer == producer_id_none) return;
        Producer& producer = producers[one.producer];
        if (producer.epoch != one.epoch) producer.last_sequence = -1;
        producer.epoch = one.epoch;
        if (!one.marker) {
            producer.last_sequence = one.last_sequence;
            if (one.transactional && !producer.open) producer.open = one.first;
            return;
        }
        producer.coordinator_epoch = one.coordinator_epoch;
        if (producer.open && !one.commit)
            aborted.push_back({one.producer, *producer.open, one.last});
        producer.open.reset();
    }

    struct Producer {
        int16_t epoch = -1;
        int32_t last_sequence = -1;
        int32_t coordinator_epoch = -1;
        std::optional<Offset> open{};
    };
    struct Aborted {
        ProducerId producer;
        Offset first;
        Offset marker;
    };
    std::map<ProducerId, Producer> producers{};
    std::vector<Aborted> aborted{};
    std::optional<Offset> stable{};
};

class TransactionOracle {
  public:
    explicit TransactionOracle(uint64_t seed) : random_(seed) {
        rig_.options.config.cleanup_compact = false;
        rig_.options.config.segment_bytes = 500 + static_cast<int32_t>(random_.below(6000));
        rig_.must_open();
    }

    void run(int operations) {
        for (int i = 0; i < operations && !testing::Test::HasFatalFailure(); ++i) {
            step();
            if (random_.chance(1, 40)) compare();
        }
        compare();
        reopen();
        compare();
    }
    uint64_t checks() const { return checks_; }
    uint64_t listed() const { return listed_; }

  private:
    void step() {
        const uint64_t what = random_.below(1000);
        if (what < 600) return write();
        if (what < 900) return end();
        if (what < 940) return refused();
        if (what < 960) return (void)must(rig_.log->roll(rig_.now_ms));
        if (what < 970) return reopen();
        if (what < 980) return truncate();
        if (what < 990) return (void)must(rig_.log->flush());
        retry();
    }

    ProducerId any_producer() {
        return ProducerId{static_cast<int64_t>(random_.below(producers_max)) + 100};
    }
    Walk::Producer state_of(ProducerId id) const {
        const auto walk = Walk(log_);
        const auto found = walk.producers.find(id);
        return found == walk.producers.end() ? Walk::Producer{} : found->second;
    }

    KeyedBatch spec_for(ProducerId id, const Walk::Producer& state, bool transactional) {
        KeyedBatch spec;
        for (uint64_t n = random_.below(4) + 1; n > 0; --n)
            spec.records.push_back({"k", "v" + std::to_string(++values_), rig_.now_ms});
        if (id == producer_id_none) return spec;
        spec.producer_id = id;
        spec.producer_epoch = std::max<int16_t>(state.epoch, 0);
        spec.base_sequence = state.last_sequence + 1;
        spec.transactional = transactional;
        return spec;
    }

    static int32_t last_sequence_of(const KeyedBatch& spec) {
        return spec.base_sequence + static_cast<int32_t>(spec.records.size()) - 1;
    }

    void write() {
        const bool plain = random_.chance(1, 8);
        const ProducerId id = plain ? producer_id_none : any_producer();
        const Walk::Producer state = state_of(id);
        // Some write without transactions, as long as none of theirs is open.
        const bool transactional = !plain && (state.open || random_.chance(9, 10));
        KeyedBatch spec = spec_for(id, state, transactional);
        if (!plain && !state.open && random_.chance(1, 10)) {
            ++spec.producer_epoch;
            spec.base_sequence = 0;
        }
        const AppendResult result = rig_.put(spec);
        ASSERT_EQ(result.error, ErrorCode::none) << result.error_message;
        ASSERT_EQ(result.base_offset, end_of_log());
        Written written{.first = result.base_offset,
                        .last = result.last_offset,
                        .producer = id,
                        .epoch = spec.producer_epoch,
                        .last_sequence = last_sequence_of(spec),
                        .transactional = transactional};
        for (const KeyedRecord& record : spec.records) written.values.push_back(*record.value);
        log_.push_back(std::move(written));
        if (!plain) last_spec_ = spec;
    }

    AppendResult put_marker(ProducerId id, int16_t epoch, int32_t coordinator_epoch, bool commit,
                            int8_t version) {
        AppendRequest request = make_request(
            protocol::end_transaction_batch(commit, id, epoch, coordinator_epoch, rig_.now_ms),
            AppendOrigin::coordinator);
        request.transaction.version = version;
        return rig_.log->append(request);
    }

    // Of both versions; sometimes of a transaction that has written nothing here.
    void end() {
        const ProducerId id = any_producer();
        const Walk::Producer state = state_of(id);
        if (!state.open && !random_.chance(1, 10)) return;
        const bool bumps = random_.chance(1, 2);
        const auto epoch =
            static_cast<int16_t>(std::max<int16_t>(state.epoch, 0) + (bumps ? 1 : 0));
        const int32_t coordinator_epoch =
            std::max(state.coordinator_epoch, 0) + (random_.chance(1, 20) ? 1 : 0);
        const bool commit = random_.chance(1, 2);
        const AppendResult result =
            put_marker(id, epoch, coordinator_epoch, commit, bumps ? int8_t{2} : int8_t{1});
        ASSERT_EQ(result.error, ErrorCode::none);
        log_.push_back({.first = result.base_offset,
                        .last = result.last_offset,
                        .producer = id,
                        .epoch = epoch,
                        .coordinator_epoch = coordinator_epoch,
                        .transactional = true,
                        .marker = true,
                        .commit = commit});
    }

    // What must not get in, and must change nothing.
    void refused() {
        const ProducerId id = any_producer();
        const Walk::Producer state = state_of(id);
        if (state.epoch < 0) return;
        KeyedBatch spec = spec_for(id, state, true);
        const auto expect = [&](const AppendResult& result, ErrorCode error) {
            EXPECT_EQ(result.error, error);
            EXPECT_EQ(result.base_offset, offset_none) << "X27";
            EXPECT_EQ(rig_.end(), end_of_log());
        };
        spec.producer_epoch = static_cast<int16_t>(state.epoch - 1);
        if (state.epoch > 0) expect(rig_.put(spec), ErrorCode::invalid_producer_epoch);
        spec.producer_epoch = state.epoch;
        spec.base_sequence = state.last_sequence + 7;
        expect(rig_.put(spec), ErrorCode::out_of_order_sequence_number);
        if (state.epoch > 0)
            expect(put_marker(id, static_cast<int16_t>(state.epoch - 1), 99, true, 1),
                   ErrorCode::invalid_producer_epoch);
        if (state.coordinator_epoch > 0)
            expect(put_marker(id, state.epoch, state.coordinator_epoch - 1, true, 1),
                   ErrorCode::transaction_coordinator_fenced);
        if (!state.open) return;
        // The marker of the transaction before, come late (X11).
        expect(put_marker(id, state.epoch, std::max(state.coordinator_epoch, 0), true, 2),
               ErrorCode::invalid_producer_epoch);
        spec.base_sequence = state.last_sequence + 1;
        spec.transactional = false;
        expect(rig_.put(spec), ErrorCode::invalid_txn_state);
    }

    // The last batch again: the old offsets, if the log still has it.
    void retry() {
        if (!last_spec_ || log_.empty()) return;
        const Walk::Producer state = state_of(last_spec_->producer_id);
        if (state.epoch != last_spec_->producer_epoch ||
            state.last_sequence != last_sequence_of(*last_spec_))
            return;
        const Offset before = rig_.end();
        const AppendResult result = rig_.put(*last_spec_);
        ASSERT_EQ(result.error, ErrorCode::none);
        EXPECT_TRUE(result.duplicate);
        EXPECT_EQ(rig_.end(), before);
    }

    // As after kill -9 or a clean stop; snapshots may be missing.
    void reopen() {
        const auto live = rig_.log->active_producers();
        const bool killed = random_.chance(1, 2);
        ASSERT_TRUE((killed ? rig_.reopen_killed() : rig_.reopen_clean()).has_value());
        ASSERT_EQ(rig_.log->active_producers(), live) << (killed ? "killed" : "stopped");
        if (!random_.chance(1, 4)) return;
        ASSERT_TRUE(rig_.log->close().has_value());
        for (const std::string& name : rig_.names())
            if (name.ends_with(".snapshot")) must(rig_.disk->remove(rig_.path(name)));
        ASSERT_TRUE(rig_.reopen_killed().has_value());
        ASSERT_EQ(rig_.log->active_producers(), live) << "without snapshots";
    }

    void truncate() {
        if (log_.empty()) return;
        const size_t kept = log_.size() - random_.below(std::min<size_t>(log_.size(), 30)) - 1;
        const Offset at = log_[kept].first;
        must(rig_.log->truncate_to(at));
        ASSERT_EQ(rig_.end(), at);
        log_.resize(kept);
    }

    void compare() {
        const Walk walk(log_);
        const auto view = rig_.snapshot();
        ++checks_;
        ASSERT_EQ(view->end_offset, end_of_log());
        ASSERT_EQ(view->first_unstable_offset, walk.stable);
        compare_producers(walk);
        const Offset stable = walk.stable.value_or(view->end_offset);
        if (stable > Offset{0})
            for (int i = 0; i < 5; ++i) compare_lists(walk, *view, stable);
        if (random_.chance(1, 5)) compare_reader(*view, stable);
    }

    void compare_producers(const Walk& walk) {
        const auto told = rig_.log->active_producers();
        ASSERT_EQ(told.size(), walk.producers.size());
        for (const ActiveProducer& one : told) {
            const auto found = walk.producers.find(one.producer_id);
            ASSERT_NE(found, walk.producers.end());
            ASSERT_EQ(one.epoch, found->second.epoch);
            ASSERT_EQ(one.last_sequence, found->second.last_sequence);
            ASSERT_EQ(one.coordinator_epoch, found->second.coordinator_epoch);
            ASSERT_EQ(one.transaction_first_offset, found->second.open.value_or(offset_none));
        }
    }

    void compare_lists(const Walk& walk, const LogSnapshot& view, Offset stable) {
        const Offset from{static_cast<int64_t>(random_.below(uint64_t(stable.value)))};
        const uint64_t bytes_max = random_.below(random_.chance(1, 2) ? 400 : 9000);
        const auto plan = view.plan_read({from, stable, bytes_max, true}, ReadMode::blocking);
        ASSERT_TRUE(plan && plan->bytes > 0);
        ASSERT_LE(plan->end_offset, stable) << "F13";
        std::multiset<std::pair<Offset, ProducerId>> expected, told;
        for (const Walk::Aborted& one : walk.aborted)
            if (one.first < plan->end_offset && one.marker >= from)
                expected.emplace(one.first, one.producer);
        for (const AbortedTransaction& row : view.aborted_between(from, plan->end_offset))
            told.emplace(row.first_offset, row.producer_id);
        ASSERT_EQ(told, expected) << from.value << " to " << plan->end_offset.value;
        listed_ += told.size();
    }

    void compare_reader(const LogSnapshot& view, Offset stable) {
        std::map<ProducerId, std::pair<Offset, std::vector<std::pair<Offset, std::string>>>> open;
        std::vector<std::pair<Offset, std::string>> expected;
        for (const Written& one : log_) {
            auto& [first, held] = open[one.producer];
            if (one.marker) {
                if (one.commit) expected.insert(expected.end(), held.begin(), held.end());
                held.clear();
                continue;
            }
            Offset at = one.first;
            for (const std::string& value : one.values) {
                (one.transactional ? held : expected).emplace_back(at, value);
                at = at + 1;
            }
        }
        std::ranges::sort(expected);
        std::erase_if(expected, [&](const auto& record) { return record.first >= stable; });
        const uint64_t bytes_max = random_.chance(1, 2) ? 1 + random_.below(3000) : 1 << 20;
        std::vector<std::pair<Offset, std::string>> shown;
        for (const FoundRecord& record : consume_committed(view, stable, bytes_max))
            shown.emplace_back(record.offset, record.value.value_or(""));
        const auto differs = std::ranges::mismatch(shown, expected);
        const auto place = [](const auto& list, auto at) {
            return at == list.end() ? "the end" : std::to_string(at->first.value) + at->second;
        };
        ASSERT_EQ(shown == expected, true)
            << "shown " << place(shown, differs.in1) << ", expected "
            << place(expected, differs.in2) << ", stable " << stable.value << ", reading "
            << bytes_max << " bytes at a time";
    }

    Offset end_of_log() const { return log_.empty() ? Offset{0} : log_.back().last + 1; }
    void must(Result<void> done) { ASSERT_TRUE(done.has_value()); }

    CompactionRig rig_;
    Random random_;
    std::vector<Written> log_;
    std::optional<KeyedBatch> last_spec_;
    uint64_t values_ = 0;
    uint64_t checks_ = 0;
    uint64_t listed_ = 0;
};

TEST(TransactionOracle, F14_F15_X20_X21_random_logs_equal_a_search_of_everything) {
    const auto operations = static_cast<int64_t>(test_size("TRANSACTION_OPERATIONS", 20'000));
    const auto first_seed = static_cast<int64_t>(test_size("TRANSACTION_SEED", 1));
    uint64_t checks = 0, listed = 0;
    const int64_t logs = std::max<int64_t>(operations / operations_per_log, 1);
    for (int64_t log = 0; log < logs && !HasFatalFailure(); ++log) {
        SCOPED_TRACE("TRANSACTION_SEED=" + std::to_string(first_seed + log));
        TransactionOracle oracle(static_cast<uint64_t>(first_seed + log));
        oracle.run(operations_per_log);
        checks += oracle.checks();
        listed += oracle.listed();
        if ((log + 1) % 50 == 0)
            std::fprintf(stderr, "%lld of %lld logs, %llu comparisons\n",
                         static_cast<long long>(log + 1), static_cast<long long>(logs),
                         static_cast<unsigned long long>(checks));
    }
    RecordProperty("comparisons", std::to_string(checks));
    RecordProperty("aborted_listed", std::to_string(listed));
    EXPECT_GT(checks, static_cast<uint64_t>(logs) * 20);
    EXPECT_GT(listed, static_cast<uint64_t>(logs) * 20);
}

}  // namespace
}  // namespace barnabas::storage
