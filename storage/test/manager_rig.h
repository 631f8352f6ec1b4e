// SPDX-License-Identifier: Apache-2.0
// ManagerRig: a LogManager on a simulated disk and lanes, as a process would run it: start, write,
// stop or die, start again. Also batches to write, and what a log's files hold.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/sim/sim_disk.h"
#include "base/sim/sim_lane.h"
#include "base/sim/sim_loop.h"
#include "storage/log_manager.h"

namespace barnabas::storage {

inline TopicPartition partition_of(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex{index}};
}

inline Uuid id_of(uint8_t n) {
    Uuid id;
    id.bytes.fill(n);
    return id;
}

// A batch of one record whose value is one byte.
inline std::vector<uint8_t> batch_of(uint8_t value) {
    // length, attributes, timestamp delta, offset delta, null key, value, no headers
    const std::vector<uint8_t> record{14, 0, 0, 0, 1, 2, value, 0};
    std::vector<uint8_t> batch(61);
    store_be<int32_t>(&batch[8], static_cast<int32_t>(49 + record.size()));
    store_be<int32_t>(&batch[12], -1);
    batch[16] = 2;
    store_be<int64_t>(&batch[27], 1000);
    store_be<int64_t>(&batch[35], 1000);
    store_be<int64_t>(&batch[43], -1);
    store_be<int16_t>(&batch[51], -1);
    store_be<int32_t>(&batch[53], -1);
    store_be<int32_t>(&batch[57], 1);
    batch.insert(batch.end(), record.begin(), record.end());
    store_be<uint32_t>(&batch[17], crc32c(Bytes(batch).subspan(21)));
    return batch;
}

inline AppendRequest request_of(uint8_t value, AppendOrigin origin = AppendOrigin::client) {
    const auto batch = std::make_shared<const std::vector<uint8_t>>(batch_of(value));
    AppendRequest request;
    request.records = *batch;
    request.keep_alive = batch;
    request.origin = origin;
    request.leader_epoch = LeaderEpoch{0};
    request.now_ms = 1000;
    return request;
}

// The values of the whole batches in a partition's first segment.
inline std::vector<uint8_t> values_in(Disk& disk, const std::string& directory) {
    std::vector<uint8_t> values;
    const auto content = disk.read_file(directory + "/00000000000000000000.log", 1 << 26);
    if (!content) return values;
    Bytes rest(*content);
    while (rest.size() >= 61) {
        const size_t size = 12 + static_cast<size_t>(load_be<int32_t>(&rest[8]));
        if (size != 61 + 8 || size > rest.size()) break;
        values.push_back(rest[61 + 6]);
        rest = rest.subspan(size);
    }
    return values;
}

class ManagerRig {
  public:
    explicit ManagerRig(SimLoop& loop_, SimDisk& disk_) : loop(loop_), disk(disk_) {
        options.log_dirs = {"/data"};
        options.node_id = BrokerId{1};
        // So that files are closed again and again.
        options.open_files_max = 8;
        options.make_lane = [this](size_t directory) {
            auto lane = std::make_unique<SimLane>(loop, Nanos(0), Nanos(0));
            lanes.emplace_back(directory, lane.get());
            return lane;
        };
        options.make_uuid = [this] { return loop.random().uuid(); };
    }
    ~ManagerRig() { die(); }

    Result<void> open() {
        lanes.clear();
        auto opened = loop.run_until_done(LogManager::open(disk, loop.clock(), options));
        if (!opened) return std::unexpected(opened.error());
        manager = std::move(*opened);
        return {};
    }
    Result<void> load() {
        return loop.run_until_done(manager->load_all(
            wanted, [this](const std::string& topic) { return config_of(topic); }));
    }
    Result<void> start() {
        TRY(open());
        return load();
    }
    Result<std::shared_ptr<LogHandle>> log(const TopicPartition& of, const Uuid& topic_id) {
        return loop.run_until_done(manager->open_or_create(of, topic_id, config_of(of.topic)));
    }
    AppendResult append(LogHandle& handle, uint8_t value) {
        return loop.run_until_done(handle.append(request_of(value)));
    }
    Result<void> remove(const TopicPartition& of) {
        return loop.run_until_done(manager->remove(of));
    }
    // An orderly end.
    Result<void> stop() {
        const auto stopped = loop.run_until_done(manager->stop());
        stopped_ = true;
        die();
        return stopped;
    }
    // The process is gone; what it had synced is left to the disk.
    void die() {
        if (manager == nullptr) return;
        if (!stopped_) (void)loop.run_until_done(manager->stop());
        manager.reset();
        stopped_ = false;
    }
    // After a stop that failed and the manager's end.
    void forget() { stopped_ = false; }
    SimLane& changes_lane(size_t directory) {
        for (const auto& [index, lane] : lanes) {
            if (index == directory) return *lane;
        }
        ADD_FAILURE() << "no such lane";
        std::abort();
    }

    SimLoop& loop;
    SimDisk& disk;
    LogManagerOptions options;
    LogConfig config;
    std::function<LogConfig(const std::string& topic)> config_of = [this](const std::string&) {
        return config;
    };
    std::function<bool(const TopicPartition&, const Uuid&)> wanted =
        [](const TopicPartition&, const Uuid&) { return true; };
    // In the order in which they were asked for, with the directory.
    std::vector<std::pair<size_t, SimLane*>> lanes;
    std::unique_ptr<LogManager> manager;

  private:
    bool stopped_ = false;
};

// A crash: the disk refuses everything while the process goes down, then forgets what was not
// synced.
inline void crash(ManagerRig& rig, uint64_t seed) {
    if (!rig.disk.has_crashed()) rig.disk.crash_at(0);
    rig.die();
    rig.disk.crash(seed);
}

}  // namespace barnabas::storage
