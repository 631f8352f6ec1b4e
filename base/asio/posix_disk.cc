// SPDX-License-Identifier: Apache-2.0
// PosixDisk: names, directories and locks. Descriptors are closed on exec; files are 0644,
// directories 0755 before the umask.
#include "base/asio/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/asio/posix_file.h"

namespace barnabas {
namespace {

// A descriptor that is closed with its scope.
class Descriptor {
  public:
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    int get() const { return value_; }
    bool open() const { return value_ >= 0; }

  private:
    int value_;
};

int open_descriptor(const std::string& path, int flags) {
    constexpr mode_t file_mode = 0644;
    while (true) {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, file_mode);
        if (descriptor >= 0 || errno != EINTR) return descriptor;
    }
}

int open_flags(OpenMode mode) {
    switch (mode) {
        case OpenMode::read:
            return O_RDONLY;
        case OpenMode::read_write:
            return O_RDWR;
        case OpenMode::create_or_open:
            return O_RDWR | O_CREAT;
        case OpenMode::create_exclusive:
            return O_RDWR | O_CREAT | O_EXCL;
    }
    return O_RDONLY;
}

// flock is released when the descriptor is closed, also when the process is killed.
class PosixLock final : public DirectoryLock {
  public:
    explicit PosixLock(int descriptor) : descriptor_(descriptor) {}

  private:
    Descriptor descriptor_;
};

struct DirectoryCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryHandle = std::unique_ptr<DIR, DirectoryCloser>;

// Whether the entry is a directory itself (a link to one is not); asks the file system if readdir
// did not tell.
bool is_directory(DIR* directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status{};
    if (::fstatat(::dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    return S_ISDIR(status.st_mode);
}

}  // namespace

Result<std::shared_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
    const int descriptor = open_descriptor(path, open_flags(mode));
    if (descriptor < 0) return disk_error("open", errno);
    return std::make_shared<PosixFile>(descriptor, closer_);
}

Result<bool> PosixDisk::exists(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return disk_error("stat", errno);
}

Result<std::vector<DirectoryEntry>> PosixDisk::list(const std::string& path) {
    const DirectoryHandle directory(::opendir(path.c_str()));
    if (!directory) return disk_error("opendir", errno);
    std::vector<DirectoryEntry> entries;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(directory.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        entries.push_back({std::string(name), is_directory(directory.get(), *entry)});
    }
    if (errno != 0) return disk_error("readdir", errno);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
}

Result<void> PosixDisk::make_directories(const std::string& path) {
    constexpr mode_t directory_mode = 0755;
    // One component after another; the first slash of an absolute path names no directory.
    size_t end = 0;
    while (end != std::string::npos) {
        end = path.find('/', end + 1);
        const std::string prefix = path.substr(0, end);
        if (::mkdir(prefix.c_str(), directory_mode) == 0 || errno == EEXIST) continue;
        // A read-only parent that exists answers EROFS or EACCES before EEXIST.
        const int mkdir_error = errno;
        struct stat status{};
        if (::stat(prefix.c_str(), &status) != 0) return disk_error("mkdir", mkdir_error);
    }
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return disk_error("mkdir", errno);
    if (!S_ISDIR(status.st_mode)) return disk_error("mkdir", ENOTDIR);
    return {};
}

Result<void> PosixDisk::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) return disk_error("unlink", errno);
    return {};
}

Result<void> PosixDisk::remove_tree(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return disk_error("lstat", errno);
    }
    if (!S_ISDIR(status.st_mode)) return remove(path);
    TRY_ASSIGN(const auto entries, list(path));
    for (const DirectoryEntry& entry : entries) {
        const std::string child = path + "/" + entry.name;
        if (entry.is_directory)
            TRY(remove_tree(child));
        else
            TRY(remove(child));
    }
    if (::rmdir(path.c_str()) != 0) return disk_error("rmdir", errno);
    return {};
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return disk_error("rename", errno);
    return {};
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
    const Descriptor directory(open_descriptor(path, O_RDONLY | O_DIRECTORY));
    if (!directory.open()) return disk_error("open directory", errno);
    if (::fsync(directory.get()) != 0) return disk_error("fsync directory", errno);
    return {};
}

Result<std::unique_ptr<DirectoryLock>> PosixDisk::lock(const std::string& path) {
    const int descriptor = open_descriptor(path, O_RDWR | O_CREAT);
    if (descriptor < 0) return disk_error("open lock", errno);
    auto held = std::make_unique<PosixLock>(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return disk_error("flock", errno);
    return held;
}

Result<uint64_t> PosixDisk::free_bytes(const std::string& path) {
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) return disk_error("statvfs", errno);
    return static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<uint64_t> PosixDisk::total_bytes(const std::string& path) {
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) return disk_error("statvfs", errno);
    return static_cast<uint64_t>(status.f_blocks) * status.f_frsize;
}

}  // namespace barnabas
