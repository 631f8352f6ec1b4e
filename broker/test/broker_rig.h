// SPDX-License-Identifier: Apache-2.0
// BrokerRig: partitions, fetches and groups of one broker over real logs on a simulated disk and
// virtual time, and a cluster that is only pretended. Handlers are called as plain functions.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/group/group_coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/partition/fetch_sessions.h"
#include "broker/partition/partition_table.h"
#include "broker/partition/transaction_marker_writer.h"
#include "broker/test/handler_fixture.h"
#include "broker/txn/transaction_coordinator.h"
#include "protocol/record_batch_builder.h"
#include "storage/test/manager_rig.h"

namespace barnabas::broker {

// One batch with these values, keys "k".
std::vector<uint8_t> batch_of(const std::vector<std::string>& values,
                              protocol::BatchOptions options = {}, int64_t timestamp_ms = 1000);

// A transaction coordinator of which tests say what it thinks.
class RigTransactions final : public TransactionCoordinator {
  public:
    using Answers = std::function<std::vector<ErrorCode>(
        const TransactionalProducer&, const std::vector<storage::TopicPartition>&,
        AddPartitionsMode)>;
    using TransactionCoordinator::TransactionCoordinator;

    Task<std::vector<ErrorCode>> add_partitions_for(TransactionalProducer producer,
                                                    std::vector<storage::TopicPartition> partitions,
                                                    AddPartitionsMode mode) override;
    Answers answers;  // empty: the coordinator's own
    Clock* clock = nullptr;
    Nanos takes{};
};

class BrokerRig {
  public:
    // A task that runs on its own; its result when it has ended.
    template <class T>
    using Running = std::shared_ptr<std::optional<T>>;

    BrokerRig();
    ~BrokerRig();

    void start();
    // Ends the process in good order, or so that the disk keeps only what it had synced.
    void stop();
    void crash(uint64_t seed);
    void restart() {
        stop();
        start();
    }

    Uuid create_topic(const std::string& name, int32_t partitions,
                      const cluster::ConfigMap& configs = {});
    void delete_topic(const std::string& name);
    // Another leader epoch, led by `leader`.
    void move_leader(const std::string& topic, BrokerId leader);
    std::shared_ptr<Partition> partition(const std::string& topic, int32_t index = 0) const;
    storage::AppendResult append(const std::string& topic, std::vector<uint8_t> batch,
                                 storage::AppendOrigin origin = storage::AppendOrigin::client);
    // What the client reads of the ranges of an answer.
    static std::vector<uint8_t> bytes_of(const protocol::Records& records);
    // The offsets of the batches in an answer.
    static std::vector<int64_t> batches_in(const protocol::Records& records);

    RequestContext context(int16_t version);
    template <class Response, class Request>
    Response call(Task<Response> (*handler)(RequestContext&, Request), Request request,
                  int16_t version) {
        RequestContext ctx = context(version);
        return loop.run_until_done(handler(ctx, std::move(request)));
    }
    // The same without waiting: time passes only when the test lets it.
    template <class Response, class Request>
    Running<Response> begin(Task<Response> (*handler)(RequestContext&, Request), Request request,
                            int16_t version) {
        contexts_.push_back(std::make_unique<RequestContext>(context(version)));
        return spawn(handler(*contexts_.back(), std::move(request)));
    }
    template <class T>
    Running<T> spawn(Task<T> task) {
        auto result = std::make_shared<std::optional<T>>();
        auto keep = [result](const std::exception_ptr& error, T value) {
            EXPECT_FALSE(error);
            *result = std::move(value);
        };
        boost::asio::co_spawn(loop.executor(), std::move(task), std::move(keep));
        loop.run_ready();
        return result;
    }
    // The lane on which logs are changed, and the one on which they are read.
    SimLane& write_lane() { return *storage.lanes.at(0).second; }
    SimLane& read_lane() { return *storage.lanes.at(1).second; }
    void pass(int64_t ms) { loop.run_for(std::chrono::milliseconds(ms)); }

    SimLoop loop;
    SimDisk disk;
    storage::ManagerRig storage{loop, disk};
    FakeCluster cluster;
    BrokerConfig config;
    ListenerConfig listener;
    ClientInfo client;
    ProducerIds producer_ids{loop.clock(), cluster};
    ClientMetrics client_metrics{loop.random()};
    std::unique_ptr<PartitionTable> partitions;
    std::unique_ptr<FetchSessions> fetches;
    std::unique_ptr<GroupCoordinator> groups;
    std::unique_ptr<TransactionMarkerWriter> markers;
    std::unique_ptr<RigTransactions> transactions;
    int admitted = 0;
    // The next start() finds a disk from which nothing can be read.
    bool reads_stuck_at_start = false;

  private:
    void end_services();
    // Applies the change to the image that `change` makes.
    template <class F>
    void change_image(F change) {
        const auto before = cluster.image();
        change(cluster.image_);
        groups->on_image(*before, *cluster.image());
        loop.run_until_done(partitions->apply(before, cluster.image()));
    }

    std::unique_ptr<BrokerServices> services_;
    std::vector<std::unique_ptr<RequestContext>> contexts_;
    bool running_ = false;
    uint8_t topics_made_ = 0;
};

}  // namespace barnabas::broker
