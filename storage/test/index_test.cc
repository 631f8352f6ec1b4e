// SPDX-License-Identifier: Apache-2.0
// The sparse indexes: their bytes, searching them in file and memory, and what a crash or a full
// disk makes of the files.
#include "storage/index.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/random.h"
#include "base/sim/sim_disk.h"

namespace barnabas::storage {
namespace {

constexpr Offset index_base{1000};

std::shared_ptr<File> make_file(SimDisk& disk) {
    return disk.open("/index", OpenMode::create_or_open).value();
}

OffsetIndexEntry entry_of(int i) {
    return {index_base + 10 * i + 9, static_cast<uint32_t>(i * 100)};
}

TEST(Index, bytes_are_relative_offset_and_position) {
    SimDisk disk;
    auto writer = OffsetIndexWriter::open(make_file(disk), index_base, 0, 100).value();
    writer.append({index_base + 0x102, 0x03040506});
    writer.finish();
    const std::vector<uint8_t> expected{0, 0, 1, 2, 3, 4, 5, 6};
    EXPECT_EQ(disk.read_file("/index", 100).value(), expected);
}

TEST(Index, bytes_are_timestamp_and_relative_offset) {
    SimDisk disk;
    auto writer = TimeIndexWriter::open(make_file(disk), index_base, 0, 100).value();
    writer.append({0x0102030405060708, index_base + 9});
    writer.finish();
    const std::vector<uint8_t> expected{1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9};
    EXPECT_EQ(disk.read_file("/index", 100).value(), expected);
}

TEST(Index, search_finds_the_last_entry_that_fits_wherever_it_is) {
    SimDisk disk;
    auto writer = OffsetIndexWriter::open(make_file(disk), index_base, 0, 1 << 20).value();
    Random random(3);
    std::vector<std::pair<OffsetIndexPart, size_t>> views;
    for (int i = 1; i <= 2000; ++i) {
        writer.append(entry_of(i));
        if (i % 37 == 0) views.emplace_back(writer.part(), writer.count());
    }
    views.emplace_back(writer.part(), writer.count());
    writer.finish();
    views.emplace_back(writer.part(), writer.count());
    for (const auto& [part, count] : views) {
        for (int k = 0; k < 50; ++k) {
            const Offset target = index_base + static_cast<int64_t>(random.below(21000));
            const auto fits = [&](const OffsetIndexEntry& entry) { return entry.offset <= target; };
            const auto found = part.last_where(count, ReadMode::cached_only, fits).value();
            const int64_t i =
                std::min<int64_t>((target - index_base - 9) / 10, static_cast<int64_t>(count));
            if (target < index_base + 19) {
                ASSERT_FALSE(found.has_value());
            } else {
                ASSERT_EQ(found, entry_of(static_cast<int>(i)));
            }
        }
    }
}

TEST(Index, ignores_what_does_not_follow_and_what_is_too_much) {
    SimDisk disk;
    auto writer = OffsetIndexWriter::open(make_file(disk), index_base, 0, 3).value();
    writer.append(entry_of(1));
    writer.append(entry_of(1));
    EXPECT_EQ(writer.count(), 1u);
    for (int i = 2; i < 10; ++i) writer.append(entry_of(i));
    EXPECT_EQ(writer.count(), 3u);
    EXPECT_TRUE(writer.full());
}

TEST(Index, L13_a_full_disk_freezes_the_index_and_nothing_else) {
    for (uint64_t written = 0; written < 40; written += 3) {
        SimDisk disk;
        auto writer = OffsetIndexWriter::open(make_file(disk), index_base, 0, 1 << 20).value();
        disk.fail({.op = DiskOp::write,
                   .after = 1,
                   .error = ENOSPC,
                   .sticky = true,
                   .written_before = written});
        for (int i = 1; i <= 1000; ++i) writer.append(entry_of(i));
        disk.clear_faults();
        // What was counted can be read, in memory and later in the file.
        const size_t count = writer.count();
        EXPECT_EQ(writer.part().at(count - 1, ReadMode::blocking).value(),
                  entry_of(static_cast<int>(count)));
        writer.finish();
        EXPECT_EQ(writer.count(), index_tail_capacity);
        EXPECT_EQ(disk.read_file("/index", 1 << 20)->size(), index_tail_capacity * 8);
    }
}

TEST(Index, L05_check_stops_where_a_file_stops_making_sense) {
    SimDisk disk;
    auto file = make_file(disk);
    auto writer = OffsetIndexWriter::open(file, index_base, 0, 1 << 20).value();
    for (int i = 1; i <= 300; ++i) writer.append(entry_of(i));
    writer.finish();
    const auto check = [&](Offset end, uint64_t size) {
        return check_offset_index(*file, index_base, end, size).value();
    };
    EXPECT_EQ(check(index_base + 10000, 100000).good_entries, 300u);
    EXPECT_TRUE(check(index_base + 10000, 100000).whole_file);
    EXPECT_EQ(check(index_base + 200, 100000).good_entries, 19u) << "offsets beyond the segment";
    EXPECT_EQ(check(index_base + 10000, 1001).good_entries, 10u) << "positions beyond the file";
    ASSERT_TRUE(file->truncate(8 * 300 + 800).has_value());
    EXPECT_EQ(check(index_base + 10000, 100000).good_entries, 300u)
        << "zeros of a preallocated file";
    EXPECT_FALSE(check(index_base + 10000, 100000).whole_file);
    ASSERT_TRUE(file->truncate(8 * 7 + 3).has_value());
    EXPECT_EQ(check(index_base + 10000, 100000).good_entries, 7u);
    EXPECT_FALSE(check(index_base + 10000, 100000).whole_file);
}

}  // namespace
}  // namespace barnabas::storage
