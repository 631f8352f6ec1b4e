// SPDX-License-Identifier: Apache-2.0
// AsioClock: real time for one shard. All timers share one steady_timer, which is armed for the
// earliest; cancelling a timer costs no system call. Lives and is used on its io_context's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/clock.h"

namespace barnabas {

class AsioClock final : public Clock {
  public:
    explicit AsioClock(boost::asio::io_context& io);
    AsioClock(const AsioClock&) = delete;
    AsioClock& operator=(const AsioClock&) = delete;
    ~AsioClock() override;

    Nanos now() const override;
    int64_t wall_ms() const override;
    TimerId call_at(Nanos deadline, Callback callback) override;
    bool cancel(TimerId id) override;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace barnabas
