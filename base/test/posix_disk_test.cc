// SPDX-License-Identifier: Apache-2.0
// What only a real file system has: a page cache that forgets, locks between processes,
// permissions, devices that are full.
#include "base/asio/posix_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/test/temp_directory.h"

namespace barnabas {
namespace {

class PosixDiskTest : public ::testing::Test {
  protected:
    std::string at(const std::string& name) const { return directory_.path() + "/" + name; }

    TempDirectory directory_;
    PosixDisk disk_;
};

TEST_F(PosixDiskTest, cold_pages_are_known_and_come_back) {
    const auto file = *disk_.open(at("f"), OpenMode::create_or_open);
    const std::vector<uint8_t> content(4 << 20, 7);
    const Bytes part(content);
    ASSERT_TRUE(file->write_at(0, {&part, 1}));
    EXPECT_TRUE(file->is_cached(0, content.size()));
    ASSERT_TRUE(file->sync());
    ::posix_fadvise(file->native_handle(), 0, 0, POSIX_FADV_DONTNEED);
    std::vector<uint8_t> into(content.size());
    // Asked first: a read that finds nothing may set off the kernel's own reading ahead.
    const bool cached = file->is_cached(0, content.size());
    const auto cold = file->read_at(0, into, ReadMode::cached_only);
    if (cached && cold) GTEST_SKIP() << "this file system keeps its pages";
    EXPECT_FALSE(cached);
    ASSERT_FALSE(cold);
    EXPECT_EQ(cold.error().os_error, EAGAIN);
    file->read_ahead(1 << 20, 2 << 20);
    EXPECT_TRUE(file->is_cached(1 << 20, 2 << 20));
    EXPECT_EQ(file->read_at(1 << 20, MutableBytes(into).first(2 << 20), ReadMode::cached_only),
              size_t{2 << 20});
    file->read_ahead(0, content.size());
    EXPECT_TRUE(file->is_cached(0, content.size()));
    EXPECT_TRUE(file->is_cached(content.size() - 10, 100))
        << "beyond the end there is nothing cold";
    EXPECT_EQ(file->read_at(0, into, ReadMode::cached_only), content.size());
    EXPECT_EQ(into, content);
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) != -1;
}

TEST_F(PosixDiskTest, deleted_files_are_closed_too) {
    for (const size_t size : {1 << 10, 8 << 20}) {
        auto file = *disk_.open(at("f"), OpenMode::create_exclusive);
        const std::vector<uint8_t> content(size, 7);
        const Bytes part(content);
        ASSERT_TRUE(file->write_at(0, {&part, 1}));
        ASSERT_TRUE(disk_.remove(at("f")));
        const int descriptor = file->native_handle();
        file.reset();
        // A large one by another thread, soon.
        for (int i = 0; i < 5000 && is_open(descriptor); ++i) ::usleep(1000);
        EXPECT_FALSE(is_open(descriptor)) << size;
    }
}

TEST_F(PosixDiskTest, holes_in_the_cache_are_found) {
    const auto file = *disk_.open(at("f"), OpenMode::create_or_open);
    const std::vector<uint8_t> content(1 << 20, 7);
    const Bytes part(content);
    ASSERT_TRUE(file->write_at(0, {&part, 1}));
    ASSERT_TRUE(file->sync());
    ::posix_fadvise(file->native_handle(), 0, 0, POSIX_FADV_DONTNEED);
    ::posix_fadvise(file->native_handle(), 0, 0, POSIX_FADV_RANDOM);
    if (file->is_cached(0, content.size())) GTEST_SKIP() << "this file system keeps its pages";
    // The first and the last page only.
    std::array<uint8_t, 4096> page{};
    ASSERT_TRUE(file->read_at(0, page).has_value());
    ASSERT_TRUE(file->read_at(content.size() - page.size(), page).has_value());
    EXPECT_TRUE(file->is_cached(0, 4096));
    EXPECT_TRUE(file->is_cached(content.size() - 4096, 4096));
    EXPECT_FALSE(file->is_cached(0, content.size()));
}

TEST_F(PosixDiskTest, L22_a_lock_keeps_other_processes_out) {
    auto held = disk_.lock(at(".lock"));
    ASSERT_TRUE(held.has_value());
    const auto try_in_child = [this] {
        const pid_t child = ::fork();
        if (child == 0) {
            PosixDisk disk;
            ::_exit(disk.lock(at(".lock")) ? 0 : 1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    };
    EXPECT_EQ(try_in_child(), 1);
    held->reset();
    EXPECT_EQ(try_in_child(), 0);
}

TEST_F(PosixDiskTest, modes_and_descriptors) {
    const mode_t before = ::umask(0);
    ASSERT_TRUE(disk_.make_directories(at("d/e")));
    const auto file = *disk_.open(at("d/f"), OpenMode::create_or_open);
    ::umask(before);
    struct stat status{};
    ASSERT_EQ(::stat(at("d/e").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0755u);
    ASSERT_EQ(::stat(at("d/f").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0644u);
    EXPECT_NE(::fcntl(file->native_handle(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PosixDiskTest, remove_tree_does_not_follow_links) {
    ASSERT_TRUE(disk_.make_directories(at("outside")));
    ASSERT_TRUE(disk_.make_directories(at("tree")));
    ASSERT_TRUE(disk_.replace_file(at("outside/kept"), as_bytes("x")));
    ASSERT_EQ(::symlink(at("outside").c_str(), at("tree/link").c_str()), 0);
    ASSERT_TRUE(disk_.remove_tree(at("tree")));
    EXPECT_EQ(disk_.exists(at("outside/kept")), true);
}

TEST_F(PosixDiskTest, L12_a_full_device_is_an_error) {
    const auto file = disk_.open("/dev/full", OpenMode::read_write);
    if (!file) GTEST_SKIP() << "no /dev/full here";
    const Bytes part = as_bytes("x");
    const auto written = (*file)->write_at(0, {&part, 1});
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().os_error, ENOSPC);
    EXPECT_EQ(written.error().code, ErrorCode::kafka_storage_error);
}

TEST_F(PosixDiskTest, failed_syncs_are_reported) {
    // A descriptor that cannot be synced stands for a device that fails.
    const auto file = disk_.open("/proc/self/comm", OpenMode::read);
    ASSERT_TRUE(file.has_value());
    const auto synced = (*file)->sync();
    ASSERT_FALSE(synced.has_value());
    EXPECT_EQ(synced.error().os_error, EINVAL);
}

}  // namespace
}  // namespace barnabas
