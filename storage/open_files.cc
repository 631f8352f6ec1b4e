// SPDX-License-Identifier: Apache-2.0
// The places of open files, and who has to leave his; see the header.
#include "storage/open_files.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/resting_file.h"

namespace barnabas::storage {
namespace {

// Where so many in a row are in use, one more is open than there are places.
constexpr size_t looks_max = 64;

// Of a file whose place was taken out. False: it stays open, and wants another.
template <class Rest>
bool leaves(const RestingFile* file, const Rest& rest) {
    if (file == nullptr) return true;
    // Before it closes: whoever opens it again has to list it again.
    file->set_listed(false);
    if (rest(*file)) return true;
    file->set_listed(true);
    return false;
}

bool leaves_unless_used(const RestingFile* file) {
    return leaves(file, [](const RestingFile& each) { return each.rest_unless_used(); });
}

}  // namespace

OpenFiles::OpenFiles(size_t files_max) : places_(std::max<size_t>(files_max, 1)) {}

OpenFiles::~OpenFiles() {
    for (auto& place : places_) const std::unique_ptr<Place> last(place.exchange(nullptr));
}

std::atomic<OpenFiles::Place*>& OpenFiles::next_place() {
    return places_[hand_.fetch_add(1, std::memory_order_relaxed) % places_.size()];
}

void OpenFiles::admit(std::shared_ptr<const RestingFile> file) {
    ASSERT(file != nullptr);
    auto mine = std::make_unique<Place>(file);
    file->set_listed(true);
    for (size_t look = 0; look < looks_max; ++look) {
        mine.reset(next_place().exchange(mine.release(), std::memory_order_acq_rel));
        // Whose place it was gets the next one, unless it closes.
        if (mine == nullptr || leaves_unless_used(mine->lock().get())) return;
    }
    set_crowded();
    // It takes a place again when it is used again.
    if (const auto other = mine->lock()) other->set_listed(false);
}

void OpenFiles::put_back(std::unique_ptr<Place> place) {
    std::unique_ptr<Place> in_the_way(
        next_place().exchange(place.release(), std::memory_order_acq_rel));
    if (in_the_way == nullptr) return;
    if (const auto other = in_the_way->lock()) {
        if (!other->rest()) set_crowded();
        other->set_listed(false);
    }
}

void OpenFiles::rest_idle(size_t count) {
    for (size_t i = 0; i < std::min(count, places_.size()); ++i) {
        auto& place = next_place();
        std::unique_ptr<Place> taken(place.exchange(nullptr, std::memory_order_acq_rel));
        if (taken == nullptr) continue;
        if (leaves_unless_used(taken->lock().get())) continue;
        Place* empty = nullptr;
        if (place.compare_exchange_strong(empty, taken.get(), std::memory_order_acq_rel))
            (void)taken.release();
        else
            put_back(std::move(taken));
    }
}

size_t OpenFiles::make_room(size_t count) {
    size_t closed = 0;
    for (size_t look = 0; look < places_.size() && closed < count; ++look) {
        const std::unique_ptr<Place> taken(
            next_place().exchange(nullptr, std::memory_order_acq_rel));
        const auto file = taken == nullptr ? nullptr : taken->lock();
        if (file == nullptr) continue;
        file->set_listed(false);
        if (file->is_open() && file->rest()) ++closed;
    }
    if (closed < count) set_crowded();
    return closed;
}

}  // namespace barnabas::storage
