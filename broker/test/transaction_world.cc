// SPDX-License-Identifier: Apache-2.0
// TransactionWorld: the events, and the model that follows what was written.
#include "broker/test/transaction_world.h"

#include <gtest/gtest.h>

namespace barnabas::broker {
namespace {

constexpr size_t sent_max = 60;
constexpr int64_t expiration_ms = 60'000;

std::optional<Bytes> view(const CoordinatorRecord& record) {
    return record.value.transform([](const auto& bytes) { return Bytes(bytes); });
}

bool same(const ProducerClaim& a, const ProducerClaim& b) {
    return a.producer_id == b.producer_id && a.epoch == b.epoch;
}

}  // namespace

TransactionWorld::Seen& TransactionWorld::Seen::operator+=(const Seen& other) {
    commits += other.commits;
    aborts += other.aborts;
    fences += other.fences;
    refused_late += other.refused_late;
    retries += other.retries;
    rotations += other.rotations;
    restarts += other.restarts;
    expired += other.expired;
    return *this;
}

TransactionWorld::TransactionWorld(uint64_t seed, Mixture mixture)
    : random_(seed), mixture_(std::move(mixture)) {}

void TransactionWorld::event() {
    now_ms_ += static_cast<int64_t>(random_.below(20));
    if (mixture_.versions_change && random_.chance(1, 200))
        mixture_.server_version = static_cast<int16_t>(3 - mixture_.server_version);
    const uint64_t dice = random_.below(1000);
    if (dice < 400) {
        sent_.push_back(make_request());
        if (sent_.size() > sent_max)
            sent_.erase(sent_.begin() + static_cast<std::ptrdiff_t>(random_.below(sent_max)));
        const Sent sent = sent_.back();
        send(sent, false);
    } else if (dice < 600 && !sent_.empty()) {
        const Sent sent = sent_[random_.below(sent_.size())];
        send(sent, true);
    } else if (dice < 820) {
        finish_one();
    } else if (dice < 960) {
        complete_one();
    } else if (dice < 980) {
        now_ms_ += static_cast<int64_t>(random_.below(2000));
        sweep();
    } else if (dice < 988) {
        skip_epochs();
    } else if (dice < 994) {
        restart();
    } else {
        expire();
    }
}

TransactionWorld::Sent TransactionWorld::make_request() {
    const std::string id = any_id();
    const Model& model = models_[id];
    Sent sent{.id = id, .transaction = model.transaction, .request = {}};
    const uint64_t dice = random_.below(100);
    if (dice < 12) {
        InitTransactions init{.id = id,
                              .timeout_ms = 500 + static_cast<int32_t>(random_.below(2000))};
        if (model.claim.epoch >= 0 && random_.chance(1, 2)) init.expected = model.claim;
        sent.request = init;
    } else if (dice < 65) {
        AddPartitions add{.id = id, .producer = model.claim, .client_version = any_version()};
        for (uint64_t i = random_.below(3); i < 3; ++i)
            add.partitions.insert({"t", PartitionIndex{static_cast<int32_t>(random_.below(5))}});
        sent.request = add;
    } else {
        sent.request = EndTransaction{.id = id,
                                      .producer = model.claim,
                                      .commit = random_.chance(2, 3),
                                      .client_version = any_version()};
    }
    return sent;
}

template <class Decide>
TransactionDecision TransactionWorld::decide(Decide decide) {
    TransactionContext context{.now_ms = now_ms_, .server_version = mixture_.server_version};
    TransactionDecision decision = decide(context);
    if (!decision.needs_producer_id) return decision;
    context.fresh_id = ProducerId{next_producer_id_++};
    decision = decide(context);
    EXPECT_FALSE(decision.needs_producer_id);
    return decision;
}

void TransactionWorld::send(const Sent& sent, bool again) {
    const auto decision = decide([&](const TransactionContext& context) {
        if (const auto* init = std::get_if<InitTransactions>(&sent.request))
            return machine_.decide_init(*init, context);
        if (const auto* add = std::get_if<AddPartitions>(&sent.request))
            return machine_.decide_add(*add, context);
        return machine_.decide_end(std::get<EndTransaction>(sent.request), context);
    });
    judge(sent, decision, again);
}

// May a request of this claim, made for that transaction, do anything now? With version 2 a claim
// is good for one transaction only.
bool TransactionWorld::is_meant(const Sent& sent, const ProducerClaim& claim,
                                int16_t client_version) {
    const Model& model = models_[sent.id];
    const bool bumps_always = mixture_.client_versions == std::vector<int16_t>{2};
    if (bumps_always && client_version == 2 && sent.transaction != model.transaction) return false;
    return same(claim, model.claim);
}

void TransactionWorld::judge(const Sent& sent, const TransactionDecision& decision, bool again) {
    Model& model = models_[sent.id];
    const bool late = again && sent.transaction < model.transaction;
    if (decision.next) EXPECT_FALSE(on_its_way_.contains(sent.id)) << "one decision at a time";
    if (late && decision.answer.error != ErrorCode::none && !decision.next) ++seen_.refused_late;
    if (const auto* init = std::get_if<InitTransactions>(&sent.request)) {
        if (!decision.next) return;
        const bool fences = decision.next->state != TransactionState::empty;
        if (fences && init->expected)
            EXPECT_TRUE(same(*init->expected, model.claim)) << "a zombie ended a transaction";
        begin(sent.id, decision,
              {.kind = fences ? Kind::end : Kind::init,
               .answer = fences ? TransactionAnswer{} : decision.answer,
               .bumps = decision.next->bumps_epochs()});
        seen_.fences += fences;
        return;
    }
    if (const auto* add = std::get_if<AddPartitions>(&sent.request)) {
        if (decision.answer.error == ErrorCode::none)
            EXPECT_TRUE(is_meant(sent, add->producer, add->client_version)) << "X11: add";
        if (decision.next) begin(sent.id, decision, {.kind = Kind::add, .added = add->partitions});
        return;
    }
    const auto& end = std::get<EndTransaction>(sent.request);
    if (decision.next) {
        EXPECT_TRUE(is_meant(sent, end.producer, end.client_version)) << "X11: end";
        begin(sent.id, decision,
              {.kind = Kind::end,
               .answer = decision.answer,
               .commit = end.commit,
               .bumps = end.client_version == 2});
    } else if (decision.answer.error == ErrorCode::none) {
        // Told that it is done: it must have been, as it was asked for (X12).
        ++seen_.retries;
        const auto last = model.results.find(model.transaction - 1);
        ASSERT_TRUE(last != model.results.end());
        EXPECT_EQ(last->second, end.commit) << "X12";
    }
}

void TransactionWorld::begin(const std::string& id, const TransactionDecision& decision,
                             OnItsWay on_its_way) {
    on_its_way.record = machine_.begin(id, decision, mixture_.server_version);
    on_its_way_.emplace(id, std::move(on_its_way));
}

void TransactionWorld::finish_one() {
    if (on_its_way_.empty()) return;
    auto found = on_its_way_.begin();
    std::advance(found, static_cast<std::ptrdiff_t>(random_.below(on_its_way_.size())));
    const auto [id, done] = *found;
    on_its_way_.erase(found);
    if (!random_.chance(9, 10)) return machine_.failed(id);
    const auto committed = machine_.committed(done.record.key, view(done.record));
    ASSERT_TRUE(committed && *committed == id);
    written(id, done);
    const StoredTransaction* alive = machine_.find(id);
    const StoredTransaction* replayed = replica_.find(id);
    ASSERT_EQ(alive == nullptr, replayed == nullptr);
    if (alive) ASSERT_EQ(*alive, *replayed) << "live is replayed";
}

// The record is in the log.
void TransactionWorld::written(const std::string& id, const OnItsWay& done) {
    ASSERT_TRUE(replica_.apply(done.record.key, view(done.record)).has_value());
    if (done.kind == Kind::removal) {
        Model& model = models_[id];
        EXPECT_FALSE(model.open) << "X22";
        ++seen_.expired;
        log_.erase(id);
        model = Model{.transaction = model.transaction + 2};
        return;
    }
    log_.insert_or_assign(id, done.record);
    const StoredTransaction* after = replica_.find(id);
    ASSERT_NE(after, nullptr);
    follow(id, done, *after);
}

void TransactionWorld::follow(const std::string& id, const OnItsWay& done,
                              const StoredTransaction& after) {
    Model& model = models_[id];
    switch (done.kind) {
        case Kind::init:
            return follow_init(model, after);
        case Kind::add:
            EXPECT_EQ(after.state, TransactionState::ongoing);
            model.open = true;
            model.partitions.insert(done.added.begin(), done.added.end());
            EXPECT_EQ(after.partitions, model.partitions);
            EXPECT_TRUE(same(model.claim, {after.producer_id, after.epoch}));
            return;
        case Kind::end:
            return follow_end(model, done, after);
        case Kind::complete:
            EXPECT_EQ(after.state, model.results.at(model.transaction - 1)
                                       ? TransactionState::complete_commit
                                       : TransactionState::complete_abort);
            EXPECT_TRUE(after.partitions.empty());
            EXPECT_TRUE(same(model.claim, {after.producer_id, after.epoch}));
            return;
        case Kind::removal:
            return;
    }
}

void TransactionWorld::follow_init(Model& model, const StoredTransaction& after) {
    EXPECT_EQ(after.state, TransactionState::empty);
    EXPECT_FALSE(model.open) << "X07: aborted first";
    const ProducerClaim claim{after.producer_id, after.epoch};
    // The same once more is the answer to a producer that asked again.
    if (same(claim, model.claim)) return;
    take_claim(model, claim);
    EXPECT_LT(claim.epoch, epoch_max) << "X08";
    ++model.transaction;
}

void TransactionWorld::follow_end(Model& model, const OnItsWay& done,
                                  const StoredTransaction& after) {
    EXPECT_EQ(after.state,
              done.commit ? TransactionState::prepare_commit : TransactionState::prepare_abort);
    if (!model.open) EXPECT_TRUE(done.bumps && !done.commit) << "X26";
    EXPECT_EQ(after.partitions, model.partitions);
    ++(done.commit ? seen_.commits : seen_.aborts);
    model.results[model.transaction] = done.commit;
    model.results.erase(model.results.begin(), model.results.lower_bound(model.transaction));
    ++model.transaction;
    model.open = false;
    model.partitions.clear();
    ProducerClaim next{after.producer_id, after.epoch};
    if (after.next_producer_id != producer_id_none) next = {after.next_producer_id, 0};
    if (done.bumps && done.answer.producer_id != producer_id_none)
        EXPECT_TRUE(same(next, {done.answer.producer_id, done.answer.epoch}));
    if (done.bumps) EXPECT_LT(next.epoch, epoch_max) << "X08";
    if (!same(next, model.claim)) take_claim(model, next);
}

// A producer id is nobody else's, and its epochs only grow.
void TransactionWorld::take_claim(Model& model, const ProducerClaim& claim) {
    if (claim.producer_id == model.claim.producer_id) {
        EXPECT_EQ(claim.epoch, model.claim.epoch + 1);
    } else {
        EXPECT_TRUE(producers_given_.insert(claim.producer_id).second) << "X06";
        EXPECT_EQ(claim.epoch, 0);
        seen_.rotations += model.claim.epoch >= 0;
    }
    model.claim = claim;
}

void TransactionWorld::complete_one() {
    std::vector<std::string> ready;
    for (const std::string& id : machine_.prepared())
        if (!on_its_way_.contains(id)) ready.push_back(id);
    if (ready.empty()) return;
    const std::string id = ready[random_.below(ready.size())];
    begin(id, machine_.decide_complete(id, {.now_ms = now_ms_}), {.kind = Kind::complete});
}

void TransactionWorld::sweep() {
    for (const std::string& id : machine_.timed_out(now_ms_)) {
        const auto decision = decide([&](const TransactionContext& context) {
            return machine_.decide_timeout(id, context);
        });
        ASSERT_TRUE(decision.next.has_value());
        begin(id, decision, {.kind = Kind::end, .bumps = decision.next->bumps_epochs()});
        ++seen_.fences;
    }
    for (const auto& [id, stored] : machine_.stored().all())
        if (stored.state == TransactionState::ongoing && !on_its_way_.contains(id))
            EXPECT_LE(now_ms_ - stored.started_ms, stored.timeout_ms) << "X19";
}

void TransactionWorld::expire() {
    now_ms_ += static_cast<int64_t>(random_.below(2 * expiration_ms));
    for (const std::string& id : machine_.expired(now_ms_, expiration_ms)) {
        EXPECT_FALSE(models_[id].open);
        OnItsWay removal{.kind = Kind::removal, .record = machine_.begin_removal(id)};
        on_its_way_.emplace(id, std::move(removal));
    }
}

// What was on its way has got there or has not; nobody was told.
void TransactionWorld::restart() {
    ++seen_.restarts;
    for (const auto& [id, done] : std::exchange(on_its_way_, {}))
        if (random_.chance(1, 2)) written(id, done);
    machine_ = TransactionMachine();
    for (const auto& [id, record] : log_) {
        const auto applied = machine_.apply(record.key, view(record));
        ASSERT_TRUE(applied && *applied == id);
    }
    EXPECT_EQ(machine_.stored(), replica_) << "replayed is live";
}

// As if a producer had lived for long: its epochs are about to run out.
void TransactionWorld::skip_epochs() {
    const std::string& id = any_id();
    const StoredTransaction* current = machine_.find(id);
    if (!current || on_its_way_.contains(id) || is_prepared(current->state) ||
        current->epoch > 1000)
        return;
    StoredTransaction later = *current;
    later.epoch = static_cast<int16_t>(epoch_max - 1 - static_cast<int16_t>(random_.below(4)));
    const CoordinatorRecord record =
        make_transaction_record(id, later, value_version_of(mixture_.server_version));
    ASSERT_TRUE(machine_.apply(record.key, view(record)).has_value());
    ASSERT_TRUE(replica_.apply(record.key, view(record)).has_value());
    log_.insert_or_assign(id, record);
    Model& model = models_[id];
    model.claim.epoch = later.epoch;
    const auto last = model.results.find(model.transaction - 1);
    if (last != model.results.end()) model.results[model.transaction] = last->second;
    ++model.transaction;
}

}  // namespace barnabas::broker
