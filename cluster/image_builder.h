// SPDX-License-Identifier: Apache-2.0
// ImageBuilder: applies metadata records, in log order, and makes a new MetadataImage of them that
// shares what did not change. The only way in which images come to be: replay at start, snapshots
// and live commands all go through it, so live state and replayed state cannot differ (pitfall
// R25). A plain state machine: no I/O, no clock, no thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cluster/metadata_image.h"
#include "cluster/metadata_record.h"

namespace barnabas::cluster {

class ImageBuilder {
  public:
    ImageBuilder() = default;
    explicit ImageBuilder(const MetadataImage& base) : image_(base) {}
    ImageBuilder(const ImageBuilder&) = delete;
    ImageBuilder& operator=(const ImageBuilder&) = delete;

    // Fails with corrupt_message if the record contradicts what came before it, unsupported_version
    // if it asks for a metadata.version that this program does not know. The builder is then
    // useless.
    Result<void> apply(const MetadataRecord& record);
    // decode_metadata_record and apply.
    Result<void> apply_framed(Bytes value);
    // An image of everything applied so far; inside a metadata transaction (KIP-868), of everything
    // before it. `offset` is that of the last record applied.
    Result<std::shared_ptr<const MetadataImage>> build(Offset offset, LeaderEpoch epoch);

    bool in_transaction() const { return in_transaction_; }
    // Fields that no record carries.
    void set_cluster_id(std::string id) { image_.cluster_id = std::move(id); }
    void set_controller(BrokerId id) { image_.controller_id = id; }
    // kraft.version is finalized by a control record of the log, not by a metadata record.
    void set_kraft_version(int16_t version);

  private:
    Result<void> on(const protocol::RegisterBrokerRecord& record);
    Result<void> on(const protocol::UnregisterBrokerRecord& record);
    Result<void> on(const protocol::TopicRecord& record);
    Result<void> on(const protocol::PartitionRecord& record);
    Result<void> on(const protocol::ConfigRecord& record);
    Result<void> on(const protocol::PartitionChangeRecord& record);
    Result<void> on(const protocol::FenceBrokerRecord& record);
    Result<void> on(const protocol::UnfenceBrokerRecord& record);
    Result<void> on(const protocol::RemoveTopicRecord& record);
    Result<void> on(const protocol::DelegationTokenRecord& record);
    Result<void> on(const protocol::UserScramCredentialRecord& record);
    Result<void> on(const protocol::FeatureLevelRecord& record);
    Result<void> on(const protocol::ClientQuotaRecord& record);
    Result<void> on(const protocol::ProducerIdsRecord& record);
    Result<void> on(const protocol::BrokerRegistrationChangeRecord& record);
    Result<void> on(const protocol::AccessControlEntryRecord& record);
    Result<void> on(const protocol::RemoveAccessControlEntryRecord& record);
    Result<void> on(const protocol::NoOpRecord& record);
    Result<void> on(const protocol::ZkMigrationStateRecord& record);
    Result<void> on(const protocol::RemoveUserScramCredentialRecord& record);
    Result<void> on(const protocol::BeginTransactionRecord& record);
    Result<void> on(const protocol::EndTransactionRecord& record);
    Result<void> on(const protocol::AbortTransactionRecord& record);
    Result<void> on(const protocol::RemoveDelegationTokenRecord& record);
    Result<void> on(const protocol::RegisterControllerRecord& record);
    Result<void> on(const protocol::ClearElrRecord& record);

    // A copy of the topic that may be changed until the next build, or null if there is none.
    TopicImage* open_topic(const Uuid& id);
    std::shared_ptr<BrokerImage> copy_broker(BrokerId id, int64_t epoch) const;
    Result<void> fence(BrokerId id, int64_t epoch, bool fenced);
    void keep(std::string key, const MetadataRecord& record);
    void clear_elr(const Uuid& topic_id);
    // Puts open topics back into the image.
    Result<void> close_topics();

    MetadataImage image_;
    MapEdit edit_;
    std::unordered_map<Uuid, std::shared_ptr<TopicImage>> open_topics_;
    // The image as it was when the transaction began.
    MetadataImage before_transaction_;
    bool in_transaction_ = false;
};

// The records that make up `image`, framed: what a snapshot of it holds. Two images with equal
// records have equal content.
std::vector<std::vector<uint8_t>> image_records(const MetadataImage& image);

// "a.b" and "a_b" have the same unified name. has_collision_chars: whether it matters for `name`.
std::string unified_name(std::string_view name);
bool has_collision_chars(std::string_view name);

}  // namespace barnabas::cluster
