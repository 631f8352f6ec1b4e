// SPDX-License-Identifier: Apache-2.0
// What every Disk promises, asked of the real one and of the simulated one with the same words: a
// test that passes on the simulation must mean something on a machine.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "base/asio/posix_disk.h"
#include "base/sim/sim_disk.h"
#include "base/test/temp_directory.h"

namespace barnabas {
namespace {

struct RealWorld {
    TempDirectory directory;
    PosixDisk disk;
    std::string root = directory.path();
};
struct SimWorld {
    SimDisk disk;
    std::string root = "/data";
    SimWorld() { EXPECT_TRUE(disk.make_directories(root)); }
};

template <class World>
class DiskContract : public ::testing::Test {
  protected:
    std::string at(const std::string& name) const { return world_.root + "/" + name; }
    void put(const std::string& name, std::string_view text) {
        const auto file = disk_.open(at(name), OpenMode::create_or_open);
        ASSERT_TRUE(file.has_value());
        const Bytes part = as_bytes(text);
        ASSERT_TRUE((*file)->truncate(0));
        ASSERT_TRUE((*file)->write_at(0, {&part, 1}));
    }
    std::string get(const std::string& name) {
        const auto content = disk_.read_file(at(name), 1 << 20);
        return content ? std::string(as_text(*content)) : "none";
    }
    int error_of(const Result<void>& result) {
        if (result) return 0;
        EXPECT_EQ(result.error().code, ErrorCode::kafka_storage_error);
        return result.error().os_error;
    }
    int open_error(const std::string& name, OpenMode mode) {
        const auto file = disk_.open(at(name), mode);
        return file ? 0 : file.error().os_error;
    }

    World world_;
    Disk& disk_ = world_.disk;
};
using Worlds = ::testing::Types<RealWorld, SimWorld>;
TYPED_TEST_SUITE(DiskContract, Worlds);

TYPED_TEST(DiskContract, open_modes) {
    EXPECT_EQ(this->open_error("a", OpenMode::read), ENOENT);
    EXPECT_EQ(this->open_error("a", OpenMode::read_write), ENOENT);
    EXPECT_EQ(this->open_error("a", OpenMode::create_exclusive), 0);
    EXPECT_EQ(this->open_error("a", OpenMode::create_exclusive), EEXIST);
    EXPECT_EQ(this->open_error("a", OpenMode::create_or_open), 0);
    EXPECT_EQ(this->open_error("a", OpenMode::read), 0);
    EXPECT_EQ(this->open_error("no/such", OpenMode::create_or_open), ENOENT);
    EXPECT_EQ(this->open_error("a/b", OpenMode::create_or_open), ENOTDIR);
    EXPECT_EQ(this->open_error("", OpenMode::read_write), EISDIR);
}

TYPED_TEST(DiskContract, writes_gather_and_reads_stop_at_the_end) {
    const auto file = *this->disk_.open(this->at("f"), OpenMode::create_or_open);
    const std::array<Bytes, 4> parts{as_bytes("ab"), Bytes{}, as_bytes("cde"), as_bytes("f")};
    ASSERT_TRUE(file->write_at(3, parts));
    EXPECT_EQ(file->size(), 9u);
    std::array<uint8_t, 16> into{};
    EXPECT_EQ(file->read_at(0, into), 9u);
    EXPECT_EQ(as_text(Bytes(into).first(9)), std::string_view("\0\0\0abcdef", 9));
    EXPECT_EQ(file->read_at(8, into), 1u);
    EXPECT_EQ(file->read_at(9, into), 0u);
    EXPECT_EQ(file->read_at(100, into), 0u);
    EXPECT_EQ(file->read_at(0, MutableBytes{}), 0u);
    EXPECT_EQ(file->read_at(0, into, ReadMode::cached_only), 9u);
    EXPECT_TRUE(file->is_cached(0, 9));
    EXPECT_TRUE(file->is_cached(0, 0));
    EXPECT_TRUE(file->sync());
}

TYPED_TEST(DiskContract, more_parts_than_one_system_call_takes) {
    const auto file = *this->disk_.open(this->at("f"), OpenMode::create_or_open);
    std::vector<std::string> texts;
    std::vector<Bytes> parts;
    std::string whole;
    for (int i = 0; i < 3000; ++i) texts.push_back(std::to_string(i));
    for (const auto& text : texts) {
        parts.push_back(as_bytes(text));
        whole += text;
    }
    ASSERT_TRUE(file->write_at(0, parts));
    EXPECT_EQ(this->get("f"), whole);
}

TYPED_TEST(DiskContract, truncate_cuts_and_grows_with_zeros) {
    this->put("f", "abcdef");
    const auto file = *this->disk_.open(this->at("f"), OpenMode::read_write);
    ASSERT_TRUE(file->truncate(2));
    ASSERT_TRUE(file->truncate(4));
    EXPECT_EQ(this->get("f"), std::string("ab\0\0", 4));
}

TYPED_TEST(DiskContract, preallocate_keeps_the_size) {
    this->put("f", "abc");
    const auto file = *this->disk_.open(this->at("f"), OpenMode::read_write);
    ASSERT_TRUE(file->preallocate(1 << 16));
    EXPECT_EQ(file->size(), 3u);
}

TYPED_TEST(DiskContract, L25_positions_beyond_4_gib) {
    const auto file = *this->disk_.open(this->at("big"), OpenMode::create_or_open);
    const Bytes part = as_bytes("end");
    const uint64_t far = (uint64_t{5} << 30) + 1;
    ASSERT_TRUE(file->write_at(far, {&part, 1}));
    EXPECT_EQ(file->size(), far + 3);
    std::array<uint8_t, 3> into{};
    EXPECT_EQ(file->read_at(far, into), 3u);
    EXPECT_EQ(as_text(into), "end");
}

TYPED_TEST(DiskContract, files_opened_for_reading_are_not_written) {
    this->put("f", "abc");
    const auto file = *this->disk_.open(this->at("f"), OpenMode::read);
    const Bytes part = as_bytes("x");
    EXPECT_EQ(this->error_of(file->write_at(0, {&part, 1})), EBADF);
    EXPECT_EQ(this->error_of(file->truncate(0)), EINVAL);
    EXPECT_EQ(this->get("f"), "abc");
}

TYPED_TEST(DiskContract, directories) {
    ASSERT_TRUE(this->disk_.make_directories(this->at("x/y/z")));
    ASSERT_TRUE(this->disk_.make_directories(this->at("x/y/z/")));
    this->put("x/file", "1");
    EXPECT_EQ(this->disk_.exists(this->at("x/y")), true);
    EXPECT_EQ(this->disk_.exists(this->at("x/nothing")), false);
    EXPECT_EQ(this->disk_.exists(this->at("x/file/below")), false);
    const auto entries = *this->disk_.list(this->at("x"));
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "file");
    EXPECT_FALSE(entries[0].is_directory);
    EXPECT_EQ(entries[1].name, "y");
    EXPECT_TRUE(entries[1].is_directory);
    EXPECT_EQ(this->disk_.list(this->at("no")).error().os_error, ENOENT);
    EXPECT_EQ(this->disk_.list(this->at("x/file")).error().os_error, ENOTDIR);
    EXPECT_EQ(this->error_of(this->disk_.make_directories(this->at("x/file"))), ENOTDIR);
    EXPECT_TRUE(this->disk_.sync_directory(this->at("x")));
    EXPECT_EQ(this->error_of(this->disk_.sync_directory(this->at("no"))), ENOENT);
}

TYPED_TEST(DiskContract, remove_and_remove_tree) {
    this->put("f", "1");
    ASSERT_TRUE(this->disk_.make_directories(this->at("t/u")));
    this->put("t/u/g", "2");
    EXPECT_EQ(this->error_of(this->disk_.remove(this->at("no"))), ENOENT);
    EXPECT_EQ(this->error_of(this->disk_.remove(this->at("t"))), EISDIR);
    ASSERT_TRUE(this->disk_.remove(this->at("f")));
    ASSERT_TRUE(this->disk_.remove_tree(this->at("t")));
    ASSERT_TRUE(this->disk_.remove_tree(this->at("t")));
    EXPECT_TRUE(this->disk_.list(this->world_.root)->empty());
}

TYPED_TEST(DiskContract, removed_files_stay_readable_while_open) {
    this->put("f", "abc");
    const auto file = *this->disk_.open(this->at("f"), OpenMode::read);
    ASSERT_TRUE(this->disk_.remove(this->at("f")));
    std::array<uint8_t, 3> into{};
    EXPECT_EQ(file->read_at(0, into), 3u);
}

TYPED_TEST(DiskContract, rename_replaces_files_and_moves_directories) {
    this->put("a", "1");
    this->put("b", "2");
    ASSERT_TRUE(this->disk_.rename(this->at("a"), this->at("b")));
    EXPECT_EQ(this->get("b"), "1");
    EXPECT_EQ(this->get("a"), "none");
    ASSERT_TRUE(this->disk_.make_directories(this->at("d")));
    this->put("d/f", "3");
    ASSERT_TRUE(this->disk_.rename(this->at("d"), this->at("e")));
    EXPECT_EQ(this->get("e/f"), "3");
    ASSERT_TRUE(this->disk_.make_directories(this->at("full")));
    this->put("full/g", "4");
    EXPECT_EQ(this->error_of(this->disk_.rename(this->at("e"), this->at("full"))), ENOTEMPTY);
    EXPECT_EQ(this->error_of(this->disk_.rename(this->at("e"), this->at("e/inside"))), EINVAL);
    EXPECT_EQ(this->error_of(this->disk_.rename(this->at("no"), this->at("b"))), ENOENT);
    EXPECT_EQ(this->error_of(this->disk_.rename(this->at("b"), this->at("e"))), EISDIR);
    EXPECT_EQ(this->error_of(this->disk_.rename(this->at("e"), this->at("b"))), ENOTDIR);
}

TYPED_TEST(DiskContract, whole_files) {
    ASSERT_TRUE(this->disk_.replace_file(this->at("c"), as_bytes("one")));
    ASSERT_TRUE(this->disk_.replace_file(this->at("c"), as_bytes("two!")));
    EXPECT_EQ(this->get("c"), "two!");
    EXPECT_EQ(this->disk_.list(this->world_.root)->size(), 1u);
    EXPECT_EQ(this->disk_.read_file(this->at("c"), 3).error().os_error, EFBIG);
    EXPECT_EQ(this->disk_.read_file(this->at("c"), 4)->size(), 4u);
    // What a crash left of an earlier try does not matter.
    this->put("c.tmp", "a longer text than the new one");
    ASSERT_TRUE(this->disk_.replace_file(this->at("c"), as_bytes("3")));
    EXPECT_EQ(this->get("c"), "3");
}

TYPED_TEST(DiskContract, L22_a_lock_has_one_holder) {
    auto first = this->disk_.lock(this->at(".lock"));
    ASSERT_TRUE(first.has_value());
    const auto second = this->disk_.lock(this->at(".lock"));
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().os_error, EWOULDBLOCK);
    first->reset();
    EXPECT_TRUE(this->disk_.lock(this->at(".lock")).has_value());
}

TYPED_TEST(DiskContract, free_bytes_is_something) {
    EXPECT_GT(*this->disk_.free_bytes(this->world_.root), 0u);
    EXPECT_GE(*this->disk_.total_bytes(this->world_.root),
              *this->disk_.free_bytes(this->world_.root));
}

}  // namespace
}  // namespace barnabas
