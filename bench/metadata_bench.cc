// SPDX-License-Identifier: Apache-2.0
// What the controller takes on the disk of this machine: the start on an empty directory, commands,
// the start after them. Leaves the directory behind, for other tools to look at.
//     bench_metadata DIRECTORY [topics] [partitions of each]
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/asio/asio_clock.h"
#include "base/asio/posix_disk.h"
#include "base/asio/thread_lane.h"
#include "base/log_line.h"
#include "cluster/local_cluster_node.h"
#include "cluster/snapshot_file.h"

namespace barnabas::cluster {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Bench {
    boost::asio::io_context& io;
    Clock& clock;
    PosixDisk disk;
    std::string directory;
    int32_t topics = 1000;
    int32_t partitions = 1;
    Random random{random_seed()};
    std::unique_ptr<storage::LogManager> logs{};
    std::unique_ptr<LocalClusterNode> node{};
};

double since(const Bench& bench, Nanos begin) {
    return Milliseconds(bench.clock.now() - begin).count();
}

Task<void> start(Bench& bench, const char* what) {
    const Nanos begin = bench.clock.now();
    storage::LogManagerOptions options;
    options.log_dirs = {bench.directory};
    options.node_id = BrokerId{1};
    options.make_lane = [](size_t) { return std::make_unique<ThreadLane>("disk"); };
    options.make_uuid = [&bench] { return bench.random.uuid(); };
    auto opening_logs = storage::LogManager::open(bench.disk, bench.clock, options);
    auto logs = co_await std::move(opening_logs);
    ASSERT(logs.has_value());
    bench.logs = std::move(*logs);
    const double logs_ms = since(bench, begin);
    LocalClusterOptions node_options;
    node_options.random_seed = bench.random.next();
    auto opening = LocalClusterNode::open(bench.io.get_executor(), bench.disk, bench.clock,
                                          *bench.logs, node_options);
    auto node = co_await std::move(opening);
    ASSERT(node.has_value());
    bench.node = std::move(*node);
    const double open_ms = since(bench, begin);
    BrokerRegistration registration;
    registration.incarnation_id = bench.random.uuid();
    registration.endpoints = {{"PLAINTEXT", "localhost", 9092, 0}};
    registration.log_dirs = {bench.logs->meta_properties().directory_id};
    auto registering = bench.node->register_broker(registration);
    const Result<void> registered = co_await std::move(registering);
    ASSERT(registered.has_value());
    fmt::print("{:<26} {:8.2f} ms (directories {:.2f}, metadata {:.2f}, registration {:.2f})\n",
               what, since(bench, begin), logs_ms, open_ms - logs_ms,
               since(bench, begin) - open_ms);
}

Task<void> stop(Bench& bench) {
    auto stopping = bench.node->stop(bench.clock.after(std::chrono::seconds(10)));
    co_await std::move(stopping);
    bench.node.reset();
    auto closing = bench.logs->stop();
    const Result<void> closed = co_await std::move(closing);
    if (!closed) fmt::print("closing failed: {}\n", closed.error().where);
    bench.logs.reset();
}

void print(const char* what, std::vector<double> ms) {
    std::ranges::sort(ms);
    const auto at = [&](double share) {
        return ms[static_cast<size_t>(share * static_cast<double>(ms.size() - 1))];
    };
    fmt::print("{:<26} p50 {:.3f} ms, p99 {:.3f} ms, max {:.3f} ms\n", what, at(0.5), at(0.99),
               at(1));
}

Task<void> run_commands(Bench& bench) {
    std::vector<double> creations, blocks;
    for (int32_t i = 0; i < bench.topics; ++i) {
        protocol::CreateTopicsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = Text(fmt::format("topic-{}", i));
        topic.num_partitions = bench.partitions;
        topic.replication_factor = 1;
        const Nanos begin = bench.clock.now();
        auto creating = bench.node->create_topics(std::move(request), 7);
        const auto response = co_await std::move(creating);
        creations.push_back(since(bench, begin));
        ASSERT(response.topics.at(0).error_code == ErrorCode::none);
    }
    for (int i = 0; i < 500; ++i) {
        const Nanos begin = bench.clock.now();
        auto allocating = bench.node->allocate_producer_ids();
        const auto block = co_await std::move(allocating);
        ASSERT(block.has_value());
        blocks.push_back(since(bench, begin));
    }
    print("create a topic", creations);
    print("a block of producer ids", blocks);
}

uint64_t size_of(Bench& bench, const std::string& name) {
    const auto file =
        bench.disk.open(bench.logs->metadata_directory() + "/" + name, OpenMode::read);
    return file ? (*file)->size().value_or(0) : 0;
}

void print_sizes(Bench& bench) {
    const auto entries = bench.disk.list(bench.logs->metadata_directory());
    ASSERT(entries.has_value());
    for (const DirectoryEntry& entry : *entries)
        if (entry.name.ends_with(".log") || parse_snapshot_file_name(entry.name))
            fmt::print("  {:<50} {:>10} bytes\n", entry.name, size_of(bench, entry.name));
}

Task<void> run(Bench& bench) {
    auto first = start(bench, "start, empty directory");
    co_await std::move(first);
    auto commands = run_commands(bench);
    co_await std::move(commands);
    print_sizes(bench);
    auto stopping = stop(bench);
    co_await std::move(stopping);
    auto second = start(bench, "start, all of that");
    co_await std::move(second);
    auto ending = stop(bench);
    co_await std::move(ending);
}

int bench_main(int count, char** arguments) {
    if (count < 2) {
        fmt::print(stderr, "bench_metadata DIRECTORY [topics] [partitions of each]\n");
        return 2;
    }
    set_log_level(LogLevel::warn);
    boost::asio::io_context io{1};
    AsioClock clock(io);
    Bench bench{.io = io, .clock = clock, .disk = {}, .directory = arguments[1]};
    if (count > 2) bench.topics = std::atoi(arguments[2]);
    if (count > 3) bench.partitions = std::atoi(arguments[3]);
    auto on_end = [](std::exception_ptr error) { ASSERT(error == nullptr); };
    boost::asio::co_spawn(io, run(bench), on_end);
    io.run();
    return 0;
}

}  // namespace
}  // namespace barnabas::cluster

int main(int count, char** arguments) {
    return barnabas::cluster::bench_main(count, arguments);
}
