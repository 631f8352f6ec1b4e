// SPDX-License-Identifier: Apache-2.0
// Loss of power at every operation of a mixed life of several topics. Of each moment images are
// made with none, all, some and torn unsynced sectors and names; each is recovered, checked, and
// recovered again after another loss. POWER_LOSS_SEEDS makes the run longer.
#include <cstdio>
#include <cstdlib>

#include "base/log_line.h"
#include "storage/test/manager_life.h"

namespace barnabas::storage {
namespace {

struct Image {
    std::unique_ptr<SimDisk> disk;
    Model promised;
    std::string operation;
};

using Contents = std::map<std::string, std::vector<ReadRecord>>;

void start_on(SimDisk& disk, const Model& model, Contents& contents, bool goes_on) {
    SimLoop loop;
    ManagerRig rig(loop, disk);
    ManagerLife::configure(rig, model);
    ASSERT_TRUE(rig.start().has_value());
    expect_recovered(rig, model, contents);
    if (testing::Test::HasFatalFailure() || !goes_on) {
        crash(rig, 5);
        return;
    }
    for (const auto& [name, topic] : model) {
        if (!topic.created) continue;
        const auto handle = rig.manager->find(ManagerLife::of(name));
        const Offset end = handle->snapshot()->end_offset;
        ASSERT_EQ(append_one(rig, *handle, name).base_offset, end);
    }
    ASSERT_TRUE(rig.stop().has_value());
}

void recover_twice(const Image& image, CrashStyle style, uint64_t seed) {
    SCOPED_TRACE("power lost at " + image.operation + ", style " +
                 std::to_string(static_cast<int>(style)) + ", seed " + std::to_string(seed));
    const auto disk = image.disk->clone();
    disk->crash(seed, style);
    Contents first, second;
    // The process that recovered loses power too, at once and whatever is not synced.
    start_on(*disk, image.promised, first, false);
    if (testing::Test::HasFatalFailure()) return;
    start_on(*disk, image.promised, second, true);
    if (testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(first, second) << "recovery of a recovery changed something";
}

class PowerLoss {
  public:
    explicit PowerLoss(uint64_t seed) : seed_(seed), life_(disk_, seed) {}
    ~PowerLoss() { disk_.on_operation({}); }

    void run(int steps) {
        disk_.on_operation([this](const DiskOperation& operation) {
            images_.push_back({disk_.clone(), life_.model,
                               std::to_string(operation.index) + " (" + disk_op_name(operation.op) +
                                   " " + operation.path + ")"});
        });
        ASSERT_TRUE(life_.start());
        for (int i = 0; i < steps; ++i) {
            ASSERT_TRUE(life_.step());
            check_images();
            if (testing::Test::HasFatalFailure()) return;
        }
    }
    size_t moments() const { return moments_; }
    size_t recoveries() const { return recoveries_; }
    size_t acknowledged() const { return life_.acknowledged; }
    uint64_t rounds() const { return life_.rounds(); }

  private:
    // What the step has done by now may have been on its way at any moment of it.
    void check_images() {
        for (Image& image : images_) {
            for (auto& [name, topic] : image.promised) {
                const TopicModel& now = life_.model[name];
                if (now.id != topic.id) continue;
                topic.versions.insert(topic.versions.end(), now.versions.begin(),
                                      now.versions.end());
                topic.start_sought = std::max(topic.start_sought, now.start_sought);
                const auto handle = life_.rig.manager->find(ManagerLife::of(name));
                if (handle != nullptr)
                    topic.start_sought =
                        std::max(topic.start_sought, handle->snapshot()->log_start_offset);
            }
            ++moments_;
            for (const CrashStyle style : {CrashStyle::lose_all, CrashStyle::keep_all,
                                           CrashStyle::prefix, CrashStyle::scatter}) {
                ++recoveries_;
                recover_twice(image, style, seed_ * 1000 + moments_);
                if (testing::Test::HasFatalFailure()) return;
            }
        }
        images_.clear();
    }

    const uint64_t seed_;
    SimDisk disk_;
    ManagerLife life_;
    std::vector<Image> images_;
    size_t moments_ = 0;
    size_t recoveries_ = 0;
};

TEST(PowerLoss, L01_L07_L09_L10_L15_L16_no_promised_record_is_lost_at_any_moment) {
    const char* const wanted = std::getenv("POWER_LOSS_SEEDS");
    const uint64_t seeds = wanted != nullptr ? std::stoull(wanted) : 2;
    size_t moments = 0, recoveries = 0, acknowledged = 0, rounds = 0;
    set_log_level(LogLevel::error);
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("life " + std::to_string(seed));
        PowerLoss life(seed);
        life.run(wanted != nullptr ? 60 : 40);
        if (HasFatalFailure()) break;
        moments += life.moments();
        recoveries += life.recoveries();
        acknowledged += life.acknowledged();
        rounds += life.rounds();
    }
    set_log_level(LogLevel::info);
    EXPECT_GT(rounds, 0u) << "nothing was compacted";
    std::printf(
        "FIGURE power loss: %zu appends acknowledged, %zu rounds of compaction, %zu moments, %zu "
        "images recovered twice\n",
        acknowledged, rounds, moments, recoveries);
}

}  // namespace
}  // namespace barnabas::storage
