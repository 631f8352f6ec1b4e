// SPDX-License-Identifier: Apache-2.0
// Gather: what is still to be written of several byte ranges that follow one another, across system
// calls that each take only a part.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.h"
#include "base/bytes.h"

namespace barnabas {

class Gather {
  public:
    // `parts` and their bytes must live as long as this does.
    explicit Gather(std::span<const Bytes> parts) : parts_(parts) { skip_empty(); }

    bool done() const { return parts_.empty(); }

    // The next system call's vector; valid until the next call.
    std::span<iovec> vectors() {
        size_t count = 0;
        for (const Bytes part : parts_.first(std::min(parts_.size(), vectors_.size()))) {
            const Bytes rest = count == 0 ? part.subspan(offset_) : part;
            // System calls take a pointer to mutable bytes, which they only read.
            vectors_[count++] = {const_cast<uint8_t*>(rest.data()), rest.size()};
        }
        return {vectors_.data(), count};
    }

    void advance(size_t written) {
        while (written > 0) {
            ASSERT(!parts_.empty(), "no call writes more than it was given");
            const size_t step = std::min(parts_.front().size() - offset_, written);
            offset_ += step;
            written -= step;
            if (offset_ == parts_.front().size()) next_part();
        }
        skip_empty();
    }

  private:
    void next_part() {
        parts_ = parts_.subspan(1);
        offset_ = 0;
    }
    void skip_empty() {
        while (!parts_.empty() && parts_.front().empty()) next_part();
    }

    std::span<const Bytes> parts_;
    size_t offset_ = 0;
    std::array<iovec, 32> vectors_;
};

}  // namespace barnabas
