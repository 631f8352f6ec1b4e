// SPDX-License-Identifier: Apache-2.0
// LogRig: one log on a simulated disk, for tests: batches to append, crashes, and everything that
// readers can ask, so that it can be compared with a model.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sim/sim_disk.h"
#include "protocol/control_records.h"
#include "protocol/record_batch_builder.h"
#include "storage/log.h"
#include "storage/open_files.h"
#include "storage/segment_walk.h"

namespace barnabas::storage {

inline const std::string log_directory = "/data/topic-0";

struct BatchSpec {
    int records = 1;
    size_t value_size = 20;
    int64_t timestamp_ms = 1000;
    // Added from record to record.
    int64_t timestamp_step_ms = 0;
    protocol::Codec codec = protocol::Codec::none;
    ProducerId producer_id = producer_id_none;
    int16_t producer_epoch = -1;
    int32_t base_sequence = -1;
    bool transactional = false;
    bool keyed = false;
    // What the values begin with, so that records can be told apart.
    std::string tag = "v";
};

inline std::vector<uint8_t> make_batch(const BatchSpec& spec) {
    protocol::BatchOptions options;
    options.compression.codec = spec.codec;
    options.producer_id = spec.producer_id;
    options.producer_epoch = spec.producer_epoch;
    options.base_sequence = spec.base_sequence;
    options.transactional = spec.transactional;
    protocol::RecordBatchBuilder builder(options);
    for (int i = 0; i < spec.records; ++i) {
        std::string value = spec.tag + std::to_string(i);
        // Not zeros, which would look like lost sectors.
        while (value.size() < spec.value_size)
            value += static_cast<char>('a' + (value.size() * 7 + static_cast<size_t>(i)) % 26);
        const std::string key = "k" + std::to_string(i);
        std::optional<Bytes> key_bytes;
        if (spec.keyed) key_bytes = as_bytes(key);
        builder.add(spec.timestamp_ms + i * spec.timestamp_step_ms, key_bytes, as_bytes(value));
    }
    return builder.build();
}

inline AppendRequest make_request(std::vector<uint8_t> batch,
                                  AppendOrigin origin = AppendOrigin::client) {
    const auto owned = std::make_shared<const std::vector<uint8_t>>(std::move(batch));
    AppendRequest request;
    request.records = *owned;
    request.keep_alive = owned;
    request.origin = origin;
    request.leader_epoch = LeaderEpoch{0};
    request.now_ms = 1000;
    return request;
}

struct ReadRecord {
    Offset offset;
    int64_t timestamp_ms = 0;
    std::string value;
    friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
};

// The bytes that a plan refers to.
inline std::vector<uint8_t> bytes_of(const ReadPlan& plan) {
    std::vector<uint8_t> bytes;
    for (const FileRange& range : plan.ranges) {
        std::vector<uint8_t> part(range.size);
        const auto got = range.file->read_at(range.position, part);
        EXPECT_TRUE(got && *got == part.size());
        bytes.insert(bytes.end(), part.begin(), part.end());
    }
    EXPECT_EQ(bytes.size(), plan.bytes);
    return bytes;
}

inline std::vector<protocol::BatchHeader> headers_of(Bytes bytes) {
    std::vector<protocol::BatchHeader> headers;
    protocol::BatchReader reader(bytes);
    protocol::BatchView batch;
    while (reader.next(batch).value()) {
        EXPECT_TRUE(batch.crc_valid());
        headers.push_back(batch.header());
    }
    EXPECT_EQ(reader.position(), bytes.size());
    return headers;
}

inline std::vector<ReadRecord> records_of(Bytes bytes) {
    std::vector<ReadRecord> records;
    protocol::BatchReader batches(bytes);
    protocol::BatchView batch;
    while (batches.next(batch).value()) {
        EXPECT_TRUE(batch.crc_valid());
        const auto plain = protocol::decompress(*protocol::codec_of(batch.header().codec_id()),
                                                batch.records(), 64 << 20);
        EXPECT_TRUE(plain.has_value());
        protocol::RecordReader reader(*plain, batch.header().record_count);
        protocol::RecordView record;
        while (reader.next(record).value())
            records.push_back({batch.base_offset() + record.offset_delta,
                               batch.header().record_timestamp(record.timestamp_delta),
                               std::string(as_text(record.value.value_or(Bytes{})))});
    }
    return records;
}

inline ReadRequest whole_log(const LogSnapshot& log) {
    return {log.log_start_offset, log.end_offset, uint64_t{1} << 40, true};
}

inline std::vector<uint8_t> read_bytes(const LogSnapshot& log) {
    const auto plan = log.plan_read(whole_log(log), ReadMode::blocking);
    EXPECT_TRUE(plan.has_value());
    return plan ? bytes_of(*plan) : std::vector<uint8_t>{};
}

inline std::vector<ReadRecord> read_records(const LogSnapshot& log) {
    return records_of(read_bytes(log));
}

class LogRig {
  public:
    LogRig() {
        options.directory = log_directory;
        options.now_ms = 1000;
        options.config.segment_bytes = 1000;
        options.config.index_interval_bytes = 100;
        // So that most files are closed again and again.
        options.open_files = std::make_shared<OpenFiles>(2);
    }

    // Opens the log, or opens it again.
    Result<void> open() {
        log.reset();
        // The directory is durable before a log is opened in it.
        (void)disk->make_directories(options.directory);
        for (const char* parent : {"/data", "/"}) (void)disk->sync_directory(parent);
        auto opened = Log::open(*disk, options);
        if (!opened) return std::unexpected(opened.error());
        log = std::move(*opened);
        return {};
    }
    void must_open() { ASSERT_TRUE(open().has_value()); }
    // As after `kill -9`: everything written is there, nothing else was done.
    Result<void> reopen_killed() {
        options.recovery_point = log->recovery_point();
        options.log_start_offset = log->snapshot()->log_start_offset;
        options.clean_shutdown = false;
        return open();
    }
    // As after a stop and start.
    Result<void> reopen_clean() {
        const auto closed = log->close();
        if (!closed) return closed;
        options.recovery_point = log->recovery_point();
        options.log_start_offset = log->snapshot()->log_start_offset;
        options.clean_shutdown = true;
        return open();
    }

    AppendResult append(const BatchSpec& spec, AppendOrigin origin = AppendOrigin::client) {
        return log->append(make_request(make_batch(spec), origin));
    }
    AppendResult append_bytes(std::vector<uint8_t> batches, AppendOrigin origin) {
        return log->append(make_request(std::move(batches), origin));
    }
    // `count` batches of `spec`; each must succeed.
    void fill(int count, BatchSpec spec = {}) {
        for (int i = 0; i < count; ++i) {
            spec.tag = "b" + std::to_string(filled_++) + "-";
            spec.timestamp_ms += 10;
            const AppendResult result = append(spec);
            ASSERT_EQ(result.error, ErrorCode::none) << result.error_message;
        }
    }

    std::shared_ptr<const LogSnapshot> snapshot() const { return log->snapshot(); }
    Offset end() const { return log->snapshot()->end_offset; }
    std::vector<ReadRecord> records() const { return read_records(*log->snapshot()); }
    std::string path(const std::string& name) const { return options.directory + "/" + name; }
    uint64_t size_of(const std::string& name) const {
        return (*disk->open(path(name), OpenMode::read))->size().value();
    }
    std::vector<std::string> names() const {
        std::vector<std::string> result;
        const auto entries = disk->list(options.directory);
        for (const DirectoryEntry& entry : *entries) result.push_back(entry.name);
        return result;
    }
    void put(const std::string& name, Bytes content) {
        const auto file = disk->open(path(name), OpenMode::create_or_open);
        ASSERT_TRUE((*file)->truncate(0).has_value());
        ASSERT_TRUE((*file)->write_at(0, {&content, 1}).has_value());
        ASSERT_TRUE((*file)->sync().has_value());
        ASSERT_TRUE(disk->sync_directory(options.directory).has_value());
    }
    std::vector<uint8_t> get(const std::string& name) {
        return disk->read_file(path(name), 1 << 30).value();
    }

    std::unique_ptr<SimDisk> disk = std::make_unique<SimDisk>();
    LogOpenOptions options;
    std::unique_ptr<Log> log;

  private:
    int filled_ = 0;
};

}  // namespace barnabas::storage
