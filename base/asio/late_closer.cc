// SPDX-License-Identifier: Apache-2.0
// LateCloser: what is left to be closed is closed before it goes away.
#include "base/asio/late_closer.h"

#include <unistd.h>

namespace barnabas {

void LateCloser::close(int descriptor) {
    const std::lock_guard lock(mutex_);
    if (lane_ == nullptr) lane_ = std::make_unique<ThreadLane>("closer");
    lane_->post([descriptor] { ::close(descriptor); });
}

}  // namespace barnabas
