// SPDX-License-Identifier: Apache-2.0
// The hash, over UTF-16 code units decoded from UTF-8 as they come.
#include "broker/coordinator/key_hash.h"

#include <cstdlib>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

constexpr char32_t replacement = 0xFFFD;

// Takes one code point off the front of `text`.
char32_t take_code_point(std::string_view& text) {
    const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte(0);
    size_t size = 1;
    char32_t point = first;
    if (first >= 0xF0 && first < 0xF8) {
        size = 4;
        point = first & 0x07;
    } else if (first >= 0xE0) {
        size = 3;
        point = first & 0x0F;
    } else if (first >= 0xC0) {
        size = 2;
        point = first & 0x1F;
    } else if (first >= 0x80) {
        point = replacement;
    }
    for (size_t i = 1; i < size; ++i) {
        if (i >= text.size() || (byte(i) & 0xC0) != 0x80) {
            text.remove_prefix(i);
            return replacement;
        }
        point = (point << 6) | (byte(i) & 0x3F);
    }
    text.remove_prefix(size);
    return point;
}

}  // namespace

int32_t java_string_hash(std::string_view utf8) {
    uint32_t hash = 0;
    const auto add = [&hash](char32_t unit) { hash = hash * 31 + unit; };
    while (!utf8.empty()) {
        const char32_t point = take_code_point(utf8);
        if (point < 0x10000) {
            add(point);
        } else {
            add(0xD800 + ((point - 0x10000) >> 10));
            add(0xDC00 + ((point - 0x10000) & 0x3FF));
        }
    }
    return static_cast<int32_t>(hash);
}

int32_t partition_for_key(std::string_view key, int32_t partitions) {
    ASSERT(partitions > 0);
    const int32_t hash = java_string_hash(key);
    return (hash == INT32_MIN ? 0 : std::abs(hash)) % partitions;
}

}  // namespace barnabas::broker
