// SPDX-License-Identifier: Apache-2.0
// Rows of .txnindex: int16 version 0, int64 producer id, first, last and last stable offset.
#include "storage/transaction_index.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/assert.h"

namespace barnabas::storage {
namespace {

constexpr size_t row_size = 34;
constexpr uint64_t file_bytes_max = 1 << 30;

void encode_row(uint8_t* to, const AbortedTransaction& row) {
    store_be(to, int16_t{0});
    store_be(to + 2, row.producer_id.value);
    store_be(to + 10, row.first_offset.value);
    store_be(to + 18, row.last_offset.value);
    store_be(to + 26, row.last_stable_offset.value);
}

AbortedTransaction decode_row(const uint8_t* from) {
    return {ProducerId{load_be<int64_t>(from + 2)}, Offset{load_be<int64_t>(from + 10)},
            Offset{load_be<int64_t>(from + 18)}, Offset{load_be<int64_t>(from + 26)}};
}

}  // namespace

Result<AbortedTransactions> read_transaction_index(Disk& disk, const std::string& path, Offset base,
                                                   Offset end) {
    const auto content = disk.read_file(path, file_bytes_max);
    if (!content && content.error().os_error == ENOENT) return AbortedTransactions{};
    if (!content) return std::unexpected(content.error());
    AbortedTransactions rows;
    for (size_t at = 0; at + row_size <= content->size(); at += row_size) {
        const uint8_t* const from = content->data() + at;
        const AbortedTransaction row = decode_row(from);
        if (load_be<int16_t>(from) != 0 || row.last_offset < base || row.last_offset >= end) break;
        if (row.first_offset.value < 0 || row.first_offset > row.last_offset) break;
        if (!rows.empty() && row.last_offset <= rows.back().last_offset) break;
        rows.push_back(row);
    }
    return rows;
}

Result<void> write_transaction_index(Disk& disk, const std::string& path,
                                     const AbortedTransactions& rows) {
    if (rows.empty()) {
        TRY_ASSIGN(const bool exists, disk.exists(path));
        if (!exists) return {};
        return disk.remove(path);
    }
    std::vector<uint8_t> content(rows.size() * row_size);
    for (size_t i = 0; i < rows.size(); ++i) encode_row(content.data() + i * row_size, rows[i]);
    TRY_ASSIGN(const auto file, disk.open(path, OpenMode::create_or_open));
    TRY(file->truncate(content.size()));
    const Bytes part{content};
    return file->write_at(0, {&part, 1});
}

Result<void> append_transaction_index(Disk& disk, const std::string& path, size_t count,
                                      const AbortedTransaction& row) {
    std::array<uint8_t, row_size> bytes;
    encode_row(bytes.data(), row);
    TRY_ASSIGN(const auto file, disk.open(path, OpenMode::create_or_open));
    const Bytes part{bytes};
    return file->write_at(count * row_size, {&part, 1});
}

}  // namespace barnabas::storage
