// SPDX-License-Identifier: Apache-2.0
// FetchSessionCache: opening, updating, serving and evicting incremental fetch sessions.
#include "broker/partition/fetch_session_cache.h"

#include <utility>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

constexpr int32_t epoch_final = -1;
constexpr int32_t epoch_initial = 0;

// A partition of a session, by what its topic is called.
struct Key {
    const FetchTopic* topic;
    PartitionIndex partition;
    friend bool operator==(const Key& a, const Key& b) {
        return a.partition == b.partition && (a.topic == b.topic || *a.topic == *b.topic);
    }
};
struct KeyHash {
    size_t operator()(const Key& key) const {
        return std::hash<std::string>{}(key.topic->name) ^ std::hash<Uuid>{}(key.topic->id) ^
               (static_cast<size_t>(key.partition.value) * 0x9E3779B97F4A7C15ull);
    }
};

Key key_of(const FetchTarget& target) {
    return {target.topic.get(), target.partition};
}

// What the client knows of a partition.
struct Entry {
    FetchTarget target;
    Offset high_watermark = offset_none;
    Offset log_start_offset = offset_none;

    // Remembers `outcome` as told; false if it has nothing new to tell.
    bool tell(const FetchOutcome& outcome) {
        bool news = outcome.has_records || outcome.diverging;
        news |= std::exchange(high_watermark, outcome.high_watermark) != outcome.high_watermark;
        news |=
            std::exchange(log_start_offset, outcome.log_start_offset) != outcome.log_start_offset;
        if (outcome.error == ErrorCode::none) return news;
        // Told each time, and once more when it is over.
        high_watermark = offset_none;
        return true;
    }
};

}  // namespace

struct FetchSessionCache::Session {
    int32_t id = 0;
    int32_t epoch = 0;
    bool by_id = false;
    Nanos created{};
    Nanos last_used{};
    size_t evictable_size = 0;  // as entered in evictable_; 0: not entered
    std::list<Entry> entries;   // in the order of service
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index;

    void put(FetchTarget target) {
        const auto found = index.find(key_of(target));
        if (found == index.end()) {
            entries.push_back(Entry{.target = std::move(target)});
            const auto added = std::prev(entries.end());
            index.emplace(key_of(added->target), added);
            return;
        }
        // The key points into the old target's topic, which therefore stays.
        FetchTarget& known = found->second->target;
        target.topic = known.topic;
        known = std::move(target);
    }
    // Whether the client has to be told; it counts as told then.
    bool tell(const FetchTarget& target, const FetchOutcome& outcome) {
        const auto found = index.find(key_of(target));
        ASSERT(found != index.end(), "entries change only with the epoch");
        // Served: goes behind all others (F02).
        if (outcome.has_records) entries.splice(entries.end(), entries, found->second);
        return found->second->tell(outcome);
    }
    void forget(const FetchTarget& target) {
        const auto found = index.find(key_of(target));
        if (found == index.end()) return;
        const auto entry = found->second;
        index.erase(found);
        entries.erase(entry);
    }
};

FetchSessionCache::FetchSessionCache(Random& random, size_t slots, Nanos evict_after)
    : random_(random), slots_(slots), evict_after_(evict_after) {}

FetchSessionCache::~FetchSessionCache() = default;

FetchSessionCache::Round FetchSessionCache::begin(Request request, Nanos now) {
    Round round;
    round.by_id = request.by_id;
    const bool full =
        request.session_epoch == epoch_initial || request.session_epoch == epoch_final;
    if (full) {
        // Whatever session is named ends here.
        if (request.session_id != 0) remove(request.session_id);
        if (request.session_epoch == epoch_initial) round.kind = Round::Kind::full;
        round.targets = std::move(request.targets);
        return round;
    }
    const auto found = sessions_.find(request.session_id);
    if (found == sessions_.end()) {
        round.error = ErrorCode::fetch_session_id_not_found;
        return round;
    }
    Session& session = *found->second;
    round.error = update(session, request);
    if (round.error != ErrorCode::none) return round;
    round.targets.reserve(session.entries.size());
    for (const Entry& entry : session.entries) round.targets.push_back(entry.target);
    if (session.entries.empty()) {
        remove(session.id);
        return round;
    }
    touch(session, now);
    session.epoch = next_epoch(session.epoch);
    round.kind = Round::Kind::incremental;
    round.session_id = session.id;
    round.session_epoch = session.epoch;
    return round;
}

ErrorCode FetchSessionCache::update(Session& session, Request& request) const {
    if (session.epoch != request.session_epoch) return ErrorCode::invalid_fetch_session_epoch;
    if (session.by_id != request.by_id) return ErrorCode::fetch_session_topic_id_error;
    for (FetchTarget& target : request.targets) session.put(std::move(target));
    for (const FetchTarget& target : request.forgotten) session.forget(target);
    ASSERT(session.entries.size() == session.index.size());
    return ErrorCode::none;
}

FetchSessionCache::Answer FetchSessionCache::finish(const Round& round,
                                                    std::span<const FetchOutcome> outcomes,
                                                    Nanos now) {
    ASSERT(round.error == ErrorCode::none && outcomes.size() == round.targets.size());
    if (round.kind == Round::Kind::full) return open_session(round, outcomes, now);
    Answer answer;
    if (round.kind == Round::Kind::sessionless) {
        answer.told.assign(outcomes.size(), true);
        return answer;
    }
    const auto found = sessions_.find(round.session_id);
    if (found == sessions_.end() || found->second->epoch != round.session_epoch) {
        answer.error = ErrorCode::invalid_fetch_session_epoch;
        return answer;
    }
    Session& session = *found->second;
    answer.session_id = session.id;
    answer.told.resize(outcomes.size());
    for (size_t i = 0; i < outcomes.size(); ++i)
        answer.told[i] = session.tell(round.targets[i], outcomes[i]);
    return answer;
}

FetchSessionCache::Answer FetchSessionCache::open_session(const Round& round,
                                                          std::span<const FetchOutcome> outcomes,
                                                          Nanos now) {
    Answer answer;
    answer.told.assign(outcomes.size(), true);
    if (outcomes.empty() || !make_room(outcomes.size(), now)) return answer;
    auto session = std::make_unique<Session>();
    session->id = new_id();
    session->epoch = next_epoch(epoch_initial);
    session->by_id = round.by_id;
    session->created = session->last_used = now;
    for (const FetchTarget& target : round.targets) session->put(target);
    for (size_t i = 0; i < outcomes.size(); ++i) session->tell(round.targets[i], outcomes[i]);
    answer.session_id = session->id;
    by_last_use_.emplace(now, session->id);
    sessions_.emplace(session->id, std::move(session));
    ASSERT(sessions_.size() <= slots_ && by_last_use_.size() == sessions_.size());
    return answer;
}

bool FetchSessionCache::make_room(size_t size, Nanos now) {
    if (sessions_.size() < slots_) return true;
    if (by_last_use_.empty()) return false;
    const auto [last_used, oldest] = *by_last_use_.begin();
    if (now - last_used > evict_after_) {
        remove(oldest);
        return true;
    }
    if (evictable_.empty() || size <= evictable_.begin()->first) return false;
    remove(evictable_.begin()->second);
    return true;
}

void FetchSessionCache::touch(Session& session, Nanos now) {
    by_last_use_.erase({session.last_used, session.id});
    session.last_used = now;
    by_last_use_.emplace(now, session.id);
    if (session.evictable_size > 0) evictable_.erase({session.evictable_size, session.id});
    session.evictable_size = 0;
    if (now - session.created <= evict_after_) return;
    session.evictable_size = session.entries.size();
    evictable_.emplace(session.evictable_size, session.id);
}

void FetchSessionCache::remove(int32_t id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    const Session& session = *found->second;
    by_last_use_.erase({session.last_used, id});
    if (session.evictable_size > 0) evictable_.erase({session.evictable_size, id});
    sessions_.erase(found);
    ASSERT(by_last_use_.size() == sessions_.size() && evictable_.size() <= sessions_.size());
}

int32_t FetchSessionCache::new_id() {
    while (true) {
        const auto id = static_cast<int32_t>(1 + random_.below(INT32_MAX));
        if (!sessions_.contains(id)) return id;
    }
}

size_t FetchSessionCache::partitions() const {
    size_t total = 0;
    for (const auto& [id, session] : sessions_) total += session->entries.size();
    return total;
}

}  // namespace barnabas::broker
