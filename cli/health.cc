// SPDX-License-Identifier: Apache-2.0
// See health.h. One GET of /readyz on the broker's admin.listener; never waits longer than two
// seconds.
#include "cli/health.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "broker/start_options.h"
#include "cli/serve.h"

namespace barnabas::cli {

namespace {

constexpr std::chrono::seconds patience{2};

// Where the broker of this container was told to listen.
std::string address_from_environment() {
    for (const char* name : {"KAFKA_CFG_ADMIN_LISTENER", "KAFKA_ADMIN_LISTENER"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return broker::default_admin_listener().at.str();
}

// "HTTP/1.1 200 OK" -> 200; 0 if that is not what was said.
int status_of(const std::string& line) {
    constexpr size_t status_at = 9;
    if (!line.starts_with("HTTP/1.1 ") || line.size() < status_at + 3) return 0;
    return std::atoi(line.substr(status_at, 3).c_str());
}

int ask(const std::string& address) {
    const auto listener = broker::parse_admin_listener(address);
    if (!listener || !listener->on)
        return refuse(fmt::format("health {}: expected the host:port of admin.listener", address));
    const auto& at = listener->at;
    const bool any = at.host.empty() || at.host == "0.0.0.0" || at.host == "::";
    boost::asio::ip::tcp::iostream stream;
    stream.expires_after(patience);
    stream.connect(any ? "127.0.0.1" : at.host, std::to_string(at.port));
    stream << "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n" << std::flush;
    std::string line, status;
    std::getline(stream, status);
    if (status_of(status) == 0) {
        fmt::print("no broker answers on {}\n", address);
        return 1;
    }
    while (std::getline(stream, line) && line != "\r") {
    }
    std::getline(stream, line);
    fmt::print("{}\n", line);
    constexpr int ok = 200;
    return status_of(status) == ok ? 0 : 1;
}

}  // namespace

void add_health_command(CLI::App& app, int& exit_code) {
    auto address = std::make_shared<std::string>();
    auto* command = app.add_subcommand("health", "Tells whether a broker here serves clients");
    command->add_option("admin.listener", *address,
                        "host:port (default: of KAFKA_ADMIN_LISTENER, or 127.0.0.1:9644)");
    command->callback([address, &exit_code] {
        exit_code = ask(address->empty() ? address_from_environment() : *address);
    });
}

}  // namespace barnabas::cli
