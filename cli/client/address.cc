// SPDX-License-Identifier: Apache-2.0
// See address.h.
#include "cli/client/address.h"

#include <optional>

#include "base/whole_number.h"
#include "cli/client/failure.h"

namespace barnabas::cli {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<uint16_t> parse_port(std::string_view text) {
    const auto port = whole_number<uint16_t>(text);
    return port == uint16_t{0} ? std::nullopt : port;
}

// Where the colon in front of the port is; npos without a port. A bare IPv6 address has none.
size_t port_colon(std::string_view item) {
    const auto bracket = item.find(']');
    if (bracket != std::string_view::npos) return item.find(':', bracket);
    const auto colon = item.find(':');
    return colon != item.rfind(':') ? std::string_view::npos : colon;
}

Address parse_address(std::string_view item) {
    std::string_view rest = item;
    if (const auto scheme = rest.find("://"); scheme != std::string_view::npos)
        rest.remove_prefix(scheme + 3);
    Address address{"", port_default};
    const auto colon = port_colon(rest);
    std::string_view host = rest.substr(0, colon);
    if (colon != std::string_view::npos) {
        const auto port = parse_port(rest.substr(colon + 1));
        if (!port)
            throw Failure(ErrorCode::invalid_request,
                          fmt::format("Invalid port in {}: expected host:port with a port of 1 to "
                                      "65535, as in localhost:9092",
                                      item));
        address.port = *port;
    }
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    address.host = host.empty() ? "localhost" : std::string(host);
    return address;
}

}  // namespace

std::string Address::str() const {
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

bool Address::is_loopback() const {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::vector<Address> parse_bootstrap(std::string_view text) {
    std::vector<Address> addresses;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(',', at), text.size());
        const auto item = trim(text.substr(at, end - at));
        if (!item.empty()) addresses.push_back(parse_address(item));
        at = end + 1;
    }
    if (addresses.empty())
        throw Failure(ErrorCode::invalid_request,
                      "No resolvable bootstrap urls given in bootstrap.servers: name a broker, as "
                      "in --bootstrap-server localhost:9092");
    return addresses;
}

}  // namespace barnabas::cli
