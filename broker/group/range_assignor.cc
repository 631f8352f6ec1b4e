// SPDX-License-Identifier: Apache-2.0
// The range assignor: for each topic the subscribers in one order (static members by instance id
// first, then the others by member id) get consecutive partitions, the first ones one more.
#include <algorithm>

#include "broker/group/assignor.h"

namespace barnabas::broker {
namespace {

bool comes_before(const AssignmentMember& a, const AssignmentMember& b) {
    if (a.instance_id.has_value() != b.instance_id.has_value()) return a.instance_id.has_value();
    if (a.instance_id && a.instance_id != b.instance_id) return *a.instance_id < *b.instance_id;
    return a.id < b.id;
}

}  // namespace

AssignmentAnswer assign_range(const AssignmentQuestion& question) {
    std::vector<uint32_t> order(question.members.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
        return comes_before(question.members[a], question.members[b]);
    });
    std::vector<std::vector<uint32_t>> subscribers(question.topics.size());
    for (const uint32_t member : order)
        for (const uint32_t topic : question.members[member].topics)
            subscribers[topic].push_back(member);

    AssignmentAnswer answer(question.members.size());
    for (size_t topic = 0; topic < question.topics.size(); ++topic) {
        const auto count = static_cast<int32_t>(subscribers[topic].size());
        if (count == 0) continue;
        const int32_t share = question.topics[topic].partitions / count;
        const int32_t larger = question.topics[topic].partitions % count;
        int32_t next = 0;
        for (int32_t i = 0; i < count; ++i) {
            const int32_t end = next + share + (i < larger ? 1 : 0);
            PartitionSet& mine = answer[subscribers[topic][i]];
            for (; next < end; ++next)
                mine.push_back({question.topics[topic].id, PartitionIndex{next}});
        }
    }
    return answer;
}

Assignor find_assignor(std::string_view name) {
    if (name == "uniform") return assign_uniform;
    if (name == "range") return assign_range;
    return nullptr;
}

}  // namespace barnabas::broker
