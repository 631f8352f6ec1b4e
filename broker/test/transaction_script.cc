// SPDX-License-Identifier: Apache-2.0
// TransactionScript: commands from words, answers to lines.
#include "broker/test/transaction_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace barnabas::broker {
namespace {

std::string name_of(ErrorCode error) {
    std::string name = error_name(error);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

std::string describe(const TransactionAnswer& answer) {
    if (answer.error != ErrorCode::none || answer.producer_id == producer_id_none)
        return name_of(answer.error);
    return fmt::format("none {}/{}", answer.producer_id.value, answer.epoch);
}

std::string describe(const StoredTransaction& stored) {
    std::string text = fmt::format("{} {}/{} v{}", state_name(stored.state),
                                   stored.producer_id.value, stored.epoch, stored.client_version);
    if (stored.next_producer_id != producer_id_none)
        text += fmt::format(" next={}", stored.next_producer_id.value);
    if (stored.started_ms >= 0) text += fmt::format(" started={}", stored.started_ms);
    text += fmt::format(" updated={}", stored.updated_ms);
    for (const auto& partition : stored.partitions) text += " " + partition.directory_name();
    return text;
}

ProducerClaim claim_of(const std::string& word) {
    const size_t at = word.find('/');
    return {ProducerId{std::stoll(word.substr(0, at))},
            static_cast<int16_t>(std::stoi(word.substr(at + 1)))};
}

StoredTransaction::Partitions partitions_of(const std::string& word) {
    StoredTransaction::Partitions partitions;
    std::string name;
    for (std::stringstream names(word); std::getline(names, name, ',');) {
        const size_t at = name.rfind('-');
        partitions.insert({name.substr(0, at), PartitionIndex{std::stoi(name.substr(at + 1))}});
    }
    return partitions;
}

std::optional<Bytes> view(const std::optional<std::vector<uint8_t>>& bytes) {
    return bytes.transform([](const auto& value) { return Bytes(value); });
}

}  // namespace

std::optional<std::string> TransactionScript::Words::find(const std::string& name) const {
    const auto found = named.find(name);
    return found == named.end() ? std::nullopt : std::optional(found->second);
}

int64_t TransactionScript::Words::number(const std::string& name, int64_t fallback) const {
    const auto text = find(name);
    return text ? std::stoll(*text) : fallback;
}

TransactionScript::Words TransactionScript::split(const std::string& line) {
    Words words;
    std::string word;
    for (std::stringstream stream(line); std::getline(stream, word, ' ');) {
        const size_t at = word.find('=');
        if (at == std::string::npos)
            words.plain.push_back(word);
        else
            words.named[word.substr(0, at)] = word.substr(at + 1);
    }
    return words;
}

void TransactionScript::reset(int16_t version) {
    machine_ = std::make_unique<TransactionMachine>();
    log_.clear();
    held_.clear();
    version_ = version;
    now_ms_ = 1000;
    next_producer_id_ = 1000;
}

std::string TransactionScript::run(const std::string& line) {
    Words words = split(line);
    holding_ = words.at(0) == "hold";
    if (holding_) words.plain.erase(words.plain.begin());
    const std::string result = run(words);
    if (words.at(0) != "new") {
        const TransactionMachine before = *machine_;
        TransactionMachine replayed;
        for (const CoordinatorRecord& record : log_)
            EXPECT_TRUE(replayed.apply(record.key, view(record.value)).has_value());
        EXPECT_EQ(replayed.stored(), before.stored()) << line;
    }
    return result;
}

std::string TransactionScript::run(const Words& words) {
    const std::string& command = words.at(0);
    if (command == "new") return reset(static_cast<int16_t>(words.number("version", 2))), "";
    if (command == "init") return init(words);
    if (command == "add") return add(words);
    if (command == "verify") return verify(words);
    if (command == "end") return end(words);
    if (command == "done")
        return decide(words.at(1), [&](const TransactionContext& with) {
            return machine_->decide_complete(words.at(1), with);
        });
    if (command == "written" || command == "failed") {
        const CoordinatorRecord record = held_.at(words.at(1));
        held_.erase(words.at(1));
        if (command == "written")
            commit(record);
        else
            machine_->failed(words.at(1));
        return show(words.at(1));
    }
    if (command == "time") return now_ms_ += std::stoll(words.at(1)), "";
    if (command == "sweep") return sweep();
    if (command == "expire") return expire(std::stoll(words.at(1)));
    if (command == "epoch")
        return set_epoch(words.at(1), static_cast<int16_t>(std::stoi(words.at(2)))),
               show(words.at(1));
    if (command == "restart") return restart(), "";
    if (command == "show") return show(words.at(1));
    ADD_FAILURE() << "no such command: " << command;
    return "";
}

TransactionContext TransactionScript::context(bool with_id) const {
    TransactionContext context{.now_ms = now_ms_, .server_version = version_};
    if (with_id) context.fresh_id = ProducerId{next_producer_id_};
    return context;
}

template <class Decide>
std::string TransactionScript::decide(const std::string& id, Decide decide) {
    TransactionDecision decision = decide(context(false));
    if (decision.needs_producer_id) {
        decision = decide(context(true));
        ++next_producer_id_;
    }
    const std::string answer = "  " + describe(decision.answer) + "\n";
    if (!decision.next) return answer;
    return write(id, machine_->begin(id, decision, version_)) + answer;
}

std::string TransactionScript::init(const Words& words) {
    InitTransactions command{.id = words.at(1),
                             .timeout_ms = static_cast<int32_t>(words.number("timeout", 5000))};
    command.expected = words.find("expect").transform(claim_of);
    return decide(command.id, [&](const TransactionContext& with) {
        return machine_->decide_init(command, with);
    });
}

std::string TransactionScript::add(const Words& words) {
    const AddPartitions command{.id = words.at(1),
                                .producer = claim_of(words.at(2)),
                                .partitions = partitions_of(words.at(3)),
                                .client_version = static_cast<int16_t>(words.number("v", 0))};
    return decide(command.id, [&](const TransactionContext& with) {
        return machine_->decide_add(command, with);
    });
}

std::string TransactionScript::verify(const Words& words) {
    const AddPartitions command{.id = words.at(1),
                                .producer = claim_of(words.at(2)),
                                .partitions = partitions_of(words.at(3))};
    std::string text;
    for (const ErrorCode error : machine_->verify(command)) text += " " + name_of(error);
    return " " + text + "\n";
}

std::string TransactionScript::end(const Words& words) {
    const EndTransaction command{.id = words.at(1),
                                 .producer = claim_of(words.at(2)),
                                 .commit = words.at(3) == "commit",
                                 .client_version = static_cast<int16_t>(words.number("v", 0))};
    return decide(command.id, [&](const TransactionContext& with) {
        return machine_->decide_end(command, with);
    });
}

std::string TransactionScript::sweep() {
    std::string text;
    for (const std::string& id : machine_->timed_out(now_ms_))
        text += decide(
            id, [&](const TransactionContext& with) { return machine_->decide_timeout(id, with); });
    return text;
}

std::string TransactionScript::expire(int64_t unused_ms) {
    std::string text;
    for (const std::string& id : machine_->expired(now_ms_, unused_ms))
        text += write(id, machine_->begin_removal(id));
    return text;
}

std::string TransactionScript::write(const std::string& id, CoordinatorRecord record) {
    if (holding_) {
        held_[id] = std::move(record);
        return "  held " + id + "\n";
    }
    commit(record);
    return "  write " + id + ":" + show(id).substr(1);
}

void TransactionScript::commit(const CoordinatorRecord& record) {
    EXPECT_TRUE(machine_->committed(record.key, view(record.value)).has_value());
    log_.push_back(record);
}

void TransactionScript::set_epoch(const std::string& id, int16_t epoch) {
    StoredTransaction stored = *machine_->find(id);
    stored.epoch = epoch;
    log_.push_back(make_transaction_record(id, stored, value_version_of(version_)));
    EXPECT_TRUE(machine_->apply(log_.back().key, view(log_.back().value)).has_value());
}

void TransactionScript::restart() {
    machine_ = std::make_unique<TransactionMachine>();
    held_.clear();
    for (const CoordinatorRecord& record : log_)
        EXPECT_TRUE(machine_->apply(record.key, view(record.value)).has_value());
}

std::string TransactionScript::show(const std::string& id) const {
    const StoredTransaction* stored = machine_->find(id);
    return "  " + (stored ? describe(*stored) : "nothing") +
           (machine_->pending(id) ? " (pending)" : "") + "\n";
}

}  // namespace barnabas::broker
