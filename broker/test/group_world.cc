// SPDX-License-Identifier: Apache-2.0
// GroupWorld: what clients do, and what the world does to them.
#include "broker/test/group_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "broker/group/embedded_protocol.h"
#include "protocol/record_framing.h"
#include "protocol/records/client.h"

namespace barnabas::broker {
namespace {

constexpr int topic_count = 4;
constexpr int32_t session_ms = 10'000;
constexpr int32_t rebalance_ms = 15'000;

std::string topic_name(uint64_t index) {
    return "t" + std::to_string(index);
}

}  // namespace

GroupWorld::GroupWorld(const GroupWorldOptions& options)
    : options_(options), random_(options.seed) {
    for (int i = 0; i < topic_count; ++i) topics_[topic_name(i)] = 1 + static_cast<int>(pick(6));
    set_topics();
    shard_ = make_shard();
    shard_->loaded(time());
    for (int i = 0; i < options_.clients; ++i) {
        Client& client = clients_.emplace_back();
        client.index = i;
        client.group = "g" + std::to_string(i % options_.groups);
        client.classic = !options_.consumer || (options_.classic && chance(50));
        if (chance(30)) client.instance = "i" + std::to_string(i);
    }
}

GroupTime GroupWorld::time() const {
    return {now_, 1'000'000 + std::chrono::duration_cast<std::chrono::milliseconds>(now_).count()};
}

std::unique_ptr<GroupShard> GroupWorld::make_shard() const {
    auto shard = std::make_unique<GroupShard>(limits_);
    shard->set_image(image_);
    shard->set_consumer_groups({}, [](const std::string& group) {
        // One of the groups assigns now and then only.
        return ConsumerGroupSettings{.session_timeout_ms = session_ms,
                                     .assignment_interval_ms = group == "g1" ? 1000 : 0};
    });
    return shard;
}

void GroupWorld::set_topics() {
    cluster::MetadataImage image;
    for (const auto& [name, partitions] : topics_) {
        if (partitions == 0) continue;
        auto topic = std::make_shared<cluster::TopicImage>();
        topic->name = name;
        topic->id.bytes[0] = static_cast<uint8_t>(name[1]);
        topic->id.bytes[1] = static_cast<uint8_t>(topic_lives_[name]);
        topic->partitions.resize(static_cast<size_t>(partitions));
        image.topics.insert_or_assign(name, topic);
        image.topics_by_id.insert_or_assign(topic->id, topic);
    }
    image_ = std::make_shared<const cluster::MetadataImage>(std::move(image));
    if (shard_) shard_->set_image(image_);
}

void GroupWorld::event() {
    ++events_;
    const uint64_t what = pick(1000);
    if (what < 600)
        act(clients_[pick(clients_.size())]);
    else if (what < 930)
        commit();
    else if (what < 970)
        pass_time();
    else if (what < 980)
        change_topics();
    else if (what < 984)
        compact();
    else if (what < 987)
        restart(chance(50));
    check();
    if (events_ % 100 == 0) check_replay();
}

void GroupWorld::take(GroupEffects effects) {
    for (GroupBatch& batch : effects.batches) pending_.push_back({std::move(batch), {}, {}});
    for (GroupWrite& write : effects.writes) pending_.push_back({{}, std::move(write), {}});
    for (const JoinAnswer& answer : effects.joins) on_join(answer);
    for (const SyncAnswer& answer : effects.syncs) on_sync(answer);
}

void GroupWorld::commit() {
    if (pending_.empty()) return;
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    GroupEffects effects;
    if (next.write) next.batch.records.push_back(next.write->record);
    for (CoordinatorRecord& record : next.batch.records) {
        const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
        ASSERT_TRUE(shard_->apply(record.key, value).has_value());
        log_.push_back(std::move(record));
    }
    if (next.write)
        shard_->written(next.write->group, next.write->id, ErrorCode::none, time(), effects);
    for (const auto& [client, answer] : next.answers)
        on_heartbeat(clients_[static_cast<size_t>(client)], answer);
    for (JoinAnswer& answer : next.batch.joins) effects.joins.push_back(std::move(answer));
    take(std::move(effects));
}

void GroupWorld::pass_time() {
    const Nanos end = now_ + std::chrono::milliseconds(pick(chance(10) ? 12'000 : 1500));
    while (shard_->wake_at() <= end) {
        now_ = std::max(now_, shard_->wake_at());
        GroupEffects effects;
        shard_->tick(time(), effects);
        if (!effects.batches.empty()) ++fencings_;
        take(std::move(effects));
    }
    now_ = end;
}

void GroupWorld::change_topics() {
    int& partitions = topics_[topic_name(pick(topic_count))];
    if (partitions == 0) {
        partitions = 1 + static_cast<int>(pick(4));
    } else if (chance(30)) {
        partitions = 0;
    } else if (partitions < 12) {
        partitions += 1 + static_cast<int>(pick(2));
    }
    for (const auto& [name, count] : topics_)
        if (count == 0) topic_lives_[name] = static_cast<int>(events_ % 251);
    set_topics();
}

// The machine is made anew from the log; what was on its way got there or did not.
void GroupWorld::restart(bool lose_pending) {
    while (!lose_pending && !pending_.empty()) commit();
    pending_.clear();
    shard_ = replayed(false);
    shard_->loaded(time());
    seen_.clear();
    // Whoever waits hears that the coordinator is gone, and asks again.
    for (Client& client : clients_) {
        if (client.waits && client.classic) client.synced = false;
        client.waits.reset();
    }
}

std::unique_ptr<GroupShard> GroupWorld::replayed(bool with_pending) const {
    auto shard = make_shard();
    const auto apply = [&](const CoordinatorRecord& record) {
        const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
        EXPECT_TRUE(shard->apply(record.key, value).has_value());
    };
    for (const CoordinatorRecord& record : log_) apply(record);
    for (const Pending& pending : pending_) {
        if (!with_pending) break;
        for (const CoordinatorRecord& record : pending.batch.records) apply(record);
        if (pending.write) apply(pending.write->record);
    }
    return shard;
}

// The newest record of each key stays where it is; tombstones may go.
void GroupWorld::compact() {
    std::set<std::vector<uint8_t>> newer;
    std::vector<CoordinatorRecord> kept;
    const bool drop_tombstones = chance(50);
    for (auto at = log_.rbegin(); at != log_.rend(); ++at) {
        if (!newer.insert(at->key).second) continue;
        if (at->value || !drop_tombstones) kept.push_back(std::move(*at));
    }
    std::ranges::reverse(kept);
    log_ = std::move(kept);
}

void GroupWorld::act(Client& client) {
    if (client.waits) return;
    // Some fall silent for good, some are started anew.
    if (client.gone) {
        if (chance(30)) start(client);
        return;
    }
    if (chance(1)) {
        client.gone = true;
        return;
    }
    if (client.classic)
        act_classic(client);
    else
        act_consumer(client);
}

void GroupWorld::reset(Client& client) {
    client.epoch = 0;
    client.synced = false;
    client.owned.clear();
    client.told.reset();
    client.waits.reset();
}

void GroupWorld::start(Client& client) {
    reset(client);
    client.gone = false;
    if (options_.consumer && options_.classic && chance(25)) client.classic = !client.classic;
    client.regex = !client.classic && chance(25);
    client.topic = topic_name(pick(topic_count));
    client.member = client.classic
                        ? ""
                        : "m" + std::to_string(client.index) + "-" + std::to_string(++client.lives);
    if (client.classic)
        join(client);
    else
        heartbeat(client, epoch_join, true);
}

std::vector<std::string> GroupWorld::topics_of(const Client& client) const {
    std::vector<std::string> topics{"t0"};
    if (client.topic != "t0") topics.push_back(client.topic);
    return topics;
}

void GroupWorld::act_consumer(Client& client) {
    // It gives up what it was told to when it has got round to it.
    if (client.told && chance(60)) {
        if (!std::ranges::includes(*client.told, client.owned)) ++revocations_;
        client.owned = *std::exchange(client.told, std::nullopt);
        return heartbeat(client, client.epoch, true);
    }
    if (chance(2)) return leave(client);
    if (chance(3)) client.topic = topic_name(pick(topic_count));
    heartbeat(client, client.epoch, chance(30));
}

void GroupWorld::heartbeat(Client& client, int32_t epoch, bool full) {
    ConsumerHeartbeat command{.group = client.group,
                              .member_id = client.member,
                              .epoch = epoch,
                              .instance_id = client.instance,
                              .client_id = "c",
                              .client_host = "/h"};
    if (full) {
        command.rebalance_timeout_ms = rebalance_ms;
        command.topics = client.regex ? std::vector<std::string>{} : topics_of(client);
        command.regex = client.regex ? client.topic + "|t0" : "";
        command.owned = PartitionSet(client.owned.begin(), client.owned.end());
        if (chance(5)) command.assignor = chance(50) ? "range" : "uniform";
    }
    const bool was_classic = shard_->find(client.group) != nullptr;
    GroupEffects effects;
    const auto answer = shard_->consumer_heartbeat(command, time(), effects);
    if (was_classic && shard_->find_consumer(client.group) != nullptr) ++conversions_;
    take(std::move(effects));
    // Whatever the answer rests on is committed first.
    client.waits = 0;
    if (pending_.empty())
        on_heartbeat(client, answer);
    else
        pending_.back().answers.emplace_back(client.index, answer);
}

void GroupWorld::on_heartbeat(Client& client, const ConsumerHeartbeatAnswer& answer) {
    client.waits.reset();
    if (chance(5)) return;  // the answer is lost
    if (answer.error == ErrorCode::unreleased_instance_id) {
        client.gone = true;
        return;
    }
    if (answer.error != ErrorCode::none) {
        // Fenced or unknown: it gives up everything and joins again.
        client.owned.clear();
        client.told.reset();
        if (client.epoch == epoch_join) client.gone = true;
        client.epoch = 0;
        return;
    }
    client.epoch = answer.epoch;
    if (!answer.assignment) return;
    const std::set<TopicIdPartition> assigned(answer.assignment->begin(), answer.assignment->end());
    client.owned.insert(assigned.begin(), assigned.end());
    client.told = assigned;
}

void GroupWorld::leave(Client& client) {
    ConsumerHeartbeat command{
        .group = client.group,
        .member_id = client.member,
        .epoch = client.instance && chance(70) ? epoch_leave_static : epoch_leave,
        .instance_id = client.instance};
    GroupEffects effects;
    shard_->consumer_heartbeat(command, time(), effects);
    take(std::move(effects));
    client.owned.clear();
    client.told.reset();
    client.gone = true;
}

std::vector<uint8_t> GroupWorld::subscription_of(const Client& client) const {
    protocol::ConsumerProtocolSubscription subscription;
    for (const std::string& topic : topics_of(client)) subscription.topics.push_back(Text(topic));
    for (const TopicIdPartition& at : client.owned) {
        const auto topic = image_->topic(at.topic);
        if (!topic) continue;
        auto& owned = subscription.owned_partitions.emplace_back();
        owned.topic = Text(topic->name);
        owned.partitions.push_back(at.partition);
    }
    return protocol::encode_consumer_protocol(subscription, 3);
}

void GroupWorld::join(Client& client) {
    JoinCommand command{.ticket = ++last_ticket_,
                        .group = client.group,
                        .member_id = client.member,
                        .instance_id = client.instance,
                        .client_id = "c",
                        .client_host = "/h",
                        .session_timeout_ms = session_ms,
                        .rebalance_timeout_ms = rebalance_ms,
                        .protocol_type = "consumer",
                        .protocols = {{"cooperative-sticky", subscription_of(client)}},
                        .id_required = chance(50),
                        .can_skip_assignment = true,
                        .fresh_id = "k" + std::to_string(last_ticket_)};
    client.waits = command.ticket;
    client.synced = false;
    const bool was_consumer = shard_->find_consumer(client.group) != nullptr;
    GroupEffects effects;
    shard_->join(command, time(), effects);
    if (was_consumer && shard_->find(client.group) != nullptr) ++conversions_;
    take(std::move(effects));
}

void GroupWorld::on_join(const JoinAnswer& answer) {
    const auto client = std::ranges::find(clients_, std::optional(answer.ticket), &Client::waits);
    if (client == clients_.end()) return;
    client->waits.reset();
    if (answer.error == ErrorCode::member_id_required) {
        client->member = answer.member_id;
        return;
    }
    if (answer.error == ErrorCode::rebalance_in_progress) return;
    if (answer.error != ErrorCode::none) {
        client->member.clear();
        client->owned.clear();
        client->epoch = 0;
        return;
    }
    client->member = answer.member_id;
    client->epoch = answer.generation;
    sync(*client, answer);
}

// What a leader of the cooperative protocol gives out: a range each, but nothing that another
// member has not given up yet.
std::vector<SyncCommand::Assignment> GroupWorld::assign(const JoinAnswer& answer) const {
    std::map<std::string, std::set<std::string>> wants;
    std::map<std::pair<std::string, PartitionIndex>, std::string> owners;
    for (const JoinAnswer::Member& member : answer.members) {
        const auto subscription = read_subscription(member.metadata);
        for (const std::string& topic : subscription->topics) wants[topic].insert(member.id);
        for (const auto& owned : subscription->owned) owners.emplace(owned, member.id);
    }
    std::map<std::string, PartitionSet> parts;
    for (const auto& [name, members] : wants) {
        const auto topic = image_->topic(name);
        if (!topic) continue;
        auto next = members.begin();
        for (int32_t i = 0; i < static_cast<int32_t>(topic->partitions.size()); ++i) {
            const auto owner = owners.find({name, PartitionIndex{i}});
            if (owner == owners.end() || owner->second == *next)
                parts[*next].push_back({topic->id, PartitionIndex{i}});
            if (++next == members.end()) next = members.begin();
        }
    }
    std::vector<SyncCommand::Assignment> assignments;
    for (const JoinAnswer::Member& member : answer.members) {
        PartitionSet& part = parts[member.id];
        std::ranges::sort(part);
        assignments.push_back({member.id, make_assignment(part, member.metadata, *image_)});
    }
    return assignments;
}

void GroupWorld::sync(Client& client, const JoinAnswer& answer) {
    SyncCommand command{.ticket = ++last_ticket_,
                        .group = client.group,
                        .member_id = client.member,
                        .instance_id = client.instance,
                        .generation = client.epoch,
                        .protocol_type = "consumer",
                        .protocol = "cooperative-sticky"};
    if (answer.leader == client.member) command.assignments = assign(answer);
    client.waits = command.ticket;
    GroupEffects effects;
    shard_->sync(command, time(), effects);
    take(std::move(effects));
}

void GroupWorld::on_sync(const SyncAnswer& answer) {
    const auto client = std::ranges::find(clients_, std::optional(answer.ticket), &Client::waits);
    if (client == clients_.end()) return;
    client->waits.reset();
    if (answer.error == ErrorCode::rebalance_in_progress) return;
    if (answer.error != ErrorCode::none) {
        client->owned.clear();
        client->member.clear();
        client->epoch = 0;
        return;
    }
    const auto assignment = read_assignment(answer.assignment);
    ASSERT_TRUE(assignment.has_value());
    const PartitionSet part = to_partition_set(assignment->partitions, *image_);
    client->owned = {part.begin(), part.end()};
    client->synced = true;
}

void GroupWorld::act_classic(Client& client) {
    if (!client.synced || chance(5)) return join(client);
    if (chance(2)) {
        GroupEffects effects;
        shard_->leave(client.group, {{.member_id = client.member, .instance_id = client.instance}},
                      time(), effects);
        take(std::move(effects));
        client.owned.clear();
        client.gone = true;
        return;
    }
    const ErrorCode error =
        shard_->heartbeat(client.group, {client.member, client.instance, client.epoch}, time());
    if (error == ErrorCode::none) return;
    client.synced = false;
    if (error == ErrorCode::rebalance_in_progress) return;
    client.owned.clear();
    client.epoch = 0;
    if (error != ErrorCode::illegal_generation) client.member.clear();
}

}  // namespace barnabas::broker
