// SPDX-License-Identifier: Apache-2.0
// Loss of power and failing operations at every step of putting compacted segments in the place of
// old ones (pitfalls L21, K13): afterwards the log has what was there before or what compaction
// made of it, whole segments of each, and going on from there ends where it would have ended.
#include <gtest/gtest.h>

#include "storage/test/compaction_rig.h"

namespace barnabas::storage {
namespace {

using Texts = std::vector<std::string>;

// A log of several segments that compaction makes two groups of.
void prepare(CompactionRig& rig) {
    rig.options.config.segment_bytes = 700;
    rig.must_open();
    for (int i = 0; i < 24; ++i) {
        rig.put("k" + std::to_string(i % 5), "v" + std::to_string(i));
        if (i % 4 == 3) rig.seal();
    }
    rig.put("active", "1");
    ASSERT_TRUE(rig.log->flush().has_value());
}

struct Outcomes {
    Texts before, after;
    uint64_t operations = 0;
};

Outcomes without_crash() {
    Outcomes outcomes;
    CompactionRig rig;
    prepare(rig);
    outcomes.before = rig.texts();
    const uint64_t begun = rig.disk->operations();
    rig.must_compact();
    outcomes.operations = rig.disk->operations() - begun;
    outcomes.after = rig.texts();
    EXPECT_LT(outcomes.after.size(), outcomes.before.size() / 2);
    return outcomes;
}

void expect_between(const Texts& found, const Outcomes& outcomes) {
    // Groups are exchanged one after another: everything that compaction keeps is there, and what
    // is there was in the log.
    EXPECT_TRUE(std::ranges::includes(outcomes.before, found)) << testing::PrintToString(found);
    EXPECT_TRUE(std::ranges::includes(found, outcomes.after)) << testing::PrintToString(found);
}

Outcomes sorted(Outcomes outcomes) {
    std::ranges::sort(outcomes.before);
    std::ranges::sort(outcomes.after);
    return outcomes;
}

Texts sorted(Texts texts) {
    std::ranges::sort(texts);
    return texts;
}

TEST(CompactionCrash, L21_K13_power_is_lost_at_every_operation) {
    const Outcomes plain = without_crash();
    const Outcomes outcomes = sorted(plain);
    ASSERT_GT(outcomes.operations, 20u);
    size_t kept_old = 0, took_new = 0;
    for (uint64_t at = 0; at <= outcomes.operations; ++at) {
        for (const CrashStyle style : {CrashStyle::lose_all, CrashStyle::keep_all,
                                       CrashStyle::prefix, CrashStyle::scatter}) {
            SCOPED_TRACE(testing::Message() << "operation " << at << " style " << int(style));
            CompactionRig rig;
            prepare(rig);
            const Offset end = rig.end();
            rig.disk->crash_at(at);
            (void)rig.compact();
            rig.options.recovery_point = rig.log->recovery_point();
            rig.options.log_start_offset = Offset{0};
            rig.disk->crash(at * 7 + 1, style);
            rig.must_open();
            EXPECT_EQ(rig.end(), end);
            const Texts found = rig.texts();
            expect_between(sorted(found), outcomes);
            kept_old += found == plain.before ? 1 : 0;
            took_new += found == plain.after ? 1 : 0;
            for (const std::string& name : rig.names()) {
                EXPECT_FALSE(name.ends_with(".cleaned") || name.ends_with(".swap")) << name;
                EXPECT_FALSE(name.ends_with(".deleted")) << name;
            }
            // Recovering again changes nothing, and the round can be done again.
            ASSERT_TRUE(rig.reopen_killed().has_value());
            EXPECT_EQ(rig.texts(), found);
            rig.cleaned_until.reset();
            rig.must_compact();
            EXPECT_EQ(rig.texts(), plain.after);
        }
    }
    EXPECT_GT(kept_old, outcomes.operations / 3);
    EXPECT_GT(took_new, 2u);
}

TEST(CompactionCrash, L21_power_is_lost_again_while_recovery_finishes) {
    const Outcomes plain = without_crash();
    const Outcomes outcomes = sorted(plain);
    for (uint64_t at = 0; at <= outcomes.operations; ++at) {
        for (uint64_t again = 0; again < 12; ++again) {
            SCOPED_TRACE(testing::Message() << "operation " << at << " then " << again);
            CompactionRig rig;
            prepare(rig);
            rig.disk->crash_at(at);
            (void)rig.compact();
            rig.options.recovery_point = rig.log->recovery_point();
            rig.disk->crash(at + again * 31 + 5);
            rig.disk->crash_at(again);
            const bool opened = rig.open().has_value();
            if (!opened) {
                rig.disk->crash(at * 3 + again);
                rig.must_open();
            } else {
                rig.disk->crash(1);
                rig.must_open();
            }
            expect_between(sorted(rig.texts()), outcomes);
        }
    }
}

TEST(CompactionCrash, every_operation_fails_once) {
    const Outcomes plain = without_crash();
    const Outcomes outcomes = sorted(plain);
    for (const int error : {5 /* EIO */, 28 /* ENOSPC */}) {
        for (const DiskOp op :
             {DiskOp::create, DiskOp::write, DiskOp::sync, DiskOp::rename, DiskOp::sync_directory,
              DiskOp::open, DiskOp::read, DiskOp::truncate}) {
            for (uint64_t after = 0; after < 40; ++after) {
                SCOPED_TRACE(testing::Message()
                             << disk_op_name(op) << " " << after << " " << error);
                CompactionRig rig;
                prepare(rig);
                DiskFault fault;
                fault.op = op;
                fault.after = after;
                fault.error = error;
                rig.disk->fail(fault);
                const auto compacted = rig.compact();
                rig.disk->clear_faults();
                // Whatever became of the round, the log is whole after a start, and without one
                // unless it went offline.
                if (!rig.log->offline()) expect_between(sorted(rig.texts()), outcomes);
                if (compacted && *compacted) EXPECT_EQ(rig.texts(), plain.after);
                ASSERT_TRUE(rig.reopen_killed().has_value());
                expect_between(sorted(rig.texts()), outcomes);
            }
        }
    }
}

}  // namespace
}  // namespace barnabas::storage
