// SPDX-License-Identifier: Apache-2.0
// Snapshot files: names, building, parsing. Offsets inside a snapshot count its own records from 0.
#include "cluster/snapshot_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "protocol/control_records.h"

namespace barnabas::cluster {

namespace {

constexpr size_t offset_digits = 20;
constexpr size_t epoch_digits = 10;
constexpr std::string_view suffix = ".checkpoint";
// Batches are closed at this size, far below what Kafka's readers take (8 MiB).
constexpr size_t batch_bytes_target = 1 << 20;

template <class Int>
bool parse_digits(std::string_view digits, Int& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() && value >= 0 &&
           digits.front() != '-';
}

class SnapshotBuilder {
  public:
    SnapshotBuilder(const SnapshotId& id, int64_t now_ms) : epoch_(id.epoch), now_ms_(now_ms) {}

    void header(const SnapshotContent& content) {
        auto batch = begin(true);
        protocol::SnapshotHeaderRecord header;
        header.last_contained_log_timestamp = content.last_timestamp_ms;
        add_control(batch, now_ms_, header);
        if (content.voters) {
            protocol::KRaftVersionRecord version;
            version.k_raft_version = 1;
            add_control(batch, now_ms_, version);
            add_control(batch, now_ms_, *content.voters);
        }
        close(batch);
    }
    void records(const std::vector<std::vector<uint8_t>>& records) {
        auto batch = begin(false);
        for (const auto& record : records) {
            batch.add(now_ms_, std::nullopt, Bytes(record));
            if (batch.size() < batch_bytes_target) continue;
            close(batch);
            batch = begin(false);
        }
        close(batch);
    }
    void footer() {
        auto batch = begin(true);
        add_control(batch, now_ms_, protocol::SnapshotFooterRecord{});
        close(batch);
    }
    std::vector<uint8_t> take() { return std::move(bytes_); }

  private:
    protocol::RecordBatchBuilder begin(bool control) const {
        protocol::BatchOptions options;
        options.base_offset = next_offset_;
        options.partition_leader_epoch = epoch_;
        options.control = control;
        return protocol::RecordBatchBuilder(options);
    }
    void close(protocol::RecordBatchBuilder& batch) {
        if (batch.empty()) return;
        next_offset_ += batch.count();
        const std::vector<uint8_t> built = batch.build();
        bytes_.insert(bytes_.end(), built.begin(), built.end());
    }

    LeaderEpoch epoch_;
    int64_t now_ms_;
    Offset next_offset_;
    std::vector<uint8_t> bytes_;
};

}  // namespace

std::string snapshot_file_name(const SnapshotId& id) {
    ASSERT(id.end_offset.value >= 0 && id.epoch.value >= 0);
    return fmt::format("{:0{}}-{:0{}}{}", id.end_offset.value, offset_digits, id.epoch.value,
                       epoch_digits, suffix);
}

std::optional<SnapshotId> parse_snapshot_file_name(std::string_view name) {
    if (name.size() != offset_digits + 1 + epoch_digits + suffix.size() ||
        !name.ends_with(suffix) || name[offset_digits] != '-')
        return std::nullopt;
    SnapshotId id;
    if (!parse_digits(name.substr(0, offset_digits), id.end_offset.value) ||
        !parse_digits(name.substr(offset_digits + 1, epoch_digits), id.epoch.value))
        return std::nullopt;
    return id;
}

std::vector<uint8_t> build_snapshot(const SnapshotId& id, int64_t now_ms,
                                    const SnapshotContent& content) {
    SnapshotBuilder builder(id, now_ms);
    builder.header(content);
    builder.records(content.records);
    builder.footer();
    return builder.take();
}

Result<ParsedSnapshot> parse_snapshot(Bytes bytes) {
    ParsedSnapshot snapshot;
    TRY_ASSIGN(auto batches, parse_batches(bytes, snapshot.facts));
    if (batches.size() < 2 || !batches.front().is_snapshot_header ||
        !batches.back().is_snapshot_footer)
        return fail(ErrorCode::corrupt_message, "snapshot without header or footer");
    for (MetadataBatch& batch : batches)
        for (CommittedRecord& record : batch.records) snapshot.records.push_back(record);
    return snapshot;
}

}  // namespace barnabas::cluster
