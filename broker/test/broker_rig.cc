// SPDX-License-Identifier: Apache-2.0
// BrokerRig: starting, stopping and crashing the services, and changing the image they follow.
#include "broker/test/broker_rig.h"

#include "base/log_line.h"
#include "broker/topic_settings.h"
#include "protocol/record_batch.h"

namespace barnabas::broker {

std::vector<uint8_t> batch_of(const std::vector<std::string>& values,
                              protocol::BatchOptions options, int64_t timestamp_ms) {
    protocol::RecordBatchBuilder builder(options);
    for (const std::string& value : values)
        builder.add(timestamp_ms, as_bytes("k"), as_bytes(value));
    return builder.build();
}

BrokerRig::BrokerRig() {
    set_log_level(LogLevel::error);
    listener.name = "PLAINTEXT";
    client.client_id = "test";
    client.peer.host = "10.0.0.1";
    config.offsets_topic_partitions = 3;
    cluster.add_broker(1);
    cluster.add_broker(2);
    storage.options.make_lane = [this](size_t directory) {
        auto lane = std::make_unique<SimLane>(loop, Nanos(0), Nanos(0));
        const bool reads = storage.lanes.size() == 1;
        if (reads && reads_stuck_at_start) lane->stuck();
        storage.lanes.emplace_back(directory, lane.get());
        return lane;
    };
}

BrokerRig::~BrokerRig() {
    if (!running_) return;
    end_services();
    storage.die();
}

void BrokerRig::start() {
    ASSERT_FALSE(running_);
    ASSERT_TRUE(storage.start().has_value());
    const auto config_of = [this](const std::string& topic, const cluster::MetadataImage& image) {
        return effective_log_config(config, topic, image);
    };
    partitions =
        std::make_unique<PartitionTable>(loop.clock(), *storage.manager, BrokerId{1}, config_of);
    fetches = std::make_unique<FetchSessions>(loop.executor(), loop.clock(), loop.random(), 10);
    groups = std::make_unique<GroupCoordinator>(loop.executor(), loop.clock(), loop.random(),
                                                config, *partitions, cluster);
    markers = std::make_unique<TransactionMarkerWriter>(
        loop.clock(), *partitions, cluster,
        [this](PartitionIndex index, TransactionMarker marker, Nanos deadline) {
            return groups->end_transaction(index, marker, deadline);
        });
    transactions = std::make_unique<RigTransactions>(
        loop.executor(),
        TransactionServices{loop.clock(), config, *partitions, cluster, producer_ids, *markers});
    transactions->clock = &loop.clock();
    services_ = std::make_unique<BrokerServices>(
        BrokerServices{loop.clock(), config, cluster, *partitions, *fetches, *groups, producer_ids,
                       *markers, *transactions, client_metrics});
    loop.run_until_done(partitions->apply(nullptr, cluster.image()));
    running_ = true;
}

Task<std::vector<ErrorCode>> RigTransactions::add_partitions_for(
    TransactionalProducer producer, std::vector<storage::TopicPartition> partitions,
    AddPartitionsMode mode) {
    if (takes > Nanos{}) {
        auto sleeping = clock->sleep(takes);
        co_await std::move(sleeping);
    }
    if (answers) co_return answers(producer, partitions, mode);
    auto asking = TransactionCoordinator::add_partitions_for(std::move(producer),
                                                             std::move(partitions), mode);
    co_return co_await std::move(asking);
}

void BrokerRig::end_services() {
    const Nanos deadline = loop.clock().after(std::chrono::minutes(1));
    loop.run_until_done(groups->stop(deadline));
    loop.run_until_done(transactions->stop(deadline));
    loop.run_until_done(fetches->stop(deadline));
    loop.run_ready();
    services_.reset();
    transactions.reset();
    markers.reset();
    groups.reset();
    fetches.reset();
    partitions.reset();
    running_ = false;
}

void BrokerRig::stop() {
    end_services();
    EXPECT_TRUE(storage.stop().has_value());
}

void BrokerRig::crash(uint64_t seed) {
    disk.crash_at(0);
    end_services();
    storage::crash(storage, seed);
}

Uuid BrokerRig::create_topic(const std::string& name, int32_t count,
                             const cluster::ConfigMap& configs) {
    Uuid id;
    change_image([&](cluster::MetadataImage& image) {
        const Uuid by_name = cluster.add_topic(name, count);
        // Ids are never used twice, whatever the name.
        auto topic = std::make_shared<cluster::TopicImage>(*image.topic(by_name));
        image.topics_by_id.erase(by_name);
        topic->id.bytes[7] = ++topics_made_;
        id = topic->id;
        image.topics.insert_or_assign(name, topic);
        image.topics_by_id.insert_or_assign(id, topic);
        if (!configs.empty()) cluster.set_config(cluster::ConfigResourceType::topic, name, configs);
    });
    return id;
}

void BrokerRig::delete_topic(const std::string& name) {
    change_image([&](cluster::MetadataImage& image) {
        image.topics_by_id.erase(image.topic(name)->id);
        image.topics.erase(name);
    });
}

void BrokerRig::move_leader(const std::string& name, BrokerId leader) {
    change_image([&](cluster::MetadataImage& image) {
        auto topic = std::make_shared<cluster::TopicImage>(*image.topic(name));
        for (auto& partition : topic->partitions) {
            partition.leader = leader;
            partition.leader_epoch.value += 1;
        }
        image.topics.insert_or_assign(name, topic);
        image.topics_by_id.insert_or_assign(topic->id, topic);
    });
}

std::shared_ptr<Partition> BrokerRig::partition(const std::string& topic, int32_t index) const {
    return partitions->find(topic, PartitionIndex{index});
}

storage::AppendResult BrokerRig::append(const std::string& topic, std::vector<uint8_t> batch,
                                        storage::AppendOrigin origin) {
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(std::move(batch));
    storage::AppendRequest request;
    request.records = *bytes;
    request.keep_alive = bytes;
    request.origin = origin;
    request.now_ms = loop.clock().wall_ms();
    const auto to = partition(topic);
    return loop.run_until_done(
        to->append(std::move(request), 1, loop.clock().after(std::chrono::seconds(30))));
}

std::vector<uint8_t> BrokerRig::bytes_of(const protocol::Records& records) {
    if (!records.in_files()) return {records.view().begin(), records.view().end()};
    std::vector<uint8_t> bytes;
    for (const FileRange& range : records.ranges()) {
        std::vector<uint8_t> part(range.size);
        const auto read = range.file->read_at(range.position, part);
        EXPECT_TRUE(read && *read == range.size);
        bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
}

std::vector<int64_t> BrokerRig::batches_in(const protocol::Records& records) {
    const std::vector<uint8_t> bytes = bytes_of(records);
    std::vector<int64_t> offsets;
    protocol::BatchReader reader(bytes);
    protocol::BatchView batch;
    while (true) {
        const auto more = reader.next(batch);
        EXPECT_TRUE(more.has_value());
        if (!more || !*more) return offsets;
        EXPECT_TRUE(batch.crc_valid());
        offsets.push_back(batch.base_offset().value);
    }
}

RequestContext BrokerRig::context(int16_t version) {
    RequestContext ctx{.services = *services_,
                       .version = version,
                       .listener = &listener,
                       .client = &client,
                       .admit_next = [this] { ++admitted; }};
    return ctx;
}

}  // namespace barnabas::broker
