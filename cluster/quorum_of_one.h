// SPDX-License-Identifier: Apache-2.0
// QuorumOfOne: a metadata log whose only voter is this node. It leads as soon as it has read its
// files, without timers and sockets; a record is committed once it is flushed to this disk. Files
// and epochs are KRaft's (KIP-595, KIP-630, KIP-853), so that a log can later be shared with other
// voters. Used on shard 0; blocking work runs on the metadata log's lane.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/lane.h"
#include "cluster/metadata_batch.h"
#include "cluster/metadata_log.h"
#include "cluster/quorum_files.h"
#include "storage/log_handle.h"

namespace barnabas::cluster {

struct QuorumOfOneOptions {
    BrokerId node_id{1};
    Uuid directory_id;
    // Where the log lies: "<log dir>/__cluster_metadata-0".
    std::string directory;
    // What a new cluster begins with, framed.
    std::vector<std::vector<uint8_t>> bootstrap;
    // Where voters are told to find this one.
    std::string listener = "CONTROLLER";
    std::string host = "localhost";
    uint16_t port = 9093;
    // How long one operation of the disk may take at start.
    Nanos disk_patience = std::chrono::seconds(60);
};

class QuorumOfOne final : public MetadataLog {
  public:
    // `disk` and `lane` outlive the object.
    QuorumOfOne(Disk& disk, Lane& lane, Clock& clock, std::shared_ptr<storage::LogHandle> log,
                QuorumOfOneOptions options);

    // Fails without having changed anything with inconsistent_voter_set if the log belongs to a
    // quorum of several, corrupt_message for files that cannot be trusted, unsupported_version for
    // those of a newer program, or with what a callback says.
    Task<Result<void>> start(Callbacks callbacks) override;
    // One at a time. kafka_storage_error: the log took nothing; if the disk failed in a way that
    // leaves this open, the node leads no longer and every later call fails with not_controller.
    Task<Result<Offset>> append(std::vector<std::vector<uint8_t>> records,
                                LeaderEpoch expected_epoch) override;
    // Keeps this and the snapshot before it, and the log from there on.
    Task<Result<SnapshotId>> create_snapshot(MakeRecords make_records) override;
    Task<void> stop() override;
    LeaderEpoch epoch() const override { return epoch_; }
    BrokerId leader() const override { return leader_; }
    Offset end_offset() const override;
    Offset high_watermark() const override { return high_watermark_; }
    int16_t kraft_version() const override { return facts_.kraft_version; }
    const std::vector<std::vector<uint8_t>>& bootstrap() const override {
        return options_.bootstrap;
    }
    uint64_t bytes_since_snapshot() const override { return bytes_since_snapshot_; }

  private:
    Task<Result<void>> restore(std::shared_ptr<QuorumFiles> files);
    Task<Result<void>> replay(Offset from);
    Result<void> deliver(std::vector<MetadataBatch>& batches, Offset from);
    Task<Result<void>> format();
    Result<void> check_voters(const QuorumFiles& files) const;
    Task<Result<void>> lead();
    std::optional<protocol::VotersRecord> voters_to_write() const;
    // Appends a batch and waits until it is on the disk.
    Task<Result<Offset>> commit(std::vector<uint8_t> batch);
    // The log has been told to append, but not whether it did: finds out.
    Task<Result<Offset>> settle(Offset end_before, Offset end_after);
    void give_up(const char* why);
    template <class F>
    auto on_lane(F fn);

    Disk& disk_;
    Lane& lane_;
    Clock& clock_;
    std::shared_ptr<storage::LogHandle> log_;
    QuorumOfOneOptions options_;
    Callbacks callbacks_;
    QuorumFacts facts_;
    QuorumState state_;
    LeaderEpoch epoch_ = leader_epoch_none;
    BrokerId leader_ = broker_id_none;
    Offset high_watermark_;
    std::optional<SnapshotId> newest_snapshot_;
    int64_t last_timestamp_ms_ = 0;
    uint64_t bytes_since_snapshot_ = 0;
    bool appending_ = false;
    bool stopped_ = false;
};

}  // namespace barnabas::cluster
