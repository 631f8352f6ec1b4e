// SPDX-License-Identifier: Apache-2.0
// InitialTopic: a topic that is made at start-up unless it is there (KAFKA_CREATE_TOPICS). A value.
#pragma once

#include <cstdint>
#include <string>

namespace barnabas::broker {

struct InitialTopic {
    std::string name;
    int32_t partitions = -1;  // -1: the broker's default, also below
    int16_t replicas = -1;
    std::string cleanup_policy;  // empty: the broker's default
};

}  // namespace barnabas::broker
