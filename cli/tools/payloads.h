// SPDX-License-Identifier: Apache-2.0
// What kafka-producer-perf-test sends: random letters, the texts of a file in random order, or
// numbers that count up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "cli/options.h"

namespace barnabas::cli {

// The texts between matches of `delimiter`, a regular expression, as java.util.Scanner finds them:
// a delimiter at the beginning or the end separates nothing. Throws Failure for an expression that
// is none.
std::vector<std::string> scan_payloads(std::string_view text, const std::string& delimiter);

class Payloads {
  public:
    // From --record-size, --payload-file with --payload-delimiter, or --payload-monotonic, of which
    // one must be given. Throws UsageFailure, and Failure for a file without texts.
    explicit Payloads(const Options& options);
    // The value of the record with that number; the view lasts until the next call.
    Bytes next(int64_t number);

  private:
    void read_file(const std::string& path, const std::string& delimiter);

    Random random_{0};
    std::vector<std::string> texts_;
    std::string value_;
    bool counts_up_ = false;
};

}  // namespace barnabas::cli
