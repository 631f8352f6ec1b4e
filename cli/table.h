// SPDX-License-Identifier: Apache-2.0
// Rows for people and programs: the same cells as an aligned table or as JSON. Text in, text out.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace barnabas::cli {

// A cell that is a JSON number or null when it reads like one; Kafka's "-" and "null" are null.
struct Table {
    std::vector<std::string> columns;  // names as JSON has them: "topic", "end_offset"
    std::vector<std::vector<std::string>> rows;

    // Columns as wide as their longest cell, two blanks between, names in capitals.
    std::string aligned() const;
    // [{"topic":"t",...},...] and a line's end.
    std::string json() const;
};

// A JSON string with its quotes.
std::string json_text(std::string_view text);

// What --output asks for. Throws UsageFailure for another word.
enum class OutputForm { kafka, table, json };
OutputForm output_form(const Options& options);
// Prints it if --output asks for json or table; false if Kafka's form is wanted.
bool print_if_asked(const Options& options, const Table& table);

}  // namespace barnabas::cli
