// SPDX-License-Identifier: Apache-2.0
// TransactionWorld: a TransactionMachine among random producers, failures and restarts, and a model
// beside it that knows which transaction each request was meant for. The model shares nothing with
// the machine but its inputs and what it wrote.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "broker/txn/transaction_machine.h"

namespace barnabas::broker {

class TransactionWorld {
  public:
    struct Mixture {
        int16_t server_version = 2;
        std::vector<int16_t> client_versions;
        // transaction.version goes up and down between 1 and 2 while all this goes on.
        bool versions_change = false;
    };
    struct Seen {
        uint64_t commits = 0, aborts = 0, fences = 0, refused_late = 0, retries = 0, rotations = 0,
                 restarts = 0, expired = 0;
        Seen& operator+=(const Seen& other);
    };

    TransactionWorld(uint64_t seed, Mixture mixture);
    // One random event; checks what must hold after it.
    void event();
    const Seen& seen() const { return seen_; }

  private:
    using Partitions = StoredTransaction::Partitions;
    // A request as some producer made it: for the transaction that it believed in.
    struct Sent {
        std::string id;
        uint64_t transaction = 0;
        std::variant<InitTransactions, AddPartitions, EndTransaction> request;
    };
    // What the model knows of a transactional id.
    struct Model {
        // Counts: each end and each new producer is one more.
        uint64_t transaction = 1;
        ProducerClaim claim{};
        bool open = false;
        Partitions partitions{};
        std::map<uint64_t, bool> results{};  // was it committed?
    };
    enum class Kind : uint8_t { init, add, end, complete, removal };
    // A decision on its way into the log.
    struct OnItsWay {
        Kind kind;
        CoordinatorRecord record{};
        TransactionAnswer answer{};
        bool commit = false;
        bool bumps = false;
        Partitions added{};
    };

    Sent make_request();
    void send(const Sent& sent, bool again);
    void judge(const Sent& sent, const TransactionDecision& decision, bool again);
    bool is_meant(const Sent& sent, const ProducerClaim& claim, int16_t client_version);
    template <class Decide>
    TransactionDecision decide(Decide decide);
    void begin(const std::string& id, const TransactionDecision& decision, OnItsWay on_its_way);
    void finish_one();
    void written(const std::string& id, const OnItsWay& done);
    void follow(const std::string& id, const OnItsWay& done, const StoredTransaction& after);
    void follow_init(Model& model, const StoredTransaction& after);
    void follow_end(Model& model, const OnItsWay& done, const StoredTransaction& after);
    void take_claim(Model& model, const ProducerClaim& claim);
    void complete_one();
    void sweep();
    void expire();
    void restart();
    void skip_epochs();
    const std::string& any_id() { return ids_[random_.below(ids_.size())]; }
    int16_t any_version() {
        return mixture_.client_versions[random_.below(mixture_.client_versions.size())];
    }

    Random random_;
    Mixture mixture_;
    TransactionMachine machine_;
    // The same records, applied elsewhere; and the newest record of each id, as compaction leaves
    // it.
    StoredTransactions replica_;
    std::map<std::string, CoordinatorRecord> log_;
    std::map<std::string, OnItsWay> on_its_way_;
    std::map<std::string, Model> models_;
    std::vector<std::string> ids_{"x", "y", "z"};
    std::vector<Sent> sent_;
    std::set<ProducerId> producers_given_;
    int64_t now_ms_ = 1000;
    int64_t next_producer_id_ = 1;
    Seen seen_;
};

}  // namespace barnabas::broker
