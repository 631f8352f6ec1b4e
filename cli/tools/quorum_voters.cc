// SPDX-License-Identifier: Apache-2.0
// See quorum_voters.h.
#include "cli/tools/quorum_voters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/asio/posix_disk.h"
#include "base/whole_number.h"
#include "broker/listener_config.h"
#include "cli/tool.h"
#include "cli/tools/filters.h"
#include "protocol/messages/add_raft_voter.h"
#include "protocol/messages/remove_raft_voter.h"
#include "storage/meta_properties.h"

namespace barnabas::cli {

namespace {

using Properties = std::map<std::string, std::string>;

struct VoterEndpoint {
    std::string listener, host;
    uint16_t port = 0;
    std::string str() const {
        const bool brackets = host.find(':') != std::string::npos;
        return fmt::format("{}://{}{}{}:{}", listener, brackets ? "[" : "", host,
                           brackets ? "]" : "", port);
    }
};

struct Voter {
    int32_t id = 0;
    Uuid directory;
    std::vector<VoterEndpoint> endpoints;
};

[[noreturn]] void refuse(std::string text) {
    throw Failure(ErrorCode::invalid_request, std::move(text));
}

[[noreturn]] void refuse_file(std::string_view what) {
    refuse(
        fmt::format("{} configuration file. Is this a valid controller configuration file?", what));
}

int32_t voter_id(const Properties& properties) {
    const auto id = properties.find("node.id");
    if (id == properties.end()) refuse_file("node.id not found in");
    const auto number = whole_number<int32_t>(id->second);
    if (!number) refuse(fmt::format("For input string: \"{}\"", id->second));
    if (*number < 0) refuse_file("node.id was negative in");
    const auto roles = properties.find("process.roles");
    if (roles == properties.end() || roles->second.find("controller") == std::string::npos)
        refuse_file("process.roles did not contain 'controller' in");
    return *number;
}

Uuid voter_directory(const Properties& properties) {
    std::string directory;
    if (const auto own = properties.find("metadata.log.dir"); own != properties.end())
        directory = own->second;
    else if (const auto all = properties.find("log.dirs"); all != properties.end())
        directory = all->second.substr(0, all->second.find(','));
    else
        refuse(
            "Neither metadata.log.dir nor log.dirs were found. Is this a valid controller "
            "configuration file?");
    PosixDisk disk;
    const auto found = storage::read_meta_properties(disk, directory);
    if (!found || !*found) refuse(fmt::format("Unable to read meta.properties from {}", directory));
    return (*found)->directory_id;
}

std::string in_capitals(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

// advertised.listeners go before listeners.
std::map<std::string, VoterEndpoint> listeners_of(const Properties& properties) {
    std::map<std::string, VoterEndpoint> found;
    for (const auto* key : {"listeners", "advertised.listeners"}) {
        const auto value = properties.find(key);
        if (value == properties.end()) continue;
        for (const auto& text : split(value->second, ',')) {
            const auto slashes = text.find("://");
            const auto at = slashes == std::string::npos
                                ? std::nullopt
                                : broker::parse_host_port(text.substr(slashes + 3));
            if (!at) refuse(fmt::format("Unable to parse {} to a broker endpoint", text));
            const auto name = in_capitals(text.substr(text.find_first_not_of(' '), slashes));
            found[name] = {name, at->host.empty() ? "localhost" : at->host, at->port};
        }
    }
    return found;
}

std::vector<VoterEndpoint> voter_endpoints(const Properties& properties) {
    const auto listeners = listeners_of(properties);
    const auto names = properties.find("controller.listener.names");
    if (names == properties.end())
        refuse(
            "controller.listener.names was not found. Is this a valid controller configuration "
            "file?");
    std::vector<VoterEndpoint> endpoints;
    for (const auto& text : split(names->second, ',')) {
        const auto name = in_capitals(text);
        const auto found = listeners.find(name);
        if (found == listeners.end())
            refuse(fmt::format("Cannot find information about controller listener name: {}", name));
        endpoints.push_back(found->second);
    }
    return endpoints;
}

void ask_to_add(Client& client, const Voter& voter) {
    protocol::AddRaftVoterRequest request;
    request.cluster_id.reset();
    request.timeout_ms = static_cast<int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(client.request_timeout()).count());
    request.voter_id = voter.id;
    request.voter_directory_id = voter.directory;
    for (const auto& endpoint : voter.endpoints) {
        auto& listener = request.listeners.emplace_back();
        listener.name = Text(endpoint.listener);
        listener.host = Text(endpoint.host);
        listener.port = endpoint.port;
    }
    expect_success(client.ask<protocol::AddRaftVoterResponse>(request));
}

Uuid parse_directory_id(const std::string& text) {
    constexpr size_t longest = 24, shown = 24;
    if (text.size() > longest)
        refuse(
            fmt::format("Failed to parse --controller-directory-id: Input string with prefix "
                        "`{}` is too long to be decoded as a base64 UUID",
                        text.substr(0, shown)));
    const auto id = Uuid::parse(text);
    if (!id)
        refuse(
            fmt::format("Failed to parse --controller-directory-id: `{}` is not a "
                        "base64-encoded UUID of 16 bytes",
                        text));
    return *id;
}

}  // namespace

int add_controller(Client& client, const Options& options) {
    const auto path = options.value("command-config");
    if (!path)
        refuse(
            "You must supply the configuration file of the controller you are adding when using "
            "add-controller.");
    const Properties properties = read_settings(*path);
    Voter voter;
    voter.id = voter_id(properties);
    voter.directory = voter_directory(properties);
    voter.endpoints = voter_endpoints(properties);
    const bool dry_run = options.has("dry-run");
    if (!dry_run) ask_to_add(client, voter);
    std::vector<std::string> texts;
    for (const auto& endpoint : voter.endpoints) texts.push_back(endpoint.str());
    fmt::print("{} controller {} with directory id {} and endpoints: {}\n",
               dry_run ? "DRY RUN of adding" : "Added", voter.id, voter.directory.str(),
               fmt::join(texts, ", "));
    return 0;
}

int remove_controller(Client& client, const Options& options) {
    const auto id = options.number("controller-id");
    const auto directory_text = options.value("controller-directory-id");
    if (!id || !directory_text)
        throw UsageFailure(
            fmt::format("kafka-metadata-quorum remove-controller: error: argument {} is required",
                        id ? "--controller-directory-id/-d" : "--controller-id/-i"));
    if (*id < 0) refuse(fmt::format("Invalid negative --controller-id: {}", *id));
    const Uuid directory = parse_directory_id(*directory_text);
    const bool dry_run = options.has("dry-run");
    if (!dry_run) {
        protocol::RemoveRaftVoterRequest request;
        request.cluster_id.reset();
        request.voter_id = static_cast<int32_t>(*id);
        request.voter_directory_id = directory;
        expect_success(client.ask<protocol::RemoveRaftVoterResponse>(request));
    }
    fmt::print("{} KRaft controller {} with directory id {}\n",
               dry_run ? "DRY RUN of removing " : "Removed ", *id, directory.str());
    return 0;
}

}  // namespace barnabas::cli
