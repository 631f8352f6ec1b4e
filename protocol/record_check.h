// SPDX-License-Identifier: Apache-2.0
// Files of record vectors checked against the readers of record batches and message sets. Used by
// `barnabas wire check-records` and by tests, never by the broker.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace barnabas::protocol {

// Checks one vector, a JSON object {id, expect, hex, validBytes, batches}: all whole entries of the
// bytes (formats 0, 1 and 2) must give what `batches` says, field by field and record by record,
// and batches without codec must come out the same when they are built anew. Nullopt if all is
// well, else what is wrong.
std::optional<std::string> check_record_vector(std::string_view line);

// Checks every line of a file (plain or gzip). Prints the first differences and at the end
// "N passed, N failed". Gives the exit code: 0 if all passed, 1 if any failed, 2 if the file cannot
// be read.
int check_records_file(const std::string& path, std::ostream& out);

}  // namespace barnabas::protocol
