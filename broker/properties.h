// SPDX-License-Identifier: Apache-2.0
// Java's properties syntax, as server.properties files use it. Text in, map out; never touches a
// file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace barnabas::broker {

// Comments (# and !), "key=value", "key: value", "key value", line continuation by a backslash, and
// the escapes \t \n \r \f \uXXXX \\ (java.util.Properties). Later keys win. invalid_config on a
// broken \u.
Result<std::map<std::string, std::string>> parse_properties(std::string_view text);

}  // namespace barnabas::broker
