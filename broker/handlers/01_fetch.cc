// SPDX-License-Identifier: Apache-2.0
// Fetch, api 1, v4-18. Records from given offsets on; waits until enough are there. Records are
// told as ranges of segment files, never copied. v7: sessions (KIP-227). v9: current_leader_epoch
// (KIP-320). v12: flexible, diverging_epoch. v13: topic ids (KIP-516). v16: node_endpoints.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "broker/broker_config.h"
#include "broker/handlers/handlers.h"
#include "broker/handlers/partition_lookup.h"
#include "broker/partition/fetch_sessions.h"
#include "protocol/messages/fetch.h"

namespace barnabas::broker {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using PartitionAnswer = FetchResponse::PartitionData;
using Round = FetchSessionCache::Round;

FetchSessionCache::Request session_request(const FetchRequest& request, int16_t version) {
    FetchSessionCache::Request session{.session_id = request.session_id,
                                       .session_epoch = request.session_epoch,
                                       .by_id = version >= 13};
    for (const auto& topic : request.topics) {
        const auto named = std::make_shared<const FetchTopic>(topic.topic.str(), topic.topic_id);
        for (const auto& partition : topic.partitions)
            session.targets.push_back({.topic = named,
                                       .partition = partition.partition,
                                       .current_leader_epoch = partition.current_leader_epoch,
                                       .last_fetched_epoch = partition.last_fetched_epoch,
                                       .offset = partition.fetch_offset,
                                       .bytes_max = partition.partition_max_bytes});
    }
    for (const auto& topic : request.forgotten_topics_data) {
        const auto named = std::make_shared<const FetchTopic>(topic.topic.str(), topic.topic_id);
        for (const PartitionIndex partition : topic.partitions)
            session.forgotten.push_back({.topic = named, .partition = partition});
    }
    return session;
}

FetchTerms terms_of(const RequestContext& ctx, const FetchRequest& request) {
    const int32_t bytes_max = std::min(request.max_bytes, ctx.services.config.fetch_max_bytes);
    const Nanos patience = std::chrono::milliseconds(std::max(request.max_wait_ms, 0));
    return {.bytes_min = static_cast<uint64_t>(std::max(request.min_bytes, 0)),
            .deadline = ctx.services.clock.after(patience),
            .bytes_max = static_cast<uint64_t>(std::max(bytes_max, 0))};
}

std::vector<FetchPart> find_parts(const RequestContext& ctx, const Round& round,
                                  int8_t isolation_level) {
    std::vector<FetchPart> parts;
    parts.reserve(round.targets.size());
    for (const FetchTarget& target : round.targets) {
        FetchPart& part = parts.emplace_back();
        FoundPartition found = round.by_id
                                   ? find_partition(ctx, target.topic->id, target.partition)
                                   : find_partition(ctx, target.topic->name, target.partition);
        part.partition = std::move(found.partition);
        part.read.error = found.error;
        part.position = {.offset = target.offset,
                         .current_leader_epoch = target.current_leader_epoch,
                         .last_fetched_epoch = target.last_fetched_epoch,
                         .isolation = isolation_level == 1 ? Isolation::read_committed
                                                           : Isolation::read_uncommitted,
                         .bytes_max = static_cast<uint64_t>(std::max(target.bytes_max, 0))};
    }
    return parts;
}

std::vector<FetchOutcome> outcomes_of(const std::vector<FetchPart>& parts) {
    std::vector<FetchOutcome> outcomes;
    outcomes.reserve(parts.size());
    for (const FetchPart& part : parts)
        outcomes.push_back({.error = part.read.error,
                            .has_records = part.read.plan.bytes > 0,
                            .diverging = part.read.diverging_epoch.has_value(),
                            .high_watermark = part.read.high_watermark,
                            .log_start_offset = part.read.log_start_offset});
    return outcomes;
}

// Null where Kafka's answers have null: in read_uncommitted answers and in errors of a read.
void fill_aborted(PartitionAnswer& answer, const FetchPart& part) {
    if (part.partition && !part.read.aborted) return;
    auto& told = answer.aborted_transactions.emplace();
    if (!part.read.aborted) return;
    for (const storage::AbortedTransaction& aborted : *part.read.aborted) {
        auto& one = told.emplace_back();
        one.producer_id = aborted.producer_id;
        one.first_offset = aborted.first_offset;
    }
}

void fill(PartitionAnswer& answer, PartitionIndex index, FetchPart& part) {
    PartitionRead& read = part.read;
    ASSERT(read.error == ErrorCode::none || read.plan.bytes == 0);
    answer.partition_index = index;
    answer.error_code = read.error;
    answer.high_watermark = read.high_watermark;
    answer.last_stable_offset = read.last_stable_offset;
    answer.log_start_offset = read.log_start_offset;
    answer.aborted_transactions.reset();
    fill_aborted(answer, part);
    answer.records.emplace();
    if (read.plan.bytes > 0) {
        part.partition->traffic().bytes_out += read.plan.bytes;
        answer.records = protocol::Records(std::move(read.plan.ranges));
    }
    if (!read.diverging_epoch) return;
    answer.diverging_epoch.epoch = read.diverging_epoch->epoch;
    answer.diverging_epoch.end_offset = read.diverging_epoch->end_offset;
}

void tell_leader_of(RequestContext& ctx, const FetchTarget& target, FetchResponse& response,
                    PartitionAnswer& answer) {
    if (ctx.version < 16 || !tells_leader(answer.error_code)) return;
    const auto image = ctx.image();
    const auto topic =
        ctx.version >= 13 ? image->topic(target.topic->id) : image->topic(target.topic->name);
    const auto index = static_cast<size_t>(target.partition.value);
    if (topic && index < topic->partitions.size())
        tell_leader(ctx, *image, topic->partitions[index], response, answer);
}

// The partitions that are to be told, grouped by topic as they come.
void fill(RequestContext& ctx, const Round& round, const std::vector<bool>& told,
          std::vector<FetchPart>& parts, FetchResponse& response) {
    const FetchTopic* topic = nullptr;
    for (size_t i = 0; i < parts.size(); ++i) {
        if (!told[i]) continue;
        const FetchTarget& target = round.targets[i];
        if (topic == nullptr || (topic != target.topic.get() && *topic != *target.topic)) {
            auto& begun = response.responses.emplace_back();
            begun.topic = Text(target.topic->name);
            begun.topic_id = target.topic->id;
        }
        topic = target.topic.get();
        PartitionAnswer& answer = response.responses.back().partitions.emplace_back();
        fill(answer, target.partition, parts[i]);
        tell_leader_of(ctx, target, response, answer);
        ctx.failed |= answer.error_code != ErrorCode::none;
    }
}

}  // namespace

Task<FetchResponse> handle_fetch(RequestContext& ctx, FetchRequest request) {
    FetchResponse response;
    FetchSessions& fetches = ctx.services.fetch_sessions;
    const Round round = fetches.cache().begin(session_request(request, ctx.version), ctx.now());
    response.error_code = round.error;
    if (round.error != ErrorCode::none) co_return response;

    auto fetching =
        fetches.fetch(find_parts(ctx, round, request.isolation_level), terms_of(ctx, request));
    std::vector<FetchPart> parts = co_await std::move(fetching);

    const auto answer = fetches.cache().finish(round, outcomes_of(parts), ctx.now());
    response.error_code = answer.error;
    response.session_id = answer.session_id;
    if (answer.error == ErrorCode::none) fill(ctx, round, answer.told, parts, response);
    co_return response;
}

}  // namespace barnabas::broker
