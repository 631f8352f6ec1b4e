// SPDX-License-Identifier: Apache-2.0
// MemoryBudget's line: waiters are granted strictly from the front, so that a large request is not
// overtaken forever by small ones.
#include "base/memory_budget.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/signal.h"

namespace barnabas {

struct MemoryBudget::State {
    uint64_t bytes_max = 0;
    uint64_t used = 0;
    std::list<Waiter*> line;

    bool fits(uint64_t bytes) const { return bytes <= bytes_max - used; }
    void give_back(uint64_t bytes);
    void grant_from_front();
};

// Lives in the frame of the waiting task.
struct MemoryBudget::Waiter {
    Waiter(Clock& clock, std::shared_ptr<State> budget, uint64_t size)
        : state(std::move(budget)), bytes(size), granted_signal(clock) {
        place = state->line.insert(state->line.end(), this);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { leave(); }
    // Out of the line, or with what was granted handed back.
    void leave() {
        if (taken) return;
        taken = true;
        if (granted) return state->give_back(bytes);
        state->line.erase(place);
        state->grant_from_front();
    }

    std::shared_ptr<State> state;
    uint64_t bytes;
    std::list<Waiter*>::iterator place;
    bool granted = false;
    bool taken = false;
    Signal granted_signal;
};

void MemoryBudget::State::give_back(uint64_t bytes) {
    ASSERT(bytes <= used, "only what was taken comes back");
    used -= bytes;
    grant_from_front();
}

void MemoryBudget::State::grant_from_front() {
    while (!line.empty() && fits(line.front()->bytes)) {
        Waiter& first = *line.front();
        line.pop_front();
        used += first.bytes;
        first.granted = true;
        first.granted_signal.notify_all();
    }
    ASSERT(used <= bytes_max);
}

MemoryBudget::Reservation::Reservation(std::shared_ptr<State> state, uint64_t bytes)
    : state_(std::move(state)), bytes_(bytes) {}

MemoryBudget::Reservation::Reservation(Reservation&& other) noexcept
    : state_(std::move(other.state_)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryBudget::Reservation& MemoryBudget::Reservation::operator=(Reservation&& other) noexcept {
    if (this == &other) return *this;
    release();
    state_ = std::move(other.state_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
}

void MemoryBudget::Reservation::shrink_to(uint64_t bytes) {
    if (bytes >= bytes_) return;
    const uint64_t back = bytes_ - bytes;
    bytes_ = bytes;
    state_->give_back(back);
}

MemoryBudget::MemoryBudget(Clock& clock, uint64_t bytes_max)
    : clock_(clock), state_(std::make_shared<State>()) {
    ASSERT(bytes_max > 0);
    state_->bytes_max = bytes_max;
}

MemoryBudget::~MemoryBudget() = default;

std::optional<MemoryBudget::Reservation> MemoryBudget::try_acquire(uint64_t bytes) {
    const uint64_t counted = std::min(bytes, state_->bytes_max);
    if (!state_->line.empty() || !state_->fits(counted)) return std::nullopt;
    state_->used += counted;
    return Reservation(state_, counted);
}

Task<Result<MemoryBudget::Reservation>> MemoryBudget::acquire(uint64_t bytes, Nanos deadline) {
    if (auto at_once = try_acquire(bytes)) co_return std::move(*at_once);
    const auto state = state_;
    const uint64_t counted = std::min(bytes, state->bytes_max);
    Waiter waiter(clock_, state, counted);
    // May be granted just after the deadline passed: then it is taken.
    co_await waiter.granted_signal.wait_until(deadline);
    if (!waiter.granted) co_return fail(ErrorCode::request_timed_out, "memory budget", ETIMEDOUT);
    waiter.taken = true;
    co_return Reservation(state, counted);
}

uint64_t MemoryBudget::bytes_max() const {
    return state_->bytes_max;
}

uint64_t MemoryBudget::used() const {
    return state_->used;
}

size_t MemoryBudget::waiting() const {
    return state_->line.size();
}

}  // namespace barnabas
