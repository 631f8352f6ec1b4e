// SPDX-License-Identifier: Apache-2.0
// OffsetCommit and OffsetFetch: between their wire forms (topics by name or by id, one group or
// many) and records and stored offsets. Pure functions; GroupCoordinator calls them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/group/group.h"
#include "broker/group/group_records.h"
#include "cluster/metadata_image.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/txn_offset_commit.h"

namespace barnabas::broker {

struct OffsetCommitTerms {
    int16_t version = 0;
    int64_t now_ms = 0;
    size_t metadata_length_max = 4096;  // in Java's characters
};

// What a commit would write, and its answer but for what the coordinator says: partitions without
// an error of their own are answered by finish_commit().
struct PlannedCommit {
    std::vector<CoordinatorRecord> records{};
    // What the records commit: topic and partition.
    std::vector<std::pair<std::string, PartitionIndex>> keys{};
    protocol::OffsetCommitResponse response{};
};
// Unknown topics and partitions, and too much metadata, are errors of their partition alone.
PlannedCommit plan_commit(const protocol::OffsetCommitRequest& request,
                          const cluster::MetadataImage& image, const OffsetCommitTerms& terms);
// Who commits what, for the group to judge.
CommitClaim commit_claim_of(const protocol::OffsetCommitRequest& request, int16_t version,
                            const cluster::MetadataImage& image);
// Gives `error` to every partition that has none yet.
void finish_commit(protocol::OffsetCommitResponse& response, ErrorCode error);

// The same for TxnOffsetCommit.
struct PlannedTransactionalCommit {
    std::vector<CoordinatorRecord> records{};
    std::vector<OffsetKey> keys{};
    protocol::TxnOffsetCommitResponse response{};
};
PlannedTransactionalCommit plan_transactional_commit(
    const protocol::TxnOffsetCommitRequest& request, const cluster::MetadataImage& image,
    const OffsetCommitTerms& terms);
// Members need not say who they are (KIP-447).
CommitClaim transactional_claim_of(const protocol::TxnOffsetCommitRequest& request, int16_t version,
                                   const cluster::MetadataImage& image);
void finish_commit(protocol::TxnOffsetCommitResponse& response, ErrorCode error);

// A group's question of OffsetFetch, whatever the version.
struct OffsetQuestion {
    struct Topic {
        std::string name{};  // empty: `id` names no topic
        Uuid id{};
        std::vector<PartitionIndex> partitions{};
    };
    std::string group{};
    std::optional<std::vector<Topic>> topics{};  // nothing: all that the group has
    MemberClaim member{};                        // of v9+; may be nobody
};
std::vector<OffsetQuestion> questions_of(const protocol::OffsetFetchRequest& request,
                                         int16_t version, const cluster::MetadataImage& image);

using OffsetAnswer = protocol::OffsetFetchResponse::OffsetFetchResponseGroup;
// Whether a transaction is about to change an offset; empty where nobody asks (KIP-447).
using IsUnstable = std::function<bool(const OffsetKey&)>;
// `stored` null: the group has no offsets.
OffsetAnswer answer_question(const OffsetQuestion& question, const StoredGroup* stored,
                             int16_t version, const cluster::MetadataImage& image,
                             const IsUnstable& is_unstable = {});
// The same when the group's offsets cannot be told.
OffsetAnswer refuse_question(const OffsetQuestion& question, ErrorCode error, int16_t version);
// Before v8 a response is about one group.
protocol::OffsetFetchResponse make_response(std::vector<OffsetAnswer> answers, int16_t version);

}  // namespace barnabas::broker
