// SPDX-License-Identifier: Apache-2.0
// See table.h.
#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/tool.h"

namespace barnabas::cli {

namespace {

bool is_integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool digits = !text.empty() && text.size() <= 19 &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return digits && (text.size() == 1 || text[0] != '0');
}

std::string json_cell(std::string_view cell) {
    if (cell == "-" || cell == "null") return "null";
    if (cell == "true" || cell == "false" || is_integer(cell)) return std::string(cell);
    return json_text(cell);
}

std::string in_capitals(std::string_view name) {
    std::string text(name);
    for (char& c : text)
        c = c == '_' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

}  // namespace

std::string json_text(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            json += {'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20)
            json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            json += c;
    }
    return json + "\"";
}

std::string Table::aligned() const {
    std::vector<std::vector<std::string>> lines(1);
    for (const auto& column : columns) lines[0].push_back(in_capitals(column));
    lines.insert(lines.end(), rows.begin(), rows.end());
    std::vector<size_t> widths(columns.size(), 0);
    for (const auto& line : lines)
        for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    std::string text;
    for (const auto& line : lines) {
        std::string row;
        for (size_t i = 0; i < line.size(); ++i)
            row += fmt::format("{:<{}}{}", line[i], widths[i], i + 1 < line.size() ? "  " : "");
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + "\n";
    }
    return text;
}

std::string Table::json() const {
    std::string text = "[";
    for (size_t r = 0; r < rows.size(); ++r) {
        text += r == 0 ? "{" : ",{";
        for (size_t i = 0; i < rows[r].size(); ++i)
            text += fmt::format("{}{}:{}", i == 0 ? "" : ",", json_text(columns[i]),
                                json_cell(rows[r][i]));
        text += "}";
    }
    return text + "]\n";
}

OutputForm output_form(const Options& options) {
    const auto form = options.value_or("output", "kafka");
    if (form == "json") return OutputForm::json;
    if (form == "table") return OutputForm::table;
    if (form == "kafka") return OutputForm::kafka;
    throw UsageFailure(fmt::format("--output {}: expected json, table or kafka", form));
}

bool print_if_asked(const Options& options, const Table& table) {
    const OutputForm form = output_form(options);
    if (form == OutputForm::kafka) return false;
    fmt::print("{}", form == OutputForm::json ? table.json() : table.aligned());
    return true;
}

}  // namespace barnabas::cli
