// SPDX-License-Identifier: Apache-2.0
// Answers about partitions, grouped by the names of their topics: what several requests about
// offsets have in common. Pure.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "base/ids.h"

namespace barnabas::broker {

// A new answer for the partition, in its topic's group, which is made if there is none yet.
template <class Response>
auto& answer_for(Response& response, const Text& topic, PartitionIndex partition) {
    auto found = std::ranges::find(response.topics, topic.view(),
                                   [](const auto& answer) { return answer.name.view(); });
    if (found == response.topics.end()) {
        response.topics.emplace_back().name = topic;
        found = response.topics.end() - 1;
    }
    auto& answer = found->partitions.emplace_back();
    answer.partition_index = partition;
    return answer;
}

}  // namespace barnabas::broker
