// SPDX-License-Identifier: Apache-2.0
// StartOptions: what a broker is told at its start that is no setting of Kafka's: topics to make
// and where operators may ask. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace barnabas {
class Metrics;
}

namespace barnabas::broker {

// A topic that is made at start-up unless it is there (KAFKA_CREATE_TOPICS).
struct InitialTopic {
    std::string name;
    int32_t partitions = -1;  // -1: the broker's default, also below
    int16_t replicas = -1;
    std::string cleanup_policy;  // empty: the broker's default
};

// `admin.listener`: where HTTP is served.
struct AdminListener {
    bool on = false;
    // Asked for by name: the broker does not start without it. Otherwise a port that is taken is a
    // warning.
    bool required = false;
    Endpoint at;
};

// "host:port", ":port" (every interface), "[::1]:port"; "none" is off. invalid_config otherwise.
Result<AdminListener> parse_admin_listener(std::string_view text);
// 127.0.0.1:9644, not required.
AdminListener default_admin_listener();

struct StartOptions {
    std::vector<InitialTopic> topics;
    AdminListener admin;
    // Adds what only the process can know to the broker's metrics; may be empty.
    std::function<void(Metrics&)> add_metrics;
};

}  // namespace barnabas::broker
