// SPDX-License-Identifier: Apache-2.0
// QuorumOfOne's start: read the files, restore snapshot and tail, and only when all of it was
// understood begin a new epoch and write.
#include <algorithm>

#include "base/log_line.h"
#include "cluster/quorum_of_one.h"
#include "storage/lane_call.h"
#include "storage/log_snapshot.h"

namespace barnabas::cluster {

namespace {

constexpr uint64_t chunk_bytes = 4 << 20;

bool lists_others(const protocol::VotersRecord& voters, BrokerId self) {
    return std::ranges::any_of(voters.voters,
                               [&](const auto& voter) { return voter.voter_id != self; });
}

bool lists_others(const protocol::LeaderChangeMessage& change, BrokerId self) {
    return std::ranges::any_of(change.voters,
                               [&](const auto& voter) { return voter.voter_id != self.value; });
}

}  // namespace

template <class F>
auto QuorumOfOne::on_lane(F fn) {
    return storage::call_on_lane(clock_, lane_, std::move(fn),
                                 clock_.after(options_.disk_patience));
}

Task<Result<void>> QuorumOfOne::start(Callbacks callbacks) {
    ASSERT(epoch_ == leader_epoch_none && callbacks.on_commit && callbacks.on_snapshot);
    callbacks_ = std::move(callbacks);
    auto load = [&disk = disk_, directory = options_.directory]() {
        return load_quorum_files(disk, directory);
    };
    auto loading = on_lane(std::move(load));
    Result<QuorumFiles> loaded = co_await std::move(loading);
    if (!loaded) co_return std::unexpected(loaded.error());
    const auto files = std::make_shared<QuorumFiles>(std::move(*loaded));
    const bool fresh = end_offset() == Offset{0} && files->snapshots.empty() && !files->bootstrap;
    if (files->bootstrap) options_.bootstrap = *files->bootstrap;
    if (files->state) state_ = *files->state;
    epoch_ = std::max(state_.leader_epoch, LeaderEpoch{0});
    auto restoring = restore(files);
    const Result<void> restored = co_await std::move(restoring);
    if (!restored) co_return restored;
    if (auto checked = check_voters(*files); !checked) co_return checked;
    if (fresh) {
        auto formatting = format();
        const Result<void> formatted = co_await std::move(formatting);
        if (!formatted) co_return formatted;
    }
    auto leading = lead();
    co_return co_await std::move(leading);
}

Task<Result<void>> QuorumOfOne::restore(std::shared_ptr<QuorumFiles> files) {
    for (const SnapshotId& id : files->damaged)
        log_error("controller", "snapshot {} is damaged; the one before it and the log are used",
                  snapshot_file_name(id));
    if (!files->snapshots.empty() && !files->snapshot)
        co_return fail(ErrorCode::corrupt_message, "no snapshot of the metadata can be read");
    const auto log = log_->snapshot();
    Offset from;
    if (files->snapshot) {
        LoadedSnapshot& snapshot = *files->snapshot;
        from = snapshot.id.end_offset;
        facts_ = snapshot.content.facts;
        epoch_ = std::max(epoch_, snapshot.id.epoch);
        newest_snapshot_ = snapshot.id;
        if (from > log->end_offset)
            co_return fail(ErrorCode::corrupt_message,
                           "the metadata log ends before its newest snapshot");
        if (auto restored = callbacks_.on_snapshot(snapshot.id, snapshot.content.records);
            !restored)
            co_return restored;
    }
    if (log->log_start_offset > from)
        co_return fail(ErrorCode::corrupt_message,
                       "the metadata log begins after its newest readable snapshot");
    auto replaying = replay(from);
    const Result<void> replayed = co_await std::move(replaying);
    if (!replayed) co_return replayed;
    high_watermark_ = end_offset();
    co_return Result<void>{};
}

Task<Result<void>> QuorumOfOne::replay(Offset from) {
    const std::shared_ptr<const storage::LogSnapshot> log = log_->snapshot();
    while (from < log->end_offset) {
        storage::ReadRequest request;
        request.from = from;
        request.limit = log->end_offset;
        request.bytes_max = chunk_bytes;
        request.at_least_one_batch = true;
        auto reading = log_->read_records(request);
        const Result<std::vector<uint8_t>> bytes = co_await std::move(reading);
        if (!bytes) co_return std::unexpected(bytes.error());
        size_t used = 0;
        auto batches = parse_whole_batches(*bytes, facts_, used);
        if (!batches) co_return std::unexpected(batches.error());
        if (batches->empty() || batches->back().last_offset < from)
            co_return fail(ErrorCode::corrupt_message, "the metadata log has a gap");
        if (auto delivered = deliver(*batches, from); !delivered) co_return delivered;
        bytes_since_snapshot_ += used;
        from = batches->back().last_offset + 1;
    }
    co_return Result<void>{};
}

Result<void> QuorumOfOne::deliver(std::vector<MetadataBatch>& batches, Offset from) {
    for (MetadataBatch& batch : batches) {
        epoch_ = std::max(epoch_, batch.epoch);
        last_timestamp_ms_ = std::max(last_timestamp_ms_, batch.max_timestamp_ms);
        std::erase_if(batch.records,
                      [&](const CommittedRecord& record) { return record.offset < from; });
        if (batch.records.empty()) continue;
        const Result<void> applied = callbacks_.on_commit(batch.epoch, batch.records);
        if (!applied) return applied;
    }
    return {};
}

// The voters that files name must be this node alone: with others about, records that look
// committed here may not be, and leading without asking them would split the cluster.
Result<void> QuorumOfOne::check_voters(const QuorumFiles& files) const {
    const BrokerId self = options_.node_id;
    bool others = facts_.voters && lists_others(*facts_.voters, self);
    if (!facts_.voters && facts_.leader_change)
        others = others || lists_others(*facts_.leader_change, self);
    if (files.state)
        others = others || std::ranges::any_of(files.state->current_voters,
                                               [&](BrokerId id) { return id != self; });
    if (others)
        return fail(ErrorCode::inconsistent_voter_set,
                    "the metadata log belongs to a quorum of other controllers");
    return {};
}

// A directory that nothing was ever written to: as Kafka's tool formats it for a single node.
Task<Result<void>> QuorumOfOne::format() {
    facts_.kraft_version = 1;
    facts_.voters = single_voter(options_.node_id, options_.directory_id, options_.listener,
                                 options_.host, options_.port);
    const SnapshotId first{Offset{0}, LeaderEpoch{0}};
    const int64_t now = clock_.wall_ms();
    SnapshotContent voters, features;
    voters.last_timestamp_ms = now;
    voters.voters = facts_.voters;
    features.records = options_.bootstrap;
    auto save = [&disk = disk_, directory = options_.directory, first, now,
                 voters = std::move(voters), features = std::move(features)]() -> Result<void> {
        TRY(save_snapshot(disk, directory, first, build_snapshot(first, now, voters)));
        return save_bootstrap(disk, directory, build_snapshot(first, now, features));
    };
    auto saving = on_lane(std::move(save));
    const Result<void> saved = co_await std::move(saving);
    if (saved) newest_snapshot_ = first;
    co_return saved;
}

// Voters are written at the beginning of the log, and again when this node is found elsewhere.
std::optional<protocol::VotersRecord> QuorumOfOne::voters_to_write() const {
    if (facts_.kraft_version == 0) return std::nullopt;
    auto voters = single_voter(options_.node_id, options_.directory_id, options_.listener,
                               options_.host, options_.port);
    const bool known = facts_.voters && facts_.voters->voters == voters.voters;
    if (known && end_offset() > Offset{0}) return std::nullopt;
    return voters;
}

Task<Result<void>> QuorumOfOne::lead() {
    if (epoch_.value == INT32_MAX)
        co_return fail(ErrorCode::unknown_server_error, "no leader epochs left");
    state_.leader_id = options_.node_id;
    state_.leader_epoch = LeaderEpoch{epoch_.value + 1};
    state_.voted_id = broker_id_none;
    state_.voted_directory_id = Uuid{};
    state_.data_version = facts_.kraft_version > 0 ? 1 : 0;
    state_.current_voters.clear();
    if (state_.data_version == 0) state_.current_voters = {options_.node_id};
    auto save = [&disk = disk_, directory = options_.directory, state = state_]() {
        return save_quorum_state(disk, directory, state);
    };
    auto saving = on_lane(std::move(save));
    const Result<void> saved = co_await std::move(saving);
    if (!saved) co_return saved;
    epoch_ = state_.leader_epoch;
    const auto voters = voters_to_write();
    auto committing = commit(
        leader_change_batch({end_offset(), epoch_, clock_.wall_ms()}, options_.node_id, voters));
    const Result<Offset> written = co_await std::move(committing);
    if (!written) co_return std::unexpected(written.error());
    if (voters) facts_.voters = voters;
    leader_ = options_.node_id;
    if (callbacks_.on_leader) callbacks_.on_leader(epoch_, leader_);
    co_return Result<void>{};
}

}  // namespace barnabas::cluster
