// SPDX-License-Identifier: Apache-2.0
// SimShards: any number of shards on the one thread of a SimLoop. A hop between two of them takes a
// turn of the loop, as it would between threads, so that what may happen meanwhile does happen.
#pragma once

#include <memory>
#include <vector>

#include "base/shard.h"
#include "base/sim/sim_loop.h"

namespace barnabas {

class SimShards final : public Shards {
  public:
    SimShards(SimLoop& loop, size_t count) {
        ASSERT(count > 0);
        for (size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<SimShard>(loop, i));
    }

    size_t size() const override { return shards_.size(); }
    Shard& at(size_t index) override { return *shards_.at(index); }

  private:
    class SimShard final : public Shard {
      public:
        SimShard(SimLoop& loop, size_t index) : loop_(loop), index_(index) {}
        size_t index() const override { return index_; }
        boost::asio::any_io_executor executor() const override { return loop_.executor(); }
        Clock& clock() override { return loop_.clock(); }
        // Nobody can tell on one thread: every call hops.
        bool is_current() const override { return false; }

      private:
        SimLoop& loop_;
        size_t index_;
    };

    std::vector<std::unique_ptr<SimShard>> shards_;
};

}  // namespace barnabas
