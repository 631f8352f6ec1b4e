// SPDX-License-Identifier: Apache-2.0
// LateCloser: closes descriptors on a thread of its own, made when it is first wanted. The last
// close of a deleted file frees its pages, a tenth of a second for a gigabyte of them, and whoever
// lets go of a file last may be a loop. Any thread may ask.
#pragma once

#include <memory>
#include <mutex>

#include "base/asio/thread_lane.h"

namespace barnabas {

class LateCloser {
  public:
    void close(int descriptor);

  private:
    std::mutex mutex_;
    std::unique_ptr<ThreadLane> lane_;
};

}  // namespace barnabas
