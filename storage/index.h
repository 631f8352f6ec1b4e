// SPDX-License-Identifier: Apache-2.0
// The two sparse indexes of a segment: offset -> file position, and timestamp -> offset.
// IndexWriter belongs to the log's lane and grows one; IndexPart is the readers' immutable view of
// it. The newest entries are in memory (a fixed tail), older ones only in the index file, which
// readers search with small reads: memory stays bounded and the page cache does the caching. An
// index is a hint: whoever looks something up verifies the entry against the log.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "base/disk.h"
#include "base/ids.h"

namespace barnabas::storage {

// `offset` is the last offset of the batch that begins at `position`.
struct OffsetIndexEntry {
    Offset offset;
    uint32_t position = 0;
    static constexpr size_t disk_size = 8;  // int32 relative offset, int32 position
    static OffsetIndexEntry decode(const uint8_t* from, Offset base);
    void encode(uint8_t* to, Offset base) const;
    bool follows(const OffsetIndexEntry& before) const {
        return offset > before.offset && position > before.position;
    }
    friend bool operator==(const OffsetIndexEntry&, const OffsetIndexEntry&) = default;
};

// The largest timestamp up to and including the batch whose last offset is `offset`.
struct TimeIndexEntry {
    int64_t timestamp_ms = -1;
    Offset offset;
    static constexpr size_t disk_size = 12;  // int64 timestamp, int32 relative offset
    static TimeIndexEntry decode(const uint8_t* from, Offset base);
    void encode(uint8_t* to, Offset base) const;
    bool follows(const TimeIndexEntry& before) const {
        return timestamp_ms > before.timestamp_ms && offset >= before.offset;
    }
    friend bool operator==(const TimeIndexEntry&, const TimeIndexEntry&) = default;
};

inline constexpr size_t index_tail_capacity = 128;

// Written by the lane beyond what any snapshot has published, read by others below it: one entry is
// never written again once a snapshot counts it, so that no lock is needed.
template <class Entry>
using IndexTail = std::array<Entry, index_tail_capacity>;

// What readers need of an index; `count` of the calls below says how many entries are published.
template <class Entry>
struct IndexPart {
    std::shared_ptr<const File> file;
    Offset base;
    size_t in_file = 0;
    std::shared_ptr<const IndexTail<Entry>> tail;  // null: all entries are in the file

    Result<Entry> at(size_t i, ReadMode mode) const;
    // The last entry for which `goes_on(entry)` is true (true for a prefix of the entries) among
    // the first `count`; nullopt if it is true for none.
    template <class Predicate>
    Result<std::optional<Entry>> last_where(size_t count, ReadMode mode,
                                            const Predicate& goes_on) const;
};

using OffsetIndexPart = IndexPart<OffsetIndexEntry>;
using TimeIndexPart = IndexPart<TimeIndexEntry>;

template <class Entry>
class IndexWriter {
  public:
    // `entries_max` bounds the file (segment.index.bytes). The first `count` entries of the file
    // are kept; the caller has checked them.
    static Result<IndexWriter> open(std::shared_ptr<File> file, Offset base, size_t count,
                                    size_t entries_max);

    // Ignored when `entry` does not follow the last one or the index is full or frozen.
    void append(const Entry& entry);
    // Writes what is only in memory to the file. A failure freezes the index (it stays a valid,
    // sparser hint) and is not an error: a full disk must not stop appends (pitfall L13).
    void write_out();
    // Also cuts the file to exactly the entries.
    void finish();
    Result<void> sync() { return file_->sync(); }
    // Drops entries for which `keeps` is false; it must be true for a prefix.
    template <class Predicate>
    Result<void> truncate(const Predicate& keeps);

    size_t count() const { return in_file_ + in_tail_; }
    bool full() const { return count() >= entries_max_; }
    void set_entries_max(size_t entries_max) { entries_max_ = entries_max; }
    const std::optional<Entry>& last() const { return last_; }
    IndexPart<Entry> part() const { return {file_, base_, in_file_, tail_}; }

  private:
    std::shared_ptr<File> file_;
    Offset base_;
    size_t entries_max_ = 0;
    size_t in_file_ = 0;       // entries before the tail
    size_t in_tail_ = 0;       // entries in the tail
    size_t tail_written_ = 0;  // of those, how many are also in the file
    bool frozen_ = false;
    std::shared_ptr<IndexTail<Entry>> tail_;
    std::optional<Entry> last_;
};

using OffsetIndexWriter = IndexWriter<OffsetIndexEntry>;
using TimeIndexWriter = IndexWriter<TimeIndexEntry>;

// How many leading entries of an index file make sense: each follows the one before and lies within
// [base, end) and, for positions, within `size`. An unclean shutdown leaves zeros or less at the
// end.
struct IndexCheck {
    size_t good_entries = 0;
    bool whole_file = false;  // nothing but good entries
};
Result<IndexCheck> check_offset_index(const File& file, Offset base, Offset end, uint64_t size);
Result<IndexCheck> check_time_index(const File& file, Offset base, Offset end);

// Part of the template that readers instantiate.
template <class Entry>
template <class Predicate>
Result<std::optional<Entry>> IndexPart<Entry>::last_where(size_t count, ReadMode mode,
                                                          const Predicate& goes_on) const {
    ASSERT(count <= in_file + (tail ? index_tail_capacity : 0));
    std::optional<Entry> found;
    if (count > in_file && goes_on((*tail)[0])) {
        const auto begin = tail->begin();
        const auto end = begin + static_cast<ptrdiff_t>(count - in_file);
        return *(std::partition_point(begin, end, goes_on) - 1);
    }
    size_t low = 0, high = std::min(count, in_file);
    constexpr size_t block_entries = 256;
    std::array<uint8_t, block_entries * Entry::disk_size> block;
    while (low < high) {
        if (high - low <= block_entries) {
            const MutableBytes bytes{block.data(), (high - low) * Entry::disk_size};
            TRY_ASSIGN(const size_t got, file->read_at(low * Entry::disk_size, bytes, mode));
            for (size_t i = 0; (i + 1) * Entry::disk_size <= got; ++i) {
                const Entry entry = Entry::decode(block.data() + i * Entry::disk_size, base);
                if (!goes_on(entry)) break;
                found = entry;
            }
            return found;
        }
        const size_t middle = low + (high - low) / 2;
        TRY_ASSIGN(const Entry entry, at(middle, mode));
        if (goes_on(entry)) {
            found = entry;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return found;
}

template <class Entry>
template <class Predicate>
Result<void> IndexWriter<Entry>::truncate(const Predicate& keeps) {
    write_out();
    const IndexPart<Entry> whole{file_, base_, in_file_ + tail_written_, nullptr};
    size_t low = 0, high = in_file_ + tail_written_;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        TRY_ASSIGN(const Entry entry, whole.at(middle, ReadMode::blocking));
        if (keeps(entry))
            low = middle + 1;
        else
            high = middle;
    }
    TRY_ASSIGN(*this, open(std::move(file_), base_, low, entries_max_));
    return {};
}

}  // namespace barnabas::storage
