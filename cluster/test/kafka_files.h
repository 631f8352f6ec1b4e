// SPDX-License-Identifier: Apache-2.0
// Reads the files under test/data/kafka_4_3: a metadata log and snapshots that Apache Kafka 4.3
// wrote.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "protocol/record_batch.h"

namespace barnabas::cluster {

inline std::vector<uint8_t> read_test_file(const std::string& name) {
    std::ifstream file(std::string(TEST_DATA_DIR) + "/" + name, std::ios::binary);
    EXPECT_TRUE(file.good()) << name;
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct FileRecord {
    Offset offset;
    bool control = false;
    std::vector<uint8_t> key;
    std::vector<uint8_t> value;
};

// All records of a file of uncompressed batches.
inline std::vector<FileRecord> read_batches(Bytes bytes) {
    std::vector<FileRecord> records;
    protocol::BatchReader batches(bytes);
    protocol::BatchView batch;
    while (true) {
        const auto more = batches.next(batch);
        EXPECT_TRUE(more.has_value());
        if (!more || !*more) return records;
        EXPECT_TRUE(batch.crc_valid());
        protocol::RecordReader reader(batch.records(), batch.header().record_count);
        protocol::RecordView record;
        while (true) {
            const auto next = reader.next(record);
            EXPECT_TRUE(next.has_value());
            if (!next || !*next) break;
            FileRecord& out = records.emplace_back();
            out.offset = batch.base_offset() + record.offset_delta;
            out.control = batch.header().is_control();
            if (record.key) out.key.assign(record.key->begin(), record.key->end());
            if (record.value) out.value.assign(record.value->begin(), record.value->end());
        }
    }
}

}  // namespace barnabas::cluster
