// SPDX-License-Identifier: Apache-2.0
// WriteOutcome: what became of a record that a coordinator wants in its log, for whoever waits for
// it. Lives on the loop; never writes anything itself.
#pragma once

#include <memory>
#include <utility>

#include "base/error_code.h"
#include "base/task.h"
#include "storage/one_shot.h"

namespace barnabas::broker {

using WriteOutcome = storage::OneShot<ErrorCode>;

// The outcome, or request_timed_out at `deadline`: then it is not known what becomes of the record.
inline Task<ErrorCode> wait_for(std::shared_ptr<WriteOutcome> outcome, Nanos deadline) {
    auto waiting = WriteOutcome::wait(std::move(outcome), deadline);
    const auto error = co_await std::move(waiting);
    co_return error.value_or(ErrorCode::request_timed_out);
}

}  // namespace barnabas::broker
