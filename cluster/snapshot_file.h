// SPDX-License-Identifier: Apache-2.0
// Snapshots of the metadata (KIP-630): files `<end offset>-<epoch>.checkpoint` that hold a header
// batch, batches of metadata records, and a footer batch. Bytes in, bytes out; no disk here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/metadata_batch.h"

namespace barnabas::cluster {

// The features that a cluster is formatted with, beside the metadata log's directory; a snapshot in
// format, though not in name.
inline constexpr const char* bootstrap_file = "bootstrap.checkpoint";

std::string snapshot_file_name(const SnapshotId& id);
// nullopt for any other name.
std::optional<SnapshotId> parse_snapshot_file_name(std::string_view name);

struct SnapshotContent {
    // Of the last record that the snapshot stands for; 0: none.
    int64_t last_timestamp_ms = 0;
    // Written from kraft.version 1 on.
    std::optional<protocol::VotersRecord> voters;
    std::vector<std::vector<uint8_t>> records;
};
std::vector<uint8_t> build_snapshot(const SnapshotId& id, int64_t now_ms,
                                    const SnapshotContent& content);

struct ParsedSnapshot {
    QuorumFacts facts;
    std::vector<CommittedRecord> records;  // they borrow from the bytes parsed
};
// Fails with corrupt_message if header or footer is missing: such a file is not a whole snapshot.
Result<ParsedSnapshot> parse_snapshot(Bytes bytes);

}  // namespace barnabas::cluster
