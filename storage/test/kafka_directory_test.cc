// SPDX-License-Identifier: Apache-2.0
// Opens partition directories that Apache Kafka wrote (test/data/kafka/README.md), closed or copied
// from under the running broker, and finds in them what Kafka put there.
#include <gtest/gtest.h>

#include <filesystem>

#include "storage/test/kafka_files.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {
namespace {

constexpr int64_t first_timestamp_ms = 1700000000000;

class KafkaRig : public LogRig {
  public:
    explicit KafkaRig(const std::string& directory) {
        options.config = LogConfig{};
        options.config.index_interval_bytes = 500;
        options.config.segment_ms = 60000;
        options.now_ms = first_timestamp_ms + 3'600'000;
        EXPECT_TRUE(disk->make_directories(options.directory).has_value());
        const std::filesystem::path source =
            std::filesystem::path(TEST_DATA_DIR) / "kafka" / directory;
        for (const auto& file : std::filesystem::directory_iterator(source)) {
            const std::string name = file.path().filename();
            put(name, kafka_file(directory + "/" + name));
        }
    }
};

std::string value_of(int i) {
    return "value-" + std::to_string(i) + "-" + std::string(static_cast<size_t>(i % 50), 'x');
}

void expect_idempotent_records(const LogRig& rig, int count) {
    const auto records = rig.records();
    ASSERT_EQ(records.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
        ASSERT_EQ(records[static_cast<size_t>(i)].offset, Offset{i});
        ASSERT_EQ(records[static_cast<size_t>(i)].value, value_of(i));
        ASSERT_EQ(records[static_cast<size_t>(i)].timestamp_ms,
                  first_timestamp_ms + i / 100 * 70000 + i);
    }
}

TEST(KafkaDirectory, a_closed_one_is_opened_without_reading_it) {
    KafkaRig rig("idem-0");
    rig.options.clean_shutdown = true;
    rig.options.recovery_point = Offset{500};
    rig.must_open();
    EXPECT_EQ(rig.log->recovery_report().bytes_scanned, 0u);
    EXPECT_EQ(rig.log->recovery_report().indexes_rebuilt, 0u);
    EXPECT_EQ(rig.snapshot()->sealed->size(), 4u);
    EXPECT_EQ(rig.end(), Offset{500});
    expect_idempotent_records(rig, 500);
    EXPECT_EQ(*rig.snapshot()->epochs, (std::vector<EpochEntry>{{LeaderEpoch{0}, Offset{0}},
                                                                {LeaderEpoch{2}, Offset{300}}}));
    for (const int i : {0, 99, 100, 250, 399, 499}) {
        const int64_t timestamp_ms = first_timestamp_ms + i / 100 * 70000 + i;
        const auto found =
            rig.snapshot()->find_by_timestamp(timestamp_ms, rig.end(), ReadMode::blocking);
        EXPECT_EQ(found->offset, Offset{i});
    }
    EXPECT_EQ(rig.snapshot()->find_max_timestamp(rig.end(), ReadMode::blocking)->offset,
              Offset{499});
}

TEST(KafkaDirectory, indexes_are_what_we_would_have_written) {
    for (const std::string directory : {"idem-0", "txn-0"}) {
        KafkaRig rig(directory);
        std::map<std::string, std::vector<uint8_t>> kafkas;
        for (const std::string& name : rig.names())
            if (name.ends_with("index")) kafkas[name] = rig.get(name);
        for (const auto& [name, bytes] : kafkas)
            ASSERT_TRUE(rig.disk->remove(rig.path(name)).has_value());
        for (const std::string& name : rig.names())
            if (name.ends_with("snapshot"))
                ASSERT_TRUE(rig.disk->remove(rig.path(name)).has_value());
        rig.must_open();
        ASSERT_TRUE(rig.log->close().has_value());
        for (const auto& [name, bytes] : kafkas) EXPECT_EQ(rig.get(name), bytes) << name;
    }
}

TEST(KafkaDirectory, one_of_a_killed_broker_is_recovered) {
    KafkaRig rig("idem-0-killed");
    rig.options.recovery_point = Offset{200};
    rig.must_open();
    EXPECT_EQ(rig.log->recovery_report().bytes_truncated, 0u);
    EXPECT_EQ(rig.log->recovery_report().segments_scanned, 1u);
    expect_idempotent_records(rig, 300);
    // The third producer's next sequence is 100, its last five batches are remembered.
    BatchSpec next{.records = 1,
                   .timestamp_ms = first_timestamp_ms + 200000,
                   .producer_id = ProducerId{2},
                   .producer_epoch = 0,
                   .base_sequence = 101};
    const auto append = [&] {
        AppendRequest request = make_request(make_batch(next));
        request.now_ms = rig.options.now_ms;
        return rig.log->append(request);
    };
    EXPECT_EQ(append().error, ErrorCode::out_of_order_sequence_number);
    next.base_sequence = 100;
    EXPECT_EQ(append().base_offset, Offset{300});
    EXPECT_TRUE(append().duplicate);
    ASSERT_TRUE(rig.log->close().has_value());
    EXPECT_EQ(rig.size_of("00000000000000000200.index"), 16u) << "no zeros are left";
}

void expect_transactions(const LogSnapshot& log) {
    const std::vector<AbortedTransaction> expected{
        {ProducerId{3}, Offset{21}, Offset{61}, Offset{41}},
        {ProducerId{3}, Offset{83}, Offset{103}, Offset{104}}};
    EXPECT_EQ(log.aborted.between(Offset{0}, log.end_offset), expected);
    EXPECT_EQ(log.first_unstable_offset, Offset{104});
    EXPECT_EQ(log.end_offset, Offset{114});
    EXPECT_EQ(log.aborted_between(Offset{0}, Offset{21}).size(), 0u);
    EXPECT_EQ(log.aborted_between(Offset{0}, Offset{22}).size(), 1u);
    EXPECT_EQ(log.aborted_between(Offset{61}, Offset{200}).size(), 2u);
    EXPECT_EQ(log.aborted_between(Offset{62}, Offset{200}).size(), 1u);
}

TEST(KafkaDirectory, X21_transactions_of_a_closed_and_a_killed_broker) {
    KafkaRig closed("txn-0");
    closed.options.clean_shutdown = true;
    closed.options.recovery_point = Offset{114};
    closed.must_open();
    expect_transactions(*closed.snapshot());
    const auto index = closed.get("00000000000000000020.txnindex");

    KafkaRig killed("txn-0-killed");
    killed.must_open();
    expect_transactions(*killed.snapshot());
    EXPECT_EQ(killed.get("00000000000000000020.txnindex"), index);

    KafkaRig lost("txn-0-killed");
    ASSERT_TRUE(lost.disk->remove(lost.path("00000000000000000020.txnindex")).has_value());
    lost.must_open();
    expect_transactions(*lost.snapshot());
    EXPECT_EQ(lost.get("00000000000000000020.txnindex"), index);
}

}  // namespace
}  // namespace barnabas::storage
