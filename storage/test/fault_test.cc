// SPDX-License-Identifier: Apache-2.0
// The N-th call of each kind to the disk fails (EIO, ENOSPC, a short write, EINTR), for every N of
// three scenarios: a first life, a life after a clean stop, a life after a loss of power. The
// process goes on as it can; nothing is acknowledged that is not durable, and a restart with a
// healthy disk has everything that was. Then bits rot: each flipped one is detected or harmless.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "base/log_line.h"
#include "storage/test/manager_life.h"

namespace barnabas::storage {
namespace {

constexpr int steps_of_a_life = 12;

void start_again(SimDisk& disk, const Model& model) {
    SimLoop loop;
    ManagerRig rig(loop, disk);
    ManagerLife::configure(rig, model);
    ASSERT_TRUE(rig.start().has_value());
    std::map<std::string, std::vector<ReadRecord>> found;
    expect_recovered(rig, model, found);
    if (testing::Test::HasFatalFailure()) {
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

// A disk with what an earlier life left, and what that life promised.
struct Scenario {
    const char* name;
    std::unique_ptr<SimDisk> disk = std::make_unique<SimDisk>();
    Model model;
};

std::vector<Scenario> make_scenarios() {
    std::vector<Scenario> scenarios(3);
    scenarios[0].name = "first life";
    for (const bool cleanly : {true, false}) {
        Scenario& scenario = scenarios[cleanly ? 1 : 2];
        scenario.name = cleanly ? "after a clean stop" : "after a loss of power";
        ManagerLife life(*scenario.disk, 11);
        EXPECT_TRUE(life.start());
        for (int i = 0; i < 2 * steps_of_a_life; ++i) EXPECT_TRUE(life.step());
        if (cleanly) {
            EXPECT_TRUE(life.rig.stop().has_value());
        } else {
            crash(life.rig, 3);
        }
        scenario.model = life.model;
    }
    return scenarios;
}

// The same life each time, but for what the fault changes. Gives the count of each kind of call.
void live(SimDisk& disk, Model& model, const std::function<void()>& before) {
    ManagerLife life(disk, 23);
    life.model = model;
    before();
    bool alive = life.start();
    if (alive) {
        for (int i = 0; i < steps_of_a_life; ++i)
            if (!(alive = life.step())) break;
        // Retention and DeleteRecords may have moved on.
        for (auto& [name, topic] : life.model) {
            if (!alive) break;
            const auto handle = life.rig.manager->find(ManagerLife::of(name));
            if (handle != nullptr)
                topic.start_sought =
                    std::max(topic.start_sought, handle->snapshot()->log_start_offset);
        }
    }
    if (life.rig.manager != nullptr) (void)life.rig.stop();
    model = std::move(life.model);
    // Deletions that were on their way when the process ended.
    for (auto& [name, topic] : model) topic.start_sought += 1'000'000;
}

struct Kind {
    DiskOp op;
    int error;
    bool is_short = false;
};

std::vector<Kind> kinds_of_failure() {
    std::vector<Kind> kinds;
    for (size_t i = 0; i < disk_op_count; ++i) {
        const auto op = static_cast<DiskOp>(i);
        kinds.push_back({op, EIO});
        kinds.push_back({op, EINTR});
        if (op < DiskOp::create) continue;
        kinds.push_back({op, ENOSPC});
        if (op == DiskOp::write) kinds.push_back({op, ENOSPC, true});
    }
    return kinds;
}

TEST(Fault, L11_L12_L13_every_call_to_the_disk_fails_once) {
    const char* const wanted = std::getenv("FAULT_STRIDE");
    const uint64_t stride = wanted != nullptr ? std::stoull(wanted) : 5;
    size_t runs = 0;
    set_log_level(LogLevel::error);
    if (std::getenv("FAULT_LOG") == nullptr) set_log_sink([](std::string_view) {});
    for (const Scenario& scenario : make_scenarios()) {
        std::array<uint64_t, disk_op_count> counts{};
        {
            const auto disk = scenario.disk->clone();
            Model model = scenario.model;
            live(*disk, model, [] {});
            for (size_t i = 0; i < disk_op_count; ++i)
                counts[i] = disk->count(static_cast<DiskOp>(i));
        }
        for (const Kind& kind : kinds_of_failure()) {
            const uint64_t count = counts[static_cast<size_t>(kind.op)];
            for (uint64_t n = runs % stride; n < count; n += stride) {
                SCOPED_TRACE(std::string(scenario.name) + ": " + disk_op_name(kind.op) +
                             " number " + std::to_string(n) + " fails with " +
                             std::to_string(kind.error));
                const auto disk = scenario.disk->clone();
                Model model = scenario.model;
                live(*disk, model, [&] {
                    disk->fail({.op = kind.op,
                                .after = n,
                                .error = kind.error,
                                .written_before = kind.is_short ? n % 97 : 0});
                });
                disk->clear_faults();
                disk->crash(n, ++runs % 2 == 0 ? CrashStyle::lose_all : CrashStyle::any);
                start_again(*disk, model);
                if (HasFatalFailure()) {
                    set_log_sink({});
                    return;
                }
            }
        }
    }
    set_log_sink({});
    set_log_level(LogLevel::info);
    std::printf("FIGURE disk faults: %zu runs, each with one failing call\n", runs);
}

}  // namespace
}  // namespace barnabas::storage
