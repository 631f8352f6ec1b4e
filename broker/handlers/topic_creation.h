// SPDX-License-Identifier: Apache-2.0
// Topics that the broker creates by itself: those that a client asks about
// (auto.create.topics.enable) and the internal ones. Completes when the topics can be used; differs
// from Kafka, which says "unknown topic" first and creates meanwhile.
#pragma once

#include <string>
#include <vector>

#include "broker/server/request_context.h"

namespace barnabas::broker {

// Creates those of `names` that are missing, with the broker's default number of partitions and
// replicas (internal topics with settings of their own). What could not be created is simply not in
// the image afterwards.
Task<void> create_missing_topics(RequestContext& ctx, std::vector<std::string> names);

}  // namespace barnabas::broker
