// SPDX-License-Identifier: Apache-2.0
// Takes the next block when the last id of one is gone; those who ask meanwhile wait for it.
#include "broker/partition/producer_ids.h"

#include <utility>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

constexpr Nanos wait_max = std::chrono::seconds(5);

}  // namespace

Task<Result<ProducerId>> ProducerIds::next() {
    const Nanos deadline = clock_.after(wait_max);
    while (next_ == end_) {
        if (!fetching_) {
            auto fetching = fetch_block();
            const auto fetched = co_await std::move(fetching);
            if (!fetched) co_return std::unexpected(fetched.error());
            continue;
        }
        auto waiting = arrived_.wait_until(deadline);
        co_await std::move(waiting);
        if (clock_.now() >= deadline && next_ == end_)
            co_return fail(ErrorCode::coordinator_load_in_progress, "producer id block");
    }
    ASSERT(next_ < end_);
    co_return ProducerId{next_++};
}

Task<Result<void>> ProducerIds::fetch_block() {
    ASSERT(!fetching_ && next_ == end_);
    fetching_ = true;
    auto allocating = cluster_.allocate_producer_ids();
    const auto block = co_await std::move(allocating);
    fetching_ = false;
    arrived_.notify_all();
    if (!block) co_return std::unexpected(block.error());
    ASSERT(block->count > 0 && block->first.value >= end_, "blocks are given once, in order");
    next_ = block->first.value;
    end_ = next_ + block->count;
    co_return Result<void>{};
}

}  // namespace barnabas::broker
