// SPDX-License-Identifier: Apache-2.0
// Reads standard input and arguments for the protocol inspector; what it shows is made by
// protocol/wire_tool.h.
#include "cli/wire.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "protocol/record_check.h"
#include "protocol/wire_tool.h"

namespace barnabas::cli {

namespace {

struct DecodeOptions {
    std::string api;
    int16_t version = 0;
    bool request = false;
    bool response = false;
    bool frame = false;
    bool pretty = false;
};

int refuse(const std::string& why) {
    std::cerr << "barnabas wire: " << why << "\n";
    return 2;
}

Result<std::string> decode(const DecodeOptions& options, const protocol::MessageEntry& entry,
                           Bytes bytes) {
    using Layout = protocol::JsonWriter::Layout;
    const Layout layout = options.pretty ? Layout::indented : Layout::one_line;
    if (!options.frame) return protocol::decode_to_json(entry, bytes, options.version, layout);
    if (entry.kind == protocol::MessageKind::request)
        return protocol::decode_request_frame(bytes, layout);
    if (entry.kind == protocol::MessageKind::response)
        return protocol::decode_response_frame(entry, bytes, options.version, layout);
    return fail(ErrorCode::invalid_request, "only requests and responses come in frames");
}

int run_decode(const DecodeOptions& options) {
    const auto kind =
        options.response ? protocol::MessageKind::response : protocol::MessageKind::request;
    const protocol::MessageEntry* entry = protocol::find_for_person(options.api, kind);
    if (!entry) return refuse("no API or message is called " + options.api);
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const auto bytes = protocol::parse_hex(text);
    if (!bytes) return refuse("standard input is not hexadecimal");
    const auto json = decode(options, *entry, *bytes);
    if (!json) {
        std::string versions =
            std::to_string(entry->version_min) + " to " + std::to_string(entry->version_max);
        const bool bad_version = json.error().code == ErrorCode::unsupported_version;
        return refuse(std::string(entry->name) + ": " +
                      (bad_version ? "has versions " + versions : json.error().where));
    }
    std::cout << *json << "\n";
    return 0;
}

int run_check(const std::string& path) {
    const auto counts = protocol::check_file(path, std::cout);
    if (!counts) return refuse(path + ": " + counts.error().where);
    return counts->failed == 0 ? 0 : 1;
}

}  // namespace

void add_wire_command(CLI::App& app, int& exit_code) {
    CLI::App* wire = app.add_subcommand("wire", "Look into bytes of Kafka's protocol");
    wire->require_subcommand(1);

    auto options = std::make_shared<DecodeOptions>();
    CLI::App* decode = wire->add_subcommand("decode", "Print the message in standard input (hex)");
    CLI::Option* request = decode->add_flag("--request", options->request, "it is a request");
    decode->add_flag("--response", options->response, "it is a response")->excludes(request);
    decode->add_flag("--frame", options->frame, "it has its header, and perhaps its length");
    decode->add_flag("--pretty", options->pretty, "indent the JSON");
    decode->add_option("api", options->api, "name or number of an API, or a record's name")
        ->required();
    decode->add_option("version", options->version, "version of the message")->required();
    decode->callback([options, &exit_code] { exit_code = run_decode(*options); });

    auto path = std::make_shared<std::string>();
    CLI::App* check = wire->add_subcommand("check", "Check a file of test vectors (plain or gzip)");
    check->add_option("file", *path, "lines of: apiKey type name version seed hex json")
        ->required();
    check->callback([path, &exit_code] { exit_code = run_check(*path); });

    auto records = std::make_shared<std::string>();
    CLI::App* check_records =
        wire->add_subcommand("check-records", "Check a file of record vectors (plain or gzip)");
    check_records->add_option("file", *records, "lines of JSON with hex and what it holds")
        ->required();
    check_records->callback(
        [records, &exit_code] { exit_code = protocol::check_records_file(*records, std::cout); });
}

}  // namespace barnabas::cli
