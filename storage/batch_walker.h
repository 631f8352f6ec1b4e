// SPDX-License-Identifier: Apache-2.0
// BatchWalker: reads a segment file batch by batch with everything checked that a batch can be
// checked for on its own, for recovery and for replaying producers. Reads large blocks; used on
// lanes only.
#pragma once

#include <optional>
#include <vector>

#include "base/disk.h"
#include "protocol/record_batch.h"

namespace barnabas::storage {

struct WalkedBatch {
    uint64_t position = 0;
    protocol::BatchHeader header;
    Bytes records;  // as stored; valid until the next call
};

class BatchWalker {
  public:
    BatchWalker(const File& file, uint64_t position, uint64_t end)
        : file_(file), position_(position), end_(end) {}

    // nullopt at the end. corrupt_message: the bytes at position() are no whole batch with a valid
    // checksum. Other errors are the disk's.
    Result<std::optional<WalkedBatch>> next();
    // Goes to another place, for the search behind a damaged batch.
    void seek(uint64_t position) { position_ = position; }
    uint64_t position() const { return position_; }
    uint64_t bytes_read() const { return bytes_read_; }

  private:
    Result<Bytes> view(uint64_t size);

    const File& file_;
    uint64_t position_;
    const uint64_t end_;
    uint64_t bytes_read_ = 0;
    std::vector<uint8_t> buffer_;
    uint64_t buffer_at_ = 0;
};

// Looks behind a damaged place at `position` for a batch that can only have been appended after it:
// checksum valid, offset beyond `expected` by no more than the bytes between could hold, epoch not
// older than `epoch`. Gives its position.
struct DamagedPlace {
    uint64_t position = 0;
    uint64_t file_end = 0;
    Offset expected;
    LeaderEpoch epoch = leader_epoch_none;
};
Result<std::optional<uint64_t>> find_batch_behind(const File& file, const DamagedPlace& place);

// True if the batch that should be at the place looks as if a part of it had never reached the
// device: the file ends in it, or its bytes in some sector are zero where they should not be.
// `behind` is what find_batch_behind() gave.
Result<bool> looks_unwritten(const File& file, const DamagedPlace& place,
                             std::optional<uint64_t> behind);

}  // namespace barnabas::storage
