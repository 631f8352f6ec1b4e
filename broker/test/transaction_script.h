// SPDX-License-Identifier: Apache-2.0
// TransactionScript: a TransactionMachine driven by lines of text, for transcripts. Holds the log
// that its records would make, and checks after each command that replaying it gives what is alive.
//
//     new [version=N]                  first of all: an empty machine, transaction.version N (2)
//     init ID [timeout=MS] [expect=PID/EPOCH]
//     add|verify ID PID/EPOCH TOPIC-N,... [v=2]      v: the client's transaction version
//     end ID PID/EPOCH commit|abort [v=2]
//     done ID                          its markers are all written
//     hold COMMAND                     what it writes stays on its way until
//     written|failed ID                that ends
//     time MS                          time passes
//     sweep                            what has run into its timeout is aborted
//     expire MS                        ids not used for so long are removed
//     epoch ID EPOCH                   as if so many epochs had been given
//     restart                          the log is replayed into a new machine
//     show ID
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/txn/transaction_machine.h"

namespace barnabas::broker {

class TransactionScript {
  public:
    TransactionScript() { reset(2); }
    // Gives what came of it, each line ended by '\n'.
    std::string run(const std::string& line);

  private:
    struct Words {
        std::vector<std::string> plain;
        std::map<std::string, std::string> named;
        const std::string& at(size_t index) const { return plain.at(index); }
        std::optional<std::string> find(const std::string& name) const;
        int64_t number(const std::string& name, int64_t fallback) const;
    };
    static Words split(const std::string& line);

    void reset(int16_t version);
    TransactionContext context(bool with_id) const;
    template <class Decide>
    std::string decide(const std::string& id, Decide decide);
    std::string run(const Words& words);
    std::string init(const Words& words);
    std::string add(const Words& words);
    std::string verify(const Words& words);
    std::string end(const Words& words);
    std::string sweep();
    std::string expire(int64_t unused_ms);
    std::string write(const std::string& id, CoordinatorRecord record);
    void commit(const CoordinatorRecord& record);
    void set_epoch(const std::string& id, int16_t epoch);
    void restart();
    std::string show(const std::string& id) const;

    std::unique_ptr<TransactionMachine> machine_;
    std::vector<CoordinatorRecord> log_;
    std::map<std::string, CoordinatorRecord> held_;
    bool holding_ = false;
    int16_t version_ = 2;
    int64_t now_ms_ = 0;
    int64_t next_producer_id_ = 1000;
};

}  // namespace barnabas::broker
