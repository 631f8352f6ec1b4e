// SPDX-License-Identifier: Apache-2.0
// The transaction protocol as transcripts: test/data/transaction_*.txt.
#include <gtest/gtest.h>

#include "broker/test/transaction_script.h"
#include "cluster/test/transcript.h"

namespace barnabas::broker {
namespace {

void check(const std::string& name) {
    TransactionScript script;
    const auto run = [&script](const std::string& line) { return script.run(line); };
    cluster::check_transcript(name, run);
}

TEST(TransactionTranscript, X10_X26_one_transaction_after_the_other) {
    check("transaction_life.txt");
}
TEST(TransactionTranscript, X07_X09_new_epochs) {
    check("transaction_epochs.txt");
}
TEST(TransactionTranscript, X08_epochs_run_out) {
    check("transaction_exhaustion.txt");
}
TEST(TransactionTranscript, X11_X12_X13_what_ends_are_answered_in_each_state) {
    check("transaction_ends.txt");
}
TEST(TransactionTranscript, X15_X18_X19_X22_time_and_restarts) {
    check("transaction_time.txt");
}

}  // namespace
}  // namespace barnabas::broker
