// SPDX-License-Identifier: Apache-2.0
// Control records: written as Kafka writes them, read back, and refused when they are none.
#include <gtest/gtest.h>

#include "protocol/control_records.h"
#include "protocol/test/record_bytes.h"

namespace barnabas::protocol {
namespace {

using test::ByteVector;

RecordView only_record(const ByteVector& bytes) {
    const auto batch = BatchView::parse(bytes);
    EXPECT_TRUE(batch && batch->crc_valid() && batch->header().is_control());
    RecordReader reader(batch->records(), 1);
    RecordView record;
    EXPECT_TRUE(reader.next(record).value_or(false));
    return record;
}

BatchOptions control_options() {
    BatchOptions options;
    options.control = true;
    return options;
}

TEST(ControlRecords, transaction_markers) {
    const ByteVector bytes = end_transaction_batch(true, ProducerId{99}, 1, 17, 1000);
    const auto header = BatchView::parse(bytes)->header();
    EXPECT_EQ(header.attributes, attribute_control | attribute_transactional);
    EXPECT_EQ(header.producer_id, ProducerId{99});
    EXPECT_EQ(header.base_sequence, -1);
    const RecordView record = only_record(bytes);
    EXPECT_EQ(control_type(record).value(), ControlType::commit);
    EXPECT_EQ(decode_end_transaction_marker(record)->coordinator_epoch, 17);
    EXPECT_FALSE(decode_leader_change(record));

    const ByteVector aborted = end_transaction_batch(false, ProducerId{99}, 1, 0, 1000);
    EXPECT_EQ(control_type(only_record(aborted)).value(), ControlType::abort);
}

TEST(ControlRecords, raft_records_round_trip) {
    RecordBatchBuilder builder(control_options());
    LeaderChangeMessage change;
    change.leader_id = BrokerId{3};
    change.voters.resize(2);
    add_control(builder, 5, change);
    ByteVector bytes = builder.build();
    EXPECT_EQ(decode_leader_change(only_record(bytes)).value(), change);

    SnapshotHeaderRecord head;
    head.last_contained_log_timestamp = 77;
    add_control(builder, 5, head);
    bytes = builder.build();
    EXPECT_EQ(decode_snapshot_header(only_record(bytes)).value(), head);

    add_control(builder, 5, SnapshotFooterRecord{});
    bytes = builder.build();
    EXPECT_TRUE(decode_snapshot_footer(only_record(bytes)));

    KRaftVersionRecord version;
    version.k_raft_version = 1;
    add_control(builder, 5, version);
    bytes = builder.build();
    EXPECT_EQ(decode_kraft_version(only_record(bytes)).value(), version);

    VotersRecord voters;
    voters.voters.resize(1);
    add_control(builder, 5, voters);
    bytes = builder.build();
    EXPECT_EQ(decode_kraft_voters(only_record(bytes)).value(), voters);
    EXPECT_EQ(control_type_name(control_type(only_record(bytes)).value()), "KRAFT_VOTERS");
}

TEST(ControlRecords, bytes_that_are_none) {
    const auto record = [](std::optional<Bytes> key, std::optional<Bytes> value) {
        RecordView view;
        view.key = key;
        view.value = value;
        return view;
    };
    const ByteVector commit{0, 0, 0, 1}, later{0, 9, 0, 1, 55}, unknown{0, 0, 1, 0};
    const ByteVector body{0, 0, 0, 0, 0, 17}, newer{0, 1, 0, 0, 0, 17, 1, 2};
    EXPECT_FALSE(control_type(record(std::nullopt, body)));
    EXPECT_FALSE(control_type(record(Bytes(commit).first(3), body)));
    EXPECT_EQ(control_type(record(later, body)).value(), ControlType::commit);
    EXPECT_EQ(control_type_name(control_type(record(unknown, body)).value()), "");
    EXPECT_FALSE(decode_end_transaction_marker(record(commit, std::nullopt)));
    for (size_t size = 0; size < body.size(); ++size)
        EXPECT_FALSE(decode_end_transaction_marker(record(commit, Bytes(body).first(size))))
            << size;
    EXPECT_EQ(decode_end_transaction_marker(record(commit, newer))->coordinator_epoch, 17);
}

}  // namespace
}  // namespace barnabas::protocol
