// SPDX-License-Identifier: Apache-2.0
// FakeLog: a Log that only counts. For tests of what stands around a log: it says what was asked of
// it, in which order, and fails on demand.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/log.h"

namespace barnabas::storage {

class FakeLog final : public Log {
  public:
    // What the logs of one test share.
    struct Journal {
        std::vector<std::string> calls;  // "a append 3", "a flush"
        int appends = 0;
        int flushes = 0;
        int flush_error = 0;  // errno of the next flush
        bool fail_appends = false;
        // What a flush syncs elsewhere; null: it syncs nothing and is done at once.
        std::shared_ptr<File> synced_file;
        // What a roll leaves to be synced.
        std::vector<std::shared_ptr<File>> sealed_files;
    };

    FakeLog(std::string name, std::shared_ptr<Journal> journal)
        : name_(std::move(name)), journal_(std::move(journal)) {
        snapshot_ = make_snapshot(Offset{0});
    }

    AppendResult append(const AppendRequest& request) override {
        note("append " + std::to_string(request.records.size()));
        ++journal_->appends;
        AppendResult result;
        if (journal_->fail_appends || offline_) {
            offline_ = true;
            result.error = ErrorCode::kafka_storage_error;
            return result;
        }
        result.base_offset = result.last_offset = snapshot_->end_offset;
        snapshot_ = make_snapshot(snapshot_->end_offset + 1);
        result.snapshot = snapshot_;
        return result;
    }
    Result<void> flush() override {
        note("flush");
        ++journal_->flushes;
        if (journal_->flush_error != 0) {
            offline_ = true;
            return fail(ErrorCode::kafka_storage_error, "fsync", journal_->flush_error);
        }
        recovery_point_ = snapshot_->end_offset;
        return {};
    }
    bool begins_flush_at_once() const override { return journal_->synced_file != nullptr; }
    Result<FlushStep> begin_flush() override {
        if (journal_->synced_file == nullptr) return Log::begin_flush();
        note("begin_flush");
        return FlushStep{journal_->synced_file, snapshot_->end_offset};
    }
    Result<void> end_flush(Offset end, Result<void> synced) override {
        if (journal_->synced_file == nullptr) return synced;
        note("end_flush");
        offline_ = offline_ || !synced;
        if (synced) recovery_point_ = std::max(recovery_point_, end);
        return synced;
    }
    std::vector<std::shared_ptr<File>> unsynced_files() const override {
        return journal_->sealed_files;
    }
    Result<void> flush_sealed() override {
        note("flush_sealed");
        journal_->sealed_files.clear();
        recovery_point_ = snapshot_->end_offset - 1;
        return {};
    }
    Result<void> truncate_to(Offset offset) override {
        note("truncate " + std::to_string(offset.value));
        snapshot_ = make_snapshot(offset);
        recovery_point_ = std::min(recovery_point_, offset);
        return {};
    }
    Result<void> truncate_fully_and_start_at(Offset offset) override { return truncate_to(offset); }
    Result<void> advance_log_start(Offset) override { return {}; }
    Result<void> set_config(const LogConfig&) override { return {}; }
    // The next snapshot has another list of sealed segments.
    Result<void> roll(int64_t) override {
        sealed_ = std::make_shared<const std::vector<SegmentExtent>>();
        return {};
    }
    Result<size_t> apply_retention(int64_t, Offset) override { return 0; }
    Result<void> purge_deleted(int64_t) override { return {}; }
    Result<void> close() override { return flush(); }

    std::shared_ptr<const LogSnapshot> snapshot() const override { return snapshot_; }
    Offset recovery_point() const override { return recovery_point_; }
    const std::string& directory() const override { return name_; }
    const RecoveryReport& recovery_report() const override { return report_; }
    bool offline() const override { return offline_; }

  private:
    void note(const std::string& call) { journal_->calls.push_back(name_ + " " + call); }
    std::shared_ptr<const LogSnapshot> make_snapshot(Offset end) const {
        auto snapshot = std::make_shared<LogSnapshot>();
        snapshot->end_offset = end;
        snapshot->sealed = sealed_;
        snapshot->epochs = epochs_;
        return snapshot;
    }

    const std::string name_;
    const std::shared_ptr<Journal> journal_;
    std::shared_ptr<const std::vector<SegmentExtent>> sealed_ =
        std::make_shared<const std::vector<SegmentExtent>>();
    // The epoch of every append is noted.
    std::shared_ptr<const std::vector<EpochEntry>> epochs_ =
        std::make_shared<const std::vector<EpochEntry>>(
            1, EpochEntry{AppendRequest().leader_epoch, Offset{0}});
    std::shared_ptr<const LogSnapshot> snapshot_;
    Offset recovery_point_;
    RecoveryReport report_;
    bool offline_ = false;
};

}  // namespace barnabas::storage
