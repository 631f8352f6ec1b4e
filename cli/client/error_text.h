// SPDX-License-Identifier: Apache-2.0
// What a client says to a person for an error code that came without a message. In the words that
// Kafka's clients use, where scripts look for them.
#pragma once

#include <string>
#include <string_view>

#include "base/error_code.h"

namespace barnabas::cli {

// Falls back to the code's name.
std::string_view error_text(ErrorCode code);
// The exception of Kafka's clients for it: "SecurityDisabledException".
std::string exception_name(ErrorCode code);

}  // namespace barnabas::cli
