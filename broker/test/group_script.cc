// SPDX-License-Identifier: Apache-2.0
// GroupScript: commands from words, answers to lines.
#include "broker/test/group_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "broker/test/script_words.h"

namespace barnabas::broker {
namespace {

std::vector<uint8_t> bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}
std::string text_of(const std::vector<uint8_t>& bytes) {
    return {bytes.begin(), bytes.end()};
}
std::string id_of(const std::string& word) {
    return word == "-" ? "" : word;
}
std::string shown(const std::string& text) {
    return text.empty() ? "-" : text;
}
std::string shown(const std::optional<std::string>& text) {
    return shown(text.value_or(""));
}

ErrorCode error_of(const std::string& name) {
    if (name == "ok") return ErrorCode::none;
    for (int16_t code = -1; code < 200; ++code)
        if (name_of(ErrorCode{code}) == name) return ErrorCode{code};
    ADD_FAILURE() << "no such error: " << name;
    return ErrorCode::none;
}

std::pair<std::string, std::string> halves(const std::string& text, char separator) {
    const size_t at = text.find(separator);
    if (at == std::string::npos) return {text, ""};
    return {text.substr(0, at), text.substr(at + 1)};
}

const char* state_name(ClassicGroup::State state) {
    switch (state) {
        case ClassicGroup::State::empty:
            return "empty";
        case ClassicGroup::State::preparing_rebalance:
            return "preparing";
        case ClassicGroup::State::completing_rebalance:
            return "completing";
        case ClassicGroup::State::stable:
            return "stable";
    }
    return "?";
}

std::string describe(const JoinAnswer& answer) {
    std::string text = fmt::format("  join #{}: {} member={}", answer.ticket, name_of(answer.error),
                                   shown(answer.member_id));
    if (answer.error != ErrorCode::none) return text + "\n";
    text += fmt::format(" generation={} protocol={} leader={}", answer.generation,
                        shown(answer.protocol), shown(answer.leader));
    if (answer.skip_assignment) text += " skip_assignment";
    for (const JoinAnswer::Member& member : answer.members)
        text +=
            fmt::format(" {}{}:{}", member.id, member.instance_id ? "/" + *member.instance_id : "",
                        text_of(member.metadata));
    return text + "\n";
}

std::string describe(const SyncAnswer& answer) {
    if (answer.error != ErrorCode::none)
        return fmt::format("  sync #{}: {}\n", answer.ticket, name_of(answer.error));
    return fmt::format("  sync #{}: none assignment={}\n", answer.ticket,
                       shown(text_of(answer.assignment)));
}

std::string describe(const StoredGeneration& stored) {
    std::string text =
        fmt::format("type={} generation={} protocol={} leader={}", shown(stored.protocol_type),
                    stored.generation, shown(stored.protocol), shown(stored.leader));
    for (const StoredMember& member : stored.members)
        text += fmt::format(" {}{}:{}={}", member.id,
                            member.instance_id ? "/" + *member.instance_id : "",
                            text_of(member.subscription), shown(text_of(member.assignment)));
    return text;
}

std::string describe(const GroupWrite& write) {
    StoredGroups stored;
    EXPECT_TRUE(stored.apply(write.record.key, Bytes(*write.record.value)).has_value());
    const StoredGroup* group = stored.find(write.group);
    return fmt::format("  write {}: {}\n", write.group, describe(*group->generation));
}

}  // namespace

std::string GroupScript::Words::get(const std::string& name, const std::string& fallback) const {
    return find(name).value_or(fallback);
}
std::optional<std::string> GroupScript::Words::find(const std::string& name) const {
    const auto found = named.find(name);
    return found == named.end() ? std::nullopt : std::optional(found->second);
}
int GroupScript::Words::number(const std::string& name, int fallback) const {
    const auto text = find(name);
    return text ? std::stoi(*text) : fallback;
}

GroupScript::Words GroupScript::split(const std::string& line) {
    Words words;
    for (const std::string& word : split_at(line, ' ')) {
        const auto [name, value] = halves(word, '=');
        if (word.find('=') == std::string::npos)
            words.plain.push_back(word);
        else
            words.named[name] = value;
    }
    return words;
}

void GroupScript::reset() {
    shard_ = std::make_unique<GroupShard>(limits_);
    shard_->loaded(time());
    log_.clear();
    writes_.clear();
    last_ticket_ = 0;
    last_id_ = 0;
}

GroupTime GroupScript::time() const {
    return {now_, 1'000'000 + std::chrono::duration_cast<std::chrono::milliseconds>(now_).count()};
}

std::string GroupScript::run(const std::string& line) {
    const Words words = split(line);
    const std::string& what = words.plain.at(0);
    if (what == "limits") {
        limits_.members_max = words.number("max", INT32_MAX);
        limits_.initial_delay = std::chrono::milliseconds(words.number("delay", 0));
        limits_.new_member_timeout = std::chrono::milliseconds(words.number("new", 300'000));
        reset();
        return "";
    }
    if (what == "join") return join(words);
    if (what == "sync") return sync(words);
    if (what == "heartbeat") return heartbeat(words);
    if (what == "commit") return commit(words);
    if (what == "leave") return leave(words);
    if (what == "written") return written(words);
    if (what == "time") return pass_time(std::stoll(words.plain.at(1)));
    if (what == "restart") return restart();
    if (what == "abandon") return abandon();
    if (what == "show") return show(words.plain.at(1));
    if (what == "matrix") return matrix(words.plain.at(1));
    ADD_FAILURE() << "no such command: " << line;
    return "?\n";
}

std::string GroupScript::tell(GroupEffects& effects) {
    std::string text;
    for (const JoinAnswer& answer : effects.joins) text += describe(answer);
    for (const SyncAnswer& answer : effects.syncs) text += describe(answer);
    for (GroupWrite& write : effects.writes) {
        text += describe(write);
        writes_.push_back(std::move(write));
    }
    return text;
}

std::string GroupScript::join(const Words& words) {
    const int version = words.number("v", 9);
    JoinCommand command{.ticket = ++last_ticket_,
                        .group = id_of(words.plain.at(1)),
                        .member_id = words.get("member", ""),
                        .instance_id = words.find("instance"),
                        .client_id = words.get("client", "c"),
                        .client_host = "/10.0.0.1",
                        .session_timeout_ms = words.number("session", 10'000),
                        .rebalance_timeout_ms = words.number("rebalance", 20'000),
                        .protocol_type = words.get("type", "consumer"),
                        .id_required = version >= 4,
                        .can_skip_assignment = version >= 9};
    for (const std::string& protocol : split_at(words.get("protocols", "range:m"), ',')) {
        const auto [name, metadata] = halves(protocol, ':');
        command.protocols.push_back({name, bytes_of(metadata)});
    }
    if (command.member_id.empty()) ++last_id_;
    command.fresh_id =
        fmt::format("{}-{}", command.instance_id.value_or(command.client_id), last_id_);
    GroupEffects effects;
    shard_->join(command, time(), effects);
    return tell(effects);
}

std::string GroupScript::sync(const Words& words) {
    SyncCommand command{.ticket = ++last_ticket_,
                        .group = id_of(words.plain.at(1)),
                        .member_id = id_of(words.plain.at(2)),
                        .instance_id = words.find("instance"),
                        .generation = std::stoi(words.plain.at(3)),
                        .protocol_type = words.find("type"),
                        .protocol = words.find("protocol")};
    for (const std::string& assignment : split_at(words.get("assign", ""), ',')) {
        const auto [member, bytes] = halves(assignment, ':');
        command.assignments.push_back({member, bytes_of(bytes)});
    }
    GroupEffects effects;
    shard_->sync(command, time(), effects);
    return tell(effects);
}

std::string GroupScript::heartbeat(const Words& words) {
    const MemberClaim claim{id_of(words.plain.at(2)), words.find("instance"),
                            std::stoi(words.plain.at(3))};
    return "  " + name_of(shard_->heartbeat(id_of(words.plain.at(1)), claim, time())) + "\n";
}

std::string GroupScript::commit(const Words& words) {
    const MemberClaim claim{id_of(words.plain.at(2)), words.find("instance"),
                            std::stoi(words.plain.at(3))};
    return "  " +
           name_of(shard_->check_commit(id_of(words.plain.at(1)),
                                        CommitClaim{.member = claim, .version = 8}, time())) +
           "\n";
}

std::string GroupScript::leave(const Words& words) {
    std::vector<MemberClaim> leaving;
    for (size_t i = 2; i < words.plain.size(); ++i) {
        const auto [member, instance] = halves(words.plain[i], '/');
        leaving.push_back({.member_id = id_of(member)});
        if (!instance.empty()) leaving.back().instance_id = instance;
    }
    GroupEffects effects;
    std::string text = " ";
    for (const ErrorCode error : shard_->leave(words.plain.at(1), leaving, time(), effects))
        text += " " + name_of(error);
    return text + "\n" + tell(effects);
}

std::string GroupScript::written(const Words& words) {
    if (writes_.empty()) return "  nothing is being written\n";
    const GroupWrite write = std::move(writes_.front());
    writes_.pop_front();
    const ErrorCode error = error_of(words.plain.size() > 1 ? words.plain[1] : "ok");
    if (error == ErrorCode::none) {
        log_.push_back(write.record);
        EXPECT_TRUE(shard_->apply(write.record.key, Bytes(*write.record.value)).has_value());
        check_replay();
    }
    GroupEffects effects;
    shard_->written(write.group, write.id, error, time(), effects);
    return tell(effects);
}

void GroupScript::check_replay() const {
    StoredGroups replayed;
    for (const CoordinatorRecord& record : log_)
        EXPECT_TRUE(replayed.apply(record.key, Bytes(*record.value)).has_value());
    EXPECT_EQ(replayed, shard_->stored());
}

std::string GroupScript::pass_time(int64_t ms) {
    const Nanos end = now_ + std::chrono::milliseconds(ms);
    std::string text;
    while (true) {
        const Nanos due = std::max(shard_->wake_at(), now_);
        if (due > end) break;
        now_ = due;
        GroupEffects effects;
        shard_->tick(time(), effects);
        const std::string told = tell(effects);
        if (!told.empty()) text += fmt::format("  at {} ms\n{}", time().wall_ms - 1'000'000, told);
    }
    now_ = end;
    return text;
}

std::string GroupScript::restart() {
    const std::vector<CoordinatorRecord> log = std::move(log_);
    shard_ = std::make_unique<GroupShard>(limits_);
    for (const CoordinatorRecord& record : log)
        EXPECT_TRUE(shard_->apply(record.key, Bytes(*record.value)).has_value());
    shard_->loaded(time());
    log_ = log;
    writes_.clear();
    return "";
}

std::string GroupScript::abandon() {
    GroupEffects effects;
    shard_->abandon(ErrorCode::not_coordinator, effects);
    return tell(effects);
}

std::string GroupScript::show(const std::string& group) const {
    const ClassicGroup* live = shard_->find(group);
    if (live == nullptr) return "  no such group\n";
    return fmt::format("  {} pending={} {}\n", state_name(live->state()), live->pending_count(),
                       describe(live->as_stored(0)));
}

std::string GroupScript::matrix(const std::string& state) const {
    // A group with a leader and a follower in generation 1, brought into the state; each request
    // meets a group of its own.
    static const std::map<std::string, std::vector<std::string>> ways{
        {"missing", {}},
        {"empty", {"join g v=0 client=a", "leave g a-1", "written"}},
        {"preparing",
         {"join g v=0 client=a", "sync g a-1 1 assign=a-1:x", "written", "join g v=0 client=b"}},
        {"completing", {"join g v=0 client=a"}},
        {"stable", {"join g v=0 client=a", "sync g a-1 1 assign=a-1:x", "written"}}};
    static const std::vector<std::string> requests{"heartbeat g a-1 1",
                                                   "heartbeat g a-1 0",
                                                   "heartbeat g a-1 2",
                                                   "heartbeat g x 1",
                                                   "heartbeat g a-1 1 instance=i",
                                                   "commit g a-1 1",
                                                   "commit g a-1 0",
                                                   "commit g x 1",
                                                   "commit g - -1",
                                                   "commit g x -1",
                                                   "commit g a-1 1 instance=i",
                                                   "sync g a-1 1",
                                                   "sync g a-1 0",
                                                   "sync g x 1",
                                                   "sync g a-1 1 type=connect",
                                                   "sync g a-1 1 protocol=other",
                                                   "leave g a-1",
                                                   "leave g x",
                                                   "leave g -/i",
                                                   "join g member=x",
                                                   "join g member=a-1 type=connect",
                                                   "join g member=a-1 protocols=other:m",
                                                   "join g member=a-1",
                                                   "join g"};
    std::string text;
    for (const std::string& request : requests) {
        GroupScript script;
        for (const std::string& step : ways.at(state)) script.run(step);
        text += "  " + request + "\n";
        for (const std::string& line : split_at(script.run(request), '\n'))
            text += "  " + line + "\n";
    }
    return text;
}

}  // namespace barnabas::broker
