// SPDX-License-Identifier: Apache-2.0
// The grammar of admin.listener (start_options.h).
#include <charconv>

#include "broker/start_options.h"

namespace barnabas::broker {

Result<AdminListener> parse_admin_listener(std::string_view text) {
    AdminListener result{.on = true, .required = true, .at = {}};
    if (text == "none") return AdminListener{};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return fail(ErrorCode::invalid_config, "admin.listener");
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto [end, error] = std::from_chars(port.begin(), port.end(), result.at.port);
    if (error != std::errc{} || end != port.end() || port.empty() || host.contains('/'))
        return fail(ErrorCode::invalid_config, "admin.listener");
    result.at.host = host;
    return result;
}

AdminListener default_admin_listener() {
    constexpr uint16_t port = 9644;
    return {.on = true, .required = false, .at = {"127.0.0.1", port}};
}

}  // namespace barnabas::broker
