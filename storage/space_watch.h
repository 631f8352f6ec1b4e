// SPDX-License-Identifier: Apache-2.0
// SpaceWatch: keeps the last bytes of a log directory's disk for what must go on when it is full
// (pitfall L13): committed offsets, metadata, checkpoints, deletions. Belongs to the directory's
// lane; looks at the disk once a second and after every few bytes, not for each append.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/result.h"

namespace barnabas::storage {

class SpaceWatch {
  public:
    using FreeBytes = std::function<Result<uint64_t>()>;
    // `reserve` bytes are not for clients' records. Without `free_bytes` there is no limit.
    SpaceWatch(FreeBytes free_bytes, uint64_t reserve)
        : free_bytes_(std::move(free_bytes)), reserve_(reserve) {}

    // False if the clients' `bytes` would take from the reserve. A disk that cannot tell admits.
    bool admits(uint64_t bytes, int64_t now_ms) {
        if (!free_bytes_ || reserve_ == 0) return true;
        const bool is_old = now_ms < looked_at_ms_ || now_ms - looked_at_ms_ >= 1'000;
        const bool is_scarce = free_ < written_ + bytes + 2 * reserve_;
        if (is_old || is_scarce || written_ > reserve_ / 4) look(now_ms);
        if (free_ < written_ + bytes + reserve_) return false;
        written_ += bytes;
        return true;
    }
    uint64_t reserve() const { return reserve_; }

  private:
    void look(int64_t now_ms) {
        const auto found = free_bytes_();
        free_ = found ? *found : UINT64_MAX / 2;
        written_ = 0;
        looked_at_ms_ = now_ms;
    }

    const FreeBytes free_bytes_;
    const uint64_t reserve_;
    uint64_t free_ = 0;
    uint64_t written_ = 0;
    int64_t looked_at_ms_ = -1;
};

}  // namespace barnabas::storage
