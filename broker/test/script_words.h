// SPDX-License-Identifier: Apache-2.0
// Words that the scripts of transcripts share. Knows no machine.
#pragma once

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string>
#include <vector>

#include "base/error_code.h"

namespace barnabas::broker {

// The error's name as transcripts write it: in small letters.
inline std::string name_of(ErrorCode error) {
    std::string name = error_name(error);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

inline std::vector<std::string> split_at(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::string part;
    for (std::stringstream stream(text); std::getline(stream, part, separator);)
        parts.push_back(part);
    return parts;
}

}  // namespace barnabas::broker
