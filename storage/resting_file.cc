// SPDX-License-Identifier: Apache-2.0
// Opening and closing under the eyes of several threads: one atomic word says whether the file is
// open and counts who uses it. Who opens or closes it has it for himself meanwhile.
#include "storage/resting_file.h"

#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

// The two low bits of the state; the others count the uses of an open file.
constexpr uint32_t phase_mask = 3;
constexpr uint32_t state_closed = 0;
constexpr uint32_t state_changing = 1;
constexpr uint32_t state_open = 2;
constexpr uint32_t one_use = 4;

// Closed to get by with the descriptors there are.
constexpr size_t room_wanted = 64;

bool is_open_state(uint32_t state) {
    return (state & phase_mask) == state_open;
}

}  // namespace

// Keeps the file open while it lives.
class RestingFile::Use {
  public:
    explicit Use(const RestingFile& file) : file_(&file) {}
    Use(Use&& from) noexcept : file_(std::exchange(from.file_, nullptr)) {}
    Use& operator=(Use&& from) = delete;
    ~Use() {
        if (file_ != nullptr) file_->state_.fetch_sub(one_use, std::memory_order_release);
    }

    File* operator->() const { return file_->file_.get(); }
    const std::shared_ptr<File>& share() const { return file_->file_; }
    // It stays open when this ends.
    void keep() { file_ = nullptr; }

  private:
    const RestingFile* file_;
};

Result<std::shared_ptr<RestingFile>> RestingFile::open(std::shared_ptr<const FilePlace> place,
                                                       const Name& name, OpenMode mode) {
    const std::string path =
        file_path(place->directory, name.base, name.kind) + std::string(name.suffix);
    auto file = std::make_shared<RestingFile>(std::move(place), name.base, name.kind);
    file->state_.store(state_changing, std::memory_order_relaxed);
    TRY(file->open_now(path, mode));
    if (!name.suffix.empty()) file->hold();
    return file;
}

void RestingFile::change_to(uint32_t state) const {
    state_.store(state, std::memory_order_release);
    state_.notify_all();
}

Result<std::shared_ptr<File>> RestingFile::open_by_name(const std::string& path,
                                                        OpenMode mode) const {
    auto opened = place_->disk.open(path, mode);
    const int error = opened ? 0 : opened.error().os_error;
    const bool is_out = error == EMFILE || error == ENFILE;
    if (!is_out || place_->open_files == nullptr) return opened;
    if (place_->open_files->make_room(room_wanted) == 0) return opened;
    return place_->disk.open(path, mode);
}

// Called by the thread that made the state `state_changing`.
Result<void> RestingFile::open_now(const std::string& path, OpenMode mode) const {
    ASSERT(file_ == nullptr);
    auto opened = open_by_name(path, mode);
    if (opened) file_ = std::move(*opened);
    change_to(file_ != nullptr ? state_open : state_closed);
    if (!opened) return std::unexpected(opened.error());
    return {};
}

Result<RestingFile::Use> RestingFile::use(ReadMode mode) const {
    uint32_t state = state_.load(std::memory_order_acquire);
    while (!is_open_state(state) ||
           !state_.compare_exchange_weak(state, state + one_use, std::memory_order_acq_rel,
                                         std::memory_order_acquire)) {
        if (is_open_state(state)) continue;
        if (mode == ReadMode::cached_only)
            return fail(ErrorCode::kafka_storage_error, "not open", EAGAIN);
        // Another file may have the name by now.
        if (state == state_closed && is_held_.load(std::memory_order_acquire))
            return fail(ErrorCode::kafka_storage_error, "closed before its name went", ESTALE);
        if (state == state_changing) {
            state_.wait(state, std::memory_order_acquire);
        } else if (state_.compare_exchange_strong(state, state_changing,
                                                  std::memory_order_acq_rel)) {
            TRY(open_now(file_path(place_->directory, base_, kind_), OpenMode::read_write));
        }
        state = state_.load(std::memory_order_acquire);
    }
    Use mine(*this);
    if (!is_used_.load(std::memory_order_relaxed)) is_used_.store(true, std::memory_order_relaxed);
    if (mode == ReadMode::blocking) take_place();
    return mine;
}

void RestingFile::take_place() const {
    if (place_->open_files == nullptr || is_listed_.load(std::memory_order_relaxed)) return;
    place_->open_files->admit(shared_from_this());
}

bool RestingFile::is_open() const {
    return is_open_state(state_.load(std::memory_order_acquire));
}

bool RestingFile::rest() const {
    uint32_t state = state_open;
    if (!state_.compare_exchange_strong(state, state_changing, std::memory_order_acq_rel))
        return state == state_closed;
    // Somebody else has it, so that it would stay open all the same.
    if (file_.use_count() > 1) {
        change_to(state_open);
        return false;
    }
    const std::shared_ptr<File> last = std::exchange(file_, nullptr);
    change_to(state_closed);
    return true;
}

bool RestingFile::rest_unless_used() const {
    if (is_used_.exchange(false, std::memory_order_relaxed)) return !is_open();
    return rest();
}

void RestingFile::hold() const {
    if (is_held_.load(std::memory_order_acquire)) return;
    auto held = use(ReadMode::blocking);
    if (held) held->keep();
    is_held_.store(true, std::memory_order_release);
}

void RestingFile::settle() const {
    if (is_held_.exchange(false, std::memory_order_acq_rel)) const Use last(*this);
}

Result<std::shared_ptr<const File>> RestingFile::opened(const std::shared_ptr<const File>& file,
                                                        ReadMode mode) {
    const auto* const resting = dynamic_cast<const RestingFile*>(file.get());
    if (resting == nullptr) return file;
    TRY_ASSIGN(const Use used, resting->use(mode));
    return used.share();
}

Result<size_t> RestingFile::read_at(uint64_t position, MutableBytes into, ReadMode mode) const {
    TRY_ASSIGN(const Use used, use(mode));
    return used->read_at(position, into, mode);
}

Result<void> RestingFile::prepare_write() {
    if (unsynced_ != nullptr) return {};
    TRY_ASSIGN(const Use used, use(ReadMode::blocking));
    unsynced_ = used.share();
    return {};
}

Result<void> RestingFile::write_at(uint64_t position, std::span<const Bytes> parts) {
    TRY(prepare_write());
    return unsynced_->write_at(position, parts);
}

Result<void> RestingFile::truncate(uint64_t size) {
    TRY(prepare_write());
    return unsynced_->truncate(size);
}

Result<void> RestingFile::sync() {
    TRY_ASSIGN(const auto file, begin_sync());
    if (file == nullptr) return {};
    // After an error it stays open: nothing of it is believed again.
    TRY(file->sync());
    end_sync();
    return {};
}

Result<std::shared_ptr<File>> RestingFile::begin_sync() {
    if (unsynced_ == nullptr && !in_doubt_) return nullptr;
    TRY(prepare_write());
    return unsynced_;
}

void RestingFile::end_sync() {
    unsynced_.reset();
    in_doubt_ = false;
    // It may close now.
    take_place();
}

Result<uint64_t> RestingFile::size() const {
    TRY_ASSIGN(const Use used, use(ReadMode::blocking));
    return used->size();
}

Result<void> RestingFile::preallocate(uint64_t size) {
    TRY_ASSIGN(const Use used, use(ReadMode::blocking));
    return used->preallocate(size);
}

bool RestingFile::is_cached(uint64_t position, uint64_t size) const {
    const auto used = use(ReadMode::cached_only);
    return used && (*used)->is_cached(position, size);
}

void RestingFile::read_ahead(uint64_t position, uint64_t size) const {
    const auto used = use(ReadMode::blocking);
    if (used) (*used)->read_ahead(position, size);
}

}  // namespace barnabas::storage
