// SPDX-License-Identifier: Apache-2.0
// The grammar of admin.listener (start_options.h).
#include <utility>

#include "broker/listener_config.h"
#include "broker/start_options.h"

namespace barnabas::broker {

Result<AdminListener> parse_admin_listener(std::string_view text) {
    if (text == "none") return AdminListener{};
    auto at = parse_host_port(text);
    if (!at || at->host.contains('/')) return fail(ErrorCode::invalid_config, "admin.listener");
    return AdminListener{.on = true, .required = true, .at = std::move(*at)};
}

AdminListener default_admin_listener() {
    constexpr uint16_t port = 9644;
    return {.on = true, .required = false, .at = {"127.0.0.1", port}};
}

}  // namespace barnabas::broker
