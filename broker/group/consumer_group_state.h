// SPDX-License-Identifier: Apache-2.0
// ConsumerGroupState: what the log says of one consumer group (KIP-848): its epochs, its members,
// what each is to have and what each has. apply() is the only way to change it, live and at
// start-up alike (G13); the rest are questions. Pure; asserts nothing about what a log may say.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/group/consumer_group_records.h"
#include "broker/group/consumer_group_types.h"

namespace barnabas::broker {

struct TopicIdPartitionHash {
    size_t operator()(const TopicIdPartition& at) const {
        return std::hash<Uuid>{}(at.topic) * 31 + std::hash<PartitionIndex>{}(at.partition);
    }
};

class ConsumerGroupState {
  public:
    using Members = std::map<std::string, ConsumerMember, std::less<>>;
    using Counts = std::map<std::string, size_t, std::less<>>;

    ConsumerGroupState() = default;
    ConsumerGroupState(ConsumerGroupState&&) = default;
    ConsumerGroupState& operator=(ConsumerGroupState&&) = default;

    void apply(const ConsumerGroupChange& change);

    int32_t epoch() const { return epoch_; }
    // Whether the log says what the epoch is.
    bool has_epoch() const { return has_epoch_; }
    uint64_t metadata_hash() const { return metadata_hash_; }
    bool has_partition_metadata() const { return has_partition_metadata_; }
    int32_t target_epoch() const { return target_epoch_; }
    int64_t target_time_ms() const { return target_time_ms_; }
    const Members& members() const { return members_; }
    const ConsumerMember* member(std::string_view id) const;
    // Null when nobody has that instance id.
    const ConsumerMember* static_member(std::string_view instance_id) const;
    // Empty for members without a target.
    const PartitionSet& target(std::string_view member) const;
    const std::map<std::string, PartitionSet, std::less<>>& targets() const { return targets_; }
    const std::map<std::string, ResolvedRegex, std::less<>>& regexes() const { return regexes_; }

    // By topic or regular expression, how many members are subscribed with it.
    const Counts& topic_subscribers() const { return topics_; }
    const Counts& regex_subscribers() const { return regex_counts_; }
    const Counts& assignor_votes() const { return assignors_; }
    // By name of a protocol, how many classic members support it.
    const Counts& classic_protocols() const { return classic_protocols_; }
    size_t classic_members() const { return classic_members_; }
    // Who has the partition or has not given it up yet; null: nobody.
    const ConsumerMember* owner(const TopicIdPartition& at) const;
    // All topics that somebody is subscribed to, by name or by regular expression.
    std::set<std::string_view> subscribed_topics() const;
    // The log need not say more of it.
    bool nothing() const;

    friend bool operator==(const ConsumerGroupState& a, const ConsumerGroupState& b) {
        return a.epoch_ == b.epoch_ && a.has_epoch_ == b.has_epoch_ &&
               a.metadata_hash_ == b.metadata_hash_ &&
               a.has_partition_metadata_ == b.has_partition_metadata_ &&
               a.target_epoch_ == b.target_epoch_ && a.target_time_ms_ == b.target_time_ms_ &&
               a.members_ == b.members_ && a.targets_ == b.targets_ && a.regexes_ == b.regexes_;
    }

  private:
    void apply_one(const GroupEpochChange& change);
    void apply_one(const PartitionMetadataChange& change);
    void apply_one(const MemberChange& change);
    void apply_one(const TargetEpochChange& change);
    void apply_one(const TargetChange& change);
    void apply_one(const CurrentChange& change);
    void apply_one(const RegexChange& change);
    void count(const ConsumerMember& member, int by);
    void hold(const ConsumerMember& member);
    void release(const ConsumerMember& member);

    // A new group begins at 1, before the log says so.
    int32_t epoch_ = 1;
    bool has_epoch_ = false;
    uint64_t metadata_hash_ = 0;
    bool has_partition_metadata_ = false;
    int32_t target_epoch_ = 0;
    int64_t target_time_ms_ = 0;
    Members members_;
    std::map<std::string, PartitionSet, std::less<>> targets_;
    std::map<std::string, ResolvedRegex, std::less<>> regexes_;
    // What follows from the above.
    std::map<std::string, std::string, std::less<>> member_by_instance_;
    Counts topics_, regex_counts_, assignors_, classic_protocols_;
    size_t classic_members_ = 0;
    std::unordered_map<TopicIdPartition, const ConsumerMember*, TopicIdPartitionHash> owners_;
};

}  // namespace barnabas::broker
