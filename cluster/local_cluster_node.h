// SPDX-License-Identifier: Apache-2.0
// LocalClusterNode: the cluster as seen by a broker whose controller is in the same process.
// Commands run one after another: decide on the committed image, append the records, wait until
// they are committed, apply them, publish the image, wait for the listener, answer. Lives on shard
// 0.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "cluster/cluster_node.h"
#include "cluster/controller.h"
#include "cluster/image_builder.h"
#include "cluster/metadata_log.h"
#include "storage/log_manager.h"

namespace barnabas::cluster {

struct LocalClusterOptions {
    ControllerSettings controller;
    std::string cluster_id;
    // metadata.log.max.record.bytes.between.snapshots
    uint64_t bytes_between_snapshots = 20 << 20;
    int32_t metadata_segment_bytes = 1 << 30;
    // Where voters of a larger quorum would find this one.
    std::string controller_listener = "CONTROLLER";
    std::string controller_host = "localhost";
    uint16_t controller_port = 9093;
    // Commands that wait at most.
    size_t queue_max = 10'000;
    // For commands whose request has no timeout of its own.
    std::chrono::milliseconds default_timeout{30'000};
    uint64_t random_seed = 1;
};

class LocalClusterNode final : public ClusterNode {
  public:
    // Opens the metadata log in `logs` and brings the image up to date; a new directory is
    // formatted. `disk`, `clock` and `logs` outlive the node. Errors as QuorumOfOne::start; one log
    // line says what they mean. Leads from then on, but this node is not yet a broker.
    static Task<Result<std::unique_ptr<LocalClusterNode>>> open(
        boost::asio::any_io_executor executor, Disk& disk, Clock& clock, storage::LogManager& logs,
        LocalClusterOptions options);
    // The same over any log, started here.
    static Task<Result<std::unique_ptr<LocalClusterNode>>> open_over(
        boost::asio::any_io_executor executor, Clock& clock, std::unique_ptr<MetadataLog> log,
        LocalClusterOptions options);
    ~LocalClusterNode() override;

    // This process becomes a broker: call it when the listeners' real ports are known.
    Task<Result<void>> register_broker(BrokerRegistration registration);
    // Of this process's registration, -1 before it.
    int64_t broker_epoch() const { return broker_epoch_; }
    // Refuses what waits, lets the running command end; false if it did not by `deadline`. Comes
    // before the destructor and before `logs` is stopped.
    Task<bool> stop(Nanos deadline);
    size_t queued() const { return queue_.size(); }

    std::shared_ptr<const MetadataImage> image() const override { return image_; }
    void set_image_listener(ImageListener listener) override { listener_ = std::move(listener); }
    Task<protocol::CreateTopicsResponse> create_topics(protocol::CreateTopicsRequest request,
                                                       int16_t version) override;
    Task<protocol::DeleteTopicsResponse> delete_topics(protocol::DeleteTopicsRequest request,
                                                       int16_t version) override;
    Task<protocol::CreatePartitionsResponse> create_partitions(
        protocol::CreatePartitionsRequest request, int16_t version) override;
    Task<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
        protocol::IncrementalAlterConfigsRequest request, int16_t version) override;
    Task<protocol::AlterConfigsResponse> alter_configs(protocol::AlterConfigsRequest request,
                                                       int16_t version) override;
    Task<protocol::AlterClientQuotasResponse> alter_client_quotas(
        protocol::AlterClientQuotasRequest request, int16_t version) override;
    Task<protocol::AlterUserScramCredentialsResponse> alter_user_scram_credentials(
        protocol::AlterUserScramCredentialsRequest request, int16_t version) override;
    Task<protocol::UpdateFeaturesResponse> update_features(protocol::UpdateFeaturesRequest request,
                                                           int16_t version) override;
    Task<protocol::UnregisterBrokerResponse> unregister_broker(
        protocol::UnregisterBrokerRequest request) override;
    Task<Result<ProducerIdBlock>> allocate_producer_ids() override;

  private:
    using Decide = std::function<std::vector<MetadataRecord>(const DecideContext&)>;
    using Framed = std::vector<std::vector<uint8_t>>;
    struct Command;

    LocalClusterNode(boost::asio::any_io_executor executor, Clock& clock,
                     std::unique_ptr<MetadataLog> log, LocalClusterOptions options);

    MetadataLog::Callbacks callbacks();
    Task<Result<void>> activate();
    // Queues a command and waits for it; none, or why it was not done (request_timed_out: perhaps
    // it will be). `decide` runs while the caller waits, or not at all.
    Task<ErrorCode> submit(Decide decide, std::chrono::milliseconds timeout, bool divisible);
    template <class Response, class Request, class DecideAnswer>
    Task<Response> command(Request request, DecideAnswer decide_answer,
                           std::chrono::milliseconds timeout);
    Task<void> work();
    Task<ErrorCode> execute(Command& command);
    // Appends and applies; `divisible` records take effect bit by bit if they are many.
    Task<ErrorCode> commit(Framed records, bool divisible);
    Task<void> publish();
    Task<void> snapshot_if_due();
    DecideContext context();
    int16_t metadata_version() const;

    Clock& clock_;
    std::unique_ptr<MetadataLog> log_;
    LocalClusterOptions options_;
    Random random_;
    ImageBuilder builder_;
    std::shared_ptr<const MetadataImage> image_;
    Offset applied_ = offset_none;  // the last record that builder_ has seen
    ImageListener listener_;
    std::deque<std::shared_ptr<Command>> queue_;
    Signal queue_changed_;
    uint64_t snapshot_due_bytes_;
    int64_t broker_epoch_ = -1;
    TaskGroup tasks_;
};

}  // namespace barnabas::cluster
