// SPDX-License-Identifier: Apache-2.0
// OpenFiles: how many files of logs stay open while nobody uses them. A file that was opened takes
// one of so many places, and one that was not used for longest has to close for it (the clock
// algorithm). Any thread; never waits, never closes a file that is in use.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace barnabas::storage {

class RestingFile;

class OpenFiles {
  public:
    explicit OpenFiles(size_t files_max);
    OpenFiles(const OpenFiles&) = delete;
    OpenFiles& operator=(const OpenFiles&) = delete;
    ~OpenFiles();

    size_t files_max() const { return places_.size(); }
    // Since the last call, more had to stay open than there are places: files that were written
    // and not synced, most likely.
    bool take_crowded() { return is_crowded_.exchange(false, std::memory_order_relaxed); }
    void set_crowded() { is_crowded_.store(true, std::memory_order_relaxed); }
    // `file` was opened. May close others.
    void admit(std::shared_ptr<const RestingFile> file);
    // Looks at `count` places and closes what was not used since the last look.
    void rest_idle(size_t count);
    // Descriptors have run out: closes up to `count` files, used lately or not; gives how many.
    size_t make_room(size_t count);

  private:
    using Place = std::weak_ptr<const RestingFile>;

    std::atomic<Place*>& next_place();
    void put_back(std::unique_ptr<Place> place);

    // Each place owns what it points to; whoever takes it out owns it then.
    std::vector<std::atomic<Place*>> places_;
    std::atomic<size_t> hand_{0};
    std::atomic<bool> is_crowded_{false};
};

}  // namespace barnabas::storage
