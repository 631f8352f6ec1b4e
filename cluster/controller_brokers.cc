// SPDX-License-Identifier: Apache-2.0
// Brokers, producer ids, and what a controller writes when it begins to lead. Pure.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/controller_support.h"
#include "cluster/features.h"

namespace barnabas::cluster {

namespace {

bool contains(const std::vector<BrokerId>& ids, BrokerId id) {
    return std::ranges::find(ids, id) != ids.end();
}

protocol::RegisterBrokerRecord registration_record(BrokerId id, int64_t epoch,
                                                   const BrokerRegistration& registration) {
    protocol::RegisterBrokerRecord record;
    record.broker_id = id;
    record.incarnation_id = registration.incarnation_id;
    record.broker_epoch = epoch;
    for (const BrokerEndpoint& from : registration.endpoints) {
        auto& endpoint = record.end_points.emplace_back();
        endpoint.name = Text(from.listener);
        endpoint.host = Text(from.host);
        endpoint.port = from.port;
        endpoint.security_protocol = from.security_protocol;
    }
    for (const SupportedFeature& from : supported_features) {
        auto& feature = record.features.emplace_back();
        feature.name = Text(from.name);
        feature.min_supported_version = from.min;
        feature.max_supported_version = from.max;
    }
    record.rack.reset();
    if (registration.rack) record.rack = Text(*registration.rack);
    record.fenced = true;
    record.log_dirs = registration.log_dirs;
    return record;
}

// The change by which `self` leads the partition, if it should.
std::optional<protocol::PartitionChangeRecord> lead(const TopicImage& topic, size_t index,
                                                    BrokerId self, bool bump_epoch) {
    const PartitionImage& partition = topic.partitions[index];
    const bool leaderless = partition.leader == broker_id_none;
    protocol::PartitionChangeRecord change;
    change.partition_id = PartitionIndex{static_cast<int32_t>(index)};
    change.topic_id = topic.id;
    change.leader = self;
    if (contains(partition.isr, self)) {
        if (!leaderless && !(partition.leader == self && bump_epoch)) return std::nullopt;
        return change;
    }
    // No replica is in sync: one that is known to hold every acknowledged record may lead, and so
    // may the only replica there is.
    const bool eligible = contains(partition.eligible_leader_replicas, self) ||
                          contains(partition.last_known_elr, self) ||
                          partition.replicas == std::vector{self};
    if (!leaderless || !partition.isr.empty() || !eligible) return std::nullopt;
    change.isr = std::vector{self};
    change.eligible_leader_replicas.emplace();
    change.last_known_elr.emplace();
    return change;
}

// The change by which `gone` is out of the partition's leadership and in-sync replicas. The last
// replica in sync stays on the list, for it alone has every acknowledged record.
std::optional<protocol::PartitionChangeRecord> without(const TopicImage& topic, size_t index,
                                                       BrokerId gone) {
    const PartitionImage& partition = topic.partitions[index];
    if (partition.leader != gone && !contains(partition.isr, gone)) return std::nullopt;
    std::vector<BrokerId> rest = partition.isr;
    std::erase(rest, gone);
    protocol::PartitionChangeRecord change;
    change.partition_id = PartitionIndex{static_cast<int32_t>(index)};
    change.topic_id = topic.id;
    if (partition.leader == gone) change.leader = rest.empty() ? broker_id_none : rest.front();
    if (!rest.empty()) change.isr = std::move(rest);
    return change;
}

protocol::FeatureLevelRecord finalized(const SupportedFeature& feature) {
    protocol::FeatureLevelRecord record;
    record.name = Text(feature.name);
    record.feature_level = feature.max;
    return record;
}

bool finalizes_elr(const MetadataRecord& record) {
    const auto* feature = std::get_if<protocol::FeatureLevelRecord>(&record);
    return feature != nullptr && feature->name == "eligible.leader.replicas.version" &&
           feature->feature_level > 0;
}

void add_bootstrap_records(const DecideContext& context,
                           const std::vector<MetadataRecord>& bootstrap,
                           std::vector<MetadataRecord>& records) {
    protocol::BeginTransactionRecord begin;
    begin.name = Text("Bootstrap records");
    records.emplace_back(std::move(begin));
    records.insert(records.end(), bootstrap.begin(), bootstrap.end());
    // With eligible leader replicas (KIP-966) brokers must agree on this one from the start.
    if (std::ranges::any_of(bootstrap, finalizes_elr)) {
        const auto given = context.settings.static_configs.find("min.insync.replicas");
        protocol::ConfigRecord config;
        config.resource_type = static_cast<int8_t>(ConfigResourceType::broker);
        config.name = Text("min.insync.replicas");
        config.value = Text(given == context.settings.static_configs.end() ? "1" : given->second);
        records.emplace_back(std::move(config));
    }
    records.emplace_back(protocol::EndTransactionRecord{});
}

}  // namespace

Decision<int64_t> decide_register_broker(const DecideContext& context,
                                         const BrokerRegistration& registration) {
    ASSERT(context.next_offset.value >= 0);
    Decision<int64_t> decision;
    const BrokerId self = context.settings.node_id;
    const int64_t epoch = context.next_offset.value;
    decision.response = epoch;
    decision.records.emplace_back(registration_record(self, epoch, registration));
    protocol::BrokerRegistrationChangeRecord unfence;
    unfence.broker_id = self;
    unfence.broker_epoch = epoch;
    unfence.fenced = -1;
    decision.records.emplace_back(std::move(unfence));
    for (const auto& [name, topic] : context.image.topics)
        for (size_t index = 0; index < topic->partitions.size(); ++index)
            if (auto change = lead(*topic, index, self, registration.bump_leader_epochs))
                decision.records.emplace_back(std::move(*change));
    return decision;
}

Decision<protocol::UnregisterBrokerResponse> decide_unregister_broker(
    const DecideContext& context, const protocol::UnregisterBrokerRequest& request) {
    Decision<protocol::UnregisterBrokerResponse> decision;
    const BrokerId gone = request.broker_id;
    const auto broker = context.image.brokers.find(gone);
    decision.response.error_message = Text("");
    if (broker == context.image.brokers.end()) {
        decision.response.error_code = ErrorCode::broker_id_not_registered;
        decision.response.error_message =
            Text(fmt::format("Broker ID {} is not currently registered", gone.value));
        return decision;
    }
    if (gone == context.settings.node_id) return decision;
    for (const auto& [name, topic] : context.image.topics)
        for (size_t index = 0; index < topic->partitions.size(); ++index)
            if (auto change = without(*topic, index, gone))
                decision.records.emplace_back(std::move(*change));
    protocol::UnregisterBrokerRecord record;
    record.broker_id = gone;
    record.broker_epoch = broker->second->epoch;
    decision.records.emplace_back(std::move(record));
    return decision;
}

Decision<Result<ProducerIdBlock>> decide_allocate_producer_ids(const DecideContext& context) {
    const BrokerId self = context.settings.node_id;
    const auto broker = context.image.brokers.find(self);
    if (broker == context.image.brokers.end())
        return {{}, fail(ErrorCode::stale_broker_epoch, "producer ids for a broker not known")};
    const int64_t first = context.image.next_producer_id;
    if (first > INT64_MAX - producer_id_block_size)
        return {{}, fail(ErrorCode::unknown_server_error, "no producer ids left")};
    protocol::ProducerIdsRecord record;
    record.broker_id = self;
    record.broker_epoch = broker->second->epoch;
    record.next_producer_id = ProducerId{first + producer_id_block_size};
    Decision<Result<ProducerIdBlock>> decision;
    decision.records.emplace_back(std::move(record));
    decision.response = ProducerIdBlock{ProducerId{first}, producer_id_block_size};
    return decision;
}

std::vector<MetadataRecord> default_bootstrap_records() {
    std::vector<MetadataRecord> records;
    // metadata.version comes first: it decides how the rest is read. kraft.version is not in here,
    // a control record finalizes it.
    for (const SupportedFeature& feature : supported_features)
        if (feature.name == "metadata.version") records.emplace_back(finalized(feature));
    for (const SupportedFeature& feature : supported_features)
        if (feature.name != "metadata.version" && feature.name != "kraft.version")
            records.emplace_back(finalized(feature));
    return records;
}

std::vector<MetadataRecord> decide_activation(const DecideContext& context, bool in_transaction,
                                              const std::vector<MetadataRecord>& bootstrap) {
    std::vector<MetadataRecord> records;
    if (in_transaction) {
        protocol::AbortTransactionRecord abort;
        abort.reason = Text("the controller that began it is gone");
        records.emplace_back(std::move(abort));
    }
    if (!context.image.features.contains("metadata.version"))
        add_bootstrap_records(context, bootstrap, records);
    return records;
}

}  // namespace barnabas::cluster
