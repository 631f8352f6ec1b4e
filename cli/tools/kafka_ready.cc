// SPDX-License-Identifier: Apache-2.0
// cub kafka-ready and ub kafka-ready, the readiness checks of Confluent's images:
//     cub kafka-ready -b host:port BROKERS TIMEOUT_S       ub kafka-ready BROKERS TIMEOUT_S -b
//     host:port
// Waits until that many brokers are there, or the time is over. Neither does anything else here.
#include <fmt/format.h>

#include <algorithm>

#include "cli/tools/all.h"
#include "protocol/messages/describe_cluster.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    {"bootstrap-server", Takes::value, "host:port,...", "The brokers to connect to", 'b'},
    {"bootstrap_broker_list", Takes::value, "host:port,...", "The same"},
    {"bootstrap-servers", Takes::value, "host:port,...", "The same"},
    {"config", Takes::value, "file", "Property file with settings of the client", 'c'},
    {"security-protocol", Takes::value, "PLAINTEXT", "Only PLAINTEXT", 's'},
};

constexpr Nanos pause_between = std::chrono::milliseconds(100);
constexpr Nanos pause_between_lines = std::chrono::seconds(1);

// The brokers that the cluster has now; 0 and a reason while nobody answers.
size_t count_brokers(const Options& options, std::string_view bootstrap, std::string& why) {
    try {
        const ClientNeeds needs{.bootstrap = bootstrap, .config = "config", .only_looks = true};
        const auto client = make_client(options, needs);
        return client->ask<protocol::DescribeClusterResponse>(protocol::DescribeClusterRequest{})
            .brokers.size();
    } catch (const UsageFailure&) {
        throw;
    } catch (const Failure& failure) {
        why = failure.text();
        return 0;
    }
}

int wait(const Options& options, int64_t expected, Nanos timeout) {
    std::string_view bootstrap = "bootstrap-server";
    for (const auto name : {"bootstrap_broker_list", "bootstrap-servers"})
        if (options.has(name)) bootstrap = name;
    ClientOptions nobody;
    Client clock(nobody);
    const Nanos begin = clock.now();
    Nanos told = begin;
    while (true) {
        std::string why;
        const auto found = static_cast<int64_t>(count_brokers(options, bootstrap, why));
        if (found >= expected) return 0;
        const Nanos now = clock.now();
        if (why.empty())
            why = fmt::format("Expected {} brokers but found only {}", expected, found);
        if (now - begin >= timeout) {
            fmt::print(stderr, "{}. Not ready after {} s.\n", why,
                       std::chrono::duration_cast<std::chrono::seconds>(timeout).count());
            return 1;
        }
        if (now - told >= pause_between_lines) {
            fmt::print(stderr, "{}. Trying to query Kafka for metadata again ...\n", why);
            told = now;
        }
        clock.sleep(std::min(pause_between, timeout - (now - begin)));
    }
}

int run(const Options& options) {
    const auto& words = options.words();
    if (words.empty() || words[0] != "kafka-ready")
        throw UsageFailure(fmt::format(
            "Only kafka-ready is here, not \"{}\"; there is no ZooKeeper, Schema Registry, REST "
            "proxy or Connect to wait for, and the environment needs no templates",
            options.action()));
    if (words.size() != 3) throw UsageFailure("kafka-ready takes two numbers: BROKERS TIMEOUT_S");
    if (const auto protocol = options.value("security-protocol");
        protocol && *protocol != "PLAINTEXT")
        throw UsageFailure(fmt::format("security-protocol {}: only PLAINTEXT", *protocol));
    const int64_t seconds = parse_number("TIMEOUT_S", words[2]);
    return wait(options, parse_number("BROKERS", words[1]), std::chrono::seconds(seconds));
}

}  // namespace

const Tool& cub_tool() {
    static constexpr Tool tool{"cub", "cub", "kafka-ready: waits for brokers",
                               specs, run,   "kafka-ready"};
    return tool;
}

const Tool& ub_tool() {
    static constexpr Tool tool{"",    "ub", "kafka-ready: waits for brokers",
                               specs, run,  "kafka-ready"};
    return tool;
}

}  // namespace barnabas::cli
