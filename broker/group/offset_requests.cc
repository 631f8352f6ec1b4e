// SPDX-License-Identifier: Apache-2.0
// OffsetCommit and OffsetFetch: looking up topics, checking, shaping answers by version.
#include "broker/group/offset_requests.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "broker/group/topic_answers.h"

namespace barnabas::broker {
namespace {

using cluster::MetadataImage;
using cluster::TopicImage;
using protocol::OffsetCommitRequest;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::TxnOffsetCommitRequest;

constexpr int16_t commit_by_id = 10;
constexpr int16_t fetch_by_id = 10;
constexpr int16_t fetch_many_groups = 8;
constexpr int16_t fetch_group_error = 2;

ErrorCode find_missing(const TopicImage* topic, int16_t version, PartitionIndex partition) {
    if (topic == nullptr)
        return version >= commit_by_id ? ErrorCode::unknown_topic_id
                                       : ErrorCode::unknown_topic_or_partition;
    return topic->has(partition) ? ErrorCode::none : ErrorCode::unknown_topic_or_partition;
}

// Java counts the units of UTF-16: one for each byte that does not continue a character, two where
// four bytes make one.
size_t java_length(std::string_view text) {
    size_t units = 0;
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        units += (byte & 0xC0) != 0x80;
        units += byte >= 0xF0;
    }
    return units;
}

template <class WirePartition>
ErrorCode check_metadata(const WirePartition& partition, size_t length_max) {
    const bool fits = !partition.committed_metadata ||
                      java_length(partition.committed_metadata->view()) <= length_max;
    return fits ? ErrorCode::none : ErrorCode::offset_metadata_too_large;
}

protocol::OffsetCommitResponse::OffsetCommitResponsePartition& answer_for(
    protocol::OffsetCommitResponse& response,
    const OffsetCommitRequest::OffsetCommitRequestTopic& topic, PartitionIndex partition) {
    auto found = std::ranges::find_if(response.topics, [&topic](const auto& answer) {
        return answer.name.view() == topic.name.view() && answer.topic_id == topic.topic_id;
    });
    if (found == response.topics.end()) {
        auto& added = response.topics.emplace_back();
        added.name = topic.name;
        added.topic_id = topic.topic_id;
        found = response.topics.end() - 1;
    }
    auto& answer = found->partitions.emplace_back();
    answer.partition_index = partition;
    return answer;
}

template <class Response>
void finish(Response& response, ErrorCode error) {
    for (auto& topic : response.topics)
        for (auto& partition : topic.partitions)
            if (partition.error_code == ErrorCode::none) partition.error_code = error;
}

CommittedOffset committed_of(const OffsetCommitRequest& request,
                             const OffsetCommitRequest::OffsetCommitRequestPartition& partition,
                             const TopicImage& topic, int64_t now_ms) {
    CommittedOffset committed{.offset = partition.committed_offset,
                              .leader_epoch = partition.committed_leader_epoch,
                              .commit_ms = now_ms,
                              .topic_id = topic.id};
    if (partition.committed_metadata) committed.metadata = partition.committed_metadata->str();
    if (request.retention_time_ms >= 0) committed.expire_ms = now_ms + request.retention_time_ms;
    return committed;
}

OffsetAnswer answer_of(const OffsetQuestion& question) {
    OffsetAnswer answer;
    answer.group_id = Text(question.group);
    return answer;
}

// An offset that was committed to a topic of the same name, since deleted, is nobody's (G16).
bool belongs(const CommittedOffset& committed, const Uuid& topic_id) {
    return committed.topic_id.is_zero() || topic_id.is_zero() || committed.topic_id == topic_id;
}

void add_partition(OffsetFetchResponse::OffsetFetchResponseTopics& topic, PartitionIndex index,
                   const CommittedOffset* committed, ErrorCode error = ErrorCode::none) {
    auto& told = topic.partitions.emplace_back();
    told.partition_index = index;
    told.committed_offset = committed ? committed->offset : offset_none;
    told.committed_leader_epoch = committed ? committed->leader_epoch : leader_epoch_none;
    told.metadata = Text(committed ? committed->metadata : "");
    told.error_code = error;
}

// An offset that may be about to change is not told to who cannot have that.
void add_known(OffsetFetchResponse::OffsetFetchResponseTopics& topic, const OffsetKey& key,
               const CommittedOffset* committed, const IsUnstable& is_unstable) {
    if (is_unstable && is_unstable(key))
        add_partition(topic, key.second, nullptr, ErrorCode::unstable_offset_commit);
    else
        add_partition(topic, key.second, committed);
}

Uuid id_of(const MetadataImage& image, const std::string& topic) {
    const auto known = image.topic(topic);
    return known ? known->id : Uuid{};
}

void add_all(OffsetAnswer& answer, const StoredGroup& stored, int16_t version,
             const MetadataImage& image, const IsUnstable& is_unstable) {
    const std::string* current = nullptr;
    for (const auto& [partition, committed] : stored.offsets) {
        const Uuid id = id_of(image, partition.first);
        if (!belongs(committed, id) || (version >= fetch_by_id && id.is_zero())) continue;
        if (current == nullptr || *current != partition.first) {
            auto& topic = answer.topics.emplace_back();
            topic.name = Text(partition.first);
            topic.topic_id = id;
            current = &partition.first;
        }
        add_known(answer.topics.back(), partition, &committed, is_unstable);
    }
}

// Topics of v1-7 and of v8+ differ in type only.
template <class WireTopics>
std::optional<std::vector<OffsetQuestion::Topic>> topics_of(const WireTopics& wire, int16_t version,
                                                            const MetadataImage& image) {
    if (!wire) return std::nullopt;
    std::vector<OffsetQuestion::Topic> topics;
    for (const auto& from : *wire) {
        OffsetQuestion::Topic& topic = topics.emplace_back();
        topic.partitions = from.partition_indexes;
        if constexpr (requires { from.topic_id; }) topic.id = from.topic_id;
        if (version < fetch_by_id) {
            topic.name = from.name.str();
            topic.id = id_of(image, topic.name);
        } else if (const auto known = image.topic(topic.id)) {
            topic.name = known->name;
        }
    }
    return topics;
}

}  // namespace

PlannedCommit plan_commit(const OffsetCommitRequest& request, const MetadataImage& image,
                          const OffsetCommitTerms& terms) {
    PlannedCommit planned;
    // What is not there is answered first, as Kafka does, who asks the group for the rest.
    for (const bool valid : {false, true})
        for (const auto& topic : request.topics) {
            const auto known = terms.version >= commit_by_id ? image.topic(topic.topic_id)
                                                             : image.topic(topic.name.view());
            for (const auto& partition : topic.partitions) {
                const PartitionIndex index = partition.partition_index;
                const ErrorCode missing = find_missing(known.get(), terms.version, index);
                if ((missing == ErrorCode::none) != valid) continue;
                auto& answer = answer_for(planned.response, topic, index);
                answer.error_code = missing;
                if (!valid) continue;
                answer.error_code = check_metadata(partition, terms.metadata_length_max);
                if (answer.error_code != ErrorCode::none) continue;
                planned.keys.emplace_back(known->name, index);
                planned.records.push_back(
                    make_offset_record(request.group_id, known->name, index,
                                       committed_of(request, partition, *known, terms.now_ms)));
            }
        }
    return planned;
}

CommitClaim commit_claim_of(const OffsetCommitRequest& request, int16_t version,
                            const MetadataImage& image) {
    CommitClaim claim{.version = version};
    claim.member.member_id = request.member_id.str();
    if (request.group_instance_id) claim.member.instance_id = request.group_instance_id->str();
    claim.member.generation = request.generation_id_or_member_epoch;
    for (const auto& topic : request.topics) {
        const Uuid id = version >= commit_by_id ? topic.topic_id : id_of(image, topic.name.str());
        for (const auto& partition : topic.partitions)
            claim.partitions.emplace_back(id, partition.partition_index);
    }
    return claim;
}

PlannedTransactionalCommit plan_transactional_commit(const TxnOffsetCommitRequest& request,
                                                     const MetadataImage& image,
                                                     const OffsetCommitTerms& terms) {
    PlannedTransactionalCommit planned;
    for (const bool valid : {false, true})
        for (const auto& topic : request.topics) {
            const auto known = image.topic(topic.name.view());
            for (const auto& partition : topic.partitions) {
                const PartitionIndex index = partition.partition_index;
                const ErrorCode missing = find_missing(known.get(), 0, index);
                if ((missing == ErrorCode::none) != valid) continue;
                auto& answer = answer_for(planned.response, topic.name, index);
                answer.error_code = missing;
                if (!valid) continue;
                answer.error_code = check_metadata(partition, terms.metadata_length_max);
                if (answer.error_code != ErrorCode::none) continue;
                planned.keys.emplace_back(known->name, index);
                CommittedOffset committed{.offset = partition.committed_offset,
                                          .leader_epoch = partition.committed_leader_epoch,
                                          .commit_ms = terms.now_ms,
                                          .topic_id = known->id};
                if (partition.committed_metadata)
                    committed.metadata = partition.committed_metadata->str();
                planned.records.push_back(
                    make_offset_record(request.group_id, known->name, index, committed));
            }
        }
    return planned;
}

CommitClaim transactional_claim_of(const TxnOffsetCommitRequest& request, int16_t version,
                                   const MetadataImage& image) {
    CommitClaim claim{.version = version, .transactional = true};
    claim.member.member_id = request.member_id.str();
    if (request.group_instance_id) claim.member.instance_id = request.group_instance_id->str();
    claim.member.generation = request.generation_id;
    for (const auto& topic : request.topics)
        for (const auto& partition : topic.partitions)
            claim.partitions.emplace_back(id_of(image, topic.name.str()),
                                          partition.partition_index);
    return claim;
}

void finish_commit(protocol::OffsetCommitResponse& response, ErrorCode error) {
    finish(response, error);
}

void finish_commit(protocol::TxnOffsetCommitResponse& response, ErrorCode error) {
    finish(response, error);
}

std::vector<OffsetQuestion> questions_of(const OffsetFetchRequest& request, int16_t version,
                                         const MetadataImage& image) {
    std::vector<OffsetQuestion> questions;
    if (version < fetch_many_groups) {
        questions.push_back(
            {request.group_id.str(), topics_of(request.topics, version, image), {}});
        return questions;
    }
    for (const auto& group : request.groups)
        questions.push_back({group.group_id.str(),
                             topics_of(group.topics, version, image),
                             {.member_id = group.member_id ? group.member_id->str() : "",
                              .generation = group.member_epoch}});
    return questions;
}

OffsetAnswer answer_question(const OffsetQuestion& question, const StoredGroup* stored,
                             int16_t version, const MetadataImage& image,
                             const IsUnstable& is_unstable) {
    OffsetAnswer answer = answer_of(question);
    if (!question.topics) {
        if (stored) add_all(answer, *stored, version, image, is_unstable);
        return answer;
    }
    for (const OffsetQuestion::Topic& topic : *question.topics) {
        auto& told = answer.topics.emplace_back();
        told.name = Text(topic.name);
        told.topic_id = topic.id;
        const bool unknown_id = version >= fetch_by_id && topic.name.empty();
        for (const PartitionIndex index : topic.partitions) {
            const CommittedOffset* committed = nullptr;
            if (stored) {
                const auto found = stored->offsets.find({topic.name, index});
                if (found != stored->offsets.end() && belongs(found->second, topic.id))
                    committed = &found->second;
            }
            if (unknown_id)
                add_partition(told, index, nullptr, ErrorCode::unknown_topic_id);
            else
                add_known(told, {topic.name, index}, committed, is_unstable);
        }
    }
    return answer;
}

OffsetAnswer refuse_question(const OffsetQuestion& question, ErrorCode error, int16_t version) {
    OffsetAnswer answer = answer_of(question);
    answer.error_code = error;
    if (version >= fetch_group_error || !question.topics) return answer;
    // v1 has no error but those of partitions.
    for (const OffsetQuestion::Topic& topic : *question.topics) {
        auto& told = answer.topics.emplace_back();
        told.name = Text(topic.name);
        for (const PartitionIndex index : topic.partitions)
            add_partition(told, index, nullptr, error);
    }
    return answer;
}

OffsetFetchResponse make_response(std::vector<OffsetAnswer> answers, int16_t version) {
    OffsetFetchResponse response;
    if (version >= fetch_many_groups) {
        response.groups = std::move(answers);
        return response;
    }
    ASSERT(answers.size() == 1);
    OffsetAnswer& only = answers.front();
    response.error_code = only.error_code;
    for (auto& topic : only.topics) {
        auto& told = response.topics.emplace_back();
        told.name = std::move(topic.name);
        for (auto& partition : topic.partitions) {
            auto& one = told.partitions.emplace_back();
            one.partition_index = partition.partition_index;
            one.committed_offset = partition.committed_offset;
            one.committed_leader_epoch = partition.committed_leader_epoch;
            one.metadata = std::move(partition.metadata);
            one.error_code = partition.error_code;
        }
    }
    return response;
}

}  // namespace barnabas::broker
