// SPDX-License-Identifier: Apache-2.0
// Headers, stamps and record iteration: what is right is read, what is cut or lies is an Error.
#include "protocol/record_batch.h"

#include <gtest/gtest.h>

#include <random>

#include "base/crc32c.h"
#include "protocol/record_batch_builder.h"
#include "protocol/test/record_bytes.h"

namespace barnabas::protocol {
namespace {

using test::ByteVector;
using test::RawRecord;

// All records, or the error.
Result<std::vector<RecordView>> read_all(Bytes records, int32_t count) {
    std::vector<RecordView> all;
    RecordReader reader(records, count);
    for (RecordView record;;) {
        TRY_ASSIGN(const bool more, reader.next(record));
        if (!more) return all;
        all.push_back(record);
    }
}

TEST(RecordBatch, header_round_trips) {
    BatchHeader header;
    header.base_offset = Offset{0x0102030405060708};
    header.batch_length = 0x01020304;
    header.partition_leader_epoch = LeaderEpoch{-214};
    header.crc = 0xfedcba98;
    header.attributes = -32768 | attribute_control | 3;
    header.last_offset_delta = 77;
    header.base_timestamp = -5;
    header.max_timestamp = INT64_MAX;
    header.producer_id = ProducerId{1LL << 40};
    header.producer_epoch = 31000;
    header.base_sequence = INT32_MAX;
    header.record_count = 12;
    const auto bytes = header.encode();
    const auto again = BatchHeader::decode(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, header);
    EXPECT_EQ(again->codec_id(), 3);
    EXPECT_TRUE(again->is_control());
    EXPECT_FALSE(again->is_transactional());
    EXPECT_EQ(again->last_sequence(), 76);
    EXPECT_EQ(again->next_offset(), header.base_offset + 78);
}

TEST(RecordBatch, B01_lengths_that_cannot_be) {
    const ByteVector good = test::produced_batch(test::plain_records(3));
    ASSERT_TRUE(BatchView::parse(good));
    for (const int32_t length :
         {INT32_MIN, -1, 0, 48, static_cast<int32_t>(good.size()) - 11, 1 << 30, INT32_MAX}) {
        ByteVector bad = good;
        store_be(bad.data() + batch_layout::batch_length, length);
        const auto batch = BatchView::parse(bad);
        ASSERT_FALSE(batch) << length;
        EXPECT_EQ(batch.error().code, ErrorCode::corrupt_message);
    }
}

TEST(RecordBatch, offset_ranges_that_cannot_be) {
    const ByteVector good = test::produced_batch(test::plain_records(3));
    ByteVector bad = good;
    store_be(bad.data() + batch_layout::last_offset_delta, int32_t{-1});
    EXPECT_FALSE(BatchView::parse(bad));
    bad = good;
    store_be(bad.data() + batch_layout::base_offset, INT64_MAX - 2);
    EXPECT_FALSE(BatchView::parse(bad));
    store_be(bad.data() + batch_layout::base_offset, INT64_MAX - 3);
    EXPECT_TRUE(BatchView::parse(bad));
}

TEST(RecordBatch, truncated_at_every_byte) {
    for (const Codec codec : test::all_codecs) {
        const ByteVector good = test::produced_batch(test::plain_records(5), codec);
        for (size_t size = 0; size < good.size(); ++size) {
            // A copy of exactly that size, so that a sanitizer sees every step too far.
            const ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
            EXPECT_FALSE(BatchView::parse(cut)) << size;
            BatchReader reader(cut);
            BatchView batch;
            const auto more = reader.next(batch);
            ASSERT_TRUE(more) << size;
            EXPECT_FALSE(*more) << size;
        }
    }
}

TEST(RecordBatch, reader_gives_whole_batches_and_leaves_a_cut_tail) {
    const ByteVector one = test::produced_batch(test::plain_records(2));
    const ByteVector two = test::produced_batch(test::plain_records(9), Codec::lz4);
    const ByteVector both = test::joined({one, two, Bytes(one).first(40)});
    BatchReader reader(both);
    BatchView batch;
    ASSERT_TRUE(*reader.next(batch));
    EXPECT_EQ(batch.header().record_count, 2);
    ASSERT_TRUE(*reader.next(batch));
    EXPECT_EQ(batch.header().record_count, 9);
    EXPECT_FALSE(*reader.next(batch));
    EXPECT_EQ(reader.position(), one.size() + two.size());

    ByteVector zeros = one;
    zeros.resize(one.size() + 4096);
    BatchReader damaged(zeros);
    ASSERT_TRUE(*damaged.next(batch));
    EXPECT_FALSE(damaged.next(batch));
}

TEST(RecordBatch, B02_crc_range) {
    const ByteVector good = test::produced_batch(test::plain_records(3));
    EXPECT_EQ(BatchView::parse(good)->header().crc,
              crc32c(Bytes(good).subspan(batch_layout::attributes)));
    for (size_t at = 0; at < good.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            ByteVector bad = good;
            bad[at] ^= static_cast<uint8_t>(1 << bit);
            const auto batch = BatchView::parse(bad);
            // Another length is another range; what is left parses to other bytes.
            if (at / sizeof(int32_t) == batch_layout::batch_length / sizeof(int32_t)) continue;
            const bool outside = at < batch_layout::magic;
            if (batch) EXPECT_EQ(batch->crc_valid(), outside) << at << ":" << bit;
        }
}

TEST(RecordBatch, B16_stamps_leave_the_crc_valid) {
    ByteVector batch = test::produced_batch(test::plain_records(3));
    stamp_offset_and_epoch(batch, Offset{1LL << 40}, LeaderEpoch{17});
    const auto view = BatchView::parse(batch);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->crc_valid());
    EXPECT_EQ(view->base_offset(), Offset{1LL << 40});
    EXPECT_EQ(view->header().partition_leader_epoch, LeaderEpoch{17});
}

TEST(RecordBatch, B13_log_append_time_computes_the_crc_again) {
    ByteVector batch = test::produced_batch(test::plain_records(3), Codec::zstd);
    stamp_log_append_time(batch, 1234);
    const auto view = BatchView::parse(batch);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->crc_valid());
    EXPECT_EQ(view->header().timestamp_type(), TimestampType::log_append_time);
    EXPECT_EQ(view->header().max_timestamp, 1234);
    EXPECT_EQ(view->header().record_timestamp(99), 1234);
    EXPECT_EQ(view->header().codec_id(), 4);

    BatchHeader header = BatchView::parse(batch)->header();
    header.stamp_log_append_time(77);
    header.crc = header.compute_crc(view->records());
    const ByteVector rewritten = test::joined({header.encode(), view->records()});
    EXPECT_TRUE(BatchView::parse(rewritten)->crc_valid());
}

TEST(RecordBatch, B17_sequence_numbers_wrap) {
    EXPECT_EQ(sequence_after(INT32_MAX, 1), 0);
    EXPECT_EQ(sequence_after(INT32_MAX - 1, 3), 1);
    EXPECT_EQ(sequence_after(0, INT32_MAX), INT32_MAX);
    EXPECT_EQ(sequence_after(INT32_MAX, INT32_MAX), INT32_MAX - 1);
    std::mt19937 random(17);
    for (int i = 0; i < 10'000; ++i) {
        const auto base = static_cast<int32_t>(random() & 0x7fffffff);
        const auto delta = static_cast<int32_t>(random() & 0x7fffffff);
        EXPECT_EQ(sequence_after(base, delta), (int64_t{base} + delta) % (int64_t{1} << 31));
    }
}

TEST(RecordReader, gives_views) {
    RawRecord one;
    one.timestamp_delta = -100;
    one.key = std::nullopt;
    one.value = "";
    const ByteVector name{'h', 0xff}, content{1, 2, 3};
    one.headers = {{name, Bytes(content)}, {Bytes{}, std::nullopt}};
    RawRecord two;
    two.offset_delta = 4;
    two.key = "";
    two.value = std::nullopt;
    const ByteVector bytes = test::join_records({one, two});
    const auto records = read_all(bytes, 2);
    ASSERT_TRUE(records);
    const RecordView& first = records->at(0);
    EXPECT_EQ(first.timestamp_delta, -100);
    EXPECT_FALSE(first.key);
    EXPECT_TRUE(first.value && first.value->empty());
    EXPECT_EQ(first.headers.left(), 2);
    RecordHeaders headers = first.headers;
    RecordHeader header;
    ASSERT_TRUE(headers.next(header));
    EXPECT_TRUE(equal(header.key, name));
    EXPECT_TRUE(equal(*header.value, content));
    ASSERT_TRUE(headers.next(header));
    EXPECT_TRUE(header.key.empty());
    EXPECT_FALSE(header.value);
    EXPECT_FALSE(headers.next(header));
    const RecordView& second = records->at(1);
    EXPECT_EQ(second.offset_delta, 4);
    EXPECT_TRUE(second.key && second.key->empty());
    EXPECT_FALSE(second.value);
    EXPECT_EQ(second.headers.left(), 0);
}

TEST(RecordReader, B06_counts_are_exact) {
    const ByteVector bytes = test::join_records(test::plain_records(3));
    EXPECT_TRUE(read_all(bytes, 3));
    for (const int32_t count : {INT32_MIN, -1, 0, 1, 2, 4, 1000, INT32_MAX}) {
        const auto records = read_all(bytes, count);
        ASSERT_FALSE(records) << count;
        EXPECT_EQ(records.error().code, ErrorCode::invalid_record);
    }
    EXPECT_TRUE(read_all({}, 0));
    EXPECT_FALSE(read_all({}, 1));
    const std::vector<RawRecord> falling{{.offset_delta = 1}, {.offset_delta = 0}};
    EXPECT_FALSE(read_all(test::join_records(falling), 2));
    const std::vector<RawRecord> gaps{{.offset_delta = 3}, {.offset_delta = 300}};
    EXPECT_TRUE(read_all(test::join_records(gaps), 2));
}

TEST(RecordReader, B07_lengths_are_strict) {
    const auto reads = [](std::initializer_list<int> content) {
        ByteVector bytes(content.begin(), content.end());
        return read_all(RawRecord::with_length(bytes), 1).has_value();
    };
    // attributes, timestamp, offset, key length, value length, headers; zigzag: 1 is -1, 3 is -2.
    EXPECT_TRUE(reads({0, 0, 0, 1, 1, 0}));
    EXPECT_TRUE(reads({0xff, 0, 0, 1, 1, 0}));
    EXPECT_FALSE(reads({0, 0, 0, 3, 1, 0}));
    EXPECT_FALSE(reads({0, 0, 0, 1, 3, 0}));
    EXPECT_FALSE(reads({0, 0, 0, 1, 1, 1}));
    EXPECT_FALSE(reads({0, 0, 0, 1, 1, 2}));
    EXPECT_FALSE(reads({0, 0, 0, 1, 1, 0, 0}));
    EXPECT_FALSE(reads({0, 0, 0, 1, 1}));
    EXPECT_FALSE(reads({0, 0, 0, 2, 1, 0}));
    EXPECT_TRUE(reads({0, 0, 0, 1, 1, 2, 2, 'h', 1}));
    EXPECT_FALSE(reads({0, 0, 0, 1, 1, 2, 1, 1})) << "null header key";
    EXPECT_FALSE(reads({0, 0, 0, 1, 1, 2, 2, 'h', 3})) << "header value -2";
    EXPECT_FALSE(reads({0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 0}));
    EXPECT_FALSE(reads({}));
    ByteVector negative{1, 0, 0, 0, 1, 1, 0};
    EXPECT_FALSE(read_all(negative, 1));
}

TEST(RecordReader, every_prefix_and_many_mutations_end_in_errors_or_records) {
    RawRecord with_headers;
    with_headers.headers = {{as_bytes("name"), as_bytes("value")}};
    const ByteVector good =
        test::join_records({RawRecord{}, RawRecord{.offset_delta = 1}, with_headers});
    for (size_t size = 0; size < good.size(); ++size) {
        const ByteVector cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_FALSE(read_all(cut, 3)) << size;
    }
    std::mt19937 random(1);
    for (int i = 0; i < 50'000; ++i) {
        ByteVector bad = good;
        for (int change = 0; change < 1 + i % 3; ++change)
            bad[random() % bad.size()] = static_cast<uint8_t>(random());
        const auto records = read_all(bad, 3);
        if (!records) EXPECT_EQ(records.error().code, ErrorCode::invalid_record);
    }
}

TEST(RecordBatchBuilder, continues_after_a_batch) {
    BatchOptions options;
    options.base_offset = Offset{50};
    options.producer_id = ProducerId{4};
    options.producer_epoch = 0;
    options.base_sequence = INT32_MAX;
    RecordBatchBuilder builder(options);
    builder.add(1000, as_bytes("a"), as_bytes("1"));
    builder.add(900, as_bytes("b"), std::nullopt);
    const ByteVector first = builder.build();
    EXPECT_TRUE(builder.empty());
    builder.add(2000, std::nullopt, as_bytes("3"));
    const ByteVector second = builder.build();

    const auto one = BatchView::parse(first);
    const auto two = BatchView::parse(second);
    ASSERT_TRUE(one && two);
    EXPECT_TRUE(one->crc_valid() && two->crc_valid());
    EXPECT_EQ(one->header().max_timestamp, 1000);
    EXPECT_EQ(one->header().base_timestamp, 1000);
    EXPECT_EQ(two->base_offset(), Offset{52});
    EXPECT_EQ(two->header().base_sequence, 1);
    EXPECT_EQ(two->header().base_timestamp, 2000);
    EXPECT_EQ(read_all(one->records(), 2)->at(1).timestamp_delta, -100);
}

TEST(RecordBatchBuilder, size_bound_is_one) {
    RecordBatchBuilder builder({});
    const RecordHeader header{as_bytes("h"), as_bytes("x")};
    for (int64_t timestamp : {int64_t{0}, INT64_MAX, INT64_MIN, int64_t{5}}) {
        const size_t before = builder.size();
        const size_t bound =
            RecordBatchBuilder::size_bound(as_bytes("key"), std::nullopt, {&header, 1});
        builder.add(timestamp, as_bytes("key"), std::nullopt, {&header, 1});
        EXPECT_LE(builder.size(), before + bound);
    }
}

}  // namespace
}  // namespace barnabas::protocol
