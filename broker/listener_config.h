// SPDX-License-Identifier: Apache-2.0
// The grammar of listeners, advertised.listeners and listener.security.protocol.map: any order and
// names, spaces, trailing commas, empty hosts, [IPv6], as compose files in the wild have them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker_config.h"

namespace barnabas::broker {

// Fills config.listeners from the three properties (those of controller.listener.names are left
// out: a quorum of one opens no socket for itself). Gives a sentence that names the bad value, or
// "".
std::string apply_listeners(const std::map<std::string, std::string>& properties,
                            BrokerConfig& config);

// "host:port", ":port", "[::1]:port"; nullopt where there is no port from 0 to 65535 at the end.
std::optional<Endpoint> parse_host_port(std::string_view text);

}  // namespace barnabas::broker
