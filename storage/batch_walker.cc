// SPDX-License-Identifier: Apache-2.0
// Reading, checking and searching batches for recovery.
#include "storage/batch_walker.h"

#include <algorithm>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t block_size = 1 << 20;
constexpr uint64_t sector_size = 512;
// A zero piece shorter than this may as well be the end of a record.
constexpr uint64_t lost_bytes_min = 4;
// Records per byte that compression can reach, generously.
constexpr int64_t records_per_byte_max = 1024;

bool could_follow(const uint8_t* at, uint64_t distance, const DamagedPlace& place) {
    namespace layout = protocol::batch_layout;
    if (at[layout::magic] != protocol::batch_magic) return false;
    const int64_t offset = load_be<int64_t>(at + layout::base_offset);
    if (offset < place.expected.value) return false;
    if (offset - place.expected.value > static_cast<int64_t>(distance) * records_per_byte_max)
        return false;
    return load_be<int32_t>(at + layout::partition_leader_epoch) >= place.epoch.value &&
           load_be<int32_t>(at + layout::batch_length) >= protocol::batch_length_min;
}

}  // namespace

Result<Bytes> BatchWalker::view(uint64_t size) {
    ASSERT(position_ + size <= end_);
    if (position_ < buffer_at_ || position_ + size > buffer_at_ + buffer_.size()) {
        const uint64_t wanted = std::min(end_ - position_, std::max(size, block_size));
        buffer_.resize(static_cast<size_t>(wanted));
        buffer_at_ = position_;
        TRY_ASSIGN(const size_t got, file_.read_at(position_, buffer_));
        bytes_read_ += got;
        buffer_.resize(got);
        if (got < size) return fail(ErrorCode::kafka_storage_error, "log file became shorter");
    }
    const auto begin = static_cast<size_t>(position_ - buffer_at_);
    return Bytes{buffer_}.subspan(begin, static_cast<size_t>(size));
}

Result<std::optional<WalkedBatch>> BatchWalker::next() {
    ASSERT(position_ <= end_);
    if (position_ == end_) return std::nullopt;
    if (end_ - position_ < protocol::batch_header_size)
        return fail(ErrorCode::corrupt_message, "cut batch header");
    TRY_ASSIGN(const Bytes head, view(protocol::batch_header_size));
    WalkedBatch batch;
    TRY_ASSIGN(batch.header, protocol::BatchHeader::decode(head));
    const uint64_t size = batch.header.size();
    if (size > end_ - position_) return fail(ErrorCode::corrupt_message, "cut batch");
    TRY_ASSIGN(const Bytes whole, view(size));
    batch.position = position_;
    batch.records = whole.subspan(protocol::batch_header_size);
    if (batch.header.compute_crc(batch.records) != batch.header.crc)
        return fail(ErrorCode::corrupt_message, "batch checksum");
    position_ += size;
    return batch;
}

Result<std::optional<uint64_t>> find_batch_behind(const File& file, const DamagedPlace& place) {
    constexpr uint64_t head = protocol::batch_header_size;
    std::vector<uint8_t> block(block_size);
    uint64_t at = place.position + 1;
    while (at + head <= place.file_end) {
        const uint64_t wanted = std::min(place.file_end - at, block_size);
        TRY_ASSIGN(const size_t got, file.read_at(at, MutableBytes{block}.first(wanted)));
        if (got < head) break;
        for (uint64_t i = 0; i + head <= got; ++i) {
            if (!could_follow(block.data() + i, at + i - place.position, place)) continue;
            BatchWalker walker(file, at + i, place.file_end);
            const auto batch = walker.next();
            if (batch && *batch) return at + i;
            if (!batch && batch.error().code != ErrorCode::corrupt_message)
                return std::unexpected(batch.error());
        }
        at += got - head + 1;
    }
    return std::nullopt;
}

Result<bool> has_lost_sector(const File& file, uint64_t from, uint64_t to) {
    std::vector<uint8_t> block(block_size);
    for (uint64_t at = from; at < to;) {
        // Blocks end at sector boundaries, so that no sector is looked at in two pieces.
        const uint64_t end = std::min(to, (at / block_size + 1) * block_size);
        const MutableBytes bytes{block.data(), static_cast<size_t>(end - at)};
        TRY_ASSIGN(const size_t got, file.read_at(at, bytes));
        // The file lost its end altogether.
        if (got < bytes.size()) return true;
        for (uint64_t piece = at; piece < end;) {
            const uint64_t next = std::min(end, (piece / sector_size + 1) * sector_size);
            const auto first = bytes.begin() + static_cast<ptrdiff_t>(piece - at);
            const auto last = bytes.begin() + static_cast<ptrdiff_t>(next - at);
            const bool is_zero = std::all_of(first, last, [](uint8_t byte) { return byte == 0; });
            if (is_zero && next - piece >= lost_bytes_min) return true;
            piece = next;
        }
        at = end;
    }
    return false;
}

}  // namespace barnabas::storage
