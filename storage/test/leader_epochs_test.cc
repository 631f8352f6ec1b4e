// SPDX-License-Identifier: Apache-2.0
// The leader-epoch cache: against a model, its file byte for byte, damage.
#include "storage/leader_epochs.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sim/sim_disk.h"

namespace barnabas::storage {
namespace {

EpochEntry entry(int32_t epoch, int64_t start) {
    return {LeaderEpoch{epoch}, Offset{start}};
}

TEST(LeaderEpochs, text_is_kafkas_and_damage_is_an_error) {
    const EpochEntries entries{entry(0, 0), entry(2, 300)};
    EXPECT_EQ(encode_epochs(entries), "0\n2\n0 0\n2 300\n");
    EXPECT_EQ(parse_epochs("0\n2\n0 0\n2 300\n").value(), entries);
    EXPECT_TRUE(parse_epochs("0\n0\n")->empty());
    for (const char* damaged :
         {"", "0", "0\n", "1\n0\n", "0\n2\n0 0\n", "0\n1\n0 0\n2 300\n", "0\n2\n2 300\n0 0\n",
          "0\n2\n0 5\n2 5\n", "0\n1\n-1 5\n", "0\n1\n1 -5\n", "0\n1\n1  5\n", "0\n-1\n", "x",
          "0\n999999999\n0 0\n", "0\n1\n1 5"})
        EXPECT_FALSE(parse_epochs(damaged).has_value()) << damaged;
}

TEST(LeaderEpochs, L15_every_cut_of_the_file_is_recognised_or_rebuilt) {
    const std::string text = encode_epochs({entry(0, 0), entry(2, 300), entry(5, 1234)});
    for (size_t size = 0; size < text.size(); ++size) {
        SimDisk disk;
        ASSERT_TRUE(disk.make_directories("/log").has_value());
        const auto file = disk.open("/log/leader-epoch-checkpoint", OpenMode::create_or_open);
        const Bytes part = as_bytes(text).first(size);
        ASSERT_TRUE((*file)->write_at(0, {&part, 1}).has_value());
        const auto epochs = LeaderEpochs::open(disk, "/log");
        ASSERT_TRUE(epochs.has_value());
        EXPECT_TRUE(epochs->needs_rebuild());
        EXPECT_TRUE(epochs->entries()->empty());
    }
}

TEST(LeaderEpochs, is_saved_only_when_changed_and_read_back) {
    SimDisk disk;
    ASSERT_TRUE(disk.make_directories("/log").has_value());
    ASSERT_TRUE(disk.sync_directory("/").has_value());
    auto epochs = LeaderEpochs::open(disk, "/log").value();
    EXPECT_TRUE(epochs.assign(LeaderEpoch{3}, Offset{10}));
    EXPECT_FALSE(epochs.assign(LeaderEpoch{3}, Offset{20}));
    EXPECT_FALSE(epochs.assign(LeaderEpoch{2}, Offset{20}));
    EXPECT_FALSE(epochs.assign(leader_epoch_none, Offset{20}));
    ASSERT_TRUE(epochs.save().has_value());
    const uint64_t operations = disk.operations();
    ASSERT_TRUE(epochs.save().has_value());
    EXPECT_EQ(disk.operations(), operations);
    disk.crash(1, CrashStyle::lose_all);
    const auto again = LeaderEpochs::open(disk, "/log").value();
    EXPECT_FALSE(again.needs_rebuild());
    EXPECT_EQ(*again.entries(), EpochEntries{entry(3, 10)});
}

TEST(LeaderEpochs, a_new_epoch_replaces_those_that_began_later) {
    SimDisk disk;
    auto epochs = LeaderEpochs::open(disk, "/log").value();
    epochs.assign(LeaderEpoch{1}, Offset{10});
    epochs.assign(LeaderEpoch{2}, Offset{20});
    epochs.assign(LeaderEpoch{4}, Offset{20});
    EXPECT_EQ(*epochs.entries(), (EpochEntries{entry(1, 10), entry(4, 20)}));
}

// F10, R21: everything that can be asked, compared with a list of the epoch of each offset.
TEST(LeaderEpochs, F10_random_histories_equal_a_model) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        Random random(seed);
        SimDisk disk;
        auto epochs = LeaderEpochs::open(disk, "/log").value();
        std::vector<int32_t> model;  // epoch of each offset
        size_t start = 0;
        int32_t epoch = 0;
        for (int step = 0; step < 60; ++step) {
            const uint64_t what = random.below(10);
            if (what == 0) {
                model.resize(start + random.below(model.size() - start + 1));
                epochs.truncate_from_end(Offset{static_cast<int64_t>(model.size())});
            } else if (what == 1) {
                start += random.below(model.size() - start + 1);
                epochs.truncate_from_start(Offset{static_cast<int64_t>(start)});
            } else {
                epoch += static_cast<int32_t>(random.below(3));
                epochs.assign(LeaderEpoch{epoch}, Offset{static_cast<int64_t>(model.size())});
                model.insert(model.end(), 1 + random.below(5), epoch);
            }
            for (size_t i = start; i < model.size(); ++i)
                ASSERT_EQ(epoch_of_offset(*epochs.entries(), Offset{static_cast<int64_t>(i)}),
                          LeaderEpoch{model[i]});
        }
        // The end of an epoch is where the next larger one begins.
        const Offset end{static_cast<int64_t>(model.size())};
        for (size_t i = start; i < model.size(); ++i) {
            size_t last = i;
            while (last + 1 < model.size() && model[last + 1] == model[i]) ++last;
            const auto found = epoch_end_offset(*epochs.entries(), LeaderEpoch{model[i]}, end);
            ASSERT_EQ(found.epoch, LeaderEpoch{model[i]});
            ASSERT_EQ(found.end_offset, Offset{static_cast<int64_t>(last + 1)});
        }
    }
}

}  // namespace
}  // namespace barnabas::storage
