// SPDX-License-Identifier: Apache-2.0
// kafka-producer-perf-test and kafka-consumer-perf-test: how fast records go in and out. One
// request at a time, so a Java client with its pipelines is faster on a slow network; the lines are
// Kafka's.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "cli/client/consumer.h"
#include "cli/client/producer.h"
#include "cli/tools/all.h"
#include "cli/tools/record_output.h"

namespace barnabas::cli {

namespace {

constexpr double mib = 1024.0 * 1024.0;
constexpr size_t batch_bytes = 256 << 10;
constexpr Nanos report_interval = std::chrono::seconds(5);

constexpr OptionSpec producer_specs[] = {
    bootstrap_option,
    command_config_option,
    {"producer.config", Takes::value, "file", "The same"},
    {"topic", Takes::value, "topic", "REQUIRED: where the records go"},
    {"num-records", Takes::value, "n", "REQUIRED: how many"},
    {"record-size", Takes::value, "bytes", "REQUIRED: how large each value is"},
    {"throughput", Takes::value, "n", "Records a second, -1 for as many as possible"},
    {"producer-props", Takes::value, "key=value", "bootstrap.servers, acks"},
    {"command-property", Takes::value, "key=value", "The same"},
};

double milliseconds(Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

// What was sent, and how long each batch took.
class Latencies {
  public:
    void add(Nanos took, int64_t records) {
        for (int64_t i = 0; i < records; ++i)
            all_.push_back(static_cast<float>(milliseconds(took)));
    }
    size_t count() const { return all_.size(); }
    // The records from `first` on: "N records sent, ..."
    std::string line(size_t first, double seconds, int64_t size) const {
        double sum = 0, most = 0;
        for (size_t i = first; i < all_.size(); ++i) {
            sum += all_[i];
            most = std::max<double>(most, all_[i]);
        }
        const auto records = static_cast<double>(all_.size() - first);
        const double rate = records / std::max(seconds, 1e-9);
        return fmt::format(
            "{} records sent, {:.{}f} records/sec ({:.2f} MB/sec), {:.{}f} ms avg "
            "latency, {:.{}f} ms max latency",
            all_.size() - first, rate, first == 0 ? 6 : 1, rate * static_cast<double>(size) / mib,
            sum / std::max(records, 1.0), first == 0 ? 2 : 1, most, first == 0 ? 2 : 1);
    }
    int64_t percentile(double part) {
        if (all_.empty()) return 0;
        const auto at = static_cast<size_t>(part * static_cast<double>(all_.size()));
        const auto place = all_.begin() + static_cast<ptrdiff_t>(std::min(at, all_.size() - 1));
        std::nth_element(all_.begin(), place, all_.end());
        return static_cast<int64_t>(*place);
    }

  private:
    std::vector<float> all_;
};

int64_t required(const Options& options, std::string_view name) {
    const auto value = options.number(name);
    if (!value || *value < 1)
        throw UsageFailure(
            fmt::format("argument --{} is required and must be greater than zero", name));
    return *value;
}

int produce(const Options& given) {
    Options options = given;
    auto texts = options.values("producer-props");
    for (const auto& word : options.words()) texts.push_back(word);
    for (auto& text : options.values("command-property")) texts.push_back(std::move(text));
    const auto settings = parse_settings(texts);
    if (const auto servers = settings.find("bootstrap.servers"); servers != settings.end())
        options.add("bootstrap-server", servers->second);
    const auto topic = options.value("topic");
    if (!topic) throw UsageFailure("argument --topic is required");
    const int64_t count = required(options, "num-records"), size = required(options, "record-size");
    const double rate = static_cast<double>(options.number_or("throughput", -1));
    ProducerSettings how;
    if (const auto acks = settings.find("acks"); acks != settings.end())
        how.acks =
            static_cast<int16_t>(acks->second == "all" ? -1 : parse_number("acks", acks->second));
    const auto client = make_client(options);
    Producer producer(*client, *topic, how);
    std::string value(static_cast<size_t>(size), 'x');
    Random random(1);
    for (char& c : value) c = static_cast<char>('A' + random.below(26));
    Latencies latencies;
    const Nanos begin = client->now();
    Nanos reported = begin;
    size_t reported_count = 0;
    for (int64_t sent = 0; sent < count;) {
        const int64_t first = sent;
        const Nanos batch_begin = client->now();
        const double due = milliseconds(batch_begin - begin) / 1000 * rate;
        if (rate > 0 && static_cast<double>(sent) > due) {
            client->sleep(std::chrono::milliseconds(1));
            continue;
        }
        while (sent < count && producer.waiting() < batch_bytes &&
               (rate <= 0 || static_cast<double>(sent) <= due)) {
            producer.add({std::nullopt, as_bytes(value), {}, client->wall_ms()});
            ++sent;
        }
        producer.flush();
        latencies.add(client->now() - batch_begin, sent - first);
        const Nanos now = client->now();
        if (now - reported < report_interval) continue;
        fmt::print("{}.\n",
                   latencies.line(reported_count, milliseconds(now - reported) / 1000, size));
        reported = now;
        reported_count = latencies.count();
    }
    const std::string line = latencies.line(0, milliseconds(client->now() - begin) / 1000, size);
    fmt::print("{}, {} ms 50th, {} ms 95th, {} ms 99th, {} ms 99.9th.\n", line,
               latencies.percentile(0.5), latencies.percentile(0.95), latencies.percentile(0.99),
               latencies.percentile(0.999));
    return 0;
}

constexpr OptionSpec consumer_specs[] = {
    bootstrap_option,
    command_config_option,
    {"consumer.config", Takes::value, "file", "The same"},
    {"topic", Takes::value, "topic", "REQUIRED: what to read, from its beginning"},
    {"num-records", Takes::value, "n", "REQUIRED: how many"},
    {"messages", Takes::value, "n", "The same"},
    {"timeout", Takes::value, "ms", "Ends when there was no record for so long; 10000"},
    {"from-latest", Takes::nothing, "", "From the end"},
    {"hide-header", Takes::nothing, "", "Without the line of names"},
    {"group", Takes::value, "id", "Accepted: reads without a group"},
    {"print-metrics", Takes::nothing, "", "Accepted"},
    {"fetch-size", Takes::value, "bytes", "Accepted"},
    {"socket-buffer-size", Takes::value, "bytes", "Accepted"},
};

std::string clock_text(int64_t wall_ms) {
    const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
    return fmt::format("{:%Y-%m-%d %H:%M:%S}:{:03}", fmt::gmtime(seconds), wall_ms % 1000);
}

int consume(const Options& options) {
    const auto topic = options.value("topic");
    if (!topic) throw UsageFailure("Missing required argument \"[topic]\"");
    const int64_t wanted = required(options, options.has("messages") ? "messages" : "num-records");
    const Nanos timeout = std::chrono::milliseconds(options.number_or("timeout", 10'000));
    const auto client = make_client(options);
    const int64_t wall_begin = client->wall_ms();
    const Nanos begin = client->now();
    Consumer consumer(*client, {});
    Consumer::Positions positions;
    for (const auto& [partition, found] :
         list_offsets(*client, partitions_of(*client, {*topic}),
                      options.has("from-latest") ? latest_time : earliest_time))
        positions[partition] = std::max<int64_t>(found.offset, 0);
    consumer.assign(std::move(positions));
    const Nanos ready = client->now();
    Nanos last = ready;
    int64_t count = 0;
    uint64_t bytes = 0;
    while (count < wanted && client->now() - last < timeout) {
        const int64_t before = count;
        consumer.poll(std::min(timeout, Nanos(std::chrono::milliseconds(100))),
                      [&](const ConsumedRecord& record) {
                          bytes += (record.key ? record.key->size() : 0) +
                                   (record.value ? record.value->size() : 0);
                          return ++count < wanted;
                      });
        if (count > before) last = client->now();
    }
    const double seconds = std::max(milliseconds(client->now() - begin) / 1000, 1e-3);
    const double setup = milliseconds(ready - begin);
    const double fetch = std::max(seconds * 1000 - setup, 1.0);
    const double megabytes = static_cast<double>(bytes) / mib, records = static_cast<double>(count);
    if (!options.has("hide-header"))
        fmt::print(
            "start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, "
            "nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n");
    fmt::print("{}, {}, {:.4f}, {:.4f}, {}, {:.4f}, {:.0f}, {:.0f}, {:.4f}, {:.4f}\n",
               clock_text(wall_begin), clock_text(client->wall_ms()), megabytes,
               megabytes / seconds, count, records / seconds, setup, fetch,
               megabytes / fetch * 1000, records / fetch * 1000);
    return 0;
}

}  // namespace

const Tool& producer_perf_tool() {
    static constexpr Tool tool{"producer-perf-test", "kafka-producer-perf-test",
                               "how fast records go in", producer_specs, produce};
    return tool;
}

const Tool& consumer_perf_tool() {
    static constexpr Tool tool{"consumer-perf-test", "kafka-consumer-perf-test",
                               "how fast records come out", consumer_specs, consume};
    return tool;
}

}  // namespace barnabas::cli
