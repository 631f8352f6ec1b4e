// SPDX-License-Identifier: Apache-2.0
// Times in the patterns of Java's SimpleDateFormat ("yyyy-MM-dd HH:mm:ss:SSS"), in the machine's
// time zone and in English.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace barnabas::cli {

class DatePattern {
  public:
    // Throws Failure for a pattern that SimpleDateFormat does not take.
    explicit DatePattern(std::string_view pattern);
    // `time_ms`: milliseconds since 1970.
    std::string text(int64_t time_ms) const;

  private:
    // `letter` as often as `count`, or 0 and a text that stands as it is.
    struct Piece {
        char letter = 0;
        size_t count = 0;
        std::string literal;
    };
    std::vector<Piece> pieces_;
};

}  // namespace barnabas::cli
