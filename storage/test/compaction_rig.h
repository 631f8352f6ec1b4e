// SPDX-License-Identifier: Apache-2.0
// CompactionRig: a LogRig whose log is compacted, with keyed batches, transactions and whole rounds
// of compaction in one call. What it reads back can be compared with a model.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/cleanable.h"
#include "storage/log_cleaning.h"
#include "storage/producer_history.h"
#include "storage/test/log_rig.h"

namespace barnabas::storage {

struct KeyedRecord {
    std::string key;
    std::optional<std::string> value;  // none: a tombstone
    int64_t timestamp_ms = 1000;
};

struct KeyedBatch {
    std::vector<KeyedRecord> records;
    protocol::Codec codec = protocol::Codec::none;
    ProducerId producer_id = producer_id_none;
    int16_t producer_epoch = -1;
    int32_t base_sequence = -1;
    bool transactional = false;
};

inline std::vector<uint8_t> make_keyed_batch(const KeyedBatch& spec) {
    protocol::BatchOptions options;
    options.compression.codec = spec.codec;
    options.producer_id = spec.producer_id;
    options.producer_epoch = spec.producer_epoch;
    options.base_sequence = spec.base_sequence;
    options.transactional = spec.transactional;
    protocol::RecordBatchBuilder builder(options);
    for (const KeyedRecord& record : spec.records) {
        std::optional<Bytes> value;
        if (record.value) value = as_bytes(*record.value);
        const std::string trace = "t" + record.key;
        const protocol::RecordHeader header{as_bytes("h"), as_bytes(trace)};
        builder.add(record.timestamp_ms, as_bytes(record.key), value, {&header, 1});
    }
    return builder.build();
}

// A record as it is found in the log.
struct FoundRecord {
    Offset offset;
    int64_t timestamp_ms = 0;
    std::string key;
    std::optional<std::string> value;
    friend bool operator==(const FoundRecord&, const FoundRecord&) = default;
};

// Every data record of the log's bytes, with checks of each batch's form (pitfall K17).
inline std::vector<FoundRecord> found_records(Bytes bytes) {
    std::vector<FoundRecord> found;
    protocol::BatchReader batches(bytes);
    protocol::BatchView batch;
    Offset expected;
    while (batches.next(batch).value()) {
        const protocol::BatchHeader& header = batch.header();
        EXPECT_TRUE(batch.crc_valid());
        EXPECT_GE(header.base_offset, expected);
        expected = header.next_offset();
        const auto plain =
            protocol::decompress(*protocol::codec_of(header.codec_id()), batch.records(), 64 << 20);
        EXPECT_TRUE(plain.has_value());
        protocol::RecordReader reader(*plain, header.record_count);
        protocol::RecordView record;
        while (reader.next(record).value()) {
            EXPECT_LE(record.offset_delta, header.last_offset_delta);
            if (header.is_control()) continue;
            FoundRecord one;
            one.offset = header.base_offset + record.offset_delta;
            one.timestamp_ms = header.record_timestamp(record.timestamp_delta);
            EXPECT_LE(one.timestamp_ms, header.max_timestamp);
            one.key = std::string(as_text(record.key.value_or(Bytes{})));
            if (record.value) one.value = std::string(as_text(*record.value));
            protocol::RecordHeader kept;
            protocol::RecordHeaders headers = record.headers;
            EXPECT_TRUE(headers.next(kept));
            EXPECT_EQ(as_text(kept.value.value_or(Bytes{})), "t" + one.key);
            found.push_back(std::move(one));
        }
    }
    EXPECT_EQ(batches.position(), bytes.size());
    return found;
}

// What a read_committed consumer shows its user of the whole log, reading `bytes_max` at a time and
// skipping by the lists that come with the records, as Kafka's clients do.
inline std::vector<FoundRecord> consume_committed(const LogSnapshot& log, Offset limit,
                                                  uint64_t bytes_max) {
    std::vector<FoundRecord> shown;
    Offset at = log.log_start_offset;
    while (at < limit) {
        const auto plan = log.plan_read({at, limit, bytes_max, true}, ReadMode::blocking);
        EXPECT_TRUE(plan.has_value());
        if (!plan || plan->bytes == 0) break;
        auto aborted = log.aborted_between(at, plan->end_offset);
        std::ranges::sort(aborted, {}, &AbortedTransaction::first_offset);
        std::set<ProducerId> skipped;
        size_t begun = 0;
        const auto bytes = bytes_of(*plan);
        protocol::BatchReader reader(bytes);
        protocol::BatchView batch;
        while (reader.next(batch).value()) {
            const protocol::BatchHeader& header = batch.header();
            for (; begun < aborted.size() && aborted[begun].first_offset <= header.last_offset();
                 ++begun)
                skipped.insert(aborted[begun].producer_id);
            const auto marker =
                header.is_control() ? parse_marker(header, batch.records()) : std::nullopt;
            if (marker && !marker->commit) skipped.erase(header.producer_id);
            const bool is_skipped =
                header.is_transactional() && skipped.contains(header.producer_id);
            if (!header.is_control() && !is_skipped)
                for (const FoundRecord& record : found_records(batch.bytes()))
                    if (record.offset >= at) shown.push_back(record);
            at = std::max(at, header.next_offset());
        }
    }
    return shown;
}

class CompactionRig : public LogRig {
  public:
    CompactionRig() {
        options.config.cleanup_compact = true;
        options.config.cleanup_delete = false;
        options.config.retention_ms = -1;
        options.config.min_cleanable_dirty_ratio = 0;
        options.config.delete_retention_ms = 1000;
        options.config.file_delete_delay_ms = 0;
    }

    AppendResult put(const KeyedBatch& spec, AppendOrigin origin = AppendOrigin::client) {
        AppendRequest request = make_request(make_keyed_batch(spec), origin);
        request.now_ms = now_ms;
        return log->append(request);
    }
    void put(const std::string& key, std::optional<std::string> value) {
        KeyedBatch spec;
        spec.records.push_back({key, std::move(value), now_ms});
        ASSERT_EQ(put(spec).error, ErrorCode::none);
    }
    void end_transaction(ProducerId id, int16_t epoch, bool commit) {
        const auto batch = protocol::end_transaction_batch(commit, id, epoch, 0, now_ms);
        AppendRequest request = make_request(batch, AppendOrigin::coordinator);
        request.now_ms = now_ms;
        ASSERT_EQ(log->append(request).error, ErrorCode::none);
    }
    // Everything written so far becomes cleanable.
    void seal() {
        ASSERT_TRUE(log->roll(now_ms).has_value());
        ASSERT_TRUE(log->flush().has_value());
    }

    CleanableRange range() const {
        const auto view = snapshot();
        const CleanableLimits limits{cleaned_until,
                                     view->first_unstable_offset.value_or(view->end_offset),
                                     log->recovery_point(), now_ms};
        return cleanable_range(*view, options.config, limits);
    }
    CleaningInput input() const {
        const CleanableRange where = range();
        CleaningInput in;
        in.directory = options.directory;
        in.config = options.config;
        in.log = snapshot();
        in.dirty_from = where.from;
        in.clean_until = where.until;
        in.producers = log->producer_tails();
        in.map_bytes = map_bytes;
        in.now_ms = now_ms;
        return in;
    }
    // A whole round; true if all of it took place.
    Result<bool> compact() {
        LogCleaning cleaning(*disk, input());
        while (true) {
            const auto progress = cleaning.step(step_bytes);
            if (!progress) {
                (void)cleaning.discard();
                return std::unexpected(progress.error());
            }
            if (progress->has_replacement) {
                TRY_ASSIGN(const bool replaced,
                           log->replace_segments(cleaning.take_replacement(), now_ms));
                if (!replaced) {
                    TRY(cleaning.discard());
                    return false;
                }
                cleaning.replaced();
            }
            if (!progress->done) continue;
            cleaned_until = cleaning.cleaned_until();
            stats = cleaning.stats();
            return true;
        }
    }
    void must_compact() {
        const auto compacted = compact();
        ASSERT_TRUE(compacted.has_value()) << compacted.error().where;
        ASSERT_TRUE(*compacted);
    }
    std::vector<FoundRecord> found() const { return found_records(read_bytes(*snapshot())); }
    // "k=v@offset", a tombstone as "k!@offset".
    std::vector<std::string> texts() const {
        std::vector<std::string> texts;
        for (const FoundRecord& record : found())
            texts.push_back(record.key + (record.value ? "=" + *record.value : "!") + "@" +
                            std::to_string(record.offset.value));
        return texts;
    }
    std::vector<protocol::BatchHeader> headers() const {
        return headers_of(read_bytes(*snapshot()));
    }

    int64_t now_ms = 1000;
    std::optional<Offset> cleaned_until;
    uint64_t map_bytes = 1 << 20;
    uint64_t step_bytes = 1 << 20;
    FilterStats stats;
};

}  // namespace barnabas::storage
