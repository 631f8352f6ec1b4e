// SPDX-License-Identifier: Apache-2.0
// The classic group protocol as transcripts: test/data/group_*.txt.
#include <gtest/gtest.h>

#include "broker/test/group_script.h"
#include "cluster/test/transcript.h"

namespace barnabas::broker {
namespace {

void check(const std::string& name) {
    GroupScript script;
    const auto run = [&script](const std::string& line) { return script.run(line); };
    cluster::check_transcript(name, run);
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
TEST(GroupTranscript, G13_restart) {
    check("group_restart.txt");
}

}  // namespace
}  // namespace barnabas::broker
