// SPDX-License-Identifier: Apache-2.0
// Reading and writing the metadata log's batches. Bytes come from a disk: what is wrong with them
// is an Error.
#include "cluster/metadata_batch.h"

#include "protocol/control_records.h"

namespace barnabas::cluster {

namespace {

using protocol::BatchReader;
using protocol::BatchView;
using protocol::ControlType;
using protocol::RecordReader;
using protocol::RecordView;

Result<void> on_control(const RecordView& record, MetadataBatch& batch, QuorumFacts& facts) {
    TRY_ASSIGN(const ControlType type, protocol::control_type(record));
    switch (type) {
        case ControlType::leader_change: {
            TRY_ASSIGN(facts.leader_change, protocol::decode_leader_change(record));
            return {};
        }
        case ControlType::kraft_version: {
            TRY_ASSIGN(const auto version, protocol::decode_kraft_version(record));
            if (version.k_raft_version < 0 || version.k_raft_version > 1)
                return fail(ErrorCode::unsupported_version, "kraft.version");
            facts.kraft_version = version.k_raft_version;
            return {};
        }
        case ControlType::kraft_voters: {
            TRY_ASSIGN(facts.voters, protocol::decode_kraft_voters(record));
            return {};
        }
        case ControlType::snapshot_header:
            batch.is_snapshot_header = true;
            return {};
        case ControlType::snapshot_footer:
            batch.is_snapshot_footer = true;
            return {};
        default:
            return fail(ErrorCode::unsupported_version, "metadata control record");
    }
}

Result<MetadataBatch> parse_batch(const BatchView& view, QuorumFacts& facts) {
    if (!view.crc_valid()) return fail(ErrorCode::corrupt_message, "metadata batch CRC");
    const protocol::BatchHeader& header = view.header();
    // Kafka never compresses these.
    if (header.codec_id() != 0)
        return fail(ErrorCode::unsupported_compression_type, "metadata batch is compressed");
    MetadataBatch batch;
    batch.epoch = header.partition_leader_epoch;
    batch.last_offset = header.last_offset();
    batch.max_timestamp_ms = header.max_timestamp;
    RecordReader reader(view.records(), header.record_count);
    RecordView record;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(record));
        if (!more) return batch;
        if (header.is_control()) {
            TRY(on_control(record, batch, facts));
        } else if (record.value) {
            batch.records.push_back({header.base_offset + record.offset_delta, *record.value});
        } else {
            return fail(ErrorCode::corrupt_message, "metadata record without a value");
        }
    }
}

// Facts outlive the bytes that they were read from.
void own(QuorumFacts& facts) {
    if (!facts.voters) return;
    for (auto& voter : facts.voters->voters) {
        for (auto& endpoint : voter.endpoints) {
            endpoint.name = Text(endpoint.name.view());
            endpoint.host = Text(endpoint.host.view());
        }
        for (auto& unknown : voter.unknown_tags) unknown.data = Blob::copy(unknown.data);
    }
}

protocol::BatchOptions options_at(const BatchPosition& at, bool control) {
    protocol::BatchOptions options;
    options.base_offset = at.base_offset;
    options.partition_leader_epoch = at.epoch;
    options.control = control;
    return options;
}

}  // namespace

Result<std::vector<MetadataBatch>> parse_whole_batches(Bytes bytes, QuorumFacts& facts,
                                                       size_t& used) {
    std::vector<MetadataBatch> batches;
    BatchReader reader(bytes);
    BatchView view;
    while (true) {
        TRY_ASSIGN(const bool more, reader.next(view));
        if (!more) break;
        TRY_ASSIGN(MetadataBatch batch, parse_batch(view, facts));
        batches.push_back(std::move(batch));
    }
    used = reader.position();
    own(facts);
    return batches;
}

Result<std::vector<MetadataBatch>> parse_batches(Bytes bytes, QuorumFacts& facts) {
    size_t used = 0;
    auto batches = parse_whole_batches(bytes, facts, used);
    if (batches && used != bytes.size())
        return fail(ErrorCode::corrupt_message, "metadata batch is cut off");
    return batches;
}

std::vector<uint8_t> data_batch(const BatchPosition& at,
                                std::span<const std::vector<uint8_t>> records) {
    ASSERT(!records.empty());
    protocol::RecordBatchBuilder builder(options_at(at, false));
    for (const auto& record : records) builder.add(at.timestamp_ms, std::nullopt, Bytes(record));
    return builder.build();
}

std::vector<uint8_t> leader_change_batch(const BatchPosition& at, BrokerId leader,
                                         const std::optional<protocol::VotersRecord>& voters) {
    protocol::LeaderChangeMessage change;
    change.leader_id = leader;
    change.voters.emplace_back().voter_id = leader.value;
    change.granting_voters.emplace_back().voter_id = leader.value;
    protocol::RecordBatchBuilder builder(options_at(at, true));
    add_control(builder, at.timestamp_ms, change);
    if (voters) {
        protocol::KRaftVersionRecord version;
        version.k_raft_version = 1;
        add_control(builder, at.timestamp_ms, version);
        add_control(builder, at.timestamp_ms, *voters);
    }
    return builder.build();
}

protocol::VotersRecord single_voter(BrokerId id, const Uuid& directory_id,
                                    const std::string& listener, const std::string& host,
                                    uint16_t port) {
    protocol::VotersRecord record;
    auto& voter = record.voters.emplace_back();
    voter.voter_id = id;
    voter.voter_directory_id = directory_id;
    auto& endpoint = voter.endpoints.emplace_back();
    endpoint.name = Text(listener);
    endpoint.host = Text(host);
    endpoint.port = port;
    voter.k_raft_version_feature.max_supported_version = 1;
    return record;
}

}  // namespace barnabas::cluster
