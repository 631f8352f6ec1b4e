// SPDX-License-Identifier: Apache-2.0
// RealLane: a Lane that has a thread, so that a job of one may wait for jobs of another. The lanes
// of a simulation are none.
#pragma once

#include "base/lane.h"

namespace barnabas {

class RealLane : public Lane {
  public:
    // As post(), on the loop only, for a job that takes microseconds unless its disk is slow. A
    // lane with nothing to do may run it on the loop's own thread, never inside this call.
    virtual void post_quick(Job job) = 0;
};

}  // namespace barnabas
