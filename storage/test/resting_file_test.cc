// SPDX-License-Identifier: Apache-2.0
// RestingFile and OpenFiles on a simulated disk: what closes when, and that nothing is lost by it:
// neither an error of writing back (L11) nor a reader's file under a name that went (A11).
#include "storage/resting_file.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/sim/sim_disk.h"

namespace barnabas::storage {
namespace {

const std::string place_directory = "/data/topic-0";
const std::string first_path = place_directory + "/00000000000000000000.log";

class RestingFiles : public testing::Test {
  protected:
    RestingFiles() { EXPECT_TRUE(disk.make_directories(place_directory).has_value()); }

    std::shared_ptr<RestingFile> make(int64_t base, std::string_view suffix = {}) {
        auto made = RestingFile::open(place, {Offset{base}, FileKind::log, suffix},
                                      OpenMode::create_or_open);
        EXPECT_TRUE(made.has_value());
        return *made;
    }
    static Result<void> write(File& file, std::string_view text) {
        const Bytes part = as_bytes(text);
        return file.write_at(0, {&part, 1});
    }
    static std::string read(const File& file, size_t size, ReadMode mode = ReadMode::blocking) {
        std::string text(size, '\0');
        const MutableBytes into{reinterpret_cast<uint8_t*>(text.data()), size};
        const auto got = file.read_at(0, into, mode);
        return got ? text.substr(0, *got) : "error " + std::to_string(got.error().os_error);
    }
    // A file with content that is durable, closed.
    std::shared_ptr<RestingFile> make_resting(int64_t base, std::string_view text) {
        auto file = make(base);
        EXPECT_TRUE(write(*file, text).has_value());
        EXPECT_TRUE(file->sync().has_value());
        EXPECT_TRUE(file->rest());
        return file;
    }
    uint64_t opens() const { return disk.count(DiskOp::open); }

    SimDisk disk;
    std::shared_ptr<OpenFiles> open_files = std::make_shared<OpenFiles>(2);
    std::shared_ptr<const FilePlace> place =
        std::make_shared<const FilePlace>(disk, place_directory, open_files);
};

TEST_F(RestingFiles, A11_opens_when_it_is_used_and_not_before) {
    const auto file = make_resting(0, "hello");
    const uint64_t before = opens();
    EXPECT_FALSE(file->is_open());
    EXPECT_EQ(opens(), before);
    EXPECT_EQ(read(*file, 5), "hello");
    EXPECT_EQ(read(*file, 5), "hello");
    EXPECT_TRUE(file->is_open());
    EXPECT_EQ(opens(), before + 1);
}

TEST_F(RestingFiles, A11_a_read_of_what_is_cached_never_opens) {
    const auto file = make_resting(0, "hello");
    EXPECT_EQ(read(*file, 5, ReadMode::cached_only), "error " + std::to_string(EAGAIN));
    EXPECT_FALSE(file->is_cached(0, 5));
    EXPECT_FALSE(file->is_open());
    EXPECT_EQ(read(*file, 5), "hello");
    EXPECT_EQ(read(*file, 5, ReadMode::cached_only), "hello");
}

TEST_F(RestingFiles, L11_stays_open_from_a_write_to_its_sync) {
    const auto file = make(0);
    EXPECT_TRUE(file->rest());
    EXPECT_TRUE(write(*file, "hello").has_value());
    EXPECT_FALSE(file->rest());
    EXPECT_FALSE(file->rest_unless_used());
    EXPECT_EQ(open_files->make_room(10), 0u);
    disk.fail({.op = DiskOp::sync});
    EXPECT_FALSE(file->sync().has_value());
    // Not after a failure either: no other descriptor would tell of it.
    EXPECT_FALSE(file->rest());
    EXPECT_TRUE(file->sync().has_value());
    EXPECT_TRUE(file->rest());
}

TEST_F(RestingFiles, L11_a_truncation_counts_as_a_write) {
    const auto file = make_resting(0, "hello");
    EXPECT_TRUE(file->truncate(2).has_value());
    EXPECT_FALSE(file->rest());
    EXPECT_TRUE(file->sync().has_value());
    EXPECT_TRUE(file->rest());
    EXPECT_EQ(read(*file, 5), "he");
}

TEST_F(RestingFiles, L11_a_sync_that_fails_after_it_was_opened_again_is_told) {
    const auto file = make_resting(0, "hello");
    EXPECT_TRUE(write(*file, "HELLO").has_value());
    disk.fail({.op = DiskOp::sync});
    EXPECT_FALSE(file->sync().has_value());
}

TEST_F(RestingFiles, syncs_only_what_may_not_be_durable) {
    const auto file = make_resting(0, "hello");
    const uint64_t before = disk.count(DiskOp::sync);
    EXPECT_TRUE(file->sync().has_value());
    EXPECT_EQ(disk.count(DiskOp::sync), before);
    // What an earlier process left may be in the page cache only, unless it says otherwise.
    for (const bool durable : {false, true}) {
        const auto found = make(0);
        if (durable) found->mark_durable();
        EXPECT_TRUE(found->sync().has_value());
        EXPECT_EQ(disk.count(DiskOp::sync), before + 1);
    }
}

TEST_F(RestingFiles, A11_no_more_stay_open_than_there_are_places) {
    std::vector<std::shared_ptr<RestingFile>> files;
    for (int64_t base = 0; base < 20; ++base) files.push_back(make_resting(base, "x"));
    const auto count_open = [&] {
        size_t count = 0;
        for (const auto& file : files) count += file->is_open() ? 1 : 0;
        return count;
    };
    for (const auto& file : files) {
        EXPECT_EQ(read(*file, 1), "x");
        EXPECT_TRUE(file->is_open());
        EXPECT_LE(count_open(), 3u);
    }
    // Unused since, all close; used since the last look, one does not.
    for (const auto& file : files) EXPECT_EQ(read(*file, 1), "x");
    open_files->rest_idle(2);
    EXPECT_GE(count_open(), 1u);
    open_files->rest_idle(2);
    open_files->rest_idle(2);
    EXPECT_EQ(count_open(), 0u);
}

TEST_F(RestingFiles, A11_more_are_open_while_more_are_in_use) {
    std::vector<std::shared_ptr<RestingFile>> files;
    for (int64_t base = 0; base < 5; ++base) {
        files.push_back(make(base));
        EXPECT_TRUE(write(*files.back(), "x").has_value());
    }
    for (const auto& file : files) EXPECT_TRUE(file->is_open());
    for (const auto& file : files) EXPECT_TRUE(file->sync().has_value());
    for (const auto& file : files) EXPECT_EQ(read(*file, 1), "x");
    for (int round = 0; round < 5; ++round) open_files->rest_idle(2);
    size_t open = 0;
    for (const auto& file : files) open += file->is_open() ? 1 : 0;
    EXPECT_LE(open, 3u);
}

TEST_F(RestingFiles, what_a_reader_has_stays_open_for_it) {
    const auto file = make_resting(0, "hello");
    const auto had = RestingFile::opened(file, ReadMode::blocking);
    ASSERT_TRUE(had.has_value());
    EXPECT_FALSE(file->rest());
    ASSERT_TRUE(disk.remove(first_path).has_value());
    EXPECT_EQ(read(**had, 5), "hello");
    const auto none = RestingFile::opened(make_resting(1, "x"), ReadMode::cached_only);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().os_error, EAGAIN);
}

TEST_F(RestingFiles, a_held_file_can_be_read_whatever_becomes_of_its_name) {
    const auto file = make_resting(0, "old");
    file->hold();
    EXPECT_FALSE(file->rest());
    ASSERT_TRUE(disk.rename(place_directory, "/data/topic-0.x-delete").has_value());
    ASSERT_TRUE(disk.make_directories(place_directory).has_value());
    const auto other = make_resting(0, "new");
    EXPECT_EQ(read(*file, 3), "old");
    EXPECT_EQ(read(*other, 3), "new");
    ASSERT_TRUE(disk.remove_tree("/data/topic-0.x-delete").has_value());
    EXPECT_EQ(read(*file, 3, ReadMode::cached_only), "old");
}

TEST_F(RestingFiles, a_file_that_could_not_be_held_is_never_taken_for_another) {
    const auto file = make_resting(0, "old");
    disk.fail({.op = DiskOp::open, .error = EIO});
    file->hold();
    ASSERT_TRUE(disk.remove(first_path).has_value());
    const auto other = make_resting(0, "new");
    EXPECT_EQ(read(*file, 3), "error " + std::to_string(ESTALE));
    EXPECT_EQ(read(*file, 3, ReadMode::cached_only), "error " + std::to_string(EAGAIN));
}

TEST_F(RestingFiles, a_file_on_its_way_to_its_name_rests_only_there) {
    const auto file = make(0, cleaned_suffix);
    EXPECT_TRUE(write(*file, "made").has_value());
    EXPECT_TRUE(file->sync().has_value());
    EXPECT_FALSE(file->rest());
    const std::string cleaned = first_path + std::string(cleaned_suffix);
    const std::string swap = first_path + std::string(swap_suffix);
    ASSERT_TRUE(disk.rename(cleaned, swap).has_value());
    ASSERT_TRUE(disk.rename(swap, first_path).has_value());
    file->settle();
    EXPECT_TRUE(file->rest());
    EXPECT_EQ(read(*file, 4), "made");
}

TEST_F(RestingFiles, A11_out_of_descriptors_others_are_closed) {
    const auto file = make_resting(0, "hello");
    const auto unused = make_resting(1, "x");
    EXPECT_EQ(read(*unused, 1), "x");
    disk.fail({.op = DiskOp::open, .error = EMFILE});
    EXPECT_EQ(read(*file, 5), "hello");
    EXPECT_FALSE(unused->is_open());
    // Nothing is left to close: the error is told, and the file can be used later.
    EXPECT_TRUE(file->rest());
    disk.fail({.op = DiskOp::open, .error = EMFILE});
    EXPECT_EQ(read(*file, 5), "error " + std::to_string(EMFILE));
    EXPECT_EQ(read(*file, 5), "hello");
}

TEST_F(RestingFiles, a_failure_to_open_writes_nothing_and_is_no_end) {
    const auto file = make_resting(0, "hello");
    disk.fail({.op = DiskOp::open, .error = EIO});
    EXPECT_FALSE(file->prepare_write().has_value());
    EXPECT_FALSE(file->is_open());
    EXPECT_EQ(read(*file, 5), "hello");
}

TEST_F(RestingFiles, places_outlive_the_files_and_the_other_way_round) {
    auto file = make_resting(0, "hello");
    EXPECT_EQ(read(*file, 5), "hello");
    file.reset();
    const auto next = make_resting(1, "x");
    EXPECT_EQ(read(*next, 1), "x");
    open_files.reset();
    place.reset();
    EXPECT_EQ(read(*next, 1), "x");
}

}  // namespace
}  // namespace barnabas::storage
