// SPDX-License-Identifier: Apache-2.0
// NodeRig: a LocalClusterNode over a LogManager on a simulated disk, as a process would run them:
// start, commands, stop or loss of power, start again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_lane.h"
#include "base/sim/sim_loop.h"
#include "cluster/local_cluster_node.h"
#include "cluster/test/record_text.h"

namespace barnabas::cluster {

class NodeRig {
  public:
    NodeRig(SimLoop& loop_, SimDisk& disk_) : loop(loop_), disk(disk_) {
        log_options.log_dirs = {"/data"};
        log_options.node_id = BrokerId{1};
        log_options.make_lane = [this](size_t) {
            auto lane = std::make_unique<SimLane>(loop, Nanos(0), Nanos(0));
            lanes.push_back(lane.get());
            return lane;
        };
        log_options.make_uuid = [this] { return loop.random().uuid(); };
        options.random_seed = 7;
    }
    ~NodeRig() { die(); }

    // Opens the logs and the node; not a broker yet.
    Result<void> open() {
        lanes.clear();
        auto logs = loop.run_until_done(storage::LogManager::open(disk, loop.clock(), log_options));
        if (!logs) return std::unexpected(logs.error());
        manager = std::move(*logs);
        auto opened = loop.run_until_done(
            LocalClusterNode::open(loop.executor(), disk, loop.clock(), *manager, options));
        if (!opened) return std::unexpected(opened.error());
        node = std::move(*opened);
        return {};
    }
    Result<void> start() {
        TRY(open());
        return register_broker();
    }
    Result<void> register_broker() {
        BrokerRegistration registration;
        registration.incarnation_id = loop.random().uuid();
        registration.endpoints = {{"PLAINTEXT", "localhost", 9092, 0}};
        registration.log_dirs = {manager->meta_properties().directory_id};
        return loop.run_until_done(node->register_broker(registration));
    }
    void die() {
        if (node) (void)loop.run_until_done(node->stop(loop.clock().after(std::chrono::hours(1))));
        node.reset();
        if (manager) (void)loop.run_until_done(manager->stop());
        manager.reset();
    }
    // Loss of power: nothing reaches the disk any more, and what was not synced is gone.
    void crash(uint64_t seed, CrashStyle style = CrashStyle::any) {
        if (!disk.has_crashed()) disk.crash_at(0);
        die();
        disk.crash(seed, style);
    }

    static protocol::CreateTopicsRequest creation(const std::string& name, int32_t partitions = 1,
                                                  int32_t timeout_ms = 30'000) {
        protocol::CreateTopicsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = Text(name);
        topic.num_partitions = partitions;
        topic.replication_factor = 1;
        request.timeout_ms = timeout_ms;
        return request;
    }
    ErrorCode create(const std::string& name, int32_t partitions = 1, int32_t timeout_ms = 30'000) {
        const auto response =
            loop.run_until_done(node->create_topics(creation(name, partitions, timeout_ms), 7));
        return response.topics.at(0).error_code;
    }
    ErrorCode remove(const std::string& name) {
        protocol::DeleteTopicsRequest request;
        request.topics.emplace_back().name = Text(name);
        request.timeout_ms = 30'000;
        const auto response = loop.run_until_done(node->delete_topics(std::move(request), 6));
        return response.responses.at(0).error_code;
    }
    Result<ProducerIdBlock> producer_ids() {
        return loop.run_until_done(node->allocate_producer_ids());
    }
    bool has_topic(const std::string& name) const { return node->image()->topic(name) != nullptr; }
    std::vector<std::string> image() const { return image_text(*node->image()); }
    std::vector<std::string> metadata_files() {
        std::vector<std::string> names;
        for (const auto& entry : disk.list("/data/__cluster_metadata-0").value())
            names.push_back(entry.name);
        return names;
    }
    std::string file_text(const std::string& path) {
        const auto bytes = disk.read_file(path, 1 << 24);
        return bytes ? std::string(as_text(*bytes)) : "";
    }

    SimLoop& loop;
    SimDisk& disk;
    storage::LogManagerOptions log_options;
    LocalClusterOptions options;
    std::vector<SimLane*> lanes;
    std::unique_ptr<storage::LogManager> manager;
    std::unique_ptr<LocalClusterNode> node;
};

}  // namespace barnabas::cluster
