// SPDX-License-Identifier: Apache-2.0
// RestingFile: a file of a segment that takes a descriptor only while it is used: most partitions
// of a large broker rest (pitfall A11). It is opened by its name when somebody reads or writes, and
// closed by OpenFiles, or by its maker.
//
// It stays open from its first write to the sync that makes it durable: an error of writing back
// is told to a descriptor that was open then (L11). It stays open, too, once hold() was called,
// which comes before its name changes or goes, so that whoever has it can read on; and what
// opened() gives is open for as long as the caller has it.
//
// Any thread may read; one at a time writes, syncs and changes its name.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "storage/file_names.h"
#include "storage/open_files.h"

namespace barnabas::storage {

// What the files of one log have in common.
struct FilePlace {
    Disk& disk;
    std::string directory;
    std::shared_ptr<OpenFiles> open_files;  // null: what was opened once stays open
};

class RestingFile final : public File, public std::enable_shared_from_this<RestingFile> {
  public:
    struct Name {
        Offset base;
        FileKind kind = FileKind::log;
        // Not empty: it does not have its name yet, and is held until settle().
        std::string_view suffix = {};
    };

    // Opens it.
    static Result<std::shared_ptr<RestingFile>> open(std::shared_ptr<const FilePlace> place,
                                                     const Name& name, OpenMode mode);
    RestingFile(std::shared_ptr<const FilePlace> place, Offset base, FileKind kind)
        : place_(std::move(place)), base_(base), kind_(kind) {}
    RestingFile(const RestingFile&) = delete;
    RestingFile& operator=(const RestingFile&) = delete;
    ~RestingFile() override = default;

    // With cached_only, fails with EAGAIN where the file is closed.
    Result<size_t> read_at(uint64_t position, MutableBytes into, ReadMode mode) const override;
    Result<void> write_at(uint64_t position, std::span<const Bytes> parts) override;
    // Does nothing where nothing was written since the last one, and nothing was left unsynced by
    // others (see mark_durable()).
    Result<void> sync() override;
    // sync() in steps, for the writer: what is to be synced, on any thread and while it is written
    // on, null if there is nothing; then end_sync() if that went well and nothing was written
    // since.
    Result<std::shared_ptr<File>> begin_sync();
    void end_sync();
    Result<uint64_t> size() const override;
    Result<void> truncate(uint64_t size) override;
    Result<void> preallocate(uint64_t size) override;
    bool is_cached(uint64_t position, uint64_t size) const override;
    void read_ahead(uint64_t position, uint64_t size) const override;
    // None: readers use opened().
    int native_handle() const override { return -1; }

    // Open from now until the next sync(): what fails to open fails here, with nothing written.
    Result<void> prepare_write();
    // What is in it was synced before it was opened here.
    void mark_durable() { in_doubt_ = false; }
    // What is open now, for readers that go on with it whatever becomes of this. Of other files it
    // is the file itself.
    static Result<std::shared_ptr<const File>> opened(const std::shared_ptr<const File>& file,
                                                      ReadMode mode);
    // Opens it, and keeps it open: its name is about to change or to go. Where that fails, every
    // later use does.
    void hold() const;
    // It has the name now under which it stays, and may rest.
    void settle() const;
    // Closes it if nobody uses it just now; true if it is closed then.
    bool rest() const;
    // The same, unless it was used since the last such call.
    bool rest_unless_used() const;
    bool is_open() const;

    // For OpenFiles.
    void set_listed(bool listed) const { is_listed_.store(listed, std::memory_order_relaxed); }

  private:
    class Use;
    Result<Use> use(ReadMode mode) const;
    Result<void> open_now(const std::string& path, OpenMode mode) const;
    Result<std::shared_ptr<File>> open_by_name(const std::string& path, OpenMode mode) const;
    void change_to(uint32_t state) const;
    void take_place() const;

    const std::shared_ptr<const FilePlace> place_;
    const Offset base_;
    const FileKind kind_;
    // See the constants in resting_file.cc.
    mutable std::atomic<uint32_t> state_{0};
    mutable std::atomic<bool> is_used_{false};
    mutable std::atomic<bool> is_held_{false};
    mutable std::atomic<bool> is_listed_{false};
    mutable std::shared_ptr<File> file_;
    // The writer's: not null from the first write to the sync.
    std::shared_ptr<File> unsynced_;
    bool in_doubt_ = true;
};

}  // namespace barnabas::storage
