// SPDX-License-Identifier: Apache-2.0
// Many threads open, read, write and close the same few files of a real disk: what ThreadSanitizer
// watches.
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/asio/posix_disk.h"
#include "storage/resting_file.h"

namespace barnabas::storage {
namespace {

constexpr size_t file_count = 6;
constexpr int rounds = 2000;
constexpr size_t content_size = 8;

class RestingFileThreads : public testing::Test {
  protected:
    RestingFileThreads() {
        EXPECT_TRUE(disk.make_directories(directory).has_value());
        for (size_t i = 0; i < file_count; ++i) {
            auto made = RestingFile::open(place, {Offset{static_cast<int64_t>(i)}, FileKind::log},
                                          OpenMode::create_or_open);
            EXPECT_TRUE(made.has_value());
            write(**made, i);
            files.push_back(std::move(*made));
        }
    }
    ~RestingFileThreads() override { EXPECT_TRUE(disk.remove_tree(directory).has_value()); }

    static void write(RestingFile& file, size_t i) {
        const std::vector<uint8_t> content(content_size, static_cast<uint8_t>(i));
        const Bytes part(content);
        EXPECT_TRUE(file.write_at(0, {&part, 1}).has_value());
    }
    static void expect_content(const File& file, size_t i, ReadMode mode) {
        std::vector<uint8_t> content(content_size, 0xff);
        const auto got = file.read_at(0, content, mode);
        if (!got && mode == ReadMode::cached_only && got.error().os_error == EAGAIN) return;
        ASSERT_TRUE(got.has_value());
        EXPECT_EQ(content, std::vector<uint8_t>(content_size, static_cast<uint8_t>(i)));
    }

    PosixDisk disk;
    const std::string directory =
        testing::TempDir() + "resting-files-" + std::to_string(::getpid());
    std::shared_ptr<OpenFiles> open_files = std::make_shared<OpenFiles>(2);
    std::shared_ptr<const FilePlace> place =
        std::make_shared<const FilePlace>(disk, directory, open_files);
    std::vector<std::shared_ptr<RestingFile>> files;
};

TEST_F(RestingFileThreads, A11_what_is_read_is_what_was_written) {
    std::vector<std::jthread> threads;
    for (size_t reader = 0; reader < 3; ++reader)
        threads.emplace_back([this, reader] {
            for (size_t round = 0; round < rounds; ++round) {
                const size_t i = (round * (reader + 1) + reader) % file_count;
                const ReadMode mode = round % 3 == 0 ? ReadMode::cached_only : ReadMode::blocking;
                expect_content(*files[i], i, mode);
                if (const auto had = RestingFile::opened(files[i], mode))
                    expect_content(**had, i, ReadMode::blocking);
            }
        });
    threads.emplace_back([this] {
        for (size_t round = 0; round < rounds; ++round) {
            write(*files[round % file_count], round % file_count);
            if (round % 5 == 0) EXPECT_TRUE(files[round % file_count]->sync().has_value());
        }
    });
    threads.emplace_back([this] {
        for (size_t round = 0; round < rounds; ++round) {
            open_files->rest_idle(2);
            if (round % 7 == 0) open_files->make_room(1);
            if (round % 3 == 0) files[round % file_count]->rest();
        }
    });
    threads.clear();
    for (size_t i = 0; i < file_count; ++i) {
        EXPECT_TRUE(files[i]->sync().has_value());
        EXPECT_TRUE(files[i]->rest());
        expect_content(*files[i], i, ReadMode::blocking);
    }
}

}  // namespace
}  // namespace barnabas::storage
