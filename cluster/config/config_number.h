// SPDX-License-Identifier: Apache-2.0
// A number as a config has it: as Java reads it, with blanks around and perhaps a plus sign. One
// place, so that what was accepted is also what is meant.
#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/whole_number.h"

namespace barnabas::cluster {

// Without what Java's trim() takes away: blanks and control characters.
constexpr std::string_view trim_config(std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    return text;
}

// nullopt where `text` is no number, or one that Number does not hold.
template <class Number>
std::optional<Number> config_number(std::string_view text) {
    text = trim_config(text);
    if constexpr (std::is_floating_point_v<Number>) {
        // Java knows these two by exactly these names, and takes a suffix for the type.
        if (text == "NaN") return std::numeric_limits<Number>::quiet_NaN();
        if (!text.empty() && std::string_view("dDfF").contains(text.back())) text.remove_suffix(1);
        const size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-');
        if (text.substr(sign) == "Infinity")
            return text[0] == '-' ? -std::numeric_limits<Number>::infinity()
                                  : std::numeric_limits<Number>::infinity();
        if (text.find_first_of("nN") != std::string_view::npos) return std::nullopt;
    }
    const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
    return whole_number<Number>(plus ? text.substr(1) : text);
}

}  // namespace barnabas::cluster
