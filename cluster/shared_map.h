// SPDX-License-Identifier: Apache-2.0
// SharedMap: a sorted map whose copies share what did not change. A copy costs one reference count,
// a change of a copy copies one chunk and the list of chunks; so each metadata image is a whole
// map, although a new one is made for every change. Read like a const std::map, from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace barnabas::cluster {

// Permission to change chunks in place: those made under the same permission, which nobody else has
// seen yet. A builder takes a new one each time it hands a map out.
class MapEdit {
  public:
    MapEdit() : id_(next_id()) {}
    uint64_t id() const { return id_; }

  private:
    static uint64_t next_id() {
        static std::atomic<uint64_t> last{0};
        return last.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    uint64_t id_;
};

template <class Key, class Value, class Compare = std::less<>>
class SharedMap {
  public:
    using key_type = Key;
    using mapped_type = Value;
    using value_type = std::pair<Key, Value>;

  private:
    static constexpr size_t chunk_size_max = 128;
    struct Chunk {
        uint64_t edit = 0;
        std::vector<value_type> entries;  // never empty in a map
    };
    struct Spine {
        uint64_t edit = 0;
        std::vector<std::shared_ptr<Chunk>> chunks;
    };

  public:
    class const_iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = SharedMap::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        const_iterator() = default;
        reference operator*() const { return spine_->chunks[chunk_]->entries[entry_]; }
        pointer operator->() const { return &**this; }
        const_iterator& operator++() {
            if (++entry_ == spine_->chunks[chunk_]->entries.size()) {
                ++chunk_;
                entry_ = 0;
            }
            return *this;
        }
        const_iterator operator++(int) {
            const_iterator old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const const_iterator&, const const_iterator&) = default;

      private:
        friend class SharedMap;
        const_iterator(const Spine* spine, size_t chunk, size_t entry)
            : spine_(spine), chunk_(chunk), entry_(entry) {}
        // Both stand at the beginning of one and the same chunk.
        bool at_chunk_of(const const_iterator& other) const {
            return entry_ == 0 && other.entry_ == 0 &&
                   spine_->chunks[chunk_] == other.spine_->chunks[other.chunk_];
        }
        void next_chunk() {
            ++chunk_;
            entry_ = 0;
        }
        const Spine* spine_ = nullptr;
        size_t chunk_ = 0;
        size_t entry_ = 0;
    };
    using iterator = const_iterator;

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const_iterator begin() const { return {spine_.get(), 0, 0}; }
    const_iterator end() const { return {spine_.get(), spine_ ? spine_->chunks.size() : 0, 0}; }

    template <class K>
    const_iterator lower_bound(const K& key) const {
        if (!spine_) return end();
        const size_t chunk = chunk_of(key);
        const auto& entries = spine_->chunks[chunk]->entries;
        const size_t entry = entry_of(entries, key);
        return entry < entries.size() ? const_iterator{spine_.get(), chunk, entry}
                                      : const_iterator{spine_.get(), chunk + 1, 0};
    }
    template <class K>
    const_iterator find(const K& key) const {
        const const_iterator found = lower_bound(key);
        return found != end() && !Compare{}(key, found->first) ? found : end();
    }
    template <class K>
    bool contains(const K& key) const {
        return find(key) != end();
    }
    template <class K>
    size_t count(const K& key) const {
        return contains(key) ? 1 : 0;
    }

    // Without an edit each change copies a chunk: fine for a change or two.
    void insert_or_assign(Key key, Value value) { slot(std::move(key), 0) = std::move(value); }
    void insert_or_assign(Key key, Value value, const MapEdit& edit) {
        slot(std::move(key), edit.id()) = std::move(value);
    }
    // Keeps the old value if there is one; true if inserted.
    bool emplace(Key key, Value value) {
        if (contains(key)) return false;
        insert_or_assign(std::move(key), std::move(value));
        return true;
    }
    Value& operator[](Key key) { return slot(std::move(key), 0); }
    template <class K>
    size_t erase(const K& key) {
        return erase_at(find(key), 0);
    }
    template <class K>
    size_t erase(const K& key, const MapEdit& edit) {
        return erase_at(find(key), edit.id());
    }

    // Calls f(key, before, after) for every key whose value is not the same in both, in order; a
    // null pointer where the key is not. Costs what changed, not what there is: chunks that the
    // maps share are not looked into.
    template <class F>
    static void for_each_change(const SharedMap& before, const SharedMap& after, F f) {
        const_iterator old = before.begin(), now = after.begin();
        while (old != before.end() || now != after.end()) {
            if (old == before.end() || (now != after.end() && Compare{}(now->first, old->first))) {
                f(now->first, static_cast<const Value*>(nullptr), &now->second);
                ++now;
            } else if (now == after.end() || Compare{}(old->first, now->first)) {
                f(old->first, &old->second, static_cast<const Value*>(nullptr));
                ++old;
            } else if (old.at_chunk_of(now)) {
                old.next_chunk();
                now.next_chunk();
            } else {
                if (!(old->second == now->second)) f(now->first, &old->second, &now->second);
                ++old;
                ++now;
            }
        }
    }

    friend bool operator==(const SharedMap& a, const SharedMap& b) {
        return a.size_ == b.size_ &&
               (a.spine_ == b.spine_ || std::equal(a.begin(), a.end(), b.begin()));
    }

  private:
    // The last chunk whose first key is not above `key`, or the first one. Needs a chunk.
    template <class K>
    size_t chunk_of(const K& key) const {
        const auto& chunks = spine_->chunks;
        const auto above = std::upper_bound(chunks.begin(), chunks.end(), key,
                                            [](const K& k, const std::shared_ptr<Chunk>& chunk) {
                                                return Compare{}(k, chunk->entries.front().first);
                                            });
        return above == chunks.begin() ? 0 : static_cast<size_t>(above - chunks.begin()) - 1;
    }
    template <class K>
    static size_t entry_of(const std::vector<value_type>& entries, const K& key) {
        const auto found = std::lower_bound(
            entries.begin(), entries.end(), key,
            [](const value_type& entry, const K& k) { return Compare{}(entry.first, k); });
        return static_cast<size_t>(found - entries.begin());
    }

    Spine& own_spine(uint64_t edit) {
        if (!spine_ || edit == 0 || spine_->edit != edit) {
            spine_ = spine_ ? std::make_shared<Spine>(*spine_) : std::make_shared<Spine>();
            spine_->edit = edit;
        }
        return *spine_;
    }
    static Chunk& own_chunk(Spine& spine, size_t index, uint64_t edit) {
        std::shared_ptr<Chunk>& chunk = spine.chunks[index];
        if (edit == 0 || chunk->edit != edit) {
            chunk = std::make_shared<Chunk>(*chunk);
            chunk->edit = edit;
        }
        return *chunk;
    }

    Value& slot(Key key, uint64_t edit) {
        Spine& spine = own_spine(edit);
        if (spine.chunks.empty()) {
            spine.chunks.push_back(std::make_shared<Chunk>());
            spine.chunks.front()->edit = edit;
            spine.chunks.front()->entries.emplace_back(std::move(key), Value{});
            ++size_;
            return spine.chunks.front()->entries.front().second;
        }
        size_t index = chunk_of(key);
        Chunk* chunk = &own_chunk(spine, index, edit);
        size_t entry = entry_of(chunk->entries, key);
        if (entry < chunk->entries.size() && !Compare{}(key, chunk->entries[entry].first))
            return chunk->entries[entry].second;
        if (chunk->entries.size() == chunk_size_max) {
            split(spine, index, edit);
            if (entry > chunk->entries.size()) {
                entry -= chunk->entries.size();
                chunk = spine.chunks[++index].get();
            }
        }
        ASSERT(entry <= chunk->entries.size());
        const auto at = chunk->entries.begin() + static_cast<std::ptrdiff_t>(entry);
        ++size_;
        return chunk->entries.emplace(at, std::move(key), Value{})->second;
    }

    // Moves the upper half of an owned chunk into a new one behind it. A chunk that grows at its
    // end (keys that arrive in order) keeps most of its entries.
    static void split(Spine& spine, size_t index, uint64_t edit) {
        Chunk& lower = *spine.chunks[index];
        auto upper = std::make_shared<Chunk>();
        upper->edit = edit;
        const auto middle = lower.entries.begin() + static_cast<std::ptrdiff_t>(chunk_size_max / 2);
        upper->entries.assign(std::make_move_iterator(middle),
                              std::make_move_iterator(lower.entries.end()));
        lower.entries.erase(middle, lower.entries.end());
        spine.chunks.insert(spine.chunks.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                            std::move(upper));
    }

    size_t erase_at(const_iterator at, uint64_t edit) {
        if (at == end()) return 0;
        Spine& spine = own_spine(edit);
        Chunk& chunk = own_chunk(spine, at.chunk_, edit);
        chunk.entries.erase(chunk.entries.begin() + static_cast<std::ptrdiff_t>(at.entry_));
        if (chunk.entries.empty())
            spine.chunks.erase(spine.chunks.begin() + static_cast<std::ptrdiff_t>(at.chunk_));
        --size_;
        if (size_ == 0) spine_.reset();
        return 1;
    }

    std::shared_ptr<Spine> spine_;
    size_t size_ = 0;
};

}  // namespace barnabas::cluster
