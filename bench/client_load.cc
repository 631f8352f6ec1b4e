// SPDX-License-Identifier: Apache-2.0
// A load as applications make it, on librdkafka: produce, consume, or both with the time from
// produce() to the consumer's hands. Prints one line of JSON; ends with 1 where a record was
// refused or did not come. Several producers and consumers are threads with a client each. Its own
// cost is large beside a broker's: raw_load measures brokers, this measures what users see.
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/histogram.h"

namespace barnabas::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
    std::string bootstrap;
    std::string topic;
    std::string codec = "none";
    std::string acks = "all";
    std::string group = "bench";
    std::vector<std::string> settings;
    int producers = 1;
    int consumers = 1;
    size_t record_bytes = 100;
    int keys = 0;
    double rate = 0;
    double linger_ms = 5;
    double seconds = 5;
    uint64_t records = 0;
};

int64_t now_ns() {
    const auto since = SteadyClock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

uint64_t micros(int64_t from_ns) {
    return static_cast<uint64_t>(std::max<int64_t>(now_ns() - from_ns, 0)) / 1000;
}

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    char why[512];
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
        throw std::runtime_error(why);
}

rd_kafka_conf_t* configure(const Options& options) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", options.bootstrap);
    set(conf, "log_level", "3");
    for (const std::string& setting : options.settings) {
        const size_t at = setting.find('=');
        if (at == std::string::npos) throw std::runtime_error(setting + " is not NAME=VALUE");
        set(conf, setting.substr(0, at), setting.substr(at + 1));
    }
    return conf;
}

Client open(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    char why[512];
    Client client(rd_kafka_new(type, conf, why, sizeof why), &rd_kafka_destroy);
    if (!client) throw std::runtime_error(why);
    return client;
}

// What all threads of a run share.
struct Shared {
    std::atomic<uint64_t> sent{0};
    std::atomic<uint64_t> received{0};
    std::atomic<uint64_t> failed{0};
    std::atomic<int> ready{0};
    std::atomic<bool> stop{false};
};

// One producer with its thread's figures.
struct Producing {
    Shared* shared = nullptr;
    Histogram acknowledged;
    uint64_t count = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& mine = *static_cast<Producing*>(opaque);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (mine.shared->failed++ == 0)
            fmt::print(stderr, "not delivered: {}\n", rd_kafka_err2str(message->err));
        return;
    }
    ++mine.count;
    mine.acknowledged.record(micros(reinterpret_cast<intptr_t>(message->_private)));
}

rd_kafka_resp_err_t send_one(rd_kafka_t* client, const Options& options, std::string& value,
                             uint64_t number) {
    const int64_t sent_at = now_ns();
    std::memcpy(value.data(), &sent_at, sizeof sent_at);
    const bool keyed = options.keys > 0;
    const std::string key = keyed ? fmt::format("key-{}", number % options.keys) : "";
    const void* key_data = keyed ? key.data() : nullptr;
    void* opaque = reinterpret_cast<void*>(static_cast<intptr_t>(sent_at));
    return rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(options.topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key_data, key.size()), RD_KAFKA_V_VALUE(value.data(), value.size()),
        RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

Client open_producer(const Options& options, Producing& mine) {
    rd_kafka_conf_t* conf = configure(options);
    set(conf, "acks", options.acks);
    set(conf, "compression.codec", options.codec);
    set(conf, "linger.ms", fmt::format("{}", options.linger_ms));
    set(conf, "queue.buffering.max.messages", "1000000");
    rd_kafka_conf_set_opaque(conf, &mine);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return open(RD_KAFKA_PRODUCER, conf);
}

// Sends until the time or the number is reached, each record when it is due.
void produce(const Options& options, Shared& shared, Producing& mine) {
    Client client = open_producer(options, mine);
    std::string value(std::max(options.record_bytes, sizeof(int64_t)), 'v');
    for (size_t i = 0; i < value.size(); ++i) value[i] = "etaoin shrdlucmf"[i * 7919 % 13 % 16];
    const uint64_t total = options.records > 0
                               ? options.records / static_cast<uint64_t>(options.producers)
                               : UINT64_MAX;
    const double gap_ns = options.rate > 0 ? 1e9 * options.producers / options.rate : 0;
    const int64_t begin = now_ns();
    const int64_t end =
        options.records > 0 ? INT64_MAX : begin + static_cast<int64_t>(options.seconds * 1e9);
    for (uint64_t n = 0; n < total && now_ns() < end;) {
        const int64_t due = begin + static_cast<int64_t>(gap_ns * static_cast<double>(n));
        if (due > now_ns()) {
            rd_kafka_poll(client.get(), 0);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            continue;
        }
        const rd_kafka_resp_err_t error = send_one(client.get(), options, value, n);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ++n;
            ++shared.sent;
            if (n % 100 == 0) rd_kafka_poll(client.get(), 0);
        } else if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            rd_kafka_poll(client.get(), 10);
        } else {
            throw std::runtime_error(rd_kafka_err2str(error));
        }
    }
    rd_kafka_flush(client.get(), 60'000);
}

// One consumer with its thread's figures.
struct Consuming {
    Histogram arrivals;
    uint64_t bytes = 0;
    int64_t first_ns = 0;
    int64_t last_ns = 0;
};

Client open_consumer(const Options& options, const char* reset) {
    rd_kafka_conf_t* conf = configure(options);
    set(conf, "group.id", options.group);
    set(conf, "auto.offset.reset", reset);
    set(conf, "enable.auto.commit", "false");
    Client client = open(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(client.get());
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, options.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const rd_kafka_resp_err_t error = rd_kafka_subscribe(client.get(), topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
    return client;
}

bool has_assignment(rd_kafka_t* client) {
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (rd_kafka_assignment(client, &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    const bool any = assigned->cnt > 0;
    rd_kafka_topic_partition_list_destroy(assigned);
    return any;
}

void take(const rd_kafka_message_t& message, Consuming& mine) {
    int64_t sent_at = 0;
    if (message.len >= sizeof sent_at) std::memcpy(&sent_at, message.payload, sizeof sent_at);
    mine.arrivals.record(micros(sent_at));
    mine.bytes += message.len;
    mine.last_ns = now_ns();
    if (mine.first_ns == 0) mine.first_ns = mine.last_ns;
}

void consume(const Options& options, Shared& shared, Consuming& mine, const char* reset) {
    Client client = open_consumer(options, reset);
    bool ready = false;
    while (!shared.stop) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(client.get(), 50);
        if (!ready && has_assignment(client.get())) {
            ready = true;
            ++shared.ready;
        }
        if (message == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take(*message, mine);
            ++shared.received;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client.get());
}

struct Threads {
    std::vector<Producing> producing;
    std::vector<Consuming> consuming;
    std::vector<std::thread> producers;
    std::vector<std::thread> consumers;
};

void guard(Shared& shared, const std::function<void()>& work) {
    try {
        work();
    } catch (const std::exception& problem) {
        fmt::print(stderr, "{}\n", problem.what());
        ++shared.failed;
        shared.stop = true;
    }
}

void start_producers(const Options& options, Shared& shared, Threads& threads) {
    threads.producing.resize(static_cast<size_t>(options.producers));
    for (Producing& each : threads.producing) {
        each.shared = &shared;
        threads.producers.emplace_back(
            [&options, &shared, &each] { guard(shared, [&] { produce(options, shared, each); }); });
    }
}

void start_consumers(const Options& options, Shared& shared, Threads& threads, const char* reset) {
    threads.consuming.resize(static_cast<size_t>(options.consumers));
    for (Consuming& each : threads.consuming)
        threads.consumers.emplace_back([&options, &shared, &each, reset] {
            guard(shared, [&] { consume(options, shared, each, reset); });
        });
}

// True when `done` says so within `seconds`.
bool wait_until(Shared& shared, double seconds, const std::function<bool()>& done) {
    const int64_t end = now_ns() + static_cast<int64_t>(seconds * 1e9);
    while (!done()) {
        if (shared.stop || now_ns() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

void join(std::vector<std::thread>& threads) {
    for (std::thread& each : threads) each.join();
}

int run_produce(const Options& options) {
    Shared shared;
    Threads threads;
    const int64_t begin = now_ns();
    start_producers(options, shared, threads);
    join(threads.producers);
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    Histogram acknowledged;
    for (const Producing& each : threads.producing) acknowledged.merge(each.acknowledged);
    const uint64_t records = acknowledged.count();
    fmt::print(R"({{"records": {}, "sent": {}, "bytes": {}, "seconds": {:.4f}, "latency": {}}})"
               "\n",
               records, shared.sent.load(), records * options.record_bytes, seconds,
               acknowledged.json("us"));
    return shared.failed == 0 && records == shared.sent ? 0 : 1;
}

int run_consume(const Options& options) {
    Shared shared;
    Threads threads;
    start_consumers(options, shared, threads, "earliest");
    const bool all =
        wait_until(shared, options.seconds, [&] { return shared.received >= options.records; });
    shared.stop = true;
    join(threads.consumers);
    uint64_t bytes = 0, records = 0;
    int64_t first = INT64_MAX, last = 0;
    for (const Consuming& each : threads.consuming) {
        bytes += each.bytes;
        records += each.arrivals.count();
        if (each.first_ns > 0) first = std::min(first, each.first_ns);
        last = std::max(last, each.last_ns);
    }
    const double seconds = last > first ? static_cast<double>(last - first) / 1e9 : 0;
    fmt::print(R"({{"records": {}, "bytes": {}, "seconds": {:.4f}}})"
               "\n",
               records, bytes, seconds);
    return all && shared.failed == 0 ? 0 : 1;
}

int run_latency(const Options& options) {
    Shared shared;
    Threads threads;
    start_consumers(options, shared, threads, "latest");
    if (!wait_until(shared, 60, [&] { return shared.ready == options.consumers; })) {
        fmt::print(stderr, "not all consumers have partitions after 60 s\n");
        shared.stop = true;
    }
    // A consumer that was just given a partition asks for its end, and must have it before the
    // first record.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const int64_t begin = now_ns();
    if (!shared.stop) start_producers(options, shared, threads);
    join(threads.producers);
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    const bool all = wait_until(shared, 30, [&] { return shared.received >= shared.sent; });
    shared.stop = true;
    join(threads.consumers);
    Histogram acknowledged, arrivals;
    for (const Producing& each : threads.producing) acknowledged.merge(each.acknowledged);
    for (const Consuming& each : threads.consuming) arrivals.merge(each.arrivals);
    fmt::print(R"({{"records": {}, "sent": {}, "seconds": {:.4f}, "latency": {}, "arrival": {}}})"
               "\n",
               arrivals.count(), shared.sent.load(), seconds, acknowledged.json("us"),
               arrivals.json("us"));
    return all && shared.failed == 0 && arrivals.count() == shared.sent ? 0 : 1;
}

int run_idle(const Options& options) {
    Shared shared;
    Threads threads;
    start_consumers(options, shared, threads, "latest");
    const bool ready = wait_until(shared, 60, [&] { return shared.ready == options.consumers; });
    fmt::print("{}\n", ready ? "ready" : "not all consumers have partitions");
    std::fflush(stdout);
    for (char byte = 0; ready && ::read(STDIN_FILENO, &byte, 1) > 0;) {
    }
    shared.stop = true;
    join(threads.consumers);
    return ready && shared.failed == 0 ? 0 : 1;
}

void add_options(CLI::App& app, Options& options) {
    app.add_option("--bootstrap", options.bootstrap)->required();
    app.add_option("--topic", options.topic)->required();
    app.add_option("--producers", options.producers)->check(CLI::Range(1, 1000));
    app.add_option("--consumers", options.consumers, "of one group")->check(CLI::Range(1, 1000));
    app.add_option("--record-bytes", options.record_bytes);
    app.add_option("--keys", options.keys, "different keys; 0: none");
    app.add_option("--codec", options.codec);
    app.add_option("--acks", options.acks);
    app.add_option("--linger-ms", options.linger_ms);
    app.add_option("--rate", options.rate, "records a second; 0: as many as go");
    app.add_option("--seconds", options.seconds);
    app.add_option("--records", options.records, "to send, or to wait for");
    app.add_option("--group", options.group);
    app.add_option("-X", options.settings, "NAME=VALUE for librdkafka");
}

}  // namespace
}  // namespace barnabas::bench

int main(int argc, char** argv) {
    using barnabas::bench::Options;
    Options options;
    CLI::App app{"librdkafka as a load; prints counts and latencies as JSON"};
    app.require_subcommand(1);
    app.fallthrough();
    barnabas::bench::add_options(app, options);
    int code = 0;
    using Mode = int (*)(const Options&);
    auto add_mode = [&](const char* name, const char* what, Mode mode) {
        app.add_subcommand(name, what)->final_callback([&, mode] { code = mode(options); });
    };
    add_mode("produce", "sends, and waits for the answers", barnabas::bench::run_produce);
    add_mode("consume", "a group reads --records from the start", barnabas::bench::run_consume);
    add_mode("latency", "both, and how long a record takes", barnabas::bench::run_latency);
    add_mode("idle", "a group that waits until stdin closes", barnabas::bench::run_idle);
    CLI11_PARSE(app, argc, argv);
    return code;
}
