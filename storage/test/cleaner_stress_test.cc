// SPDX-License-Identifier: Apache-2.0
// Compaction on real threads and a real disk while a log is appended to and read: what
// ThreadSanitizer watches (pitfalls K04, K16). Every read gives whole batches, in order, with the
// newest value of each key that was acknowledged before it.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/asio/asio_clock.h"
#include "base/asio/posix_disk.h"
#include "base/asio/thread_lane.h"
#include "base/random.h"
#include "base/test/temp_directory.h"
#include "storage/log_manager.h"
#include "storage/test/compaction_rig.h"

namespace barnabas::storage {
namespace {

constexpr int rounds = 10, batches_per_round = 40, keys = 30;

class Stress {
  public:
    Stress(boost::asio::io_context& loop, std::string directory) : clock_(loop), random_(7) {
        options_.log_dirs = {std::move(directory)};
        options_.node_id = BrokerId{1};
        options_.make_lane = [](size_t) { return std::make_unique<ThreadLane>("stress"); };
        options_.make_uuid = [this] { return random_.uuid(); };
        options_.cleaner.backoff_ms = 1;
        options_.cleaner.threads = 2;
        config_.cleanup_compact = true;
        config_.cleanup_delete = false;
        config_.segment_bytes = 4000;
        config_.min_cleanable_dirty_ratio = 0;
        config_.file_delete_delay_ms = 0;
    }

    Task<void> run() {
        auto opening = LogManager::open(disk_, clock_, options_);
        auto opened = co_await std::move(opening);
        EXPECT_TRUE(opened.has_value());
        manager_ = std::move(*opened);
        auto wanted = [](const TopicPartition&, const Uuid&) { return true; };
        auto config_of = [this](const std::string&) { return config_; };
        auto loading = manager_->load_all(wanted, config_of);
        co_await std::move(loading);
        manager_->start_background();
        const TopicPartition of{"stress", PartitionIndex{0}};
        auto making = manager_->open_or_create(of, random_.uuid(), config_);
        auto made = co_await std::move(making);
        EXPECT_TRUE(made.has_value());
        log_ = *made;
        for (int round = 0; round < rounds; ++round) {
            for (int i = 0; i < batches_per_round; ++i) co_await append();
            co_await read();
        }
        // One round may have had everything: there is more for the next one.
        for (int i = 0; i < 12'000 && manager_->cleaner().rounds < 2; ++i) {
            co_await append();
            co_await clock_.sleep(std::chrono::milliseconds(5));
        }
        co_await read();
        cleaned_ = manager_->cleaner().rounds;
        auto stopping = manager_->stop();
        const auto stopped = co_await std::move(stopping);
        EXPECT_TRUE(stopped.has_value());
    }
    uint64_t cleaned() const { return cleaned_; }
    int reads() const { return reads_; }

  private:
    Task<void> append() {
        KeyedBatch batch;
        for (int i = 0; i < 3; ++i)
            batch.records.push_back({"k" + std::to_string(random_.below(keys)),
                                     std::to_string(random_.next()), clock_.wall_ms()});
        batch.codec = static_cast<protocol::Codec>(random_.below(5));
        AppendRequest request = make_request(make_keyed_batch(batch));
        request.now_ms = clock_.wall_ms();
        auto appending = log_->append(std::move(request));
        const AppendResult result = co_await std::move(appending);
        EXPECT_EQ(result.error, ErrorCode::none);
        for (size_t i = 0; i < batch.records.size(); ++i)
            newest_[batch.records[i].key] = result.base_offset + static_cast<int64_t>(i);
        log_->set_high_watermark(log_->snapshot()->end_offset);
    }
    Task<void> read() {
        const auto view = log_->snapshot();
        auto reading = log_->read_records(whole_log(*view));
        const auto bytes = co_await std::move(reading);
        EXPECT_TRUE(bytes.has_value());
        std::map<std::string, Offset> last;
        for (const FoundRecord& record : found_records(*bytes)) last[record.key] = record.offset;
        EXPECT_EQ(last, newest_);
        ++reads_;
    }

    PosixDisk disk_;
    AsioClock clock_;
    Random random_;
    LogManagerOptions options_;
    LogConfig config_;
    std::unique_ptr<LogManager> manager_;
    std::shared_ptr<LogHandle> log_;
    std::map<std::string, Offset> newest_;
    uint64_t cleaned_ = 0;
    int reads_ = 0;
};

TEST(CleanerStress, K04_K16_reads_and_appends_beside_compaction) {
    TempDirectory directory;
    boost::asio::io_context loop{1};
    Stress stress(loop, directory.path() + "/data");
    bool ended = false;
    boost::asio::co_spawn(loop, stress.run(), [&](const std::exception_ptr& error) {
        EXPECT_FALSE(error);
        ended = true;
    });
    loop.run();
    EXPECT_TRUE(ended);
    EXPECT_GE(stress.cleaned(), 2u);
    EXPECT_EQ(stress.reads(), rounds + 1);
}

}  // namespace
}  // namespace barnabas::storage
