// SPDX-License-Identifier: Apache-2.0
// What may be a topic's name. Names become directory names, so nothing else may get through (A08).
#pragma once

#include <string>
#include <string_view>

namespace barnabas::cluster {

inline constexpr size_t topic_name_size_max = 249;

// The topics that coordinators keep their state in.
inline constexpr const char* offsets_topic = "__consumer_offsets";
inline constexpr const char* transactions_topic = "__transaction_state";

// Empty if `name` may name a topic, else the sentence that clients show to people.
std::string check_topic_name(std::string_view name);

// Topics that brokers write to themselves.
bool is_internal_topic(std::string_view name);

}  // namespace barnabas::cluster
