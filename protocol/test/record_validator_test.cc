// SPDX-License-Identifier: Apache-2.0
// What a leader answers to each kind of produced batch. The codes were compared with those of
// Apache Kafka 4.3; where this project is stricter, the test says so.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "protocol/batch_validator.h"
#include "protocol/test/record_bytes.h"

namespace barnabas::protocol {
namespace {

using test::append;
using test::ByteVector;
using test::RawRecord;
using test::test_now;

constexpr int64_t hour_ms = 3600 * 1000;

class BatchValidation : public testing::Test {
  protected:
    BatchValidation() {
        rules_.topic_partition = "logs-0";
        rules_.now_ms = test_now;
    }
    std::expected<ValidatedBatch, BatchRejection> validate(Bytes records) {
        return validate_produced(records, rules_, decompressor_);
    }
    // The code, `none` if it is accepted.
    ErrorCode code(Bytes records) {
        const auto result = validate(records);
        return result ? ErrorCode::none : result.error().code;
    }
    // The code of a good batch of three records after a change to its header; its CRC is right.
    ErrorCode changed(const std::function<void(BatchHeader&)>& change, Codec codec = Codec::none) {
        BatchHeader header = test::produced_header(3, codec);
        change(header);
        const ByteVector plain = test::join_records(test::plain_records(3));
        return code(test::make_batch(header, compress({codec, {}}, plain)));
    }
    // The same for records, given as the bytes of all of them.
    ErrorCode of_records(Bytes plain, int32_t count, Codec codec = Codec::none) {
        return code(
            test::make_batch(test::produced_header(count, codec), compress({codec, {}}, plain)));
    }
    // What is stored, as one batch.
    static ByteVector stored(const ValidatedBatch& batch) {
        return test::joined({batch.header.encode(), batch.records.view()});
    }

    ValidationRules rules_;
    Decompressor decompressor_;
};

TEST_F(BatchValidation, good_batches_pass_unchanged) {
    for (const Codec codec : test::all_codecs)
        for (const int32_t count : {1, 3, 10'000}) {
            const ByteVector batch = test::produced_batch(test::plain_records(count), codec);
            const auto result = validate(batch);
            ASSERT_TRUE(result) << codec_name(codec) << ": " << result.error().message;
            EXPECT_EQ(stored(*result), batch);
            EXPECT_EQ(result->input_size, batch.size());
            EXPECT_EQ(result->records.view().data(), batch.data() + batch_header_size) << "no copy";
        }
}

TEST_F(BatchValidation, B01_lengths) {
    const ByteVector good = test::produced_batch(test::plain_records(3));
    const auto with_length = [&](int32_t length) {
        ByteVector bad = good;
        store_be(bad.data() + batch_layout::batch_length, length);
        return code(bad);
    };
    EXPECT_EQ(with_length(48), ErrorCode::corrupt_message);
    EXPECT_EQ(with_length(10), ErrorCode::corrupt_message);
    EXPECT_EQ(with_length(-1), ErrorCode::corrupt_message);
    EXPECT_EQ(with_length(INT32_MIN), ErrorCode::corrupt_message);
    EXPECT_EQ(with_length(INT32_MAX), ErrorCode::invalid_record);
    for (size_t size = 0; size < good.size(); ++size) {
        const ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_EQ(code(cut), ErrorCode::invalid_record) << size;
    }
}

TEST_F(BatchValidation, B02_crc_range) {
    const ByteVector good = test::produced_batch(test::plain_records(3), Codec::gzip);
    for (size_t at = batch_layout::crc; at < good.size(); ++at) {
        ByteVector bad = good;
        bad[at] ^= 1;
        EXPECT_EQ(code(bad), ErrorCode::corrupt_message) << at;
    }
    ByteVector epoch = good;
    epoch[batch_layout::partition_leader_epoch] ^= 1;
    EXPECT_EQ(code(epoch), ErrorCode::none) << "B16: not under the CRC, overwritten anyway";
}

TEST_F(BatchValidation, B03_crc_comes_first) {
    // Each of these alone has another code.
    for (const auto change :
         {+[](BatchHeader& h) { h.attributes = attribute_control; },
          +[](BatchHeader& h) { h.attributes = 7; }, +[](BatchHeader& h) { h.attributes = 4; },
          +[](BatchHeader& h) { h.record_count = 0; }}) {
        rules_.produce_version = 6;
        BatchHeader header = test::produced_header(3);
        change(header);
        ByteVector batch = test::make_batch(header, test::join_records(test::plain_records(3)));
        EXPECT_NE(code(batch), ErrorCode::corrupt_message);
        batch[batch_layout::crc] ^= 1;
        EXPECT_EQ(code(batch), ErrorCode::corrupt_message);
    }
}

TEST_F(BatchValidation, B04_other_magics) {
    for (const int magic : {0, 1, 3, 127, -1}) {
        ByteVector batch = test::produced_batch(test::plain_records(3));
        batch[batch_layout::magic] = static_cast<uint8_t>(magic);
        const bool old = magic == 0 || magic == 1;
        EXPECT_EQ(code(batch), old ? ErrorCode::invalid_record : ErrorCode::corrupt_message)
            << magic;
    }
    EXPECT_EQ(code({}), ErrorCode::invalid_record);
}

TEST_F(BatchValidation, B05_what_follows_the_batch) {
    const ByteVector good = test::produced_batch(test::plain_records(3));
    const auto followed_by = [&](Bytes tail) { return code(test::joined({good, tail})); };
    EXPECT_EQ(followed_by(good), ErrorCode::invalid_record);
    for (size_t size = 1; size < good.size(); ++size)
        EXPECT_EQ(followed_by(Bytes(good).first(size)), ErrorCode::none) << size;
    EXPECT_EQ(followed_by(ByteVector(20, 0xff)), ErrorCode::corrupt_message);
    EXPECT_EQ(followed_by(ByteVector(100)), ErrorCode::corrupt_message);
    ByteVector old_message(26);
    store_be(old_message.data() + 8, int32_t{14});
    EXPECT_EQ(followed_by(old_message), ErrorCode::invalid_record);
    const ByteVector with_tail = test::joined({good, Bytes(good).first(50)});
    EXPECT_EQ(validate(with_tail)->input_size, good.size());
}

TEST_F(BatchValidation, B06_counts_and_offsets) {
    for (const Codec codec : test::all_codecs) {
        const auto counts = [&](int32_t count, int32_t last_offset_delta) {
            return changed(
                [=](BatchHeader& header) {
                    header.record_count = count;
                    header.last_offset_delta = last_offset_delta;
                },
                codec);
        };
        EXPECT_EQ(counts(3, 2), ErrorCode::none);
        for (const auto& [count, last] : {std::pair{4, 3},
                                          {2, 1},
                                          {3, 5},
                                          {0, -1},
                                          {0, 0},
                                          {-1, 2},
                                          {-1, -2},
                                          {3, -2},
                                          {INT32_MAX, INT32_MAX - 1},
                                          {INT32_MIN, INT32_MAX}})
            EXPECT_EQ(counts(count, last), ErrorCode::invalid_record) << count << " " << last;
        // Kafka stores uncompressed batches like these.
        for (const auto& deltas : {std::array{0, 2, 1}, {5, 6, 7}, {0, 0, 0}, {0, 1, -1}}) {
            std::vector<RawRecord> records(3);
            for (size_t i = 0; i < 3; ++i) records[i].offset_delta = deltas[i];
            EXPECT_EQ(of_records(test::join_records(records), 3, codec), ErrorCode::invalid_record);
        }
        ByteVector left_over = test::join_records(test::plain_records(3));
        left_over.push_back(0);
        EXPECT_EQ(of_records(left_over, 3, codec), ErrorCode::invalid_record);
    }
    EXPECT_EQ(code(test::produced_batch({})), ErrorCode::invalid_record);
}

TEST_F(BatchValidation, B07_lengths_inside_records) {
    const auto record = [&](std::initializer_list<int> content) {
        const ByteVector bytes(content.begin(), content.end());
        return of_records(RawRecord::with_length(bytes), 1);
    };
    EXPECT_EQ(record({0, 0, 0, 1, 1, 0}), ErrorCode::none);
    EXPECT_EQ(record({0xff, 0, 0, 1, 1, 0}), ErrorCode::none) << "attributes mean nothing";
    EXPECT_EQ(record({0, 0, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0}), ErrorCode::none);
    EXPECT_EQ(record({0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0}), ErrorCode::invalid_record);
    // Kafka takes these two.
    EXPECT_EQ(record({0, 0, 0x80, 0x80, 0x80, 0x80, 0x70, 1, 1, 0}), ErrorCode::invalid_record);
    EXPECT_EQ(record({0, 0, 0, 3, 1, 0}), ErrorCode::invalid_record);
    EXPECT_EQ(record({0, 0, 0, 1, 1, 1}), ErrorCode::invalid_record) << "-1 headers";
    EXPECT_EQ(record({0, 0, 0, 1, 1, 200, 1}), ErrorCode::invalid_record) << "100 headers";
    EXPECT_EQ(record({0, 0, 0, 1, 1, 2, 1, 1}), ErrorCode::invalid_record) << "null header key";
    EXPECT_EQ(record({0, 0, 0, 1, 1, 2, 4, 0xff, 0xfe, 1}), ErrorCode::none) << "not UTF-8";
    EXPECT_EQ(record({0, 0, 0, 1, 1, 0, 0}), ErrorCode::invalid_record);
    EXPECT_EQ(record({0, 0, 0, 1, 1}), ErrorCode::invalid_record);
    EXPECT_EQ(record({}), ErrorCode::invalid_record);
}

TEST_F(BatchValidation, B09_codecs) {
    rules_.produce_version = 6;
    EXPECT_EQ(changed([](BatchHeader&) {}, Codec::zstd), ErrorCode::unsupported_compression_type);
    EXPECT_EQ(changed([](BatchHeader&) {}, Codec::lz4), ErrorCode::none);
    rules_.produce_version = 7;
    EXPECT_EQ(changed([](BatchHeader&) {}, Codec::zstd), ErrorCode::none);
    for (const int codec : {5, 6, 7})
        EXPECT_EQ(changed([=](BatchHeader& h) { h.attributes = static_cast<int16_t>(codec); }),
                  ErrorCode::unknown_server_error);
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        const BatchHeader header = test::produced_header(3, codec);
        EXPECT_EQ(code(test::make_batch(header, as_bytes("no such stream"))),
                  ErrorCode::invalid_record);
        EXPECT_EQ(code(test::make_batch(header, {})), ErrorCode::invalid_record);
    }
}

TEST_F(BatchValidation, cut_and_mutated_streams_with_a_good_crc) {
    std::mt19937 random(11);
    for (const Codec codec : test::all_codecs) {
        const BatchHeader header = test::produced_header(50, codec);
        const ByteVector plain = test::join_records(test::plain_records(50));
        const ByteVector good = compress({codec, {}}, plain);
        for (size_t size = 0; size < good.size(); ++size)
            EXPECT_EQ(code(test::make_batch(header, Bytes(good).first(size))),
                      ErrorCode::invalid_record)
                << codec_name(codec) << " cut at " << size;
        for (int i = 0; i < 3000; ++i) {
            ByteVector bad = good;
            bad[random() % bad.size()] = static_cast<uint8_t>(random());
            const auto result = validate(test::make_batch(header, bad));
            if (result) EXPECT_EQ(result->header.record_count, 50);
        }
    }
}

TEST_F(BatchValidation, walks_over_windows_as_over_whole_records) {
    // Records of all sizes around the walker's window, so that every field crosses its end once.
    for (const Codec codec : test::all_codecs)
        for (size_t size = 65'500; size < 65'560; ++size) {
            const std::string value(size, 'x');
            std::vector<RawRecord> records = test::plain_records(3);
            records[0].value = value;
            records[1].headers = {{as_bytes("name"), as_bytes("value")}};
            records[2].key = value;
            ASSERT_EQ(of_records(test::join_records(records), 3, codec), ErrorCode::none) << size;
        }
}

TEST_F(BatchValidation, B10_B11_size_as_stored) {
    const std::string value(1000, 'x');
    const std::vector<RawRecord> records{{.value = value}};
    const ByteVector plain = test::produced_batch(records);
    const ByteVector packed = test::produced_batch(records, Codec::gzip);
    rules_.message_bytes_max = static_cast<int32_t>(plain.size());
    EXPECT_EQ(code(plain), ErrorCode::none);
    rules_.message_bytes_max -= 1;
    EXPECT_EQ(code(plain), ErrorCode::message_too_large);
    EXPECT_EQ(code(packed), ErrorCode::none) << "compressed size counts";
    ByteVector damaged = plain;
    damaged.back() ^= 1;
    EXPECT_EQ(code(damaged), ErrorCode::message_too_large);

    rules_.stored_compression = Compression{Codec::none, {}};
    EXPECT_EQ(code(packed), ErrorCode::message_too_large) << "after compressing anew";
    rules_.message_bytes_max += 1;
    EXPECT_EQ(code(packed), ErrorCode::none);
    rules_.message_bytes_max = static_cast<int32_t>(packed.size());
    rules_.stored_compression = Compression{Codec::gzip, {}};
    EXPECT_EQ(code(plain), ErrorCode::message_too_large) << "as it came, too";
}

TEST_F(BatchValidation, B12_bits_of_clients) {
    const auto attributes = [&](int bits) {
        return changed([=](BatchHeader& h) { h.attributes = static_cast<int16_t>(bits); });
    };
    EXPECT_EQ(attributes(attribute_control), ErrorCode::invalid_record);
    EXPECT_EQ(attributes(attribute_transactional), ErrorCode::invalid_record) << "no producer id";
    EXPECT_EQ(attributes(attribute_delete_horizon), ErrorCode::none);
    EXPECT_EQ(attributes(0x4080), ErrorCode::none);
    EXPECT_EQ(attributes(0x8000), ErrorCode::none);

    const auto producer = [&](int64_t id, int epoch, int32_t sequence, int bits) {
        return changed([=](BatchHeader& h) {
            h.producer_id = ProducerId{id};
            h.producer_epoch = static_cast<int16_t>(epoch);
            h.base_sequence = sequence;
            h.attributes = static_cast<int16_t>(bits);
        });
    };
    EXPECT_EQ(producer(5, 0, 0, attribute_transactional), ErrorCode::none);
    EXPECT_EQ(producer(5, 0, 0, 0), ErrorCode::none);
    EXPECT_EQ(producer(5, 0, -1, 0), ErrorCode::invalid_record);
    EXPECT_EQ(producer(-1, 3, 0, 0), ErrorCode::none);
    EXPECT_EQ(producer(5, 0, INT32_MAX, 0), ErrorCode::none) << "B17: wraps inside the batch";
}

TEST_F(BatchValidation, base_offset_is_zero) {
    ByteVector batch = test::produced_batch(test::plain_records(3));
    for (const int64_t offset : {int64_t{1}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
        store_be(batch.data(), offset);
        EXPECT_EQ(code(batch), ErrorCode::invalid_record);
    }
}

TEST_F(BatchValidation, B13_timestamps_out_of_range) {
    std::vector<RawRecord> records = test::plain_records(3);
    records[1].timestamp_delta = hour_ms + 1;
    for (const Codec codec : test::all_codecs) {
        const auto result = validate(test::produced_batch(records, codec));
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::invalid_timestamp);
        ASSERT_EQ(result.error().record_errors.size(), 1u);
        EXPECT_EQ(result.error().record_errors[0].batch_index, 1);
        EXPECT_EQ(result.error().record_errors[0].message,
                  "Timestamp 1700003600001 of message with offset 1 is out of range. The timestamp "
                  "should be within [-9223370336854775807, 1700003600000]");
    }
    records[1].timestamp_delta = hour_ms;
    EXPECT_EQ(code(test::produced_batch(records)), ErrorCode::none);
    rules_.timestamp_before_max_ms = hour_ms;
    records[1].timestamp_delta = -hour_ms;
    EXPECT_EQ(code(test::produced_batch(records)), ErrorCode::none);
    records[1].timestamp_delta = -hour_ms - 1;
    EXPECT_EQ(code(test::produced_batch(records)), ErrorCode::invalid_timestamp);
    rules_.timestamp_type = TimestampType::log_append_time;
    EXPECT_EQ(code(test::produced_batch(records)), ErrorCode::none);
}

TEST_F(BatchValidation, B13_timestamp_minus_one_is_none) {
    const auto base = [&](int64_t timestamp) {
        return changed([=](BatchHeader& h) { h.base_timestamp = h.max_timestamp = timestamp; });
    };
    rules_.timestamp_before_max_ms = hour_ms;
    EXPECT_EQ(base(-1), ErrorCode::none);
    EXPECT_EQ(base(-2), ErrorCode::invalid_timestamp);
    rules_.timestamp_before_max_ms = INT64_MAX;
    EXPECT_EQ(base(-2), ErrorCode::none);
    EXPECT_EQ(base(INT64_MIN), ErrorCode::invalid_timestamp);
    EXPECT_EQ(base(INT64_MAX), ErrorCode::invalid_timestamp);
    rules_.timestamp_after_max_ms = INT64_MAX;
    EXPECT_EQ(base(INT64_MAX), ErrorCode::none);
}

TEST_F(BatchValidation, B13_log_append_time) {
    rules_.timestamp_type = TimestampType::log_append_time;
    for (const Codec codec : test::all_codecs) {
        BatchHeader header = test::produced_header(3, codec);
        header.attributes |= attribute_delete_horizon | 0x80;
        header.max_timestamp = test_now + 1'000'000 * hour_ms;
        const ByteVector plain = test::join_records(test::plain_records(3));
        const ByteVector made = test::make_batch(header, compress({codec, {}}, plain));
        const auto result = validate(made);  // borrows from it
        ASSERT_TRUE(result);
        EXPECT_EQ(result->header.max_timestamp, test_now);
        EXPECT_EQ(result->header.base_timestamp, test_now);
        EXPECT_EQ(result->header.attributes, header.attributes | attribute_log_append_time);
        EXPECT_EQ(result->max_timestamp_offset_delta, 2);
        EXPECT_TRUE(BatchView::parse(stored(*result))->crc_valid());
    }
}

TEST_F(BatchValidation, B14_a_largest_timestamp_that_lies_is_set_right) {
    std::vector<RawRecord> records = test::plain_records(4);
    records[1].timestamp_delta = 500;
    records[2].timestamp_delta = 500;
    for (const Codec codec : test::all_codecs)
        for (const int64_t lie : {int64_t{-1}, int64_t{5}, test_now, test_now + 501, INT64_MAX}) {
            BatchHeader header = test::produced_header(4, codec);
            header.max_timestamp = lie;
            const ByteVector plain = test::join_records(records);
            const ByteVector made = test::make_batch(header, compress({codec, {}}, plain));
            const auto result = validate(made);
            ASSERT_TRUE(result);
            EXPECT_EQ(result->header.max_timestamp, test_now + 500);
            EXPECT_EQ(result->max_timestamp_offset_delta, 1);
            EXPECT_TRUE(BatchView::parse(stored(*result))->crc_valid());
        }
}

TEST_F(BatchValidation, B14_a_clients_log_append_bit_is_taken_away) {
    BatchHeader header = test::produced_header(3);
    header.attributes = attribute_log_append_time;
    header.max_timestamp = test_now + 77;
    const ByteVector made = test::make_batch(header, test::join_records(test::plain_records(3)));
    const auto result = validate(made);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->header.attributes, 0);
    EXPECT_EQ(result->header.max_timestamp, test_now);
    EXPECT_TRUE(BatchView::parse(stored(*result))->crc_valid());
}

TEST_F(BatchValidation, B15_compacted_topics_need_keys) {
    rules_.compacted = true;
    std::vector<RawRecord> records = test::plain_records(3);
    EXPECT_EQ(code(test::produced_batch(records)), ErrorCode::none);
    records[0].key = "";
    records[1].key = records[2].key = std::nullopt;
    for (const Codec codec : test::all_codecs) {
        const auto result = validate(test::produced_batch(records, codec));
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::invalid_record);
        ASSERT_EQ(result.error().record_errors.size(), 2u);
        EXPECT_EQ(result.error().record_errors[0].batch_index, 1);
        EXPECT_EQ(result.error().record_errors[1].message,
                  "Compacted topic cannot accept message without key in topic partition logs-0");
    }
    records[0].timestamp_delta = 2 * hour_ms;
    const auto both = validate(test::produced_batch(records));
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().code, ErrorCode::invalid_timestamp);
    EXPECT_EQ(both.error().record_errors.size(), 3u);

    std::vector<RawRecord> many = test::plain_records(6000);
    for (RawRecord& record : many) record.key = std::nullopt;
    EXPECT_EQ(validate(test::produced_batch(many)).error().record_errors.size(), record_errors_max);
}

TEST_F(BatchValidation, stored_compression_of_the_topic) {
    const std::vector<RawRecord> records = test::plain_records(100);
    for (const Codec from : test::all_codecs)
        for (const Codec to : test::all_codecs) {
            rules_.stored_compression = Compression{to, {}};
            BatchHeader header = test::produced_header(100, from);
            header.attributes |= attribute_transactional | 0x80;
            header.producer_id = ProducerId{4};
            header.producer_epoch = 1;
            header.base_sequence = 9;
            const ByteVector plain = test::join_records(records);
            const ByteVector batch = test::make_batch(header, compress({from, {}}, plain));
            const auto result = validate(batch);
            ASSERT_TRUE(result) << codec_name(from) << " to " << codec_name(to);
            const ByteVector kept = stored(*result);
            if (from == to) {
                EXPECT_EQ(kept, batch);
                continue;
            }
            const auto view = BatchView::parse(kept);
            ASSERT_TRUE(view && view->crc_valid());
            EXPECT_EQ(view->header().attributes, static_cast<int>(to) | attribute_transactional);
            EXPECT_EQ(view->header().base_sequence, 9);
            EXPECT_EQ(decompress(to, view->records(), 1 << 20).value(), plain);
        }
}

// Validation and RecordReader are written apart; they must agree on what good records are.
TEST_F(BatchValidation, agrees_with_record_reader) {
    std::mt19937 random(13);
    size_t accepted = 0;
    RawRecord with_headers{.offset_delta = 2};
    with_headers.headers = {{as_bytes("name"), as_bytes("value")}, {as_bytes("n"), std::nullopt}};
    const ByteVector good =
        test::join_records({RawRecord{}, RawRecord{.offset_delta = 1}, with_headers});
    rules_.timestamp_after_max_ms = INT64_MAX;
    for (int i = 0; i < 60'000; ++i) {
        ByteVector bytes = good;
        for (int change = 0; change < i % 3; ++change)
            bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        RecordReader reader(bytes, 3);
        bool reads = true;
        int32_t index = 0;
        for (RecordView record; reads;) {
            const auto more = reader.next(record);
            reads = more.has_value();
            if (!reads || !*more) break;
            reads = record.offset_delta == index++;
        }
        const Codec codec = i % 2 == 0 ? Codec::none : Codec::snappy;
        const ErrorCode result = of_records(bytes, 3, codec);
        if (result == ErrorCode::invalid_timestamp) continue;
        ASSERT_EQ(result == ErrorCode::none, reads) << i;
        accepted += reads;
    }
    EXPECT_GT(accepted, 20'000u);
    EXPECT_LT(accepted, 60'000u);
}

}  // namespace
}  // namespace barnabas::protocol
