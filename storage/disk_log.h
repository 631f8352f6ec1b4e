// SPDX-License-Identifier: Apache-2.0
// DiskLog: the Log on a Disk, what Log::open() gives. Owned by the lane of its log directory; after
// each change it publishes a LogSnapshot, the only thing that readers elsewhere see of it. A write
// or fsync that cannot be undone takes it offline for good (pitfalls L11, L12).
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/log.h"
#include "storage/recovery.h"

namespace barnabas::storage {

class DiskLog final : public Log {
  public:
    DiskLog(Disk& disk, LogOpenOptions options, RecoveredLog recovered);

    AppendResult append(const AppendRequest& request) override;
    Result<void> flush() override;
    Result<FlushStep> begin_flush() override;
    Result<void> end_flush(Offset end, Result<void> synced) override;
    bool begins_flush_at_once() const override;
    std::vector<std::shared_ptr<File>> unsynced_files() const override;
    Result<void> flush_sealed() override;
    Result<void> truncate_to(Offset offset) override;
    Result<void> truncate_fully_and_start_at(Offset offset) override;
    Result<void> advance_log_start(Offset offset) override;
    Result<void> set_config(const LogConfig& config) override;
    Result<void> roll(int64_t now_ms) override;
    Result<void> skip_to(Offset offset, int64_t now_ms) override;
    Result<size_t> apply_retention(int64_t now_ms, Offset high_watermark) override;
    Result<void> purge_deleted(int64_t now_ms) override;
    Result<bool> replace_segments(const SegmentReplacement& by, int64_t now_ms) override;
    ProducerTails producer_tails() const override;
    ActiveProducers active_producers() const override;
    Result<void> close() override;

    std::shared_ptr<const LogSnapshot> snapshot() const override { return snapshot_; }
    Offset recovery_point() const override { return recovery_point_; }
    const std::string& directory() const override { return options_.directory; }
    const RecoveryReport& recovery_report() const override { return report_; }
    bool offline() const override { return offline_; }

  private:
    struct PendingBatch {
        protocol::BatchHeader header;
        Bytes records;
        std::array<uint8_t, protocol::batch_header_size> encoded;
    };
    // An append on its way: what is to be written, then what is to be answered.
    struct PendingAppend {
        // One, of a client.
        boost::container::small_vector<PendingBatch, 1> batches;
        Blob recompressed;  // owns records that are not those of the request
        uint64_t bytes = 0;
        int64_t max_timestamp_ms = -1;
        int64_t log_append_time_ms = -1;
    };
    struct DeletedSegment {
        int64_t due_ms = 0;
        Offset base;
    };

    // disk_log_append.cc
    std::optional<AppendResult> prepare_client(const AppendRequest& request, PendingAppend& append);
    std::optional<AppendResult> prepare_trusted(const AppendRequest& request,
                                                PendingAppend& append);
    std::optional<AppendResult> check_offsets(const AppendRequest& request,
                                              const PendingAppend& append) const;
    void assign_offsets(const AppendRequest& request, PendingAppend& append) const;
    Result<void> check_producers(const AppendRequest& request, const PendingAppend& append) const;
    Result<void> assign_epochs(const PendingAppend& append);
    Result<void> roll_for(const PendingAppend& append, int64_t now_ms);
    Result<void> write(PendingAppend& append, int64_t now_ms);
    AppendResult answer(const PendingAppend& append) const;

    // disk_log.cc
    SegmentHome home(int64_t now_ms) const { return {options_.place, options_.config, now_ms}; }
    Result<void> usable() const;
    Result<void> go_offline(const Error& why);
    Result<void> roll_to(Offset base, int64_t now_ms);
    Result<void> sync_sealed();
    void publish();
    Offset first_base() const;

    // disk_log_trim.cc
    Result<void> cut_to(Offset offset);
    Result<Offset> open_cut_segment(size_t index, Offset offset);
    Result<void> restore_producers(Offset end);
    Result<void> delete_segments(size_t count);
    Result<void> mark_deleted(Offset base);
    bool may_delete(size_t i, int64_t size_left) const;
    size_t count_deletable(Offset high_watermark) const;
    SegmentExtent extent_at(size_t i) const;
    std::vector<SegmentExtent> all_extents() const;
    Result<void> save_epochs_if_space();

    // disk_log_replace.cc
    std::optional<size_t> find_sealed(const SegmentReplacement& by) const;
    Result<void> rename_segments(const std::vector<SegmentExtent>& segments, std::string_view from,
                                 std::string_view to);

    Disk& disk_;
    LogOpenOptions options_;
    std::shared_ptr<const std::vector<SegmentExtent>> sealed_;
    SegmentWriter active_;
    LeaderEpochs epochs_;
    ProducerHistory producers_;
    Offset log_start_;
    Offset end_;
    Offset recovery_point_;
    RecoveryReport report_;
    // Sealed since the last flush.
    std::vector<SegmentWriter> unsynced_;
    // Names were made, changed or removed since the directory was synced.
    bool directory_changed_ = false;
    std::vector<DeletedSegment> deleted_;
    // The time that a caller told last, for what has no time of its own.
    int64_t now_ms_ = 0;
    // When the active segment was last written to, or found.
    int64_t last_append_ms_ = 0;
    // Producers are stored now and then between rolls, so that replay stays short (pitfall L18).
    uint64_t bytes_since_snapshot_ = 0;
    std::optional<Offset> interim_snapshot_;
    bool offline_ = false;
    bool closed_ = false;
    std::shared_ptr<const LogSnapshot> snapshot_;
};

}  // namespace barnabas::storage
