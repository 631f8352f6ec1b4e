// SPDX-License-Identifier: Apache-2.0
// What one log directory can take: LogHandle::append through a real lane onto the disk of this
// machine. Prints appends and MB per second with the distribution of latencies, for each
// combination of batch size, appends in flight and durability. bench_append [directory] [seconds
// per case]
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
#include "base/assert.h"
#include "base/log_line.h"
#include "base/random.h"
#include "protocol/record_batch_builder.h"
#include "storage/log_manager.h"

namespace barnabas {
namespace {

constexpr size_t record_size = 1024;

struct Case {
    int records_in_batch = 1;
    int in_flight = 1;
    bool durable = false;
};

struct Run {
    std::vector<Nanos> latencies;
    Nanos end{};
    int writers = 0;
};

std::shared_ptr<const std::vector<uint8_t>> make_batch(int records) {
    std::vector<uint8_t> value(record_size);
    Random(1).fill(value);
    protocol::RecordBatchBuilder builder({});
    for (int i = 0; i < records; ++i) builder.add(1'700'000'000'000, std::nullopt, Bytes(value));
    return std::make_shared<const std::vector<uint8_t>>(builder.build());
}

// Appends again and again, with one append in flight.
Task<void> write(std::shared_ptr<storage::LogHandle> log, Clock& clock,
                 std::shared_ptr<const std::vector<uint8_t>> batch, Run* run) {
    while (clock.now() < run->end) {
        storage::AppendRequest request;
        request.records = *batch;
        request.keep_alive = batch;
        request.leader_epoch = LeaderEpoch{0};
        request.now_ms = clock.wall_ms();
        const Nanos start = clock.now();
        auto appending = log->append(std::move(request));
        const auto result = co_await std::move(appending);
        ASSERT(result.error == ErrorCode::none);
        run->latencies.push_back(clock.now() - start);
        log->set_high_watermark(result.last_offset + 1);
    }
    --run->writers;
}

double milliseconds_at(const std::vector<Nanos>& sorted, double share) {
    const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
    return std::chrono::duration<double, std::milli>(sorted[index]).count();
}

void print(const Case& what, Run& run, double seconds, uint64_t flushes) {
    ASSERT(!run.latencies.empty());
    std::ranges::sort(run.latencies);
    const auto count = static_cast<double>(run.latencies.size());
    const double bytes = count * what.records_in_batch * record_size;
    fmt::print("{:>8} {:>9} {:>8} {:>11.0f} {:>9.1f} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.2f}\n",
               what.durable ? "fsync" : "default", what.records_in_batch, what.in_flight,
               count / seconds, bytes / seconds / 1e6, milliseconds_at(run.latencies, 0.5),
               milliseconds_at(run.latencies, 0.99), milliseconds_at(run.latencies, 1),
               flushes == 0 ? 0 : count / static_cast<double>(flushes));
    std::fflush(stdout);
}

Task<void> measure(storage::LogManager& manager, boost::asio::io_context& io, Clock& clock,
                   Case what, double seconds) {
    static int32_t next_partition = 0;
    storage::LogConfig config;
    if (what.durable) config.flush_messages = 1;
    const storage::TopicPartition of{"bench", PartitionIndex{next_partition++}};
    Uuid topic_id;
    topic_id.bytes.fill(7);
    auto opening = manager.open_or_create(of, topic_id, config);
    const auto opened = co_await std::move(opening);
    ASSERT(opened.has_value());
    const auto batch = make_batch(what.records_in_batch);
    const uint64_t flushes_before = manager.directories()[0].flushes;
    Run run;
    run.writers = what.in_flight;
    const Nanos start = clock.now();
    run.end = start + std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
    auto escaped = [](const std::exception_ptr& error) { ASSERT(!error); };
    for (int i = 0; i < what.in_flight; ++i)
        boost::asio::co_spawn(io, write(*opened, clock, batch, &run), escaped);
    while (run.writers > 0) co_await clock.sleep(std::chrono::milliseconds(10));
    const double took = std::chrono::duration<double>(clock.now() - start).count();
    print(what, run, took, manager.directories()[0].flushes - flushes_before);
    auto removing = manager.remove(of);
    const auto removed = co_await std::move(removing);
    ASSERT(removed.has_value());
}

Task<void> run_all(boost::asio::io_context& io, Clock& clock, std::string directory,
                   double seconds) {
    PosixDisk disk;
    Random random(random_seed());
    storage::LogManagerOptions options;
    options.log_dirs = {directory};
    options.node_id = BrokerId{1};
    options.make_lane = [](size_t) { return std::make_unique<ThreadLane>("lane"); };
    options.make_uuid = [&random] { return random.uuid(); };
    auto opening = storage::LogManager::open(disk, clock, options);
    auto opened = co_await std::move(opening);
    ASSERT(opened.has_value(), "the directory can be opened");
    storage::LogManager& manager = **opened;
    auto any = [](const storage::TopicPartition&, const Uuid&) { return true; };
    auto config = [](const std::string&) { return storage::LogConfig(); };
    auto loading = manager.load_all(any, config);
    const auto loaded = co_await std::move(loading);
    ASSERT(loaded.has_value());
    manager.start_background();
    fmt::print("{:>8} {:>9} {:>8} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "mode", "rec/batch",
               "inflight", "appends/s", "MB/s", "p50 ms", "p99 ms", "max ms", "app/fsync");
    for (const bool durable : {false, true}) {
        for (const int records : {1, 100}) {
            for (const int in_flight : {1, 64}) {
                const Case what{records, in_flight, durable};
                auto measuring = measure(manager, io, clock, what, seconds);
                co_await std::move(measuring);
            }
        }
    }
    auto stopping = manager.stop();
    const auto stopped = co_await std::move(stopping);
    ASSERT(stopped.has_value());
}

int run_bench(const std::string& directory, double seconds) {
    set_log_level(LogLevel::warn);
    boost::asio::io_context io{1};
    AsioClock clock(io);
    bool done = false;
    auto on_end = [&done](const std::exception_ptr& error) {
        ASSERT(!error);
        done = true;
    };
    boost::asio::co_spawn(io, run_all(io, clock, directory, seconds), on_end);
    while (!done) io.run_one();
    PosixDisk disk;
    return disk.remove_tree(directory).has_value() ? 0 : 1;
}

}  // namespace
}  // namespace barnabas

int main(int argc, char** argv) {
    const std::string directory = argc > 1 ? argv[1] : "./bench-append-data";
    const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
    return barnabas::run_bench(directory, seconds > 0 ? seconds : 3);
}
