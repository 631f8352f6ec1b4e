// SPDX-License-Identifier: Apache-2.0
// SimDisk: counting and failing operations, and the Disk interface over SimTree.
#include "base/sim/sim_disk.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/sim/sim_file.h"

namespace barnabas {
namespace {

bool changes_disk(DiskOp op) {
    return op >= DiskOp::create;
}

Result<void> to_result(DiskOp op, int error) {
    if (error != 0) return sim_disk_error(op, error);
    return {};
}

}  // namespace

struct SimDisk::Locks {
    std::set<std::string> held;
};

class SimDisk::Lock final : public DirectoryLock {
  public:
    Lock(const std::shared_ptr<Locks>& locks, std::string path)
        : locks_(locks), path_(std::move(path)) {}
    ~Lock() override {
        if (const auto locks = locks_.lock()) locks->held.erase(path_);
    }

  private:
    // Gone after a crash: then the lock is too.
    std::weak_ptr<Locks> locks_;
    std::string path_;
};

const char* disk_op_name(DiskOp op) {
    static constexpr std::array<const char*, disk_op_count> names{
        "open",   "read",   "size",           "exists",   "list",        "free_bytes",
        "create", "write",  "sync",           "truncate", "preallocate", "make_directory",
        "remove", "rename", "sync_directory", "lock"};
    return names[static_cast<size_t>(op)];
}

SimDisk::SimDisk(uint64_t seed) : random_(seed), locks_(std::make_shared<Locks>()) {}

SimDisk::SimDisk(const SimDisk& other)
    : tree_(other.tree_),
      random_(other.random_),
      locks_(std::make_shared<Locks>()),
      capacity_(other.capacity_) {}

SimDisk::~SimDisk() = default;

std::unique_ptr<SimDisk> SimDisk::clone() const {
    return std::unique_ptr<SimDisk>(new SimDisk(*this));
}

SimDisk::Verdict SimDisk::planned_fault(const DiskOperation& operation) {
    for (size_t i = 0; i < faults_.size(); ++i) {
        DiskFault& fault = faults_[i];
        if (fault.op != operation.op) continue;
        if (operation.path.find(fault.path_contains) == std::string::npos) continue;
        if (fault.one_in != 0) {
            if (!random_.chance(1, fault.one_in)) continue;
            return {.error = fault.error, .written_before = random_.below(operation.size + 1)};
        }
        if (fault.after > 0) {
            --fault.after;
            continue;
        }
        const Verdict verdict{.error = fault.error, .written_before = fault.written_before};
        if (!fault.sticky) faults_.erase(faults_.begin() + static_cast<ptrdiff_t>(i));
        return verdict;
    }
    return {};
}

SimDisk::Verdict SimDisk::begin(DiskOp op, const std::string& path, uint64_t position,
                                uint64_t size) {
    const DiskOperation operation{operations_, op, path, position, size};
    ++counts_[static_cast<size_t>(op)];
    trace_.note(static_cast<uint64_t>(op));
    trace_.note(path);
    trace_.note(position * 31 + size);
    if (changes_disk(op)) ++operations_;
    if (crash_at_ && changes_disk(op) && operation.index >= *crash_at_) crashed_ = true;
    if (crashed_) return {.error = EIO};
    const Verdict verdict = planned_fault(operation);
    if (verdict.error == 0 && changes_disk(op) && hook_) hook_(operation);
    return verdict;
}

void SimDisk::crash(uint64_t seed, CrashStyle style) {
    Random random(seed);
    tree_.crash(style, random);
    ++generation_;
    locks_ = std::make_shared<Locks>();
    faults_.clear();
    counts_ = {};
    operations_ = 0;
    crash_at_.reset();
    crashed_ = false;
    trace_.note(seed);
}

void SimDisk::flip_bit(const std::string& path, uint64_t position, unsigned bit) {
    const auto node = tree_.find(path);
    ASSERT(node != nullptr && !node->is_directory, "a test flips bits of files that are there");
    node->flip_bit(position, bit);
}

void SimDisk::drop_caches() {
    for (const auto& node : tree_.reachable()) {
        if (node->is_directory) continue;
        node->reread_device();
        node->warm.emplace();
    }
}

uint64_t SimDisk::unsynced_bytes(const std::string& path) const {
    const auto node = tree_.find(path);
    if (!node) return 0;
    uint64_t sum = 0;
    for (const auto& operation : node->unsynced)
        sum += operation.truncates ? 1 : operation.bytes.size();
    return sum;
}

std::vector<std::pair<std::string, std::vector<uint8_t>>> SimDisk::contents() const {
    std::vector<std::pair<std::string, std::vector<uint8_t>>> found;
    const auto walk = [&found](const auto& self, const SimInode& node,
                               const std::string& path) -> void {
        if (!path.empty()) found.emplace_back(path, node.content.copy());
        for (const auto& [name, child] : node.entries) self(self, *child, path + "/" + name);
    };
    walk(walk, *tree_.root(), "");
    return found;
}

uint64_t SimDisk::used_bytes() const {
    uint64_t used = 0;
    for (const auto& node : tree_.reachable()) used += node->device_bytes();
    return used;
}

uint64_t SimDisk::room_for(const SimInode& inode, uint64_t position, uint64_t size) const {
    if (!capacity_) return size;
    constexpr uint64_t page_bytes = SparseBytes::page_bytes;
    const uint64_t used = used_bytes();
    uint64_t free_pages = used >= *capacity_ ? 0 : (*capacity_ - used) / page_bytes;
    // What was preallocated and is not written yet is this file's own.
    free_pages += (inode.device_bytes() - inode.content.allocated()) / page_bytes;
    uint64_t at = position;
    while (at < position + size) {
        if (!inode.content.has_page(at / page_bytes)) {
            if (free_pages == 0) return at - position;
            --free_pages;
        }
        at = std::min((at / page_bytes + 1) * page_bytes, position + size);
    }
    return size;
}

Result<std::shared_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
    SimTree::Node node = tree_.find(path);
    const bool may_create = mode == OpenMode::create_or_open || mode == OpenMode::create_exclusive;
    const DiskOp op = !node && may_create ? DiskOp::create : DiskOp::open;
    const Verdict verdict = begin(op, path);
    if (verdict.error != 0) return sim_disk_error(op, verdict.error);
    if (op == DiskOp::create) {
        const int error = tree_.create(path, false, &node);
        if (error != 0) return sim_disk_error(op, error);
    } else {
        if (!node) return sim_disk_error(op, ENOENT);
        if (mode == OpenMode::create_exclusive) return sim_disk_error(op, EEXIST);
        if (node->is_directory && mode != OpenMode::read) return sim_disk_error(op, EISDIR);
    }
    return std::make_shared<SimFile>(*this, node, path, mode != OpenMode::read);
}

Result<bool> SimDisk::exists(const std::string& path) {
    const Verdict verdict = begin(DiskOp::exists, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::exists, verdict.error);
    return tree_.find(path) != nullptr;
}

Result<std::vector<DirectoryEntry>> SimDisk::list(const std::string& path) {
    const Verdict verdict = begin(DiskOp::list, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::list, verdict.error);
    const auto node = tree_.find(path);
    if (!node) return sim_disk_error(DiskOp::list, ENOENT);
    if (!node->is_directory) return sim_disk_error(DiskOp::list, ENOTDIR);
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, child] : node->entries) entries.push_back({name, child->is_directory});
    return entries;
}

Result<void> SimDisk::make_directories(const std::string& path) {
    size_t end = 0;
    while (end != std::string::npos) {
        end = path.find('/', end + 1);
        const std::string prefix = path.substr(0, end);
        const auto node = tree_.find(prefix);
        if (node && !node->is_directory) return sim_disk_error(DiskOp::make_directory, ENOTDIR);
        if (node) continue;
        const Verdict verdict = begin(DiskOp::make_directory, prefix);
        if (verdict.error != 0) return sim_disk_error(DiskOp::make_directory, verdict.error);
        TRY(to_result(DiskOp::make_directory, tree_.create(prefix, true, nullptr)));
    }
    return {};
}

Result<void> SimDisk::remove_one(const std::string& path) {
    const Verdict verdict = begin(DiskOp::remove, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::remove, verdict.error);
    return to_result(DiskOp::remove, tree_.remove(path));
}

Result<void> SimDisk::remove(const std::string& path) {
    const auto node = tree_.find(path);
    if (node && node->is_directory) return sim_disk_error(DiskOp::remove, EISDIR);
    return remove_one(path);
}

Result<void> SimDisk::remove_tree(const std::string& path) {
    const auto node = tree_.find(path);
    if (!node) return {};
    // A copy of the names: removing changes the directory.
    const auto entries = node->entries;
    for (const auto& [name, child] : entries) TRY(remove_tree(path + "/" + name));
    return remove_one(path);
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
    const Verdict verdict = begin(DiskOp::rename, from + " -> " + to);
    if (verdict.error != 0) return sim_disk_error(DiskOp::rename, verdict.error);
    return to_result(DiskOp::rename, tree_.rename(from, to));
}

Result<void> SimDisk::sync_directory(const std::string& path) {
    const Verdict verdict = begin(DiskOp::sync_directory, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::sync_directory, verdict.error);
    return to_result(DiskOp::sync_directory, tree_.sync_directory(path));
}

Result<std::unique_ptr<DirectoryLock>> SimDisk::lock(const std::string& path) {
    const Verdict verdict = begin(DiskOp::lock, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::lock, verdict.error);
    if (!tree_.find(path)) TRY(to_result(DiskOp::lock, tree_.create(path, false, nullptr)));
    if (!locks_->held.insert(path).second) return sim_disk_error(DiskOp::lock, EWOULDBLOCK);
    return std::make_unique<Lock>(locks_, path);
}

Result<uint64_t> SimDisk::free_bytes(const std::string& path) {
    const Verdict verdict = begin(DiskOp::free_bytes, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::free_bytes, verdict.error);
    if (!capacity_) return std::numeric_limits<int64_t>::max();
    return *capacity_ - std::min(*capacity_, used_bytes());
}

Result<uint64_t> SimDisk::total_bytes(const std::string& path) {
    const Verdict verdict = begin(DiskOp::free_bytes, path);
    if (verdict.error != 0) return sim_disk_error(DiskOp::free_bytes, verdict.error);
    return capacity_.value_or(std::numeric_limits<int64_t>::max());
}

}  // namespace barnabas
