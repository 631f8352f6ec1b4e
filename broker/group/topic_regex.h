// SPDX-License-Identifier: Apache-2.0
// Subscriptions by regular expression (KIP-848), in RE2's syntax: matching takes time linear in the
// length of a name, whatever the expression says. An expression must match a whole topic name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/metadata_image.h"

namespace barnabas::broker {

// What is wrong with the expression, in the words of the RE2 of Apache Kafka; nothing if it can be
// used.
std::optional<std::string> check_topic_regex(const std::string& regex);

// The names of the topics that it matches, sorted. None for expressions that cannot be used.
std::vector<std::string> match_topics(const std::string& regex,
                                      const cluster::MetadataImage& image);

}  // namespace barnabas::broker
