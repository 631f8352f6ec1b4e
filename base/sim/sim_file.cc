// SPDX-License-Identifier: Apache-2.0
// SimFile: each call asks the disk whether it is to fail, then works on the inode.
#include "base/sim/sim_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace barnabas {

std::unexpected<Error> sim_disk_error(DiskOp op, int errno_value) {
    return fail(ErrorCode::kafka_storage_error, disk_op_name(op), errno_value);
}

SimFile::SimFile(SimDisk& disk, std::shared_ptr<SimInode> inode, std::string path, bool writable)
    : disk_(disk),
      inode_(std::move(inode)),
      path_(std::move(path)),
      generation_(disk.generation_),
      writable_(writable) {
    ASSERT(inode_ != nullptr);
}

SimDisk::Verdict SimFile::begin(DiskOp op, uint64_t position, uint64_t size) const {
    // Opened before a crash: the process that held it is gone.
    if (generation_ != disk_.generation_) return {.error = EIO};
    return disk_.begin(op, path_, position, size);
}

Result<size_t> SimFile::read_at(uint64_t position, MutableBytes into, ReadMode mode) const {
    const auto verdict = begin(DiskOp::read, position, into.size());
    if (verdict.error != 0) return sim_disk_error(DiskOp::read, verdict.error);
    if (inode_->is_directory) return sim_disk_error(DiskOp::read, EISDIR);
    if (mode == ReadMode::cached_only && !is_cached(position, into.size()))
        return sim_disk_error(DiskOp::read, EAGAIN);
    inode_->set_warm(position, into.size());
    return inode_->content.read(position, into);
}

Result<void> SimFile::write_at(uint64_t position, std::span<const Bytes> parts) {
    std::vector<uint8_t> joined;
    for (const Bytes part : parts) joined.insert(joined.end(), part.begin(), part.end());
    const auto verdict = begin(DiskOp::write, position, joined.size());
    if (!writable_) return sim_disk_error(DiskOp::write, EBADF);
    const Bytes whole(joined);
    if (verdict.error != 0) {
        // A dead file or disk takes nothing; a planned fault may take a part first.
        inode_->write(position, whole.first(std::min(verdict.written_before, whole.size())));
        return sim_disk_error(DiskOp::write, verdict.error);
    }
    const uint64_t room = disk_.room_for(*inode_, position, whole.size());
    inode_->write(position, whole.first(room));
    if (room < whole.size()) return sim_disk_error(DiskOp::write, ENOSPC);
    return {};
}

Result<void> SimFile::sync() {
    const auto verdict = begin(DiskOp::sync);
    if (verdict.error == 0) {
        inode_->sync();
        return {};
    }
    const bool machine_runs = generation_ == disk_.generation_ && !disk_.has_crashed();
    if (machine_runs) inode_->lose_unsynced();
    return sim_disk_error(DiskOp::sync, verdict.error);
}

Result<uint64_t> SimFile::size() const {
    const auto verdict = begin(DiskOp::size);
    if (verdict.error != 0) return sim_disk_error(DiskOp::size, verdict.error);
    return inode_->content.size();
}

Result<void> SimFile::truncate(uint64_t size) {
    const auto verdict = begin(DiskOp::truncate, size);
    if (verdict.error != 0) return sim_disk_error(DiskOp::truncate, verdict.error);
    if (!writable_) return sim_disk_error(DiskOp::truncate, EINVAL);
    inode_->truncate(size);
    return {};
}

Result<void> SimFile::preallocate(uint64_t size) {
    const auto verdict = begin(DiskOp::preallocate, 0, size);
    if (verdict.error != 0) return sim_disk_error(DiskOp::preallocate, verdict.error);
    if (!writable_) return sim_disk_error(DiskOp::preallocate, EBADF);
    const uint64_t more = size - std::min(size, inode_->device_bytes());
    if (disk_.capacity_ && disk_.used_bytes() + more > *disk_.capacity_)
        return sim_disk_error(DiskOp::preallocate, ENOSPC);
    inode_->reserved = std::max(inode_->reserved, size);
    return {};
}

bool SimFile::is_cached(uint64_t position, uint64_t size) const {
    return !disk_.never_cached_ && inode_->is_warm(position, size);
}

void SimFile::read_ahead(uint64_t position, uint64_t size) const {
    const auto verdict = begin(DiskOp::read, position, size);
    if (verdict.error == 0) inode_->set_warm(position, size);
}

}  // namespace barnabas
