// SPDX-License-Identifier: Apache-2.0
// FetchSessions: runs fetches.
#include "broker/partition/fetch_sessions.h"

#include <utility>

namespace barnabas::broker {
namespace {

// As Kafka's min.incremental.fetch.session.eviction.ms, which is not configurable.
constexpr Nanos evict_after = std::chrono::minutes(2);

}  // namespace

FetchSessions::FetchSessions(boost::asio::any_io_executor executor, Clock& clock, Random& random,
                             size_t slots)
    : clock_(clock), cache_(random, slots, evict_after), cold_reads_(std::move(executor), clock) {}

Task<std::vector<FetchPart>> FetchSessions::fetch(std::vector<FetchPart> parts, FetchTerms terms) {
    DelayedFetch fetch(clock_, cold_reads_, std::move(parts), terms);
    auto running = fetch.run();
    co_await std::move(running);
    co_return std::move(fetch.parts());
}

Task<void> FetchSessions::stop(Nanos deadline) {
    auto stopping = cold_reads_.stop(deadline);
    co_await std::move(stopping);
}

}  // namespace barnabas::broker
