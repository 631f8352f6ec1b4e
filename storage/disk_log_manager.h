// SPDX-License-Identifier: Apache-2.0
// DiskLogManager: the LogManager of real processes and of simulated ones (which differ in Disk,
// Clock and Lane only). Lives on the loop. Split over log_manager.cc (opening directories),
// log_manager_load.cc, log_manager_partitions.cc, log_manager_moves.cc and
// log_manager_background.cc.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/task_group.h"
#include "storage/disk_log_handle.h"
#include "storage/log_cleaner.h"
#include "storage/log_directory.h"
#include "storage/log_manager.h"
#include "storage/log_move.h"
#include "storage/one_shot.h"

namespace barnabas::storage {

class DiskLogManager final : public LogManager {
  public:
    DiskLogManager(boost::asio::any_io_executor loop, Disk& disk, Clock& clock,
                   LogManagerOptions options);
    ~DiskLogManager() override;
    // The rest of LogManager::open().
    Task<Result<void>> open_directories();

    const MetaProperties& meta_properties() const override { return meta_properties_; }
    Task<Result<void>> load_all(
        std::function<bool(const TopicPartition&, const Uuid& topic_id)> wanted,
        std::function<LogConfig(const std::string& topic)> config_of) override;
    Task<Result<std::shared_ptr<LogHandle>>> open_or_create(TopicPartition topic_partition,
                                                            Uuid topic_id,
                                                            LogConfig config) override;
    Task<Result<std::shared_ptr<LogHandle>>> create(TopicPartition topic_partition, Uuid topic_id,
                                                    LogConfig config) override;
    Task<Result<std::shared_ptr<LogHandle>>> open_metadata_log(LogConfig config) override;
    const std::string& metadata_directory() const override { return metadata_directory_; }
    Lane& metadata_lane() override;
    std::shared_ptr<LogHandle> find(const TopicPartition& topic_partition) const override;
    Task<Result<void>> remove(TopicPartition topic_partition) override;
    void start_background() override;
    Task<Result<void>> stop() override;
    void set_broker_epoch(int64_t epoch) override { broker_epoch_ = epoch; }
    int64_t previous_broker_epoch() const override { return previous_broker_epoch_; }
    std::vector<LogDirectoryStatus> directories() const override;
    std::vector<LogSize> sizes_in(const std::string& path) const override;
    Task<Result<void>> move(TopicPartition topic_partition, std::string directory) override;
    void set_move_rate(int64_t bytes_per_second) override { move_rate_ = bytes_per_second; }
    void set_cordoned(const std::set<std::string>& paths) override;
    Task<Result<DiskSpace>> space_in(std::string path) override;
    LogCleanerStatus cleaner() const override { return cleaner_.status(); }
    void set_cleaner_options(const LogCleanerOptions& options) override {
        cleaner_.set_options(options);
    }
    void on_directory_offline(std::function<void(const std::string& path)> callback) override {
        on_directory_offline_ = std::move(callback);
    }

  private:
    using Directory = std::shared_ptr<LogDirectory>;
    using Handle = std::shared_ptr<DiskLogHandle>;
    using HandleResult = Result<std::shared_ptr<LogHandle>>;
    struct Loading;
    struct Wanted {  // what open_or_create() was asked for
        TopicPartition topic_partition;
        Uuid topic_id;
        LogConfig config;
        bool is_new = false;
    };
    struct Deletion {
        Directory directory;
        std::string path;
        Nanos due;
    };

    // log_manager.cc
    void make_directories();
    Directory make_directory(size_t index, const std::string& path);
    Task<Result<void>> open_directory(LogDirectory& directory);
    Result<void> agree_on_identity();
    Task<Result<void>> format_directories();
    std::unique_ptr<Lane> make_lane(size_t index) const { return options_.make_lane(index); }

    // log_manager_load.cc
    Task<void> load_directory(std::shared_ptr<Loading> loading, size_t index);
    Task<Result<void>> sort_found(std::shared_ptr<Loading> loading, size_t index);
    Task<Result<void>> sort_partition(std::shared_ptr<Loading> loading, size_t index,
                                      FoundDirectory found);
    Task<void> open_share(std::shared_ptr<Loading> loading, size_t index, Lane* lane);
    void add_offline(Directory directory, const FoundDirectory& found, LogConfig config,
                     const Error& why);
    Task<void> report_progress(std::shared_ptr<Loading> loading);

    // log_manager_partitions.cc
    Task<HandleResult> open_partition(Wanted wanted);
    Task<void> run_open(Wanted wanted, std::shared_ptr<OneShot<HandleResult>> answer);
    Task<HandleResult> find_or_make(Wanted wanted);
    Task<HandleResult> reuse(Handle handle, Wanted wanted);
    Task<Result<Directory>> choose_directory(Wanted wanted);
    Task<HandleResult> make_in(Directory directory, Wanted wanted);
    Task<Result<CheckpointedOffsets>> prepare_name(Directory directory, TopicPartition of,
                                                   Uuid topic_id);
    Task<void> run_remove(TopicPartition topic_partition,
                          std::shared_ptr<OneShot<Result<void>>> answer);
    Task<Result<void>> move_aside(Handle handle, std::string_view suffix);
    Task<void> claim(TopicPartition topic_partition);
    void release(const TopicPartition& topic_partition);
    LogOpenOptions open_options(const LogDirectory& directory, const TopicPartition& of,
                                const LogConfig& config, bool clean) const;
    Handle add_handle(Directory directory, const TopicPartition& of, const Uuid& topic_id,
                      const LogConfig& config, OpenedLog opened);

    // log_manager_moves.cc
    using CopyWork = std::move_only_function<Result<void>(FutureLog&)>;
    Directory directory_at(std::string_view path) const;
    Task<Result<void>> start_move(TopicPartition of, Directory target);
    Task<void> end_move(TopicPartition of);
    bool goes_on(const LogMove& move) const;
    Task<void> run_move(std::shared_ptr<LogMove> move);
    Task<Result<void>> take_step(std::shared_ptr<LogMove> move, MoveStep step);
    Task<Result<void>> on_copy(std::shared_ptr<LogMove> move, CopyWork fn);
    Task<Result<void>> copy_piece(std::shared_ptr<LogMove> move);
    Task<void> pace(std::shared_ptr<LogMove> move, uint64_t bytes);
    Task<Result<void>> hold(std::shared_ptr<LogMove> move);
    Task<void> watch_held(Handle log);
    Task<Result<void>> finish_move(std::shared_ptr<LogMove> move);
    Task<Result<std::string>> commit_move(std::shared_ptr<LogMove> move);
    Task<Result<void>> arrive(std::shared_ptr<LogMove> move, CheckpointedOffsets offsets);
    Task<void> abandon(std::shared_ptr<LogMove> move);
    bool is_arriving_in(const LogDirectory& directory) const;
    Task<Result<void>> settle_futures();
    Task<Result<FoundFutureView>> look_at_future(Directory directory, TopicPartition of,
                                                 std::string name);
    Task<Result<void>> settle_future(Directory directory, TopicPartition of, std::string name);
    Task<void> restart_moves();
    Directory take_preference(const TopicPartition& of);
    std::vector<LogSize> copies_in(const LogDirectory& directory) const;

    // log_manager_background.cc
    Task<void> keep_house(Directory directory);
    Task<void> clear_away(Directory directory);
    Task<void> flush_due(Directory directory);
    Task<void> flush_oldest(Directory directory);
    Task<void> apply_retention(Directory directory);
    Task<void> purge_due(Directory directory);
    Task<void> delete_due(Directory directory);
    Task<void> delete_tree(Directory directory, std::string path);
    Task<Result<void>> write_checkpoints(Directory directory);
    Task<Result<void>> write_high_watermarks(Directory directory);
    std::vector<Handle> noted_in(LogDirectory& directory) const;
    std::vector<Handle> handles_of(const LogDirectory& directory, bool with_metadata) const;
    std::vector<Handle> all_handles() const;
    bool has_new_high_watermarks(const LogDirectory& directory) const;
    Task<void> stop_directory(Directory directory, Nanos deadline, Result<void>* outcome);
    Task<Result<void>> settle(Directory directory, Nanos deadline);
    struct Closing;
    Task<Result<bool>> close_logs(Directory directory, Nanos deadline);
    Task<void> close_share(std::shared_ptr<Closing> closing);
    Nanos patience_end() const;

    const boost::asio::any_io_executor loop_;
    Disk& disk_;
    Clock& clock_;
    const LogManagerOptions options_;
    std::vector<Directory> directories_;
    Directory metadata_home_;
    std::string metadata_directory_;
    MetaProperties meta_properties_;
    int64_t broker_epoch_ = -1;
    int64_t previous_broker_epoch_ = -1;
    std::map<TopicPartition, Handle> handles_;
    Handle metadata_handle_;
    // Partitions that are being opened or removed right now; changed_ tells when one no longer is.
    std::set<TopicPartition> busy_;
    Signal changed_;
    Signal stopping_;
    std::list<Deletion> deletions_;
    std::map<TopicPartition, std::shared_ptr<LogMove>> moves_;
    size_t moves_copying_ = 0;
    int64_t move_rate_ = std::numeric_limits<int64_t>::max();
    Nanos moves_paid_until_{};
    // Where partitions are to be made that do not exist yet.
    std::map<TopicPartition, Directory> preferences_;
    // Whose copies a start has found.
    std::vector<std::pair<TopicPartition, Directory>> interrupted_moves_;
    std::function<void(const std::string&)> on_directory_offline_;
    TaskGroup tasks_;
    LogCleaner cleaner_;
    bool stopped_ = false;
};

// Opens a log; an error is inside. Runs on a lane.
OpenedLog open_log(Disk& disk, LogOpenOptions options, const CheckpointedOffsets& offsets);

}  // namespace barnabas::storage
