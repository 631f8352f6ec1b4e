// SPDX-License-Identifier: Apache-2.0
// OneShot: a value that one task of the loop waits for and something else gives, once. Held by
// shared_ptr from both sides; used on the loop's thread only.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"

namespace barnabas::storage {

template <class T>
class OneShot {
  public:
    explicit OneShot(Clock& clock) : changed_(clock) {}

    // The waiting task resumes later, never inline.
    void set(T value) {
        ASSERT(!value_.has_value(), "set once");
        value_.emplace(std::move(value));
        changed_.notify_all();
    }
    bool is_set() const { return value_.has_value(); }

    // The value, or nullopt if `deadline` passes first (a value given later is dropped).
    static Task<std::optional<T>> wait(std::shared_ptr<OneShot> shot, Nanos deadline) {
        while (!shot->value_.has_value()) {
            const bool notified = co_await shot->changed_.wait_until(deadline);
            if (!notified && !shot->value_.has_value()) co_return std::nullopt;
        }
        co_return std::exchange(shot->value_, std::nullopt);
    }

  private:
    std::optional<T> value_;
    Signal changed_;
};

}  // namespace barnabas::storage
