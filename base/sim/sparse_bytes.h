// SPDX-License-Identifier: Apache-2.0
// SparseBytes: a simulated file's bytes. Only pages that were written take memory, so that offsets
// beyond 4 GiB cost nothing; copies share their pages until one of them is written.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace barnabas {

class SparseBytes {
  public:
    static constexpr uint64_t page_bytes = 4096;

    uint64_t size() const { return size_; }
    // What the written pages take.
    uint64_t allocated() const { return pages_.size() * page_bytes; }
    bool has_page(uint64_t index) const { return pages_.contains(index); }
    // Copies up to into.size() bytes from `position`, as far as the size goes; gives their number.
    size_t read(uint64_t position, MutableBytes into) const;
    // Grows as needed; what lies between the old end and `position` reads as zeros.
    void write(uint64_t position, Bytes bytes);
    // Cuts, or grows with zeros.
    void resize(uint64_t size);
    // Does nothing beyond the end.
    void flip_bit(uint64_t position, unsigned bit);
    std::vector<uint8_t> copy() const;

  private:
    using Page = std::array<uint8_t, page_bytes>;
    Page& writable(uint64_t index);

    std::map<uint64_t, std::shared_ptr<Page>> pages_;
    uint64_t size_ = 0;
};

}  // namespace barnabas
