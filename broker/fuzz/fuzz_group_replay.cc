// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a partition of __consumer_offsets holds: keys and values one after another,
// which a group coordinator must replay into a state it can work with; and the same bytes as
// batches.
#include "base/assert.h"
#include "base/crc32c.h"
#include "base/log_line.h"
#include "broker/coordinator/coordinator_replay.h"
#include "broker/fuzz/take.h"
#include "broker/group/group_shard.h"
#include "protocol/record_batch_builder.h"

namespace barnabas::broker {
namespace {

class Machine final : public CoordinatorMachine {
  public:
    Result<void> apply(Bytes key, std::optional<Bytes> value) override {
        return shard.apply(key, value);
    }
    Result<void> hold(ProducerId producer, Bytes key, std::optional<Bytes> value) override {
        return shard.hold(producer, key, value);
    }
    void end_transaction(ProducerId producer, bool commit) override {
        shard.end_transaction(producer, commit);
    }
    void loaded() override { shard.loaded({}); }
    // What a step asked for is committed at once.
    void commit(const GroupEffects& effects) {
        for (const GroupBatch& batch : effects.batches)
            for (const CoordinatorRecord& record : batch.records) commit(record);
        for (const GroupWrite& write : effects.writes) {
            commit(write.record);
            GroupEffects more;
            shard.written(write.group, write.id, ErrorCode::none, time, more);
        }
    }
    void commit(const CoordinatorRecord& record) {
        const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
        ASSERT(apply(record.key, value).has_value());
    }

    GroupLimits limits;
    GroupShard shard{limits};
    GroupTime time{std::chrono::hours(1), 3'600'000};
};

// Whatever was replayed, groups live on: members come to them, time passes, and what is stored
// again is what is alive.
void live_on(Machine& machine) {
    machine.loaded();
    std::vector<std::string> names;
    machine.shard.for_each_group([&](const Group& group) { names.push_back(group.id()); });
    for (const std::string& name : names) {
        const ConsumerHeartbeat join{.group = name,
                                     .member_id = "fuzz",
                                     .rebalance_timeout_ms = 1000,
                                     .topics = std::vector<std::string>{"t"},
                                     .owned = PartitionSet{}};
        GroupEffects effects;
        machine.shard.consumer_heartbeat(join, machine.time, effects);
        machine.commit(effects);
    }
    GroupEffects effects;
    machine.time.now += std::chrono::hours(1);
    machine.shard.tick(machine.time, effects);
    machine.commit(effects);
}

void replay_records(Bytes bytes) {
    Machine machine;
    protocol::RecordBatchBuilder builder({});
    while (!bytes.empty()) {
        const Bytes key = take(bytes), value = take(bytes);
        builder.add(0, key, value.empty() ? std::nullopt : std::optional(value));
    }
    if (builder.empty()) return;
    const std::vector<uint8_t> batch = builder.build();
    const auto end = CoordinatorReplay(machine).feed(batch, Offset{0});
    ASSERT(end && *end > Offset{0}, "a whole batch is replayed, whatever its records");
    live_on(machine);
}

void replay_batches(Bytes bytes) {
    std::vector<uint8_t> copy(bytes.begin(), bytes.end());
    if (const auto batch = protocol::BatchView::parse(copy))
        store_be(copy.data() + protocol::batch_layout::crc,
                 crc32c(batch->bytes().subspan(protocol::batch_layout::attributes)));
    Machine machine;
    const auto end = CoordinatorReplay(machine).feed(copy, Offset{0});
    ASSERT(!end || *end >= Offset{0});
    live_on(machine);
}

}  // namespace
}  // namespace barnabas::broker

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    barnabas::set_log_level(barnabas::LogLevel::error);
    if (size == 0) return 0;
    const barnabas::Bytes rest(data + 1, size - 1);
    if (data[0] & 1)
        barnabas::broker::replay_batches(rest);
    else
        barnabas::broker::replay_records(rest);
    return 0;
}
