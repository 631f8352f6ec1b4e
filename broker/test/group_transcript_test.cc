// SPDX-License-Identifier: Apache-2.0
// Both group protocols as transcripts: test/data/group_*.txt (classic) and consumer_*.txt
// (KIP-848).
#include <gtest/gtest.h>

#include "broker/test/consumer_script.h"
#include "broker/test/group_script.h"
#include "cluster/test/transcript.h"

namespace barnabas::broker {
namespace {

void check(const std::string& name) {
    GroupScript script;
    const auto run = [&script](const std::string& line) { return script.run(line); };
    cluster::check_transcript(name, run);
}

void check_consumer(const std::string& name) {
    ConsumerScript script;
    const auto run = [&script](const std::string& line) { return script.run(line); };
    cluster::check_transcript(name, run);
}

TEST(ConsumerTranscript, G08_G09_G10_life_of_a_group) {
    check_consumer("consumer_life.txt");
}
TEST(ConsumerTranscript, G06_G10_static_members_and_regular_expressions) {
    check_consumer("consumer_static.txt");
}
TEST(ConsumerTranscript, G11_migration) {
    check_consumer("consumer_migration.txt");
}
TEST(GroupTranscript, join) {
    check("group_join.txt");
}
TEST(GroupTranscript, G02_rebalance_timeouts) {
    check("group_timeouts.txt");
}
TEST(GroupTranscript, G03_sync) {
    check("group_sync.txt");
}
TEST(GroupTranscript, G04_errors_by_state) {
    check("group_matrix.txt");
}
TEST(GroupTranscript, G05_protocol_choice) {
    check("group_protocols.txt");
}
TEST(GroupTranscript, G06_static_members) {
    check("group_static.txt");
}
TEST(GroupTranscript, G07_cooperative_rebalance) {
    check("group_cooperative.txt");
}
TEST(GroupTranscript, G13_restart) {
    check("group_restart.txt");
}

}  // namespace
}  // namespace barnabas::broker
