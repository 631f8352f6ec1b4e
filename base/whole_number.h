// SPDX-License-Identifier: Apache-2.0
// Reading a whole number that is all of a text: a setting, an option, a part of a file's name.
// Never accepts blanks, a plus sign, or digits with something behind them.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace barnabas {

// nullopt where `text` is no number, or one that Int does not hold.
template <class Int>
std::optional<Int> whole_number(std::string_view text) {
    Int number{};
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last) return std::nullopt;
    return number;
}

}  // namespace barnabas
