// SPDX-License-Identifier: Apache-2.0
// A load that costs its own machine little, so that it is the broker that is measured: prepared
// Produce and Fetch requests over many connections. One thread; prints one line of JSON. Not a
// client: no idempotence, no metadata, no retries; the topic's partitions must be led by the broker
// it asks.
#include <CLI/CLI.hpp>
#include <map>

#include "bench/raw_modes.h"

namespace {

using barnabas::bench::LoadOptions;
using barnabas::protocol::Codec;

void add_options(CLI::App& app, LoadOptions& options) {
    const std::map<std::string, Codec> codecs{{"none", Codec::none},
                                              {"gzip", Codec::gzip},
                                              {"snappy", Codec::snappy},
                                              {"lz4", Codec::lz4},
                                              {"zstd", Codec::zstd}};
    app.add_option("--host", options.host, "an address");
    app.add_option("--port", options.port)->required();
    app.add_option("--topic", options.topic);
    app.add_option("--topics", options.topics, "TOPIC-0, TOPIC-1, ...; of --partitions each");
    app.add_option("--partitions", options.partitions)->check(CLI::Range(1, 1'000'000));
    app.add_option("--connections", options.connections)->check(CLI::Range(1, 60'000));
    app.add_option("--depth", options.depth, "requests under way on each connection");
    app.add_option("--records", options.shape.records, "in each batch");
    app.add_option("--record-bytes", options.shape.record_bytes);
    app.add_option("--codec", options.shape.codec)->transform(CLI::CheckedTransformer(codecs));
    app.add_option("--acks", options.acks)->check(CLI::IsMember({1, -1}));
    app.add_option("--seconds", options.seconds);
    app.add_option("--requests", options.requests, "end after so many, not after a time");
    app.add_flag("--cycle", options.cycle, "each connection writes to all partitions in turn");
    app.add_option("--batches", options.batches, "in each partition that is read");
    app.add_flag("--once", options.once, "read to the end, not again and again");
    app.add_option("--max-bytes", options.limits.bytes_max, "of a Fetch");
    app.add_option("--rate", options.rate, "batches a second to all partitions");
    app.add_option("--followers", options.followers, "of each partition's end");
}

}  // namespace

int main(int argc, char** argv) {
    LoadOptions options;
    CLI::App app{"Requests over many connections; prints counts and latencies as JSON"};
    app.require_subcommand(1);
    app.fallthrough();
    add_options(app, options);
    int code = 0;
    using Mode = int (*)(const LoadOptions&);
    auto add_mode = [&](const char* name, const char* what, Mode mode) {
        app.add_subcommand(name, what)->final_callback([&, mode] { code = mode(options); });
    };
    add_mode("produce", "batches, the next one when an answer has come",
             barnabas::bench::run_produce);
    add_mode("fetch", "reads what `produce` wrote with the same shape", barnabas::bench::run_fetch);
    add_mode("tail", "writes at a rate while others wait for it", barnabas::bench::run_tail);
    add_mode("idle", "connections that do nothing until stdin closes", barnabas::bench::run_idle);
    CLI11_PARSE(app, argc, argv);
    return code;
}
