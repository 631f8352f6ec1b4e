// SPDX-License-Identifier: Apache-2.0
// Offsets of open transactions against a model that knows the whole log: whatever is later in the
// log wins, committed or not when it came (pitfall X17).
#include "broker/group/transactional_offsets.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/random.h"
#include "broker/group/group_records.h"

namespace barnabas::broker {
namespace {

struct Event {
    enum Kind { plain, held, tombstone, commit, abort } kind;
    int64_t producer = 0;
    int32_t partition = 0;
};

// What the log says of one partition when all of it is known.
struct Model {
    std::optional<int64_t> offset;
    bool pending = false;
};

Model model_of(const std::vector<Event>& log, int32_t partition) {
    Model model;
    int64_t best = -1;
    for (size_t i = 0; i < log.size(); ++i) {
        if (log[i].kind == Event::tombstone && log[i].partition == partition) {
            model = {};
            best = -1;
        }
        const auto take = [&](size_t at) {
            if (static_cast<int64_t>(at) <= best) return;
            best = static_cast<int64_t>(at);
            model.offset = best;
        };
        if (log[i].kind == Event::plain && log[i].partition == partition) take(i);
        if (log[i].kind != Event::commit) continue;
        // The last of the transaction's records, unless a tombstone came behind it.
        for (size_t j = i; j-- > 0;) {
            const bool ends = log[j].kind == Event::commit || log[j].kind == Event::abort;
            if (ends && log[j].producer == log[i].producer) break;
            if (log[j].kind == Event::tombstone && log[j].partition == partition) break;
            if (log[j].kind != Event::held || log[j].producer != log[i].producer) continue;
            if (log[j].partition != partition) continue;
            take(j);
            break;
        }
    }
    std::set<int64_t> open;
    for (const Event& event : log) {
        if (event.kind == Event::held && event.partition == partition) open.insert(event.producer);
        if (event.kind == Event::tombstone && event.partition == partition) open.clear();
        if (event.kind == Event::commit || event.kind == Event::abort) open.erase(event.producer);
    }
    model.pending = !open.empty();
    return model;
}

void play(StoredGroups& stored, const Event& event, int64_t at) {
    const PartitionIndex index{event.partition};
    const auto record = event.kind == Event::tombstone
                            ? make_offset_tombstone("g", "t", index)
                            : make_offset_record("g", "t", index, {.offset = Offset{at}});
    const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
    switch (event.kind) {
        case Event::plain:
        case Event::tombstone:
            ASSERT_TRUE(stored.apply(record.key, value).has_value());
            break;
        case Event::held:
            ASSERT_TRUE(stored.hold(ProducerId{event.producer}, record.key, value).has_value());
            break;
        default:
            stored.end_transaction(ProducerId{event.producer}, event.kind == Event::commit);
    }
}

TEST(TransactionalOffsets, X17_the_later_in_the_log_wins_whenever_it_commits) {
    for (uint64_t seed = 1; seed <= 300; ++seed) {
        Random random(seed);
        StoredGroups stored;
        std::vector<Event> log;
        for (int i = 0; i < 60; ++i) {
            const uint64_t what = random.below(20);
            const Event::Kind kind = what < 4    ? Event::plain
                                     : what < 12 ? Event::held
                                     : what < 13 ? Event::tombstone
                                     : what < 17 ? Event::commit
                                                 : Event::abort;
            log.push_back({kind, static_cast<int64_t>(random.below(4)),
                           static_cast<int32_t>(random.below(3))});
            play(stored, log.back(), i);
            const StoredGroup* group = stored.find("g");
            bool any = false;
            for (int32_t partition = 0; partition < 3; ++partition) {
                const Model model = model_of(log, partition);
                const OffsetKey key{"t", PartitionIndex{partition}};
                std::optional<int64_t> offset;
                if (group && group->offsets.contains(key))
                    offset = group->offsets.at(key).offset.value;
                ASSERT_EQ(offset, model.offset) << "seed " << seed << " step " << i;
                ASSERT_EQ(stored.pending().has("g", key), model.pending) << "seed " << seed;
                any |= model.offset || model.pending;
            }
            ASSERT_EQ(group != nullptr, any) << "seed " << seed << " step " << i;
        }
    }
}

TEST(TransactionalOffsets, only_offsets_may_be_part_of_a_transaction) {
    StoredGroups stored;
    const CoordinatorRecord record = make_generation_record("g", {.generation = 1});
    const auto held = stored.hold(ProducerId{1}, record.key, Bytes(*record.value));
    ASSERT_FALSE(held.has_value());
    EXPECT_EQ(held.error().code, ErrorCode::unsupported_version);
    EXPECT_EQ(stored, StoredGroups{});
}

}  // namespace
}  // namespace barnabas::broker
