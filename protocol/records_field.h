// SPDX-License-Identifier: Apache-2.0
// Records: the record batches inside a message. Bytes (borrowed from a frame or owned), or ranges
// of segment files that a fetch answer refers to without reading them; never looks inside the
// batches.
#pragma once

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/file_range.h"

namespace barnabas::protocol {

class Records {
  public:
    Records() = default;
    Records(Blob bytes) : value_(std::move(bytes)) {}
    Records(std::vector<FileRange> ranges) : value_(std::move(ranges)) {}
    static Records borrow(Bytes bytes) { return Records(Blob::borrow(bytes)); }

    bool in_files() const { return std::holds_alternative<std::vector<FileRange>>(value_); }
    // The bytes; only if not in_files().
    Bytes view() const {
        ASSERT(!in_files(), "records of a file are sent, not read");
        return std::get<Blob>(value_).view();
    }
    // The ranges in sending order; empty if the records are bytes.
    std::span<const FileRange> ranges() const {
        if (const auto* ranges = std::get_if<std::vector<FileRange>>(&value_)) return *ranges;
        return {};
    }
    size_t size() const {
        if (!in_files()) return view().size();
        size_t total = 0;
        for (const FileRange& range : ranges()) total += static_cast<size_t>(range.size);
        return total;
    }
    bool empty() const { return size() == 0; }

    // Ranges are equal if they name the same places of the same files.
    friend bool operator==(const Records& a, const Records& b) {
        if (a.in_files() != b.in_files()) return false;
        if (!a.in_files()) return equal(a.view(), b.view());
        const auto left = a.ranges(), right = b.ranges();
        if (left.size() != right.size()) return false;
        for (size_t i = 0; i < left.size(); ++i)
            if (left[i].file != right[i].file || left[i].position != right[i].position ||
                left[i].size != right[i].size)
                return false;
        return true;
    }

  private:
    std::variant<Blob, std::vector<FileRange>> value_;
};

}  // namespace barnabas::protocol
