// SPDX-License-Identifier: Apache-2.0
// DiskLogHandle: the LogHandle of a log on disk. Lives on the loop, one per partition; its Log is
// on the directory's lane. Keeps the newest snapshot, and what the directory's checkpoints need to
// know.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "storage/directory_queue.h"
#include "storage/held_operations.h"
#include "storage/log_directory.h"
#include "storage/log_handle.h"
#include "storage/segment_replacement.h"

namespace barnabas::storage {

// A log as it comes back from the lane that opened it.
struct OpenedLog {
    std::unique_ptr<Log> log;  // null: `error` says why the log is offline
    std::optional<Error> error;
    CheckpointedOffsets offsets;
    // Taken on the lane, so that the loop does not look into the log.
    std::shared_ptr<const LogSnapshot> snapshot;
    Offset recovery_point;
    RecoveryReport report;
};

class DiskLogHandle final : public LogHandle,
                            public LogOwner,
                            public std::enable_shared_from_this<DiskLogHandle> {
  public:
    DiskLogHandle(std::shared_ptr<LogDirectory> directory, TopicPartition topic_partition,
                  Uuid topic_id, LogConfig config, OpenedLog opened);
    // Second half of construction: lets the lane know whom to tell.
    void attach();

    Task<AppendResult> append(AppendRequest request) override;
    void on_published(std::function<void()> callback) override;
    const std::shared_ptr<const LogSnapshot>& snapshot() const override { return snapshot_; }
    Task<Result<ReadPlan>> plan_cold_read(ReadRequest request) override;
    Task<Result<std::vector<uint8_t>>> read_records(ReadRequest request) override;
    Task<Result<TimestampOffset>> find_by_timestamp(int64_t timestamp_ms, Offset limit) override;
    Task<Result<TimestampOffset>> find_max_timestamp(Offset limit) override;
    Task<Result<void>> advance_log_start(Offset offset) override;
    Task<Result<void>> truncate_to(Offset offset) override;
    Task<Result<void>> set_config(LogConfig config) override;
    Task<Result<void>> flush() override;
    void set_high_watermark(Offset offset) override { high_watermark_ = offset; }

    const TopicPartition& topic_partition() const override { return topic_partition_; }
    const Uuid& topic_id() const override { return topic_id_; }
    const LogConfig& config() const override { return config_; }
    Offset checkpointed_high_watermark() const override { return checkpointed_high_watermark_; }
    bool offline() const override { return offline_ || directory_->offline(); }

    // --- for the manager ---
    // Any change of the log on its lane, in order with the appends.
    Task<Result<void>> change(LogChange change) { return submit_change(std::move(change)); }
    Task<Result<void>> apply_retention();
    // Unlinks deleted segments if their delay may have passed.
    Task<Result<void>> purge();
    bool purge_due(Nanos now) const { return purge_at_ && *purge_at_ <= now; }
    // False, once, when it has nothing to do any more: then it is no longer among those that
    // LogDirectory has noted.
    bool stays_noted();
    // There is something unflushed for longer than flush.ms; since when there is something at all.
    bool flush_due(Nanos now) const;
    const std::optional<Nanos>& dirty_since() const { return dirty_since_; }
    LogDirectory& directory() { return *directory_; }
    const std::shared_ptr<LogDirectory>& shared_directory() const { return directory_; }
    const std::shared_ptr<LaneLog>& lane_log() const { return lane_log_; }
    Offset high_watermark() const { return high_watermark_; }
    bool has_new_high_watermark() const { return written_high_watermark_ != high_watermark_; }
    void note_written(Offset high_watermark) { written_high_watermark_ = high_watermark; }
    void forget_written() { written_high_watermark_.reset(); }
    Offset recovery_point() const { return recovery_point_; }
    // How far compaction got, and why it cannot go on, if so (K15).
    std::optional<Offset> cleaned_until() const { return cleaned_until_; }
    const std::optional<Error>& uncleanable() const { return uncleanable_; }
    void mark_uncleanable(const Error& why) { uncleanable_ = why; }
    // Counts what takes records away at the end.
    uint64_t truncations() const { return truncations_; }
    // The task gives false when the log has changed meanwhile.
    Task<Result<bool>> replace_segments(SegmentReplacement by);
    Task<Result<ProducerTails>> producer_tails();
    Task<Result<ActiveProducers>> active_producers() override;
    Task<Result<void>> set_cleaned_until(Offset offset);
    void adopt_topic_id(const Uuid& id) { topic_id_ = id; }
    // The partition is being removed: nothing is accepted any more.
    void mark_removed() { offline_ = true; }

    // --- for a move to another directory (log_move.h), see storage/held_operations.h ---
    // Compaction leaves the log alone meanwhile.
    void set_moving(bool moving) { moving_ = moving; }
    bool moving() const { return moving_; }
    // From now on changes wait here instead of going to the directory, until resume().
    void hold() { held_.begin(); }
    bool held() const { return held_.active(); }
    void expire_held(Nanos now) { held_.expire(now); }
    // All that was accepted before hold() is done and durable.
    Task<Result<void>> settle();
    // The log is in another directory from now on. What waits goes there with resume().
    void relocate(std::shared_ptr<LogDirectory> directory, OpenedLog opened);
    void resume();

    // LogOwner
    void publish(const LogState& state) override;

  private:
    std::shared_ptr<LogOperation> make_operation(LogOperation::Kind kind);
    void submit(std::shared_ptr<LogOperation> operation);
    bool is_quick(const AppendRequest& request) const;
    template <class F>
    Task<std::invoke_result_t<F&, const LogSnapshot&>> read(F fn);
    Task<Result<void>> submit_change(LogChange change);
    Task<Result<void>> adopt_config(LogConfig config, Task<Result<void>> applying);
    // Segments may have been renamed to ".deleted": purge() has to come after their delay.
    void note_deletion();
    bool has_something_to_do() const;
    void note_myself();

    std::shared_ptr<LogDirectory> directory_;
    const TopicPartition topic_partition_;
    Uuid topic_id_;
    LogConfig config_;
    std::shared_ptr<LaneLog> lane_log_;
    std::shared_ptr<const LogSnapshot> snapshot_;
    std::function<void()> on_published_;
    Offset recovery_point_;
    Offset high_watermark_;
    Offset checkpointed_high_watermark_;
    // Since when there is something unflushed.
    std::optional<Nanos> dirty_since_;
    std::optional<Nanos> purge_at_;
    std::optional<Offset> cleaned_until_;
    std::optional<Error> uncleanable_;
    uint64_t truncations_ = 0;
    Nanos last_purge_at_{};
    bool is_noted_ = false;
    std::optional<Offset> written_high_watermark_;
    bool offline_ = false;
    bool moving_ = false;
    HeldOperations held_;
};

}  // namespace barnabas::storage
