// SPDX-License-Identifier: Apache-2.0
// Entries of the sparse indexes in Kafka's layout, the lane's writer, and the check of files that
// an earlier process left.
#include "storage/index.h"

#include <limits>

namespace barnabas::storage {
namespace {

int32_t relative(Offset offset, Offset base) {
    const int64_t distance = offset - base;
    ASSERT(distance >= 0 && distance <= std::numeric_limits<int32_t>::max(),
           "a segment is rolled before relative offsets overflow");
    return static_cast<int32_t>(distance);
}

// Calls `good(entry, before)` for the entries in file order until it says false.
template <class Entry, class Good>
Result<IndexCheck> check(const File& file, Offset base, const Good& good) {
    TRY_ASSIGN(const uint64_t size, file.size());
    const uint64_t whole_entries = size / Entry::disk_size;
    constexpr size_t block_entries = 4096;
    std::vector<uint8_t> block(block_entries * Entry::disk_size);
    IndexCheck result;
    std::optional<Entry> before;
    while (result.good_entries < whole_entries) {
        const uint64_t position = result.good_entries * Entry::disk_size;
        TRY_ASSIGN(const size_t got, file.read_at(position, block));
        size_t taken = 0;
        for (; (taken + 1) * Entry::disk_size <= got; ++taken) {
            const Entry entry = Entry::decode(block.data() + taken * Entry::disk_size, base);
            if (!good(entry, before)) return result;
            before = entry;
            ++result.good_entries;
        }
        if (taken == 0) return result;
    }
    result.whole_file = size % Entry::disk_size == 0;
    return result;
}

}  // namespace

OffsetIndexEntry OffsetIndexEntry::decode(const uint8_t* from, Offset base) {
    return {base + load_be<int32_t>(from), load_be<uint32_t>(from + 4)};
}

void OffsetIndexEntry::encode(uint8_t* to, Offset base) const {
    store_be(to, relative(offset, base));
    store_be(to + 4, position);
}

TimeIndexEntry TimeIndexEntry::decode(const uint8_t* from, Offset base) {
    return {load_be<int64_t>(from), base + load_be<int32_t>(from + 8)};
}

void TimeIndexEntry::encode(uint8_t* to, Offset base) const {
    store_be(to, timestamp_ms);
    store_be(to + 8, relative(offset, base));
}

template <class Entry>
Result<Entry> IndexPart<Entry>::at(size_t i, ReadMode mode) const {
    if (i >= in_file) {
        ASSERT(tail && i - in_file < index_tail_capacity);
        return (*tail)[i - in_file];
    }
    std::array<uint8_t, Entry::disk_size> bytes;
    TRY_ASSIGN(const size_t got, file->read_at(i * Entry::disk_size, bytes, mode));
    if (got != bytes.size()) return fail(ErrorCode::kafka_storage_error, "index entry");
    return Entry::decode(bytes.data(), base);
}

template <class Entry>
Result<IndexWriter<Entry>> IndexWriter<Entry>::open(std::shared_ptr<File> file, Offset base,
                                                    size_t count, size_t entries_max) {
    IndexWriter writer;
    writer.file_ = std::move(file);
    writer.base_ = base;
    writer.in_file_ = count;
    writer.entries_max_ = entries_max;
    TRY_ASSIGN(const uint64_t size, writer.file_->size());
    ASSERT(size >= count * Entry::disk_size, "the caller checked the entries");
    if (size != count * Entry::disk_size) TRY(writer.file_->truncate(count * Entry::disk_size));
    if (count > 0) {
        TRY_ASSIGN(writer.last_, writer.part().at(count - 1, ReadMode::blocking));
    }
    return writer;
}

template <class Entry>
void IndexWriter<Entry>::append(const Entry& entry) {
    if (full() || (last_ && !entry.follows(*last_))) return;
    if (in_tail_ == index_tail_capacity) {
        write_out();
        if (frozen_) return;
        in_file_ += in_tail_;
        in_tail_ = tail_written_ = 0;
        tail_.reset();
    }
    if (!tail_) tail_ = std::make_shared<IndexTail<Entry>>();
    (*tail_)[in_tail_++] = entry;
    last_ = entry;
    ASSERT(in_tail_ <= index_tail_capacity);
}

template <class Entry>
void IndexWriter<Entry>::write_out() {
    if (tail_written_ == in_tail_ || frozen_) return;
    std::array<uint8_t, index_tail_capacity * Entry::disk_size> bytes;
    for (size_t i = tail_written_; i < in_tail_; ++i)
        (*tail_)[i].encode(bytes.data() + (i - tail_written_) * Entry::disk_size, base_);
    const Bytes part{bytes.data(), (in_tail_ - tail_written_) * Entry::disk_size};
    const uint64_t position = (in_file_ + tail_written_) * Entry::disk_size;
    if (file_->write_at(position, {&part, 1})) {
        tail_written_ = in_tail_;
    } else {
        frozen_ = true;
    }
}

template <class Entry>
void IndexWriter<Entry>::finish() {
    write_out();
    // A failed write may have left part of an entry. If this fails too, the next open cuts it.
    if (frozen_) (void)file_->truncate((in_file_ + tail_written_) * Entry::disk_size);
    in_file_ += tail_written_;
    in_tail_ = tail_written_ = 0;
    tail_.reset();
}

template struct IndexPart<OffsetIndexEntry>;
template struct IndexPart<TimeIndexEntry>;
template class IndexWriter<OffsetIndexEntry>;
template class IndexWriter<TimeIndexEntry>;

Result<IndexCheck> check_offset_index(const File& file, Offset base, Offset end, uint64_t size) {
    const auto good = [&](const OffsetIndexEntry& entry,
                          const std::optional<OffsetIndexEntry>& before) {
        return entry.offset >= base && entry.offset < end && entry.position > 0 &&
               entry.position < size && (!before || entry.follows(*before));
    };
    return check<OffsetIndexEntry>(file, base, good);
}

Result<IndexCheck> check_time_index(const File& file, Offset base, Offset end) {
    const auto good = [&](const TimeIndexEntry& entry,
                          const std::optional<TimeIndexEntry>& before) {
        return entry.offset >= base && entry.offset < end && entry.timestamp_ms >= 0 &&
               (!before || entry.follows(*before));
    };
    return check<TimeIndexEntry>(file, base, good);
}

}  // namespace barnabas::storage
