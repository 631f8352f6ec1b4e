// SPDX-License-Identifier: Apache-2.0
// DelayedFetch: plan, wait for a change, plan what changed. A change wakes every fetch that waits
// for its partition; looking for what changed costs a comparison per partition, and no planning.
#include "broker/partition/delayed_fetch.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace barnabas::broker {

DelayedFetch::DelayedFetch(Clock& clock, TaskGroup& background, std::vector<FetchPart> parts,
                           FetchTerms terms)
    : clock_(clock),
      background_(background),
      parts_(std::move(parts)),
      terms_(terms),
      cold_deadline_(std::max(terms.deadline, clock.after(cold_patience))),
      seen_(parts_.size()),
      wakeup_(std::make_shared<Wakeup>(clock)) {
    wakeup_->cold.resize(parts_.size());
}

Task<void> DelayedFetch::run() {
    for (size_t i = 0; i < parts_.size(); ++i) plan(i);
    interrupted_ |= parts_.empty();
    start_cold_reads();
    std::vector<PartitionWatch> watches;
    while (!enough() && clock_.now() < deadline()) {
        if (watches.empty())
            for (const FetchPart& part : parts_)
                if (part.partition) watches.emplace_back(part.partition, &wakeup_->changed);
        if (wakeup_->cold_arrived == 0) {
            auto waiting = wakeup_->changed.wait_until(deadline());
            co_await std::move(waiting);
        }
        plan_changed();
        start_cold_reads();
    }
    ASSERT(bytes_ == 0 || !parts_.empty());
}

// What the part may use of what is left of the answer's bytes.
FetchPosition DelayedFetch::position_now(size_t index) const {
    const uint64_t others = bytes_ - parts_[index].read.plan.bytes;
    FetchPosition position = parts_[index].position;
    position.bytes_max =
        std::min(position.bytes_max, terms_.bytes_max - std::min(others, terms_.bytes_max));
    position.at_least_one_batch = others == 0;
    return position;
}

void DelayedFetch::plan(size_t index) {
    const FetchPart& part = parts_[index];
    if (!part.partition) {
        ASSERT(part.read.error != ErrorCode::none, "no partition for a reason");
        interrupted_ = true;
        return;
    }
    seen_[index].readable_end = part.partition->readable_end(part.position.isolation);
    seen_[index].epoch = part.partition->leader_epoch();
    PartitionRead read = part.partition->read(position_now(index));
    // What was read from the disk before is not given up for more that would have to be, too.
    if (read.cold && part.read.plan.bytes > 0) return;
    set_read(index, std::move(read));
}

void DelayedFetch::set_read(size_t index, PartitionRead read) {
    PartitionRead& known = parts_[index].read;
    ASSERT(bytes_ >= known.plan.bytes);
    bytes_ -= known.plan.bytes;
    bytes_ += read.plan.bytes;
    interrupted_ |= read.error != ErrorCode::none || read.diverging_epoch.has_value();
    known = std::move(read);
}

void DelayedFetch::plan_changed() {
    for (size_t i = 0; i < parts_.size(); ++i) {
        const FetchPart& part = parts_[i];
        if (!part.partition || take_cold(i)) continue;
        const bool new_leader =
            part.partition->deleted() || part.partition->leader_epoch() != seen_[i].epoch;
        interrupted_ |= new_leader;
        if (!new_leader &&
            part.partition->readable_end(part.position.isolation) == seen_[i].readable_end)
            continue;
        plan(i);
    }
}

// True if a cold read of the part has arrived. What does not fit is left to the next fetch, which
// will find it cached.
bool DelayedFetch::take_cold(size_t index) {
    std::optional<PartitionRead>& arrived = wakeup_->cold[index];
    if (!arrived) return false;
    PartitionRead read = std::move(*arrived);
    arrived.reset();
    ASSERT(wakeup_->cold_arrived > 0);
    --wakeup_->cold_arrived;
    const FetchPosition position = position_now(index);
    const bool fits = position.at_least_one_batch || read.plan.bytes <= position.bytes_max;
    if (!fits) read.plan = {};
    set_read(index, std::move(read));
    return true;
}

void DelayedFetch::start_cold_reads() {
    for (size_t i = 0; i < parts_.size(); ++i) {
        const FetchPart& part = parts_[i];
        if (!part.read.cold || seen_[i].cold_asked || !part.partition->may_read_cold()) continue;
        seen_[i].cold_asked = true;
        ++wakeup_->cold_running;
        FetchPosition position = position_now(i);
        position.at_least_one_batch = true;
        const bool started = background_.spawn(read_cold(part.partition, position, wakeup_, i));
        if (!started) --wakeup_->cold_running;
    }
}

Task<void> DelayedFetch::read_cold(std::shared_ptr<Partition> partition, FetchPosition position,
                                   std::shared_ptr<Wakeup> wakeup, size_t index) {
    auto reading = partition->read_cold(position);
    PartitionRead read = co_await std::move(reading);
    ASSERT(wakeup->cold_running > 0);
    --wakeup->cold_running;
    ++wakeup->cold_arrived;
    wakeup->cold[index] = std::move(read);
    wakeup->changed.notify_all();
}

bool DelayedFetch::enough() const {
    if (interrupted_) return true;
    const uint64_t wanted = std::min(terms_.bytes_min, terms_.bytes_max);
    return bytes_ >= (wakeup_->cold_running > 0 ? std::max<uint64_t>(wanted, 1) : wanted);
}

Nanos DelayedFetch::deadline() const {
    return wakeup_->cold_running > 0 && bytes_ == 0 ? cold_deadline_ : terms_.deadline;
}

}  // namespace barnabas::broker
