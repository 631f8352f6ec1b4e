// SPDX-License-Identifier: Apache-2.0
// Reading, checking and searching batches for recovery.
#include "storage/batch_walker.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr uint64_t block_size = 1 << 20;
constexpr uint64_t sector_size = 512;
constexpr size_t offset_size = protocol::batch_layout::batch_length;
// Records may end with a zero of their own.
constexpr size_t zeros_min = 2;
// Records per byte that compression can reach, generously.
constexpr int64_t records_per_byte_max = 1024;

bool is_zero(Bytes bytes) {
    return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

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
    uint64_t at = place.position + 1;
    std::vector<uint8_t> block(std::min(place.file_end - std::min(at, place.file_end), block_size));
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

Result<bool> looks_unwritten(const File& file, const DamagedPlace& place,
                             std::optional<uint64_t> behind) {
    constexpr uint64_t head = protocol::batch_header_size;
    const uint64_t left = place.file_end - place.position;
    // The file lost its end.
    if (left < head) return true;
    std::vector<uint8_t> batch(head);
    TRY_ASSIGN(size_t got, file.read_at(place.position, batch));
    if (got < head) return true;
    if (const auto header = protocol::BatchHeader::decode(batch)) {
        // Unless its length is what is damaged.
        if (header->size() > left && !behind) return true;
        const uint64_t limit = behind.value_or(place.file_end) - place.position;
        batch.resize(static_cast<size_t>(std::min(header->size(), limit)));
        TRY_ASSIGN(got, file.read_at(place.position, batch));
        if (got < batch.size()) return true;
    }
    // What must be there tells zeros of the batch's own from lost ones.
    std::vector<uint8_t> own(std::max<size_t>(batch.size(), head), 1);
    std::array<uint8_t, offset_size> expected;
    store_be(expected.data(), place.expected.value);
    std::ranges::copy(expected, own.begin());
    std::fill(own.begin() + offset_size, own.begin() + protocol::batch_layout::magic, 0);
    for (size_t begin = 0; begin < batch.size();) {
        const uint64_t to_boundary = sector_size - (place.position + begin) % sector_size;
        const auto end = static_cast<size_t>(std::min<uint64_t>(batch.size(), begin + to_boundary));
        const Bytes piece = Bytes(batch).subspan(begin, end - begin);
        const bool is_short_tail = begin >= head && piece.size() < zeros_min;
        const bool could_be_zero = is_short_tail || is_zero(Bytes(own).subspan(begin, end - begin));
        if (is_zero(piece) && !could_be_zero) return true;
        begin = end;
    }
    return false;
}

}  // namespace barnabas::storage
