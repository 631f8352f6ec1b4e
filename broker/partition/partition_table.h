// SPDX-License-Identifier: Apache-2.0
// PartitionTable: the partitions that this broker hosts, kept in step with the metadata image.
// Lives on shard 0. Opens and removes logs through storage::LogManager; never touches records.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/partition/partition.h"
#include "cluster/metadata_image.h"
#include "storage/log_manager.h"

namespace barnabas::broker {

class PartitionTable {
  public:
    // `config_of` gives the merged log settings of a topic under an image.
    using ConfigOf = std::function<storage::LogConfig(const std::string& topic,
                                                      const cluster::MetadataImage& image)>;
    PartitionTable(Clock& clock, storage::LogManager& logs, BrokerId self, ConfigOf config_of);
    PartitionTable(const PartitionTable&) = delete;
    PartitionTable& operator=(const PartitionTable&) = delete;

    // Opens logs of new partitions, removes those of deleted topics, hands new leaders and configs
    // on. One call at a time; a log that cannot be opened is logged and left out.
    Task<void> apply(std::shared_ptr<const cluster::MetadataImage> before,
                     std::shared_ptr<const cluster::MetadataImage> after);
    // Null when this broker does not host it.
    std::shared_ptr<Partition> find(std::string_view topic, PartitionIndex index) const;
    // Of the topic with this id only: null when another topic has taken the name (F12).
    std::shared_ptr<Partition> find(std::string_view topic, const Uuid& topic_id,
                                    PartitionIndex index) const;
    size_t size() const { return size_; }

    // A log directory and what is in it.
    struct DirectoryView {
        std::string path;
        bool offline = false;
        bool cordoned = false;
        std::vector<storage::LogSize> logs;
    };
    std::vector<DirectoryView> directories() const;
    // Begins to move a partition's log to one of them, see storage::LogManager::move().
    Task<Result<void>> move(storage::TopicPartition of, std::string directory);
    // Of the disk of one of them; see storage::LogManager::space_in().
    Task<Result<storage::DiskSpace>> space_in(std::string path) const;

    // Called after a partition is led here (again, in another epoch) or no longer: coordinators
    // load and unload. Called for those that exist already, too.
    using Listener = std::function<void(const storage::TopicPartition&, bool led)>;
    void on_change(Listener listener);

  private:
    struct NameHash {
        using is_transparent = void;
        size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>{}(name);
        }
    };
    // By partition index; null where this broker has no replica.
    using Topic = std::vector<std::shared_ptr<Partition>>;

    // Topics of the old image that are no more (or others of that name), and those of the new one
    // that are new or other than they were, settings included.
    struct Difference {
        std::vector<std::string> gone;
        std::set<std::string> changed;
    };
    static Difference compare(const cluster::MetadataImage& before,
                              const cluster::MetadataImage& after);
    Task<void> remove_topic(std::string name);
    Task<void> remove_partition(std::string name, size_t index);
    Task<void> update_topic(const cluster::TopicImage& topic, const cluster::MetadataImage* before,
                            const cluster::MetadataImage& after);
    // What several tasks open together, each the next one that is left.
    struct Openings {
        const cluster::TopicImage& topic;
        const storage::LogConfig& config;
        // Partitions from here on are new.
        size_t old_count;
        std::vector<size_t> left;
    };
    Task<void> open_all(Openings openings);
    Task<void> open_some(Openings* openings);
    Task<void> open_partition(const cluster::TopicImage& topic, size_t index,
                              const storage::LogConfig& config, bool is_new);
    Task<void> set_config(const std::string& topic, const storage::LogConfig& config);
    void announce(const storage::TopicPartition& partition, bool led) const;

    Clock& clock_;
    storage::LogManager& logs_;
    const BrokerId self_;
    const ConfigOf config_of_;
    std::unordered_map<std::string, Topic, NameHash, std::equal_to<>> topics_;
    size_t size_ = 0;
    bool applying_ = false;
    std::vector<Listener> listeners_;
};

}  // namespace barnabas::broker
