// SPDX-License-Identifier: Apache-2.0
// DelayedFetch: one fetch over many partitions, from its first plan until enough can be sent or its
// time is over. Runs on the shard of its partitions. Data that is cached is planned on the loop;
// data that is not is read ahead by background tasks, and never holds back data that is (N14).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "broker/partition/partition.h"

namespace barnabas::broker {

// A partition of a fetch. Without `partition` there is nothing to read: `read.error` says why.
struct FetchPart {
    std::shared_ptr<Partition> partition;
    FetchPosition position;  // bytes_max: of this partition alone
    PartitionRead read;
};

struct FetchTerms {
    // Wait until so many bytes can be sent (F03), ...
    uint64_t bytes_min = 1;
    // ... but not beyond this, nor when a partition has an error or a new leader (F04).
    Nanos deadline{};
    // Of the whole answer; exceeded by one batch only, the first (F01, KIP-74).
    uint64_t bytes_max = 0;
};

class DelayedFetch {
  public:
    // `background` runs the cold reads; they may outlive the fetch.
    DelayedFetch(Clock& clock, TaskGroup& background, std::vector<FetchPart> parts,
                 FetchTerms terms);
    DelayedFetch(const DelayedFetch&) = delete;
    DelayedFetch& operator=(const DelayedFetch&) = delete;

    // Fills in every part's `read`. Parts come first come first served: their order is the caller's
    // fairness (F02).
    Task<void> run();
    std::vector<FetchPart>& parts() { return parts_; }

    // With nothing else to send, a fetch waits for the disk this long even if its own deadline is
    // nearer: an empty answer would only be asked again.
    static constexpr Nanos cold_patience = std::chrono::seconds(10);

  private:
    // What the part looked like when it was planned.
    struct Seen {
        Offset readable_end;
        LeaderEpoch epoch;
        bool cold_asked = false;
    };
    // Shared with the background tasks.
    struct Wakeup {
        explicit Wakeup(Clock& clock) : changed(clock) {}
        Signal changed;
        std::vector<std::optional<PartitionRead>> cold;  // by part, when it has arrived
        size_t cold_running = 0;
        size_t cold_arrived = 0;
    };

    void plan(size_t index);
    void plan_changed();
    bool take_cold(size_t index);
    void set_read(size_t index, PartitionRead read);
    void start_cold_reads();
    static Task<void> read_cold(std::shared_ptr<Partition> partition, FetchPosition position,
                                std::shared_ptr<Wakeup> wakeup, size_t index);
    FetchPosition position_now(size_t index) const;
    bool enough() const;
    Nanos deadline() const;

    Clock& clock_;
    TaskGroup& background_;
    std::vector<FetchPart> parts_;
    const FetchTerms terms_;
    const Nanos cold_deadline_;
    std::vector<Seen> seen_;
    std::shared_ptr<Wakeup> wakeup_;
    uint64_t bytes_ = 0;        // planned so far
    bool interrupted_ = false;  // something must be told at once
};

}  // namespace barnabas::broker
