// SPDX-License-Identifier: Apache-2.0
// FetchSessionCache: incremental fetch sessions (KIP-227). The broker remembers what a consumer
// asks for and what it was told last, so that requests name only what changed and answers leave out
// what did not. Owned by FetchSessions, used on its shard. Pure: time is an argument, no I/O.
//
// Slots are limited. A session unused for longer than `evict_after` gives way to any new one; one
// that has lived that long gives way to a larger one. Without a slot a fetch is answered in full.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error_code.h"
#include "base/ids.h"
#include "base/nanos.h"
#include "base/random.h"
#include "base/uuid.h"

namespace barnabas::broker {

// As the client named the topic: by id (v13+) or by name.
struct FetchTopic {
    std::string name{};
    Uuid id{};
    friend bool operator==(const FetchTopic&, const FetchTopic&) = default;
};

// One partition that a client fetches. The topic is shared by the partitions of a request.
struct FetchTarget {
    std::shared_ptr<const FetchTopic> topic{};
    PartitionIndex partition{};
    LeaderEpoch current_leader_epoch = leader_epoch_none;
    LeaderEpoch last_fetched_epoch = leader_epoch_none;
    Offset offset{};
    int32_t bytes_max = 0;
};

// What was found of a target: decides whether an incremental answer has to tell it.
struct FetchOutcome {
    ErrorCode error = ErrorCode::none;
    bool has_records = false;
    bool diverging = false;
    Offset high_watermark = offset_none;
    Offset log_start_offset = offset_none;
};

class FetchSessionCache {
  public:
    FetchSessionCache(Random& random, size_t slots, Nanos evict_after);
    FetchSessionCache(const FetchSessionCache&) = delete;
    FetchSessionCache& operator=(const FetchSessionCache&) = delete;
    ~FetchSessionCache();

    struct Request {
        int32_t session_id = 0;
        int32_t session_epoch = -1;
        bool by_id = false;
        std::vector<FetchTarget> targets{};
        // Only topic and partition count.
        std::vector<FetchTarget> forgotten{};
    };
    // One fetch, from begin() to finish(). With `error` set there is nothing to fetch:
    // fetch_session_id_not_found, invalid_fetch_session_epoch, fetch_session_topic_id_error.
    struct Round {
        ErrorCode error = ErrorCode::none;
        enum class Kind { sessionless, full, incremental } kind = Kind::sessionless;
        int32_t session_id = 0;
        int32_t session_epoch = 0;
        bool by_id = false;
        // In the order in which they are served: those served last go last (F02).
        std::vector<FetchTarget> targets{};
    };
    Round begin(Request request, Nanos now);

    struct Answer {
        // invalid_fetch_session_epoch if another fetch of the session came in between.
        ErrorCode error = ErrorCode::none;
        int32_t session_id = 0;
        // By target: whether the answer tells it.
        std::vector<bool> told{};
    };
    Answer finish(const Round& round, std::span<const FetchOutcome> outcomes, Nanos now);

    size_t size() const { return sessions_.size(); }
    // Partitions of all sessions.
    size_t partitions() const;
    static int32_t next_epoch(int32_t epoch) { return epoch == INT32_MAX ? 1 : epoch + 1; }

  private:
    struct Session;

    ErrorCode update(Session& session, Request& request) const;
    Answer open_session(const Round& round, std::span<const FetchOutcome> outcomes, Nanos now);
    bool make_room(size_t size, Nanos now);
    void touch(Session& session, Nanos now);
    void remove(int32_t id);
    int32_t new_id();

    Random& random_;
    const size_t slots_;
    const Nanos evict_after_;
    std::unordered_map<int32_t, std::unique_ptr<Session>> sessions_;
    std::set<std::pair<Nanos, int32_t>> by_last_use_;
    // Sessions older than evict_after_, smallest first.
    std::set<std::pair<size_t, int32_t>> evictable_;
};

}  // namespace barnabas::broker
