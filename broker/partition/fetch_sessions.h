// SPDX-License-Identifier: Apache-2.0
// FetchSessions: what the fetches of a shard have in common: the cache of incremental sessions, and
// the reads of data that is not cached, which go on in the background. Lives on one shard.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "base/task_group.h"
#include "broker/partition/delayed_fetch.h"
#include "broker/partition/fetch_session_cache.h"

namespace barnabas::broker {

class FetchSessions {
  public:
    // `slots`: max.incremental.fetch.session.cache.slots.
    FetchSessions(boost::asio::any_io_executor executor, Clock& clock, Random& random,
                  size_t slots);
    FetchSessions(const FetchSessions&) = delete;
    FetchSessions& operator=(const FetchSessions&) = delete;

    FetchSessionCache& cache() { return cache_; }
    // Gives the parts back with their reads filled in, when enough can be sent or time is over.
    Task<std::vector<FetchPart>> fetch(std::vector<FetchPart> parts, FetchTerms terms);
    // Waits for the background reads, at most until `deadline`.
    Task<void> stop(Nanos deadline);

  private:
    Clock& clock_;
    FetchSessionCache cache_;
    TaskGroup cold_reads_;
};

}  // namespace barnabas::broker
