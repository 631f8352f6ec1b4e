// SPDX-License-Identifier: Apache-2.0
// Failure: how a command of cli/ ends early. Thrown inside cli/ only and caught once, by the
// dispatcher (cli/dispatch.cc): a tool is a straight line of questions to a broker, and each of
// them may end it. Nothing outside cli/ sees it.
#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

#include "base/error_code.h"

namespace barnabas::cli {

class Failure : public std::exception {
  public:
    // `text` is for a person: it names the bad value and, where there is one, the way out.
    Failure(ErrorCode code, std::string text) : code_(code), text_(std::move(text)) {}

    ErrorCode code() const { return code_; }
    const std::string& text() const { return text_; }
    const char* what() const noexcept override { return text_.c_str(); }

  private:
    ErrorCode code_;
    std::string text_;
};

}  // namespace barnabas::cli
