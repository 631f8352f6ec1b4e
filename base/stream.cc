// SPDX-License-Identifier: Apache-2.0
// Sending a file range over streams that have no sendfile: read and write, piece by piece.
#include "base/stream.h"

#include <algorithm>
#include <vector>

namespace barnabas {

Task<Result<void>> send_by_copy(Stream& stream, FileRange range) {
    constexpr uint64_t piece_max = 64 * 1024;
    std::vector<uint8_t> piece(std::min(range.size, piece_max));
    while (range.size > 0) {
        const MutableBytes into(piece.data(), std::min<uint64_t>(range.size, piece.size()));
        const auto count = range.file->read_at(range.position, into);
        if (!count) co_return std::unexpected(count.error());
        if (*count == 0) co_return fail(ErrorCode::kafka_storage_error, "send_file past the end");
        const Bytes part = into.first(*count);
        const auto written = co_await stream.write(std::span(&part, 1));
        if (!written) co_return std::unexpected(written.error());
        range.position += *count;
        range.size -= *count;
    }
    co_return Result<void>{};
}

}  // namespace barnabas
