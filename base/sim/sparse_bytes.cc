// SPDX-License-Identifier: Apache-2.0
// SparseBytes: page by page; a missing page is zeros.
#include "base/sim/sparse_bytes.h"

#include <algorithm>

#include "base/assert.h"

namespace barnabas {

SparseBytes::Page& SparseBytes::writable(uint64_t index) {
    std::shared_ptr<Page>& page = pages_[index];
    if (!page)
        page = std::make_shared<Page>();
    else if (page.use_count() > 1)
        page = std::make_shared<Page>(*page);
    return *page;
}

size_t SparseBytes::read(uint64_t position, MutableBytes into) const {
    if (position >= size_) return 0;
    const size_t count = std::min<uint64_t>(into.size(), size_ - position);
    size_t done = 0;
    while (done < count) {
        const uint64_t at = position + done;
        const uint64_t inside = at % page_bytes;
        const size_t step = std::min<uint64_t>(count - done, page_bytes - inside);
        const auto page = pages_.find(at / page_bytes);
        if (page == pages_.end())
            std::memset(into.data() + done, 0, step);
        else
            std::memcpy(into.data() + done, page->second->data() + inside, step);
        done += step;
    }
    return count;
}

void SparseBytes::write(uint64_t position, Bytes bytes) {
    size_ = std::max(size_, position + bytes.size());
    while (!bytes.empty()) {
        const uint64_t inside = position % page_bytes;
        const size_t step = std::min<uint64_t>(bytes.size(), page_bytes - inside);
        std::memcpy(writable(position / page_bytes).data() + inside, bytes.data(), step);
        position += step;
        bytes = bytes.subspan(step);
    }
}

void SparseBytes::resize(uint64_t size) {
    if (size < size_) {
        const uint64_t inside = size % page_bytes;
        const uint64_t first_gone = size / page_bytes + (inside == 0 ? 0 : 1);
        pages_.erase(pages_.lower_bound(first_gone), pages_.end());
        // What was cut reads as zeros if the file grows again.
        if (inside != 0 && has_page(size / page_bytes)) {
            Page& last = writable(size / page_bytes);
            std::fill(last.begin() + static_cast<ptrdiff_t>(inside), last.end(), uint8_t{0});
        }
    }
    size_ = size;
}

void SparseBytes::flip_bit(uint64_t position, unsigned bit) {
    ASSERT(bit < 8);
    if (position >= size_) return;
    uint8_t& byte = writable(position / page_bytes)[position % page_bytes];
    byte = static_cast<uint8_t>(byte ^ (1u << bit));
}

std::vector<uint8_t> SparseBytes::copy() const {
    std::vector<uint8_t> bytes(size_);
    const size_t count = read(0, bytes);
    ASSERT(count == size_);
    return bytes;
}

}  // namespace barnabas
