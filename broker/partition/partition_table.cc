// SPDX-License-Identifier: Apache-2.0
// PartitionTable: turns the difference of two metadata images into opened and removed logs. A topic
// that was deleted and created again under its name is two topics: the old one's logs go first
// (A07).
#include "broker/partition/partition_table.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstdint>
#include <utility>

#include "base/assert.h"
#include "base/log_line.h"
#include "base/task_group.h"

namespace barnabas::broker {
namespace {

using cluster::ConfigResourceType;
using cluster::MetadataImage;
using cluster::PartitionImage;
using cluster::TopicImage;
using storage::TopicPartition;

constexpr size_t opened_at_once = 16;

bool hosts(const PartitionImage& partition, BrokerId broker) {
    return std::ranges::find(partition.replicas, broker) != partition.replicas.end();
}

TopicPartition name_of(const std::string& topic, size_t index) {
    return {topic, PartitionIndex{static_cast<int32_t>(index)}};
}

}  // namespace

PartitionTable::PartitionTable(Clock& clock, storage::LogManager& logs, BrokerId self,
                               ConfigOf config_of)
    : clock_(clock), logs_(logs), self_(self), config_of_(std::move(config_of)) {}

Task<void> PartitionTable::apply(std::shared_ptr<const MetadataImage> before,
                                 std::shared_ptr<const MetadataImage> after) {
    ASSERT(after != nullptr);
    ASSERT(!applying_, "images are applied one after another");
    applying_ = true;
    const MetadataImage nothing;
    const Difference difference = compare(before ? *before : nothing, *after);
    for (const std::string& name : difference.gone) co_await remove_topic(name);
    for (const std::string& name : difference.changed)
        co_await update_topic(*after->topic(name), before.get(), *after);
    applying_ = false;
}

// Costs what changed, however many topics there are.
PartitionTable::Difference PartitionTable::compare(const MetadataImage& before,
                                                   const MetadataImage& after) {
    using Topics = decltype(after.topics);
    using Configs = decltype(after.configs);
    using TopicPointer = Topics::mapped_type;
    using ConfigPointer = Configs::mapped_type;
    Difference difference;
    const auto compare_topics = [&](const std::string& name, const TopicPointer* old,
                                    const TopicPointer* now) {
        if (old && (!now || (*now)->id != (*old)->id)) difference.gone.push_back(name);
        if (now) difference.changed.insert(name);
    };
    Topics::for_each_change(before.topics, after.topics, compare_topics);
    const auto compare_configs = [&](const cluster::ConfigResource& resource, const ConfigPointer*,
                                     const ConfigPointer*) {
        if (resource.type == ConfigResourceType::topic && after.topic(resource.name))
            difference.changed.insert(resource.name);
        // Broker-wide settings are every topic's.
        if (resource.type == ConfigResourceType::broker)
            for (const auto& [name, topic] : after.topics) difference.changed.insert(name);
    };
    Configs::for_each_change(before.configs, after.configs, compare_configs);
    return difference;
}

Task<void> PartitionTable::remove_topic(std::string name) {
    const auto found = topics_.find(name);
    if (found == topics_.end()) co_return;
    const size_t count = found->second.size();
    for (size_t index = 0; index < count; ++index) co_await remove_partition(name, index);
    topics_.erase(name);
}

Task<void> PartitionTable::remove_partition(std::string name, size_t index) {
    const std::shared_ptr<Partition> partition =
        std::exchange(topics_.find(name)->second[index], nullptr);
    if (!partition) co_return;
    ASSERT(size_ > 0);
    --size_;
    partition->mark_deleted();
    announce(name_of(name, index), false);
    auto removing = logs_.remove(name_of(name, index));
    const Result<void> removed = co_await std::move(removing);
    if (!removed)
        log_error("partition", "cannot remove {}-{}: {} ({})", name, index,
                  error_name(removed.error().code), removed.error().where);
}

Task<void> PartitionTable::update_topic(const TopicImage& topic, const MetadataImage* before,
                                        const MetadataImage& after) {
    const storage::LogConfig config = config_of_(topic.name, after);
    const auto known = before ? before->topic(topic.id) : nullptr;
    // The first image tells of what may be on the disks already.
    const size_t old_count = before ? (known ? known->partitions.size() : 0) : SIZE_MAX;
    Openings openings{topic, config, old_count, {}};
    topics_[topic.name].resize(topic.partitions.size());
    for (size_t index = 0; index < topic.partitions.size(); ++index) {
        const std::shared_ptr<Partition> partition = topics_[topic.name][index];
        if (!hosts(topic.partitions[index], self_)) {
            co_await remove_partition(topic.name, index);
        } else if (!partition) {
            openings.left.push_back(index);
        } else {
            ASSERT(partition->topic_id() == topic.id, "another topic's log was removed before");
            const LeaderEpoch epoch = partition->leader_epoch();
            partition->apply_image(topic.partitions[index], self_);
            if (partition->leader_epoch() != epoch)
                announce(name_of(topic.name, index), partition->is_leader());
        }
    }
    if (!openings.left.empty()) {
        auto opening = open_all(std::move(openings));
        co_await std::move(opening);
    }
    co_await set_config(topic.name, config);
}

// Several at a time, so that they share the disk's syncs (pitfall A11).
Task<void> PartitionTable::open_all(Openings openings) {
    std::ranges::reverse(openings.left);
    const auto loop = co_await boost::asio::this_coro::executor;
    TaskGroup group(loop, clock_);
    for (size_t i = std::min(openings.left.size(), opened_at_once); i > 0; --i)
        group.spawn(open_some(&openings));
    auto joining = group.stop(Nanos::max());
    co_await std::move(joining);
}

Task<void> PartitionTable::open_some(Openings* openings) {
    while (!openings->left.empty()) {
        const size_t index = openings->left.back();
        openings->left.pop_back();
        auto opening =
            open_partition(openings->topic, index, openings->config, index >= openings->old_count);
        co_await std::move(opening);
    }
}

Task<void> PartitionTable::open_partition(const TopicImage& topic, size_t index,
                                          const storage::LogConfig& config, bool is_new) {
    auto opening = is_new ? logs_.create(name_of(topic.name, index), topic.id, config)
                          : logs_.open_or_create(name_of(topic.name, index), topic.id, config);
    auto log = co_await std::move(opening);
    if (!log) {
        log_error("partition", "cannot open {}-{}: {} ({})", topic.name, index,
                  error_name(log.error().code), log.error().where);
        co_return;
    }
    auto partition = std::make_shared<Partition>(clock_, std::move(*log));
    partition->apply_image(topic.partitions[index], self_);
    std::shared_ptr<Partition>& slot = topics_[topic.name][index];
    ASSERT(slot == nullptr);
    slot = partition;
    ++size_;
    announce(name_of(topic.name, index), partition->is_leader());
}

Task<void> PartitionTable::set_config(const std::string& topic, const storage::LogConfig& config) {
    const Topic partitions = topics_[topic];
    for (const std::shared_ptr<Partition>& partition : partitions) {
        if (!partition || partition->log().config() == config) continue;
        auto setting = partition->log().set_config(config);
        const Result<void> set = co_await std::move(setting);
        if (!set)
            log_error("partition", "cannot change the settings of a log of {}: {} ({})", topic,
                      error_name(set.error().code), set.error().where);
    }
}

std::shared_ptr<Partition> PartitionTable::find(std::string_view topic,
                                                PartitionIndex index) const {
    const auto found = topics_.find(topic);
    if (found == topics_.end() || index.value < 0) return nullptr;
    const auto position = static_cast<size_t>(index.value);
    return position < found->second.size() ? found->second[position] : nullptr;
}

std::shared_ptr<Partition> PartitionTable::find(std::string_view topic, const Uuid& topic_id,
                                                PartitionIndex index) const {
    std::shared_ptr<Partition> partition = find(topic, index);
    return partition && partition->topic_id() == topic_id ? partition : nullptr;
}

std::vector<PartitionTable::DirectoryView> PartitionTable::directories() const {
    std::vector<DirectoryView> views;
    for (const storage::LogDirectoryStatus& directory : logs_.directories())
        views.push_back({directory.path, directory.offline, directory.cordoned,
                         logs_.sizes_in(directory.path)});
    return views;
}

Task<Result<void>> PartitionTable::move(TopicPartition of, std::string directory) {
    return logs_.move(std::move(of), std::move(directory));
}

Task<Result<storage::DiskSpace>> PartitionTable::space_in(std::string path) const {
    return logs_.space_in(std::move(path));
}

void PartitionTable::on_change(Listener listener) {
    for (const auto& [name, topic] : topics_)
        for (size_t index = 0; index < topic.size(); ++index)
            if (topic[index] && topic[index]->is_leader()) listener(name_of(name, index), true);
    listeners_.push_back(std::move(listener));
}

void PartitionTable::announce(const TopicPartition& partition, bool led) const {
    for (const Listener& listener : listeners_) listener(partition, led);
}

}  // namespace barnabas::broker
