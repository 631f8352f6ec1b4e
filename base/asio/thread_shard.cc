// SPDX-License-Identifier: Apache-2.0
// ThreadShard: starting and ending loops.
#include "base/asio/thread_shard.h"

#include "base/asio/thread_start.h"
#include "base/assert.h"

namespace barnabas {

ThreadShard::ThreadShard(size_t index)
    : index_(index),
      executor_(io_.get_executor()),
      work_(boost::asio::make_work_guard(io_)),
      clock_(io_) {}

ThreadShard::~ThreadShard() {
    stop();
}

void ThreadShard::start() {
    ASSERT(!thread_.joinable(), "started once");
    thread_ = start_thread("shard-" + std::to_string(index_), [this] { guard_.run(); });
}

void ThreadShard::run() {
    ASSERT(!thread_.joinable(), "one thread runs the loop");
    guard_.run();
}

void ThreadShard::stop() {
    io_.stop();
    if (!thread_.joinable()) return;
    ASSERT(thread_.get_id() != std::this_thread::get_id(), "a shard does not join itself");
    thread_.join();
}

ThreadShards::ThreadShards(size_t count) {
    ASSERT(count > 0);
    for (size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<ThreadShard>(i));
}

void ThreadShards::start(size_t first) {
    for (size_t i = first; i < shards_.size(); ++i) shards_[i]->start();
}

void ThreadShards::stop() {
    for (const auto& shard : shards_) shard->stop();
}

}  // namespace barnabas
