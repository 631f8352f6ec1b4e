// SPDX-License-Identifier: Apache-2.0
// The grammar of listeners, advertised.listeners and listener.security.protocol.map: any order and
// names, spaces, trailing commas, empty hosts, [IPv6], as compose files in the wild have them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/broker_config.h"

namespace barnabas::broker {

// Fills config.listeners from the three properties (those of controller.listener.names are left
// out: a quorum of one opens no socket for itself). Gives a sentence that names the bad value, or
// "".
std::string apply_listeners(const std::map<std::string, std::string>& properties,
                            BrokerConfig& config);

}  // namespace barnabas::broker
