// SPDX-License-Identifier: Apache-2.0
// A tool's client, from --bootstrap-server and the property file of --command-config (tool.h).
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/asio/posix_disk.h"
#include "broker/properties.h"
#include "cli/tool.h"

namespace barnabas::cli {

namespace {

constexpr uint64_t file_bytes_max = 16 << 20;

using Properties = std::map<std::string, std::string>;

void use_settings(const Properties& settings, ClientOptions& client) {
    for (const auto& [key, value] : settings) {
        if (key == "security.protocol" && value != "PLAINTEXT")
            throw Failure(ErrorCode::invalid_config,
                          fmt::format("security.protocol={}: these tools speak PLAINTEXT only; "
                                      "connect to a PLAINTEXT listener",
                                      value));
        if (key == "client.id") client.client_id = value;
        if (key == "request.timeout.ms")
            client.request_timeout = std::chrono::milliseconds(parse_number(key, value));
        if (key == "default.api.timeout.ms")
            client.patience = std::chrono::milliseconds(parse_number(key, value));
        const auto buffer = [&] {
            return static_cast<int>(std::clamp<int64_t>(parse_number(key, value), 0, INT32_MAX));
        };
        if (key == "receive.buffer.bytes") client.buffers.receive_bytes = buffer();
        if (key == "send.buffer.bytes") client.buffers.send_bytes = buffer();
    }
}

}  // namespace

Properties read_settings(const std::string& path) {
    PosixDisk disk;
    const auto content = disk.read_file(path, file_bytes_max);
    if (!content)
        throw Failure(ErrorCode::invalid_config,
                      fmt::format("{}: {}", path, std::strerror(content.error().os_error)));
    auto parsed = broker::parse_properties(as_text(*content));
    if (!parsed)
        throw Failure(ErrorCode::invalid_config, fmt::format("{}: {}", path, parsed.error().where));
    return std::move(*parsed);
}

std::unique_ptr<Client> make_client(const Options& options, const ClientNeeds& needs) {
    ClientOptions client;
    Properties settings = needs.settings;
    for (const auto& path : options.values(needs.config)) settings.merge(read_settings(path));
    auto addresses = options.value(needs.bootstrap);
    if (!addresses && settings.contains("bootstrap.servers"))
        addresses = settings.at("bootstrap.servers");
    if (!addresses) throw UsageFailure(fmt::format("--{} must be specified", needs.bootstrap));
    client.bootstrap = parse_bootstrap(*addresses);
    if (needs.only_looks && std::ranges::all_of(client.bootstrap, &Address::is_loopback))
        client.patience = Nanos::zero();
    use_settings(settings, client);
    return std::make_unique<Client>(std::move(client));
}

}  // namespace barnabas::cli
