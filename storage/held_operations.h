// SPDX-License-Identifier: Apache-2.0
// HeldOperations: changes of one log that wait on the loop while the log goes over to another
// directory, in call order. Those that wait too long, or are too many, are answered
// request_timed_out, as by a disk that does not answer. Never runs a change.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "storage/directory_queue.h"

namespace barnabas::storage {

class HeldOperations {
  public:
    void begin() {
        ASSERT(!active_);
        active_ = true;
    }
    bool active() const { return active_; }

    void add(std::shared_ptr<LogOperation> operation) {
        ASSERT(active_);
        const uint64_t cost = operation_cost + operation->request.records.size();
        if (bytes_ + cost > bytes_max) return DirectoryQueue::refuse_overflow(*operation);
        bytes_ += cost;
        operations_.push_back(std::move(operation));
    }

    void expire(Nanos now) {
        for (const auto& operation : operations_) {
            if (!operation->is_answered && operation->deadline <= now)
                DirectoryQueue::refuse_late(*operation);
        }
    }

    // Gives what is still waited for.
    std::vector<std::shared_ptr<LogOperation>> end() {
        active_ = false;
        bytes_ = 0;
        auto operations = std::exchange(operations_, {});
        std::erase_if(operations, [](const auto& operation) { return operation->is_answered; });
        return operations;
    }

  private:
    static constexpr uint64_t bytes_max = 64 << 20;
    // What an operation costs in memory beside its records.
    static constexpr uint64_t operation_cost = 512;

    bool active_ = false;
    uint64_t bytes_ = 0;
    std::vector<std::shared_ptr<LogOperation>> operations_;
};

}  // namespace barnabas::storage
