// SPDX-License-Identifier: Apache-2.0
// PartitionTable: the partitions that this broker hosts, kept in step with the metadata image. Lives on
// shard 0.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>

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

    // Opens logs of new partitions, removes those of deleted topics, hands new leaders and configs on.
    Task<void> apply(std::shared_ptr<const cluster::MetadataImage> before,
                     std::shared_ptr<const cluster::MetadataImage> after);
    // Null when this broker does not host it.
    std::shared_ptr<Partition> find(std::string_view topic, PartitionIndex index) const;
    size_t size() const;
    // Called after a partition is created (led here now) or removed: coordinators load and unload.
    using Listener = std::function<void(const storage::TopicPartition&, bool present)>;
    void on_change(Listener listener);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas::broker
