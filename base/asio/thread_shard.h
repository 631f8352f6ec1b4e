// SPDX-License-Identifier: Apache-2.0
// ThreadShard: a shard with an io_context of its own. Shard 0 usually runs on the main thread by
// run(); others get a thread by start(). Its tasks have ended (TaskGroup::stop) before it goes
// away.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "base/asio/asio_clock.h"
#include "base/asio/loop_guard.h"
#include "base/shard.h"

namespace barnabas {

class ThreadShard final : public Shard {
  public:
    explicit ThreadShard(size_t index);
    ThreadShard(const ThreadShard&) = delete;
    ThreadShard& operator=(const ThreadShard&) = delete;
    ~ThreadShard() override;

    // Runs the loop on a new thread until stop().
    void start();
    // Runs the loop on this thread until stop().
    void run();
    // Ends the loop and joins the thread, if it has one. From any thread but the shard's own.
    void stop();
    // Lets run() return; from any thread, also from the loop itself.
    void request_stop() { io_.stop(); }

    size_t index() const override { return index_; }
    boost::asio::any_io_executor executor() const override { return executor_; }
    Clock& clock() override { return clock_; }
    bool is_current() const override { return io_.get_executor().running_in_this_thread(); }
    boost::asio::io_context& io() { return io_; }
    // For lanes that borrow the loop's thread.
    LoopGuard& guard() { return guard_; }

  private:
    size_t index_;
    // One thread at a time runs it: the hint saves locks and wake-ups inside Asio.
    mutable boost::asio::io_context io_{1};
    LoopGuard guard_{io_};
    boost::asio::any_io_executor executor_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    AsioClock clock_;
    std::thread thread_;
};

class ThreadShards final : public Shards {
  public:
    explicit ThreadShards(size_t count);

    size_t size() const override { return shards_.size(); }
    ThreadShard& at(size_t index) override { return *shards_.at(index); }
    // Starts threads for all shards from `first` on.
    void start(size_t first);
    void stop();

  private:
    std::vector<std::unique_ptr<ThreadShard>> shards_;
};

}  // namespace barnabas
