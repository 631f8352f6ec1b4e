// SPDX-License-Identifier: Apache-2.0
// Applying metadata records: brokers, and the records that are kept as they are. A kept record is
// found again by type and identity, so that its removal or replacement takes effect.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/image_builder.h"

namespace barnabas::cluster {

namespace {

// Types in two digits, so that kept records sort by type.
std::string kept_key(int16_t type, std::string_view identity) {
    return fmt::format("{:02}/{}", type, identity);
}

std::string_view id_text(const Uuid& id) {
    return as_text(Bytes(id.bytes));
}

// An entity is a set of (type, name) pairs; null names the default entity, which no name can equal.
std::string quota_identity(const protocol::ClientQuotaRecord& record) {
    std::vector<std::string> parts;
    for (const auto& part : record.entity)
        parts.push_back(fmt::format("{}={}{}", part.entity_type.view(),
                                    part.entity_name ? "+" : "-",
                                    part.entity_name ? part.entity_name->view() : ""));
    std::ranges::sort(parts);
    return fmt::format("{}/{}", fmt::join(parts, "\n"), record.key.view());
}

std::string scram_identity(std::string_view name, int8_t mechanism) {
    return fmt::format("{}/{}", mechanism, name);
}

}  // namespace

void ImageBuilder::keep(std::string key, const MetadataRecord& record) {
    auto framed = std::make_shared<const std::vector<uint8_t>>(
        encode_metadata_record(record, metadata_version_max));
    image_.kept.insert_or_assign(std::move(key), std::move(framed), edit_);
}

std::shared_ptr<BrokerImage> ImageBuilder::copy_broker(BrokerId id, int64_t epoch) const {
    const auto found = image_.brokers.find(id);
    if (found == image_.brokers.end() || found->second->epoch != epoch) return nullptr;
    return std::make_shared<BrokerImage>(*found->second);
}

Result<void> ImageBuilder::on(const protocol::RegisterBrokerRecord& record) {
    auto broker = std::make_shared<BrokerImage>();
    broker->id = record.broker_id;
    broker->epoch = record.broker_epoch;
    broker->incarnation_id = record.incarnation_id;
    for (const auto& endpoint : record.end_points)
        broker->endpoints.push_back(
            {endpoint.name.str(), endpoint.host.str(), endpoint.port, endpoint.security_protocol});
    for (const auto& feature : record.features)
        broker->features.push_back(
            {feature.name.str(), feature.min_supported_version, feature.max_supported_version});
    std::ranges::sort(broker->features, {}, &FeatureRange::name);  // their order means nothing
    if (record.rack) broker->rack = record.rack->str();
    broker->fenced = record.fenced;
    broker->in_controlled_shutdown = record.in_controlled_shutdown;
    broker->log_dirs = record.log_dirs;
    broker->cordoned_log_dirs = record.cordoned_log_dirs;
    image_.brokers[broker->id] = std::move(broker);
    return {};
}

Result<void> ImageBuilder::on(const protocol::UnregisterBrokerRecord& record) {
    if (!copy_broker(record.broker_id, record.broker_epoch))
        return fail(ErrorCode::corrupt_message, "metadata: removal of no broker");
    image_.brokers.erase(record.broker_id);
    return {};
}

Result<void> ImageBuilder::fence(BrokerId id, int64_t epoch, bool fenced) {
    auto broker = copy_broker(id, epoch);
    if (!broker) return fail(ErrorCode::corrupt_message, "metadata: fencing of no broker");
    broker->fenced = fenced;
    image_.brokers[id] = std::move(broker);
    return {};
}

Result<void> ImageBuilder::on(const protocol::FenceBrokerRecord& record) {
    return fence(record.id, record.epoch, true);
}

Result<void> ImageBuilder::on(const protocol::UnfenceBrokerRecord& record) {
    return fence(record.id, record.epoch, false);
}

Result<void> ImageBuilder::on(const protocol::BrokerRegistrationChangeRecord& record) {
    auto broker = copy_broker(record.broker_id, record.broker_epoch);
    if (!broker) return fail(ErrorCode::corrupt_message, "metadata: a change of no broker");
    if (record.fenced != 0) broker->fenced = record.fenced > 0;
    if (record.in_controlled_shutdown != 0)
        broker->in_controlled_shutdown = record.in_controlled_shutdown > 0;
    if (!record.log_dirs.empty()) broker->log_dirs = record.log_dirs;
    if (record.cordoned_log_dirs) broker->cordoned_log_dirs = record.cordoned_log_dirs;
    image_.brokers[broker->id] = std::move(broker);
    return {};
}

Result<void> ImageBuilder::on(const protocol::RegisterControllerRecord& record) {
    keep(kept_key(record.record_type, std::to_string(record.controller_id)), record);
    return {};
}

Result<void> ImageBuilder::on(const protocol::DelegationTokenRecord& record) {
    keep(kept_key(record.record_type, record.token_id), record);
    return {};
}

Result<void> ImageBuilder::on(const protocol::RemoveDelegationTokenRecord& record) {
    image_.kept.erase(kept_key(protocol::DelegationTokenRecord::record_type, record.token_id),
                      edit_);
    return {};
}

Result<void> ImageBuilder::on(const protocol::UserScramCredentialRecord& record) {
    keep(kept_key(record.record_type, scram_identity(record.name, record.mechanism)), record);
    return {};
}

Result<void> ImageBuilder::on(const protocol::RemoveUserScramCredentialRecord& record) {
    image_.kept.erase(kept_key(protocol::UserScramCredentialRecord::record_type,
                               scram_identity(record.name, record.mechanism)),
                      edit_);
    return {};
}

Result<void> ImageBuilder::on(const protocol::ClientQuotaRecord& record) {
    const std::string key = kept_key(record.record_type, quota_identity(record));
    if (record.remove)
        image_.kept.erase(key, edit_);
    else
        keep(key, record);
    return {};
}

Result<void> ImageBuilder::on(const protocol::AccessControlEntryRecord& record) {
    keep(kept_key(record.record_type, id_text(record.id)), record);
    return {};
}

Result<void> ImageBuilder::on(const protocol::RemoveAccessControlEntryRecord& record) {
    image_.kept.erase(kept_key(protocol::AccessControlEntryRecord::record_type, id_text(record.id)),
                      edit_);
    return {};
}

}  // namespace barnabas::cluster
