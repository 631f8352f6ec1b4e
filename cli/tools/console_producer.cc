// SPDX-License-Identifier: Apache-2.0
// kafka-console-producer: a record for each line of standard input.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "cli/tools/all.h"
#include "cli/tools/producer_settings.h"
#include "cli/tools/record_output.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"producer.config", Takes::value, "file", "The same"},
    {"topic", Takes::value, "topic", "REQUIRED: where the records go"},
    {"reader-config", Takes::value, "file", "The same from a file; --reader-property wins"},
    {"reader-property", Takes::value, "key=value",
     "parse.key, key.separator, parse.headers, headers.delimiter, null.marker, ignore.error"},
    {"property", Takes::value, "key=value", "The same"},
    {"command-property", Takes::value, "key=value", "acks, compression.type"},
    {"producer-property", Takes::value, "key=value", "The same"},
    {"request-required-acks", Takes::value, "all|1|0", "What acknowledges a record; all"},
    {"compression-codec", Takes::optional_value, "codec", "none, gzip, snappy, lz4 or zstd"},
    {"request-timeout-ms", Takes::value, "ms", "How long a broker may wait for replicas"},
    {"batch-size", Takes::value, "bytes", "Bytes that are sent together, at most"},
    {"sync", Takes::nothing, "", "One request for each record"},
    {"timeout", Takes::value, "ms", "Accepted: records go when no more input waits"},
    {"line-reader", Takes::value, "class", "Only Kafka's own line reader"},
    {"max-block-ms", Takes::value, "ms", "How long to wait for a broker; 60000"},
    {"max-memory-bytes", Takes::value, "bytes", "Accepted: one batch a partition waits"},
    {"max-partition-memory-bytes", Takes::value, "bytes", "Accepted: the same"},
    {"message-send-max-retries", Takes::value, "n", "Accepted: a refused batch is told of at once"},
    {"metadata-expiry-ms", Takes::value, "ms", "Accepted: metadata is asked for when it is needed"},
    {"retry-backoff-ms", Takes::value, "ms", "Accepted: nothing is sent twice"},
    {"socket-buffer-size", Takes::value, "bytes", "Of the socket, for what is sent"},
};

constexpr size_t batch_bytes = 256 << 10;

std::vector<std::string> both(const Options& options, std::string_view a, std::string_view b) {
    auto texts = options.values(a);
    for (auto& text : options.values(b)) texts.push_back(std::move(text));
    return texts;
}

ProducerSettings settings_of(const Options& options, const Settings& given) {
    ProducerSettings settings = producer_settings(given);
    if (const auto acks = options.value("request-required-acks")) settings.acks = parse_acks(*acks);
    if (options.has("compression-codec"))
        settings.compression.codec = parse_codec(options.value_or("compression-codec", "gzip"));
    settings.timeout_ms = static_cast<int32_t>(options.number_or("request-timeout-ms", 30'000));
    return settings;
}

// Whether a read would give something at once: then records may still wait for company.
bool more_input() {
    if (std::cin.rdbuf()->in_avail() > 0) return true;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return poll(&input, 1, 0) > 0 && (input.revents & POLLIN);
}

std::optional<Bytes> bytes_of(const std::optional<std::string_view>& text) {
    if (!text) return std::nullopt;
    return as_bytes(*text);
}

int run(const Options& options) {
    const auto topic = options.value("topic");
    if (!topic) throw UsageFailure("Missing required argument \"[topic]\"");
    if (const auto reader = options.value("line-reader");
        reader && !reader->ends_with("LineMessageReader"))
        throw UsageFailure(fmt::format("line-reader {}: there is no Java here", *reader));
    auto reader = parse_settings(both(options, "property", "reader-property"));
    if (const auto path = options.value("reader-config")) reader.merge(read_settings(*path));
    const LineFormat format(reader);
    ClientNeeds needs{.config =
                          options.has("producer.config") ? "producer.config" : "command-config"};
    needs.settings = parse_settings(both(options, "command-property", "producer-property"));
    for (const auto& path : options.values(needs.config)) needs.settings.merge(read_settings(path));
    if (const auto bytes = options.number("socket-buffer-size"))
        needs.settings["send.buffer.bytes"] = std::to_string(*bytes);
    if (const auto ms = options.number("max-block-ms"))
        needs.settings["default.api.timeout.ms"] = std::to_string(*ms);
    const auto settings = settings_of(options, needs.settings);
    const auto client = make_client(options, needs);
    std::optional<Producer> producer;
    const bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    const auto limit =
        options.has("sync") ? 0 : static_cast<size_t>(options.number_or("batch-size", batch_bytes));
    std::ios::sync_with_stdio(false);
    std::string line;
    if (person) fmt::print(">"), std::fflush(stdout);
    for (int64_t number = 1; std::getline(std::cin, line); ++number) {
        if (!producer) producer.emplace(*client, *topic, settings);
        const auto parsed = format.parse(line, number);
        producer->add(
            {bytes_of(parsed.key), bytes_of(parsed.value), parsed.headers, client->wall_ms()});
        if (producer->waiting() >= limit || !more_input()) producer->flush();
        if (person) fmt::print(">"), std::fflush(stdout);
    }
    if (producer && producer->has_records()) producer->flush();
    return 0;
}

}  // namespace

const Tool& console_producer_tool() {
    static constexpr Tool tool{"console-producer", "kafka-console-producer",
                               "a record for each line of standard input", specs, run};
    return tool;
}

}  // namespace barnabas::cli
