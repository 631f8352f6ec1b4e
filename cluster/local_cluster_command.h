// SPDX-License-Identifier: Apache-2.0
// A command in LocalClusterNode's queue, shared by the task that waits for it and the worker.
// Private to cluster/local_cluster_*.cc.
#pragma once

#include <optional>
#include <utility>

#include "base/assert.h"
#include "cluster/local_cluster_node.h"

namespace barnabas::cluster {

struct LocalClusterNode::Command {
    Command(Clock& clock, Decide decide_fn, Nanos deadline_at, bool is_divisible)
        : decide(std::move(decide_fn)),
          deadline(deadline_at),
          divisible(is_divisible),
          finished(clock) {}

    void finish(ErrorCode code) {
        ASSERT(!outcome, "a command is answered once");
        outcome = code;
        finished.notify_all();
    }

    Decide decide;
    Nanos deadline;
    bool divisible;
    // The caller has given up: `decide` must not run any more.
    bool abandoned = false;
    std::optional<ErrorCode> outcome;
    Signal finished;
};

// Marks a command as abandoned when the caller leaves, on whatever way.
class CommandCaller {
  public:
    template <class CommandPtr>
    explicit CommandCaller(const CommandPtr& command)
        : abandon_([command]() { command->abandoned = true; }) {}
    CommandCaller(const CommandCaller&) = delete;
    CommandCaller& operator=(const CommandCaller&) = delete;
    ~CommandCaller() { abandon_(); }

  private:
    std::function<void()> abandon_;
};

}  // namespace barnabas::cluster
