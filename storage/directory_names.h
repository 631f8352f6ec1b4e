// SPDX-License-Identifier: Apache-2.0
// The names of directories under a log directory, as Kafka gives them: "topic-3", and beside it
// what was renamed aside ("topic-3.<32 hex digits>-delete", "-stray", "-future"). Names only, no
// disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "storage/log_types.h"

namespace barnabas::storage {

inline constexpr std::string_view metadata_topic_name = "__cluster_metadata";
// What file systems allow; also Kafka's limit for directory names.
inline constexpr size_t directory_name_size_max = 255;
inline constexpr size_t topic_name_size_max = 249;

enum class DirectoryKind {
    partition,
    metadata,  // __cluster_metadata-0
    deleted,   // renamed aside by a deletion: to be removed
    stray,     // another topic's, kept aside for a person to look at
    future,    // half-made copy of a move between log directories
    other,     // nothing of ours
};

DirectoryKind kind_of_directory(std::string_view name);
// "topic-3" as TopicPartition writes it; nullopt for every other spelling ("topic-03", "a b-1").
std::optional<TopicPartition> parse_directory_name(std::string_view name);
bool is_valid_topic_name(std::string_view topic);
TopicPartition metadata_partition();

// The name for a directory that is moved out of the way. `suffix` is "delete" or "stray"; the topic
// is cut so that the whole fits into directory_name_size_max.
std::string aside_name(const TopicPartition& topic_partition, const Uuid& unique,
                       std::string_view suffix);
// The name of a copy on its way to another log directory. The topic is never cut, since the name
// has to tell it: nullopt where the whole does not fit.
std::optional<std::string> future_name(const TopicPartition& topic_partition, const Uuid& unique);
// The partition that a name of future_name() means; nullopt for every other name.
std::optional<TopicPartition> parse_future_name(std::string_view name);

}  // namespace barnabas::storage
