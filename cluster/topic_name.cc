// SPDX-License-Identifier: Apache-2.0
// The rules for topic names, with Kafka's sentences.
#include "cluster/topic_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace barnabas::cluster {

namespace {

bool is_allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

}  // namespace

std::string check_topic_name(std::string_view name) {
    if (name.empty()) return "Topic name is invalid: the empty string is not allowed";
    if (name == "." || name == "..")
        return fmt::format("Topic name is invalid: '{}' is not allowed", name);
    if (name.size() > topic_name_size_max)
        return fmt::format(
            "Topic name is invalid: the length of '{}' is longer than the max allowed length {}",
            name, topic_name_size_max);
    if (!std::ranges::all_of(name, is_allowed))
        return fmt::format(
            "Topic name is invalid: '{}' contains one or more characters other than ASCII "
            "alphanumerics, '.', '_' and '-'",
            name);
    return {};
}

bool is_internal_topic(std::string_view name) {
    return name == offsets_topic || name == transactions_topic || name == "__share_group_state";
}

}  // namespace barnabas::cluster
