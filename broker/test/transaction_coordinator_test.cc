// SPDX-License-Identifier: Apache-2.0
// The transaction coordinator over real logs: requests in, answers and markers out, restarts,
// crashes, disks that stand still.
#include <gtest/gtest.h>

#include "broker/test/broker_rig.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/write_txn_markers.h"

namespace barnabas::broker {
namespace {

using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using protocol::EndTxnResponse;
using protocol::InitProducerIdResponse;

const cluster::ConfigMap compacted{{"cleanup.policy", "compact"}};

struct TransactionCoordinatorTest : testing::Test {
    void SetUp() override {
        rig.cluster.image_.features["transaction.version"] = 2;
        rig.start();
        rig.create_topic("a", 2);
        rig.create_topic("b", 1);
        rig.create_topic("__transaction_state", 3, compacted);
        rig.pass(10);
    }

    BrokerRig::Running<InitProducerIdResponse> begin_init(const std::string& id,
                                                          int32_t timeout_ms = 5000,
                                                          int16_t version = 5) {
        protocol::InitProducerIdRequest request;
        request.transactional_id = Text(id);
        request.transaction_timeout_ms = timeout_ms;
        return rig.begin(handle_init_producer_id, std::move(request), version);
    }
    InitProducerIdResponse init(const std::string& id, int32_t timeout_ms = 5000,
                                int16_t version = 5) {
        return end_of(begin_init(id, timeout_ms, version));
    }
    static void name_partitions(std::vector<AddPartitionsToTxnRequest::AddPartitionsToTxnTopic>& to,
                                const std::string& topic, int32_t count) {
        auto& wanted = to.emplace_back();
        wanted.name = Text(topic);
        for (int32_t i = 0; i < count; ++i) wanted.partitions.push_back(PartitionIndex{i});
    }
    AddPartitionsToTxnResponse add(const std::string& id, const InitProducerIdResponse& producer,
                                   const std::string& topic = "a", int32_t count = 2,
                                   int16_t version = 3) {
        AddPartitionsToTxnRequest request;
        request.v3_and_below_transactional_id = Text(id);
        request.v3_and_below_producer_id = producer.producer_id;
        request.v3_and_below_producer_epoch = producer.producer_epoch;
        name_partitions(request.v3_and_below_topics, topic, count);
        return rig.call(handle_add_partitions_to_txn, std::move(request), version);
    }
    ErrorCode add_one(const std::string& id, const InitProducerIdResponse& producer,
                      const std::string& topic = "b", int16_t version = 3) {
        const auto answer = add(id, producer, topic, 1, version);
        return answer.results_by_topic_v3_and_below.at(0)
            .results_by_partition.at(0)
            .partition_error_code;
    }
    BrokerRig::Running<EndTxnResponse> begin_end(const std::string& id,
                                                 const InitProducerIdResponse& producer,
                                                 bool commit, int16_t version = 5) {
        protocol::EndTxnRequest request;
        request.transactional_id = Text(id);
        request.producer_id = producer.producer_id;
        request.producer_epoch = producer.producer_epoch;
        request.committed = commit;
        return rig.begin(handle_end_txn, std::move(request), version);
    }
    EndTxnResponse end(const std::string& id, const InitProducerIdResponse& producer, bool commit,
                       int16_t version = 5) {
        return end_of(begin_end(id, producer, commit, version));
    }
    template <class T>
    T end_of(const BrokerRig::Running<T>& running) {
        for (int i = 0; i < 200 && !running->has_value(); ++i) rig.pass(1);
        EXPECT_TRUE(running->has_value());
        return running->value_or(T{});
    }
    protocol::DescribeTransactionsResponse::TransactionState describe(const std::string& id) {
        protocol::DescribeTransactionsRequest request;
        request.transactional_ids.emplace_back(Text(id));
        return rig.call(handle_describe_transactions, std::move(request), 0)
            .transaction_states.at(0);
    }
    int64_t committed_offset(const std::string& group, const std::string& topic) {
        protocol::OffsetFetchRequest request;
        request.require_stable = true;
        auto& asked = request.groups.emplace_back();
        asked.group_id = Text(group);
        asked.topics.emplace().push_back(
            {.name = Text(topic), .partition_indexes = {PartitionIndex{0}}});
        const auto answer = rig.call(handle_offset_fetch, std::move(request), 8);
        const auto& partition = answer.groups.at(0).topics.at(0).partitions.at(0);
        EXPECT_EQ(partition.error_code, ErrorCode::none);
        return partition.committed_offset.value;
    }
    std::string state_of(const std::string& id) { return describe(id).transaction_state.str(); }
    storage::AppendResult produce(const std::string& topic, const InitProducerIdResponse& producer,
                                  int32_t sequence = 0) {
        protocol::BatchOptions options;
        options.producer_id = producer.producer_id;
        options.producer_epoch = producer.producer_epoch;
        options.base_sequence = sequence;
        options.transactional = true;
        return rig.append(topic, batch_of({"v"}, options), storage::AppendOrigin::coordinator);
    }

    BrokerRig rig;
};

TEST_F(TransactionCoordinatorTest, X10_X26_commit_and_abort) {
    const auto first = init("t");
    ASSERT_EQ(first.error_code, ErrorCode::none);
    EXPECT_EQ(first.producer_epoch, 0);
    const auto added = add("t", first);
    ASSERT_EQ(added.results_by_topic_v3_and_below.size(), 1u);
    ASSERT_EQ(added.results_by_topic_v3_and_below[0].results_by_partition.size(), 2u);
    EXPECT_EQ(produce("a", first).error, ErrorCode::none);
    EXPECT_EQ(rig.partition("a")->last_stable_offset(), Offset{0});
    const auto ended = end("t", first, true);
    EXPECT_EQ(ended.error_code, ErrorCode::none);
    EXPECT_EQ(ended.producer_id, first.producer_id);
    EXPECT_EQ(ended.producer_epoch, 1);
    rig.pass(100);
    EXPECT_EQ(state_of("t"), "CompleteCommit");
    EXPECT_EQ(rig.partition("a")->last_stable_offset(), Offset{2}) << "the record and its marker";
    // Nothing was written to a-1, but its marker is there.
    EXPECT_EQ(rig.partition("a", 1)->log_end_offset(), Offset{1});
    auto next = first;
    next.producer_epoch = ended.producer_epoch;
    const auto aborted = end("t", next, false);
    EXPECT_EQ(aborted.error_code, ErrorCode::none);
    EXPECT_EQ(aborted.producer_epoch, 2) << "an abort of nothing";
    rig.pass(100);
    EXPECT_EQ(state_of("t"), "CompleteAbort");
    EXPECT_EQ(rig.partition("a")->log_end_offset(), Offset{2}) << "and no marker";
}

TEST_F(TransactionCoordinatorTest, X19_timeouts_that_a_broker_does_not_take) {
    EXPECT_EQ(init("t", 900'001).error_code, ErrorCode::invalid_transaction_timeout);
    EXPECT_EQ(init("t", 0).error_code, ErrorCode::invalid_transaction_timeout);
    EXPECT_EQ(init("t", -1).error_code, ErrorCode::invalid_transaction_timeout);
    EXPECT_EQ(init("t", 900'000).error_code, ErrorCode::none);
    const auto refused = init("", 1000);
    EXPECT_EQ(refused.error_code, ErrorCode::invalid_request);
    EXPECT_EQ(refused.producer_id, producer_id_none);
    EXPECT_EQ(refused.producer_epoch, -1);
}

TEST_F(TransactionCoordinatorTest, X23_old_clients_hear_of_fencing_in_their_words) {
    const auto old = init("t");
    const auto fresh = init("t");
    EXPECT_EQ(fresh.producer_id, old.producer_id);
    EXPECT_EQ(fresh.producer_epoch, 1);
    EXPECT_EQ(add_one("t", old), ErrorCode::producer_fenced);
    EXPECT_EQ(add_one("t", old, "b", 1), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(end("t", old, true, 2).error_code, ErrorCode::producer_fenced);
    EXPECT_EQ(end("t", old, true, 1).error_code, ErrorCode::invalid_producer_epoch);
    protocol::InitProducerIdRequest request;
    request.transactional_id = Text("t");
    request.transaction_timeout_ms = 1000;
    request.producer_id = old.producer_id;
    request.producer_epoch = 7;
    EXPECT_EQ(rig.call(handle_init_producer_id, request, 4).error_code, ErrorCode::producer_fenced);
    EXPECT_EQ(rig.call(handle_init_producer_id, request, 3).error_code,
              ErrorCode::invalid_producer_epoch);
}

TEST_F(TransactionCoordinatorTest, a_partition_that_is_not_there_keeps_the_others_out) {
    const auto producer = init("t");
    const auto answer = add("t", producer, "a", 3);
    const auto& results = answer.results_by_topic_v3_and_below.at(0).results_by_partition;
    EXPECT_EQ(results.at(0).partition_error_code, ErrorCode::operation_not_attempted);
    EXPECT_EQ(results.at(2).partition_error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(state_of("t"), "Empty");
}

TEST_F(TransactionCoordinatorTest, several_transactions_of_brokers_at_once) {
    const auto one = init("t1");
    const auto two = init("t2");
    AddPartitionsToTxnRequest request;
    for (const auto& [id, producer, verify] : {std::tuple("t1", one, false), {"t2", two, true}}) {
        auto& transaction = request.transactions.emplace_back();
        transaction.transactional_id = Text(id);
        transaction.producer_id = producer.producer_id;
        transaction.producer_epoch = producer.producer_epoch;
        transaction.verify_only = verify;
        name_partitions(transaction.topics, "a", 1);
    }
    const auto answer = rig.call(handle_add_partitions_to_txn, std::move(request), 5);
    ASSERT_EQ(answer.results_by_transaction.size(), 2u);
    const auto error = [&](size_t i) {
        return answer.results_by_transaction[i]
            .topic_results.at(0)
            .results_by_partition.at(0)
            .partition_error_code;
    };
    EXPECT_EQ(error(0), ErrorCode::none);
    EXPECT_EQ(error(1), ErrorCode::transaction_abortable);
    EXPECT_EQ(state_of("t1"), "Ongoing");
    EXPECT_EQ(state_of("t2"), "Empty");
}

TEST_F(TransactionCoordinatorTest, for_the_partition_side_in_the_order_it_asked) {
    const auto producer = init("t");
    const TransactionalProducer who{"t", producer.producer_id, producer.producer_epoch};
    const std::vector<storage::TopicPartition> asked{
        {"b", PartitionIndex{0}}, {"a", PartitionIndex{1}}, {"b", PartitionIndex{0}}};
    const auto ask = [&](AddPartitionsMode mode) {
        return rig.loop.run_until_done(rig.transactions->add_partitions_for(who, asked, mode));
    };
    EXPECT_EQ(ask(AddPartitionsMode::verify), std::vector(3, ErrorCode::transaction_abortable));
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    EXPECT_EQ(ask(AddPartitionsMode::verify),
              (std::vector{ErrorCode::none, ErrorCode::transaction_abortable, ErrorCode::none}));
    EXPECT_EQ(ask(AddPartitionsMode::add), std::vector(3, ErrorCode::none));
    EXPECT_EQ(ask(AddPartitionsMode::verify), std::vector(3, ErrorCode::none));
}

TEST_F(TransactionCoordinatorTest, offsets_of_a_group) {
    rig.create_topic("__consumer_offsets", 3, compacted);
    rig.pass(10);
    const auto producer = init("t");
    protocol::AddOffsetsToTxnRequest request;
    request.transactional_id = Text("t");
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    request.group_id = Text("g");
    EXPECT_EQ(rig.call(handle_add_offsets_to_txn, request, 4).error_code, ErrorCode::none);
    const auto described = describe("t");
    ASSERT_EQ(described.topics.size(), 1u);
    EXPECT_EQ(described.topics[0].topic, "__consumer_offsets");
    EXPECT_EQ(described.topics[0].partitions, std::vector{rig.groups->partition_of("g")});
    request.producer_epoch = 5;
    EXPECT_EQ(rig.call(handle_add_offsets_to_txn, request, 4).error_code,
              ErrorCode::producer_fenced);
    EXPECT_EQ(rig.call(handle_add_offsets_to_txn, request, 1).error_code,
              ErrorCode::invalid_producer_epoch);
}

// Whoever hears that a transaction is complete finds its offsets, whoever hears so first.
TEST_F(TransactionCoordinatorTest, X16_complete_means_that_the_group_has_its_offsets) {
    rig.create_topic("__consumer_offsets", 3, compacted);
    rig.pass(10);
    auto producer = init("t");
    for (int64_t round = 1; round <= 20; ++round) {
        protocol::TxnOffsetCommitRequest commit;
        commit.transactional_id = Text("t");
        commit.group_id = Text("g");
        commit.producer_id = producer.producer_id;
        commit.producer_epoch = producer.producer_epoch;
        auto& topic = commit.topics.emplace_back();
        topic.name = Text("a");
        topic.partitions.push_back({.partition_index = PartitionIndex{0},
                                    .committed_offset = Offset{round},
                                    .committed_metadata = Text("")});
        // v5 adds the group's partition by itself.
        const auto taken = rig.call(handle_txn_offset_commit, commit, 5);
        ASSERT_EQ(taken.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
        const auto ended = end("t", producer, round % 4 != 0);
        ASSERT_EQ(ended.error_code, ErrorCode::none);
        for (int i = 0; i < 2000 && !state_of("t").starts_with("Complete"); ++i)
            rig.loop.run_for(std::chrono::microseconds(5));
        const int64_t last = round % 4 == 0 ? round - 1 : round;
        ASSERT_EQ(committed_offset("g", "a"), last) << state_of("t");
        producer.producer_epoch = ended.producer_epoch;
    }
}

TEST_F(TransactionCoordinatorTest, X14_markers_go_round_deleted_partitions) {
    const auto producer = init("t");
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    EXPECT_EQ(add_one("t", producer, "a"), ErrorCode::none);
    rig.delete_topic("b");
    EXPECT_EQ(end("t", producer, true).error_code, ErrorCode::none);
    rig.pass(100);
    EXPECT_EQ(state_of("t"), "CompleteCommit");
    EXPECT_EQ(rig.partition("a")->log_end_offset(), Offset{1});
}

TEST_F(TransactionCoordinatorTest, X13_X14_markers_are_tried_until_they_are_there) {
    const auto producer = init("t");
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    rig.move_leader("b", BrokerId{2});
    const auto ended = end("t", producer, true);
    EXPECT_EQ(ended.error_code, ErrorCode::none);
    auto next = producer;
    next.producer_epoch = ended.producer_epoch;
    rig.pass(5000);
    EXPECT_EQ(state_of("t"), "PrepareCommit");
    EXPECT_EQ(add_one("t", next, "a"), ErrorCode::concurrent_transactions);
    EXPECT_EQ(init("t").error_code, ErrorCode::concurrent_transactions);
    rig.move_leader("b", BrokerId{1});
    rig.pass(2000);
    EXPECT_EQ(state_of("t"), "CompleteCommit");
    EXPECT_EQ(add_one("t", next, "a"), ErrorCode::none);
}

TEST_F(TransactionCoordinatorTest, X15_what_was_decided_is_carried_out_after_a_restart) {
    const auto producer = init("t");
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    EXPECT_EQ(produce("b", producer).error, ErrorCode::none);
    rig.move_leader("b", BrokerId{2});
    EXPECT_EQ(end("t", producer, true).error_code, ErrorCode::none);
    rig.pass(1000);
    rig.restart();
    rig.pass(1000);
    EXPECT_EQ(state_of("t"), "PrepareCommit");
    rig.move_leader("b", BrokerId{1});
    rig.pass(2000);
    EXPECT_EQ(state_of("t"), "CompleteCommit");
    EXPECT_EQ(rig.partition("b")->last_stable_offset(), Offset{2});
    // The producer has not heard of anything.
    const auto again = end("t", producer, true);
    EXPECT_EQ(again.error_code, ErrorCode::none);
    EXPECT_EQ(again.producer_epoch, 1);
}

TEST_F(TransactionCoordinatorTest, X18_X19_a_timeout_aborts_also_after_a_restart) {
    const auto producer = init("t", 5000);
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    EXPECT_EQ(produce("b", producer).error, ErrorCode::none);
    rig.restart();
    rig.pass(4000);
    EXPECT_EQ(state_of("t"), "Ongoing");
    rig.pass(12'000);
    EXPECT_EQ(state_of("t"), "CompleteAbort");
    EXPECT_EQ(describe("t").producer_epoch, 1) << "the producer is fenced";
    EXPECT_EQ(rig.partition("b")->last_stable_offset(), Offset{2});
    EXPECT_EQ(end("t", producer, true).error_code, ErrorCode::invalid_txn_state)
        << "as a commit of what was aborted";
    EXPECT_EQ(add_one("t", producer), ErrorCode::producer_fenced);
}

TEST_F(TransactionCoordinatorTest, X19_a_timeout_aborts_though_the_broker_never_lives_long) {
    const auto producer = init("t", 5000);
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    EXPECT_EQ(produce("b", producer).error, ErrorCode::none);
    for (int i = 0; i < 4; ++i) {
        rig.restart();
        rig.pass(2000);
    }
    EXPECT_EQ(state_of("t"), "CompleteAbort");
}

TEST_F(TransactionCoordinatorTest, X07_a_second_producer_aborts_what_is_open) {
    const auto first = init("t");
    EXPECT_EQ(add_one("t", first), ErrorCode::none);
    EXPECT_EQ(init("t").error_code, ErrorCode::concurrent_transactions);
    rig.pass(100);
    const auto second = init("t");
    EXPECT_EQ(second.error_code, ErrorCode::none);
    EXPECT_EQ(second.producer_id, first.producer_id);
    EXPECT_EQ(second.producer_epoch, 2);
    EXPECT_EQ(end("t", first, true).error_code, ErrorCode::producer_fenced);
}

TEST_F(TransactionCoordinatorTest, X10_nothing_is_answered_before_the_disk_has_it) {
    const auto producer = init("t");
    rig.write_lane().stuck();
    AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = Text("t");
    request.v3_and_below_producer_id = producer.producer_id;
    request.v3_and_below_producer_epoch = producer.producer_epoch;
    name_partitions(request.v3_and_below_topics, "b", 1);
    const auto adding = rig.begin(handle_add_partitions_to_txn, std::move(request), 3);
    rig.pass(10);
    EXPECT_FALSE(adding->has_value());
    EXPECT_EQ(end("t", producer, true).error_code, ErrorCode::concurrent_transactions);
    // Nobody waits for ever.
    rig.pass(31'000);
    ASSERT_TRUE(adding->has_value());
    const auto& result = (*adding)->results_by_topic_v3_and_below.at(0).results_by_partition.at(0);
    EXPECT_EQ(result.partition_error_code, ErrorCode::coordinator_not_available);
    rig.write_lane().release();
    rig.pass(10);
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    EXPECT_EQ(state_of("t"), "Ongoing");
}

// The disk stands still under a commit, of which nobody can tell then whether it is in the log; it
// is, but before that is known the timeout has decided otherwise.
TEST_F(TransactionCoordinatorTest,
       X18_a_commit_that_was_given_up_does_not_race_the_abort_after_it) {
    const auto producer = init("t", 5000);
    EXPECT_EQ(add_one("t", producer), ErrorCode::none);
    rig.write_lane().stuck();
    const auto ending = begin_end("t", producer, true);
    rig.pass(31'000);
    ASSERT_TRUE(ending->has_value());
    EXPECT_EQ((*ending)->error_code, ErrorCode::coordinator_not_available);
    rig.write_lane().release();
    rig.pass(20'000);
    EXPECT_EQ(state_of("t"), "CompleteAbort");
    EXPECT_EQ(rig.partition("b")->log_end_offset(), Offset{1}) << "one marker, not two";
    rig.restart();
    rig.pass(10);
    EXPECT_EQ(state_of("t"), "CompleteAbort");
}

TEST_F(TransactionCoordinatorTest, X06_X22_expired_ids_get_new_producers) {
    rig.stop();
    rig.config.transactional_id_expiration_ms = 7'200'000;
    rig.start();
    rig.pass(10);
    const auto idle = init("idle");
    const auto open = init("open", 900'000);
    rig.pass(7'100'000);
    EXPECT_EQ(add_one("open", open), ErrorCode::none);
    rig.pass(3'700'000);
    EXPECT_EQ(describe("idle").error_code, ErrorCode::transactional_id_not_found);
    EXPECT_EQ(state_of("open"), "CompleteAbort") << "by its timeout, since when it is in use";
    rig.restart();
    rig.pass(10);
    EXPECT_EQ(describe("idle").error_code, ErrorCode::transactional_id_not_found);
    EXPECT_GT(init("idle").producer_id, open.producer_id);
    EXPECT_NE(idle.producer_id, open.producer_id);
}

TEST_F(TransactionCoordinatorTest, lists_and_their_filters) {
    const auto one = init("one", 900'000);
    init("two");
    EXPECT_EQ(add_one("one", one), ErrorCode::none);
    rig.pass(1000);
    const auto list = [&](protocol::ListTransactionsRequest request) {
        const auto answer = rig.call(handle_list_transactions, std::move(request), 2);
        std::string text = answer.error_code == ErrorCode::none ? "" : "error ";
        for (const Text& unknown : answer.unknown_state_filters) text += "?" + unknown.str() + " ";
        std::set<std::string> ids;
        for (const auto& state : answer.transaction_states)
            ids.insert(state.transactional_id.str() + ":" + state.transaction_state.str());
        for (const std::string& id : ids) text += id + " ";
        return text;
    };
    EXPECT_EQ(list({}), "one:Ongoing two:Empty ");
    protocol::ListTransactionsRequest by_state;
    by_state.state_filters = {Text("Ongoing"), Text("Sleeping")};
    EXPECT_EQ(list(by_state), "?Sleeping one:Ongoing ");
    protocol::ListTransactionsRequest by_producer;
    by_producer.producer_id_filters = {one.producer_id};
    EXPECT_EQ(list(by_producer), "one:Ongoing ");
    protocol::ListTransactionsRequest by_pattern;
    by_pattern.transactional_id_pattern = Text("t.*");
    EXPECT_EQ(list(by_pattern), "two:Empty ");
    by_pattern.transactional_id_pattern = Text("w");
    EXPECT_EQ(list(by_pattern), "") << "the whole id must match";
    by_pattern.transactional_id_pattern = Text("[");
    EXPECT_EQ(list(by_pattern), "error ");
    protocol::ListTransactionsRequest by_duration;
    by_duration.state_filters = {Text("Ongoing")};
    by_duration.duration_filter = 999;
    EXPECT_EQ(list(by_duration), "one:Ongoing ");
    by_duration.duration_filter = 5000;
    EXPECT_EQ(list(by_duration), "");
}

TEST_F(TransactionCoordinatorTest, describing_what_is_not_there) {
    EXPECT_EQ(describe("").error_code, ErrorCode::invalid_request);
    EXPECT_EQ(describe("nobody").error_code, ErrorCode::transactional_id_not_found);
    rig.move_leader("__transaction_state", BrokerId{2});
    EXPECT_EQ(describe("nobody").error_code, ErrorCode::not_coordinator);
    EXPECT_EQ(init("t").error_code, ErrorCode::not_coordinator);
}

TEST_F(TransactionCoordinatorTest, markers_for_others) {
    const auto producer = init("t");
    EXPECT_EQ(produce("b", producer).error, ErrorCode::none);
    protocol::WriteTxnMarkersRequest request;
    auto& marker = request.markers.emplace_back();
    marker.producer_id = producer.producer_id;
    marker.producer_epoch = producer.producer_epoch;
    marker.coordinator_epoch = 3;
    for (const char* name : {"b", "nowhere"}) {
        auto& topic = marker.topics.emplace_back();
        topic.name = Text(name);
        topic.partition_indexes = {PartitionIndex{0}};
    }
    const auto answer = rig.call(handle_write_txn_markers, request, 1);
    ASSERT_EQ(answer.markers.size(), 1u);
    EXPECT_EQ(answer.markers[0].producer_id, producer.producer_id);
    EXPECT_EQ(answer.markers[0].topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(answer.markers[0].topics.at(1).partitions.at(0).error_code,
              ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(rig.partition("b")->last_stable_offset(), Offset{2});
    request.markers[0].producer_epoch = -1;
    EXPECT_EQ(rig.call(handle_write_txn_markers, request, 2)
                  .markers[0]
                  .topics.at(0)
                  .partitions.at(0)
                  .error_code,
              ErrorCode::unknown_server_error);
}

TEST_F(TransactionCoordinatorTest, the_coordinator_of_an_id_is_found) {
    rig.delete_topic("__transaction_state");
    protocol::FindCoordinatorRequest request;
    request.key_type = 1;
    request.coordinator_keys = {Text("t")};
    const auto answer = rig.call(handle_find_coordinator, request, 4);
    EXPECT_EQ(answer.coordinators.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(answer.coordinators.at(0).node_id, BrokerId{1});
    ASSERT_EQ(rig.cluster.created.size(), 1u);
    const auto& topic = rig.cluster.created[0].topics.at(0);
    EXPECT_EQ(topic.name, "__transaction_state");
    EXPECT_EQ(topic.num_partitions, 50);
    EXPECT_EQ(topic.configs.size(), 5u);
}

}  // namespace
}  // namespace barnabas::broker
