// SPDX-License-Identifier: Apache-2.0
// Every setting of a log acts: a table of settings, each with something that can be seen to change.
// Settings of compaction and retention are in compaction_test.cc and log_trim_test.cc, flush.* in
// directory_queue_test.cc and log_manager_test.cc.
#include <gtest/gtest.h>

#include "storage/test/compaction_rig.h"

namespace barnabas::storage {
namespace {

struct Row {
    const char* setting;
    std::function<void(LogConfig&)> change;
    // What is looked at after the same batches were appended.
    std::function<int64_t(CompactionRig&)> look;
    // How it must be with the change, compared with the defaults.
    std::function<bool(int64_t without, int64_t with)> holds;
};

// Twenty batches of ten keyed records, compressible, a minute apart.
int64_t outcome(const Row& row, bool changed) {
    CompactionRig rig;
    rig.options.config = LogConfig{};
    if (changed) row.change(rig.options.config);
    rig.options.now_ms = 1'000'000;
    rig.must_open();
    for (int i = 0; i < 20; ++i) {
        rig.now_ms = 1'000'000 + i * 60'000;
        KeyedBatch batch;
        for (int k = 0; k < 10; ++k) {
            std::string value;
            for (int word = 0; word < 400; ++word)
                value += "word" + std::to_string(word * (k + 3) * (i + 7) % 97);
            batch.records.push_back({"k" + std::to_string(k), value, rig.now_ms - 5000 + k});
        }
        (void)rig.put(batch);
    }
    return row.look(rig);
}

int64_t stored_bytes(CompactionRig& rig) {
    return static_cast<int64_t>(rig.snapshot()->size_bytes());
}
int64_t segments(CompactionRig& rig) {
    return static_cast<int64_t>(rig.snapshot()->sealed->size()) + 1;
}
int64_t index_entries(CompactionRig& rig) {
    int64_t entries = 0;
    for (const SegmentExtent& extent : *rig.snapshot()->sealed)
        entries += static_cast<int64_t>(extent.offset_index_entries);
    return entries + static_cast<int64_t>(rig.snapshot()->active.offset_index_entries);
}
int64_t records(CompactionRig& rig) {
    return rig.end().value;
}
int64_t codec(CompactionRig& rig) {
    return rig.headers().at(0).codec_id();
}
int64_t preallocations(CompactionRig& rig) {
    return static_cast<int64_t>(rig.disk->count(DiskOp::preallocate));
}
int64_t append_times(CompactionRig& rig) {
    int64_t count = 0;
    for (const auto& header : rig.headers())
        count += header.timestamp_type() == protocol::TimestampType::log_append_time ? 1 : 0;
    return count;
}

constexpr int64_t never = std::numeric_limits<int64_t>::max();

std::vector<Row> table() {
    using C = LogConfig;
    const auto more = [](int64_t without, int64_t with) { return with > without; };
    const auto less = [](int64_t without, int64_t with) { return with < without; };
    const auto is = [](int64_t wanted) {
        return
            [wanted](int64_t without, int64_t with) { return with == wanted && without != wanted; };
    };
    const auto codec_and_level = [](int8_t id, int32_t level) {
        return [id, level](C& c) {
            c.compression_codec = id;
            c.compression_level = level;
        };
    };
    return {
        {"segment.bytes", [](C& c) { c.segment_bytes = 50'000; }, segments, more},
        {"segment.ms", [](C& c) { c.segment_ms = 300'000; }, segments, is(4)},
        {"segment.jitter.ms",
         [](C& c) {
             c.segment_ms = never;
             c.segment_jitter_ms = never;
         },
         segments, [](int64_t without, int64_t) { return without == 1; }},
        {"max.compaction.lag.ms",
         [](C& c) {
             c.cleanup_compact = true;
             c.max_compaction_lag_ms = 300'000;
         },
         segments, is(4)},
        {"segment.index.bytes", [](C& c) { c.segment_index_bytes = 48; }, segments, more},
        {"index.interval.bytes", [](C& c) { c.index_interval_bytes = 1 << 20; }, index_entries,
         less},
        {"max.message.bytes", [](C& c) { c.max_message_bytes = 1000; }, records, is(0)},
        {"message.timestamp.type", [](C& c) { c.timestamp_type = TimestampType::log_append_time; },
         append_times, is(20)},
        {"message.timestamp.before.max.ms", [](C& c) { c.timestamp_before_max_ms = 1000; }, records,
         is(0)},
        {"compression.type=gzip", codec_and_level(1, 0), codec, is(1)},
        {"compression.type=snappy", codec_and_level(2, 0), codec, is(2)},
        {"compression.type=lz4", codec_and_level(3, 0), codec, is(3)},
        {"compression.type=zstd", codec_and_level(4, 0), codec, is(4)},
        {"preallocate", [](C& c) { c.preallocate = true; }, preallocations, more},
    };
}

TEST(LogConfig, every_setting_acts) {
    for (const Row& row : table()) {
        SCOPED_TRACE(row.setting);
        const int64_t without = outcome(row, false), with = outcome(row, true);
        EXPECT_TRUE(row.holds(without, with)) << without << " without, " << with << " with";
    }
}

TEST(LogConfig, levels_of_compression_act) {
    struct Levels {
        const char* setting;
        int8_t codec;
        int32_t fast, thorough;
    };
    for (const Levels& row :
         {Levels{"compression.gzip.level", 1, 1, 9}, Levels{"compression.lz4.level", 3, 1, 17},
          Levels{"compression.zstd.level", 4, -50, 19}}) {
        SCOPED_TRACE(row.setting);
        const auto bytes = [&](int32_t level) {
            const Row one{row.setting,
                          [&](LogConfig& config) {
                              config.compression_codec = row.codec;
                              config.compression_level = level;
                          },
                          stored_bytes,
                          {}};
            return outcome(one, true);
        };
        EXPECT_LT(bytes(row.thorough), bytes(row.fast));
        EXPECT_GT(bytes(row.fast), 0);
    }
}

TEST(LogConfig, timestamps_from_the_future_are_refused_beyond_their_limit) {
    CompactionRig rig;
    rig.options.config.timestamp_after_max_ms = 1000;
    rig.must_open();
    KeyedBatch batch;
    batch.records.push_back({"a", "1", rig.now_ms + 1000});
    EXPECT_EQ(rig.put(batch).error, ErrorCode::none);
    batch.records.push_back({"b", "1", rig.now_ms + 1001});
    const AppendResult refused = rig.put(batch);
    EXPECT_EQ(refused.error, ErrorCode::invalid_timestamp);
    ASSERT_EQ(refused.record_errors.size(), 1u);
    EXPECT_EQ(refused.record_errors[0].batch_index, 1);
    rig.options.config.timestamp_type = TimestampType::log_append_time;
    ASSERT_TRUE(rig.log->set_config(rig.options.config).has_value());
    EXPECT_EQ(rig.put(batch).error, ErrorCode::none) << "the log's own time is never refused";
}

TEST(LogConfig, a_running_log_takes_new_settings) {
    CompactionRig rig;
    rig.options.config = LogConfig{};
    rig.must_open();
    rig.put("a", std::string(1000, 'x'));
    LogConfig config = rig.options.config;
    config.segment_bytes = 1100;
    config.compression_codec = 4;
    ASSERT_TRUE(rig.log->set_config(config).has_value());
    rig.put("a", std::string(1000, 'x'));
    rig.put("a", std::string(100'000, 'x'));
    EXPECT_EQ(rig.headers().back().codec_id(), 4);
    for (int i = 0; i < 20; ++i) rig.put("a", std::to_string(i));
    EXPECT_GT(segments(rig), 2);
}

}  // namespace
}  // namespace barnabas::storage
