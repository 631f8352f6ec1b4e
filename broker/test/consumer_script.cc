// SPDX-License-Identifier: Apache-2.0
// ConsumerScript: commands from words, answers and records to lines.
#include "broker/test/consumer_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "broker/group/embedded_protocol.h"
#include "broker/test/script_words.h"
#include "protocol/record_framing.h"
#include "protocol/records/client.h"

namespace barnabas::broker {
namespace {

const char* name_of(MemberState state) {
    switch (state) {
        case MemberState::stable:
            return "stable";
        case MemberState::unrevoked_partitions:
            return "unrevoked";
        case MemberState::unreleased_partitions:
            return "unreleased";
        case MemberState::unknown:
            return "unknown";
    }
    return "?";
}

}  // namespace

std::optional<std::string> ConsumerScript::Words::find(const std::string& name) const {
    const auto found = named.find(name);
    return found == named.end() ? std::nullopt : std::optional(found->second);
}

void ConsumerScript::make_shard() {
    shard_ = std::make_unique<GroupShard>(limits_);
    shard_->set_image(image_);
    shard_->set_consumer_groups(consumer_limits_, [this](const std::string&) { return settings_; });
    for (const CoordinatorRecord& record : log_) {
        const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
        EXPECT_TRUE(shard_->apply(record.key, value).has_value());
    }
    shard_->loaded(time());
}

GroupTime ConsumerScript::time() const {
    return {now_, 1'000'000 + std::chrono::duration_cast<std::chrono::milliseconds>(now_).count()};
}

std::string ConsumerScript::run(const std::string& line) {
    Words words;
    for (const std::string& word : split_at(line, ' ')) {
        const size_t at = word.find('=');
        if (at == std::string::npos)
            words.plain.push_back(word);
        else
            words.named[word.substr(0, at)] = word.substr(at + 1);
    }
    const std::string& what = words.plain.at(0);
    if (what == "topics") return topics(words);
    if (what == "settings") return settings(words);
    if (what == "beat") return beat(words);
    if (what == "join") return join(words);
    if (what == "sync") return sync(words);
    if (what == "heartbeat")
        return "  " +
               name_of(shard_->heartbeat(
                   words.at(1), {words.at(2), words.find("instance"), std::stoi(words.at(3))},
                   time())) +
               "\n";
    if (what == "leave") return leave(words);
    if (what == "commit") return commit(words);
    if (what == "time") return pass_time(std::stoll(words.at(1)));
    if (what == "restart") return restart();
    if (what == "show") return show(words.at(1));
    ADD_FAILURE() << "no such command: " << line;
    return "?\n";
}

std::string ConsumerScript::topics(const Words& words) {
    cluster::MetadataImage image;
    for (const auto& [name, count] : words.named) {
        auto topic = std::make_shared<cluster::TopicImage>();
        topic->name = name;
        std::ranges::copy(name, topic->id.bytes.begin());
        topic->partitions.resize(std::stoul(count));
        image.topics.insert_or_assign(name, topic);
        image.topics_by_id.insert_or_assign(topic->id, topic);
    }
    image_ = std::make_shared<const cluster::MetadataImage>(std::move(image));
    shard_->set_image(image_);
    return "";
}

std::string ConsumerScript::settings(const Words& words) {
    if (const auto session = words.find("session"))
        settings_.session_timeout_ms = std::stoi(*session);
    if (const auto interval = words.find("interval"))
        settings_.assignment_interval_ms = std::stoi(*interval);
    if (const auto max = words.find("max")) consumer_limits_.members_max = std::stoi(*max);
    if (const auto policy = words.find("policy"))
        consumer_limits_.migration = {*policy != "none", *policy != "none"};
    return restart();
}

PartitionSet ConsumerScript::read(const std::string& text) const {
    NamedPartitions named;
    for (const std::string& part : split_at(text == "-" ? "" : text, ','))
        for (const std::string& index : split_at(part.substr(part.find(':') + 1), '+'))
            named.emplace_back(part.substr(0, part.find(':')), PartitionIndex{std::stoi(index)});
    return to_partition_set(named, *image_);
}

std::string ConsumerScript::shown(const PartitionSet& partitions) const {
    std::string text;
    const Uuid* topic = nullptr;
    for (const TopicIdPartition& at : partitions) {
        const auto known = image_->topic(at.topic);
        if (topic == nullptr || *topic != at.topic)
            text += (text.empty() ? "" : ",") + (known ? known->name : "gone") + ":";
        else
            text += "+";
        text += std::to_string(at.partition.value);
        topic = &at.topic;
    }
    return text.empty() ? "-" : text;
}

std::string ConsumerScript::tell(GroupEffects effects) {
    std::string text;
    for (GroupBatch& batch : effects.batches) {
        for (CoordinatorRecord& record : batch.records) {
            text += describe(record);
            const auto value =
                record.value.transform([](const auto& bytes) { return Bytes(bytes); });
            EXPECT_TRUE(shard_->apply(record.key, value).has_value());
            log_.push_back(std::move(record));
        }
        std::ranges::move(batch.joins, std::back_inserter(effects.joins));
    }
    for (const JoinAnswer& answer : effects.joins) {
        text += fmt::format("  join #{}: {} member={}", answer.ticket, name_of(answer.error),
                            answer.member_id.empty() ? "-" : answer.member_id);
        if (answer.error == ErrorCode::none)
            text += fmt::format(" generation={} leader={}", answer.generation,
                                answer.leader.empty() ? "-" : answer.leader);
        text += "\n";
    }
    for (const SyncAnswer& answer : effects.syncs) {
        text += fmt::format("  sync #{}: {}", answer.ticket, name_of(answer.error));
        const auto assignment = read_assignment(answer.assignment);
        if (answer.error == ErrorCode::none && assignment)
            text += " " + shown(to_partition_set(assignment->partitions, *image_));
        text += "\n";
    }
    for (const GroupWrite& write : effects.writes) {
        text += describe(write.record);
        log_.push_back(write.record);
        EXPECT_TRUE(shard_->apply(write.record.key, Bytes(*write.record.value)).has_value());
        GroupEffects more;
        shard_->written(write.group, write.id, ErrorCode::none, time(), more);
        text += tell(std::move(more));
    }
    return text;
}

std::string ConsumerScript::describe(const CoordinatorRecord& record) const {
    const auto value = record.value.transform([](const auto& bytes) { return Bytes(bytes); });
    const auto read = read_consumer_group_record(record.key, value);
    if (!read) return record.value ? "  write generation\n" : "  write no generation\n";
    const auto tell_one = [this]<class T>(const T& one) -> std::string {
        if constexpr (std::is_same_v<T, GroupEpochChange>)
            return one.epoch ? fmt::format("epoch {}", *one.epoch) : "no group";
        else if constexpr (std::is_same_v<T, MemberChange>)
            return (one.member ? "member " : "no member ") + one.id;
        else if constexpr (std::is_same_v<T, TargetEpochChange>)
            return one.epoch ? fmt::format("target epoch {}", *one.epoch) : "no target epoch";
        else if constexpr (std::is_same_v<T, TargetChange>)
            return one.partitions ? "target " + one.member + " " + shown(*one.partitions)
                                  : "no target " + one.member;
        else if constexpr (std::is_same_v<T, CurrentChange>)
            return one.member ? fmt::format("current {} {} {} has {} gives {}", one.id,
                                            one.member->epoch, name_of(one.member->state),
                                            shown(partitions_of(one.member->assigned)),
                                            shown(partitions_of(one.member->revoking)))
                              : "no current " + one.id;
        else if constexpr (std::is_same_v<T, RegexChange>)
            return (one.resolved
                        ? "regex " + fmt::format("{}", fmt::join(one.resolved->topics, ","))
                        : "no regex ") +
                   " of " + one.regex;
        else
            return "partition metadata";
    };
    return "  write " + std::visit(tell_one, read->change) + "\n";
}

std::string ConsumerScript::beat(const Words& words) {
    ConsumerHeartbeat command{.group = words.at(1),
                              .member_id = words.at(2),
                              .epoch = std::stoi(words.at(3)),
                              .instance_id = words.find("instance"),
                              .regex = words.find("regex"),
                              .assignor = words.find("assignor"),
                              .client_id = "c",
                              .client_host = "/10.0.0.1"};
    if (const auto names = words.find("topics")) {
        command.topics = split_at(*names, ',');
        std::ranges::sort(*command.topics);
    }
    if (const auto owned = words.find("owned")) command.owned = read(*owned);
    if (command.epoch == epoch_join) command.owned.emplace();
    if (command.epoch == epoch_join) command.rebalance_timeout_ms = 20'000;
    if (const auto timeout = words.find("timeout"))
        command.rebalance_timeout_ms = std::stoi(*timeout);
    GroupEffects effects;
    const auto answer = shard_->consumer_heartbeat(command, time(), effects);
    std::string text = tell(std::move(effects));
    text += "  " + name_of(answer.error);
    if (answer.error != ErrorCode::none) return text + ": " + answer.message.value_or("") + "\n";
    text += fmt::format(" epoch={}", answer.epoch);
    if (answer.assignment) text += " assignment=" + shown(*answer.assignment);
    return text + "\n";
}

std::string ConsumerScript::join(const Words& words) {
    protocol::ConsumerProtocolSubscription subscription;
    for (const std::string& topic : split_at(words.find("topics").value_or(""), ','))
        subscription.topics.push_back(Text(topic));
    for (const TopicIdPartition& at : read(words.find("owned").value_or(""))) {
        auto& owned = subscription.owned_partitions.emplace_back();
        owned.topic = Text(image_->topic(at.topic)->name);
        owned.partitions.push_back(at.partition);
    }
    JoinCommand command{
        .ticket = ++last_ticket_,
        .group = words.at(1),
        .member_id = words.at(2),
        .instance_id = words.find("instance"),
        .client_id = "c",
        .client_host = "/10.0.0.1",
        .session_timeout_ms = 10'000,
        .rebalance_timeout_ms = 20'000,
        .protocol_type = "consumer",
        .protocols = {{"cooperative", protocol::encode_consumer_protocol(subscription, 3)}},
        .fresh_id = fmt::format("c-{}", last_ticket_)};
    GroupEffects effects;
    shard_->join(command, time(), effects);
    return tell(std::move(effects));
}

std::string ConsumerScript::sync(const Words& words) {
    SyncCommand command{.ticket = ++last_ticket_,
                        .group = words.at(1),
                        .member_id = words.at(2),
                        .instance_id = words.find("instance"),
                        .generation = std::stoi(words.at(3))};
    if (const auto assign = words.find("assign"))
        command.assignments.push_back(
            {command.member_id, make_assignment(read(*assign), {0, 1}, *image_)});
    GroupEffects effects;
    shard_->sync(command, time(), effects);
    return tell(std::move(effects));
}

std::string ConsumerScript::leave(const Words& words) {
    GroupEffects effects;
    const auto results = shard_->leave(
        words.at(1), {{.member_id = words.at(2), .instance_id = words.find("instance")}}, time(),
        effects);
    return tell(std::move(effects)) + "  " + name_of(results.at(0)) + "\n";
}

std::string ConsumerScript::commit(const Words& words) {
    CommitClaim claim{.version = 9};
    claim.member = {words.at(2), words.find("instance"), std::stoi(words.at(3))};
    for (const TopicIdPartition& at : read(words.at(4)))
        claim.partitions.emplace_back(at.topic, at.partition);
    return "  " + name_of(shard_->check_commit(words.at(1), claim, time())) + "\n";
}

std::string ConsumerScript::pass_time(int64_t ms) {
    const Nanos end = now_ + std::chrono::milliseconds(ms);
    std::string text;
    while (shard_->wake_at() <= end) {
        now_ = std::max(now_, shard_->wake_at());
        GroupEffects effects;
        shard_->tick(time(), effects);
        const std::string told = tell(std::move(effects));
        if (!told.empty()) text += fmt::format("  at {} ms\n{}", time().wall_ms - 1'000'000, told);
    }
    now_ = end;
    return text;
}

std::string ConsumerScript::restart() {
    make_shard();
    return "";
}

std::string ConsumerScript::show(const std::string& name) const {
    const Group* group = shard_->find_group(name);
    if (group == nullptr) return "  no such group\n";
    const ConsumerGroup* consumer = shard_->find_consumer(name);
    if (consumer == nullptr) return fmt::format("  classic {}\n", group->state_name());
    const ConsumerGroupState& state = consumer->state();
    std::string text =
        fmt::format("  {} epoch={} target_epoch={} assignor={}\n", group->state_name(),
                    state.epoch(), state.target_epoch(), consumer->assignor_name(consumer_limits_));
    for (const auto& [id, member] : state.members())
        text += fmt::format("    {}{}{} epoch={} {} has {} gives {} target {}\n", id,
                            member.instance_id ? "/" + *member.instance_id : "",
                            member.classic ? " classic" : "", member.epoch, name_of(member.state),
                            shown(partitions_of(member.assigned)),
                            shown(partitions_of(member.revoking)), shown(state.target(id)));
    return text;
}

}  // namespace barnabas::broker
