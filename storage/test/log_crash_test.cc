// SPDX-License-Identifier: Apache-2.0
// Loss of power at every operation of a log's life, and again at every operation of the recovery,
// three deep (pitfalls L01, L07-L10, L16, L17). After each the log must be a state that it was in,
// not older than what was synced, and must go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/random.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

struct ModelRecord {
    ReadRecord record;
    LeaderEpoch epoch;
    int32_t sequence = 0;  // of the one idempotent producer
    size_t batch_begin = 0;
};

// What the log should be, kept in step with what is done to it.
struct Model {
    std::vector<ModelRecord> records;  // records[i] has offset i
    Offset start;
    Offset start_sought;
    Offset synced;
    LeaderEpoch epoch;
};

class Life {
  public:
    Life() {
        rig.options.config.segment_bytes = 600;
        rig.options.config.retention_ms = -1;
        rig.options.config.file_delete_delay_ms = 0;
    }

    // Some steps, the same for the same seed, until one fails.
    void run(uint64_t seed, int steps) {
        Random random(seed);
        for (int i = 0; i < steps; ++i)
            if (!step(random)) return;
    }

    bool step(Random& random) {
        const uint64_t what = random.below(20);
        if (what < 13) return append(1 + static_cast<int>(random.below(3)), random.below(120));
        if (what < 16) return flush();
        if (what == 16) return rig.log->roll(1000).has_value();
        if (what == 17) return truncate(random.below(6));
        if (what == 18) return advance_start(random.below(8));
        return new_epoch();
    }

    bool append(int records, size_t value_size) {
        BatchSpec spec{.records = records,
                       .value_size = value_size,
                       .timestamp_ms = 1000 + static_cast<int64_t>(model.records.size()),
                       .producer_id = ProducerId{5},
                       .producer_epoch = 0,
                       .base_sequence = next_sequence()};
        spec.tag = "r" + std::to_string(appended_++) + "-";
        AppendRequest request = make_request(make_batch(spec));
        request.leader_epoch = model.epoch;
        // It may be in the log whether or not it is acknowledged.
        const size_t begin = model.records.size();
        for (const ReadRecord& record : records_of(request.records)) {
            const Offset offset{static_cast<int64_t>(model.records.size())};
            const auto index = static_cast<int32_t>(record.offset.value);
            model.records.push_back({{offset, record.timestamp_ms, record.value},
                                     model.epoch,
                                     spec.base_sequence + index,
                                     begin});
        }
        return rig.log->append(request).error == ErrorCode::none;
    }

    bool flush() {
        if (!rig.log->flush()) return false;
        model.synced = rig.end();
        return true;
    }

    // Drops some records, and with them all of the batch that the first of them is in.
    bool truncate(uint64_t records) {
        const size_t size = model.records.size();
        const size_t kept = std::max(size - std::min<size_t>(records, size),
                                     static_cast<size_t>(model.start.value));
        if (kept == size) return true;
        // As the recovery-point checkpoint has it, which is written before.
        const auto boundary = static_cast<int64_t>(model.records[kept].batch_begin);
        model.synced = std::min(model.synced, Offset{boundary});
        if (!rig.log->truncate_to(Offset{static_cast<int64_t>(kept)})) return false;
        if (rig.end() != Offset{boundary}) return false;
        model.records.resize(static_cast<size_t>(boundary));
        model.start = std::min(model.start, rig.end());
        return true;
    }

    bool advance_start(uint64_t records) {
        const Offset to = std::min(rig.end(), model.start + static_cast<int64_t>(records));
        model.start_sought = std::max(model.start_sought, to);
        if (!rig.log->advance_log_start(to)) return false;
        model.start = to;
        return rig.log->purge_deleted(1000).has_value();
    }

    bool new_epoch() {
        ++model.epoch.value;
        return true;
    }

    int32_t next_sequence() const {
        return model.records.empty() ? 0 : model.records.back().sequence + 1;
    }

    // The log is open again: it must be a prefix of the model that holds everything synced.
    void check() {
        const auto log = rig.snapshot();
        ASSERT_GE(log->end_offset, model.synced);
        ASSERT_LE(log->end_offset.value, static_cast<int64_t>(model.records.size()));
        ASSERT_LE(log->log_start_offset, std::max(model.start, log->end_offset));
        model.records.resize(static_cast<size_t>(log->end_offset.value));
        auto records = read_records(*log);
        // The first batch goes out as a whole.
        std::erase_if(records, [&](const ReadRecord& record) {
            return record.offset < log->log_start_offset;
        });
        ASSERT_EQ(static_cast<int64_t>(records.size()), log->end_offset - log->log_start_offset);
        for (const ReadRecord& record : records) {
            const ModelRecord& expected = model.records[static_cast<size_t>(record.offset.value)];
            ASSERT_EQ(record, expected.record);
            // The epochs may know of a new start that the checkpoint does not yet know.
            if (record.offset >= model.start_sought)
                ASSERT_EQ(log->epoch_at(record.offset), expected.epoch);
        }
        model.start = log->log_start_offset;
        model.synced = log->end_offset;
        ASSERT_EQ(rig.log->recovery_point(), log->end_offset);
    }

    // What was learnt from the log still holds for new appends.
    void check_goes_on() {
        const Offset end = rig.end();
        if (!model.records.empty() && end > model.start) {
            const int32_t last = model.records.back().sequence;
            // A retry of the last record alone is known only if it was a batch of its own; a gap
            // never is.
            BatchSpec gap{
                .producer_id = ProducerId{5}, .producer_epoch = 0, .base_sequence = last + 2};
            AppendRequest request = make_request(make_batch(gap));
            request.leader_epoch = model.epoch;
            ASSERT_EQ(rig.log->append(request).error, ErrorCode::out_of_order_sequence_number);
        }
        ASSERT_TRUE(append(2, 30));
        ASSERT_TRUE(flush());
        ASSERT_EQ(rig.end(), end + 2);
    }

    Result<void> reopen() {
        rig.options.recovery_point = model.synced;
        rig.options.log_start_offset = model.start;
        rig.options.clean_shutdown = false;
        return rig.open();
    }

    LogRig rig;
    Model model;

  private:
    int appended_ = 0;
};

uint64_t operations_of(uint64_t seed, int steps) {
    Life life;
    life.rig.must_open();
    life.run(seed, steps);
    return life.rig.disk->operations();
}

// Crashes again at every operation of the recovery, `depth` times over, then checks.
void recover(Life& life, uint64_t seed, int depth) {
    if (depth > 0) {
        const auto before = life.rig.disk->clone();
        ASSERT_TRUE(life.reopen().has_value());
        const uint64_t operations = life.rig.disk->operations();
        life.rig.log.reset();
        // All points at the first level, one at the deeper ones.
        const uint64_t step = depth == 3 ? 1 : std::max<uint64_t>(1, operations);
        for (uint64_t k = seed % step; k < operations; k += step) {
            Life again;
            again.model = life.model;
            again.rig.disk = before->clone();
            again.rig.disk->crash_at(k);
            (void)again.reopen();
            again.rig.log.reset();
            again.rig.disk->crash(seed * 31 + k);
            recover(again, seed + k, depth - 1);
            if (testing::Test::HasFatalFailure()) return;
        }
        life.rig.disk = before->clone();
    }
    ASSERT_TRUE(life.reopen().has_value());
    life.check();
    if (testing::Test::HasFatalFailure()) return;
    life.check_goes_on();
}

void crash_everywhere(uint64_t seed, int steps, int depth) {
    const uint64_t operations = operations_of(seed, steps);
    for (uint64_t k = 0; k <= operations; ++k) {
        Life life;
        life.rig.disk->crash_at(k);
        const bool opened = life.rig.open().has_value();
        if (opened) life.run(seed, steps);
        life.rig.log.reset();
        life.rig.disk->crash(seed * 1000 + k);
        SCOPED_TRACE("seed " + std::to_string(seed) + " operation " + std::to_string(k));
        recover(life, k, depth);
        if (testing::Test::HasFatalFailure()) return;
    }
}

TEST(LogCrash, L01_L10_at_every_operation) {
    const char* const wanted = std::getenv("LOG_CRASH_SEEDS");
    const uint64_t seeds = wanted != nullptr ? std::stoull(wanted) : 25;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        crash_everywhere(seed, 30, 0);
        if (HasFatalFailure()) return;
    }
}

TEST(LogCrash, L08_at_every_operation_of_recovery_three_deep) {
    for (uint64_t seed = 101; seed <= 102; ++seed) {
        crash_everywhere(seed, 16, 3);
        if (HasFatalFailure()) return;
    }
}

TEST(LogCrash, L07_at_every_operation_of_a_clean_close) {
    for (uint64_t seed = 201; seed <= 205; ++seed) {
        Life counted;
        counted.rig.must_open();
        counted.run(seed, 20);
        const uint64_t before = counted.rig.disk->operations();
        ASSERT_TRUE(counted.rig.log->close().has_value());
        const uint64_t operations = counted.rig.disk->operations() - before;
        for (uint64_t k = 0; k <= operations; ++k) {
            Life life;
            life.rig.must_open();
            life.run(seed, 20);
            life.rig.disk->crash_at(k);
            const bool closed = life.rig.log->close().has_value();
            ASSERT_EQ(closed, k == operations);
            life.rig.log.reset();
            life.rig.disk->crash(seed + k);
            if (!closed) {
                recover(life, k, 0);
                continue;
            }
            // Only now the marker may have been written: nothing has to be read.
            life.model.synced = Offset{static_cast<int64_t>(life.model.records.size())};
            life.rig.options.clean_shutdown = true;
            life.rig.options.log_start_offset = life.model.start;
            life.rig.options.recovery_point = life.model.synced;
            ASSERT_TRUE(life.rig.open().has_value());
            ASSERT_EQ(life.rig.log->recovery_report().bytes_scanned, 0u);
            ASSERT_EQ(life.rig.log->recovery_report().indexes_rebuilt, 0u);
            life.check();
            life.check_goes_on();
        }
    }
}

TEST(LogCrash, X02_no_retry_is_ever_written_twice) {
    // A producer that sends, crashes in between, and retries everything that was not acknowledged.
    for (uint64_t seed = 301; seed <= 340; ++seed) {
        Random random(seed);
        LogRig rig;
        rig.options.config.segment_bytes = 600;
        rig.must_open();
        int32_t acknowledged = 0;
        for (int crash = 0; crash < 6; ++crash) {
            rig.disk->crash_at(random.below(40));
            int32_t next = acknowledged;
            while (next < acknowledged + 5) {
                BatchSpec spec{
                    .producer_id = ProducerId{5}, .producer_epoch = 0, .base_sequence = next};
                spec.tag = "s" + std::to_string(next) + "-";
                if (rig.append(spec).error != ErrorCode::none) break;
                ++next;
                if (random.chance(1, 3) && rig.log->flush()) acknowledged = next;
            }
            rig.options.recovery_point =
                std::max(rig.options.recovery_point, rig.log->recovery_point());
            rig.log.reset();
            rig.disk->crash(seed + static_cast<uint64_t>(crash));
            ASSERT_TRUE(rig.open().has_value());
            rig.options.recovery_point = rig.end();
            ASSERT_GE(rig.end(), Offset{acknowledged});
        }
        const auto records = rig.records();
        for (size_t i = 0; i < records.size(); ++i)
            ASSERT_TRUE(records[i].value.starts_with("s" + std::to_string(i) + "-"));
    }
}

}  // namespace
}  // namespace barnabas::storage
