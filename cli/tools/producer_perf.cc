// SPDX-License-Identifier: Apache-2.0
// kafka-producer-perf-test: how fast records go in. One request at a time, so a Java client with
// its pipelines is faster on a slow network; the lines are Kafka's.
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/random.h"
#include "cli/client/error_text.h"
#include "cli/client/producer.h"
#include "cli/tools/all.h"
#include "cli/tools/payloads.h"
#include "cli/tools/perf_stats.h"
#include "cli/tools/producer_settings.h"
#include "cli/tools/record_output.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"producer.config", Takes::value, "file", "The same"},
    {"topic", Takes::value, "topic", "REQUIRED: where the records go"},
    {"num-records", Takes::value, "n", "REQUIRED: how many"},
    {"record-size", Takes::value, "bytes", "How large each value is; random letters"},
    {"payload-file", Takes::value, "file", "Or: a file of values, sent in random order"},
    {"payload-delimiter", Takes::value, "regex", "What is between these values; a line's end"},
    {"payload-monotonic", Takes::nothing, "", "Or: numbers that count up"},
    {"throughput", Takes::value, "n", "Records a second, -1 for as many as possible"},
    {"producer-props", Takes::value, "key=value ...",
     "bootstrap.servers, acks, compression.type, batch.size, transactional.id, ..."},
    {"command-property", Takes::value, "key=value ...", "The same"},
    {"print-metrics", Takes::nothing, "", "Figures of the client at the end"},
    {"transactional-id", Takes::value, "id", "Sends in transactions"},
    {"transaction-duration-ms", Takes::value, "ms", "How long each transaction lasts; 3000"},
    {"warmup-records", Takes::value, "n", "So many are left out of the last line"},
    {"reporting-interval", Takes::value, "ms", "A line so often; 5000"},
};

constexpr size_t batch_bytes_default = 256 << 10;

[[noreturn]] void refuse(std::string_view what) {
    throw UsageFailure(fmt::format("kafka-producer-perf-test: error: {}", what));
}

struct Plan {
    std::string topic;
    int64_t records = 0, warmup = 0;
    double records_per_s = -1;
    size_t batch_bytes = batch_bytes_default;
    Nanos interval{}, transaction_time{};
    std::optional<std::string> transactional_id;
    std::chrono::milliseconds transaction_timeout{};
    ProducerSettings producer;
};

double parse_rate(const std::string& text) {
    double rate = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (error != std::errc() || end != text.data() + text.size())
        refuse(fmt::format("argument --throughput: could not convert '{}' to Double", text));
    return rate;
}

int64_t positive(const Options& options, std::string_view name, int64_t otherwise) {
    const int64_t number = options.number_or(name, otherwise);
    if (number <= 0) refuse(fmt::format("--{} should be greater than zero.", name));
    return number;
}

void plan_transactions(const Options& options, const Settings& settings, Plan& plan) {
    constexpr int64_t duration_default_ms = 3000, timeout_default_ms = 60'000;
    const bool timed = options.has("transaction-duration-ms");
    plan.transactional_id = options.value("transactional-id");
    const auto in_settings = settings.find("transactional.id");
    if (!plan.transactional_id && in_settings != settings.end())
        plan.transactional_id = in_settings->second;
    if (timed && !plan.transactional_id) {
        Random random(random_seed());
        plan.transactional_id = "performance-producer-" + random.uuid().str();
    }
    plan.transaction_time = std::chrono::milliseconds(
        positive(options, "transaction-duration-ms", duration_default_ms));
    const auto timeout = settings.find("transaction.timeout.ms");
    plan.transaction_timeout = std::chrono::milliseconds(
        timeout == settings.end() ? timeout_default_ms
                                  : parse_number(timeout->first, timeout->second));
    if (plan.transactional_id) plan.producer.acks = -1;
}

Plan make_plan(const Options& options, const Settings& settings) {
    Plan plan;
    const auto topic = options.value("topic");
    if (!topic) refuse("argument --topic is required");
    if (!options.has("num-records")) refuse("argument --num-records is required");
    plan.topic = *topic;
    plan.records = positive(options, "num-records", 0);
    plan.warmup = std::max<int64_t>(options.number_or("warmup-records", 0), 0);
    if (plan.warmup >= plan.records)
        refuse(
            "The value for --warmup-records must be strictly fewer than the number of records in "
            "the test, --num-records.");
    plan.records_per_s = parse_rate(options.value_or("throughput", "-1"));
    constexpr int64_t interval_default_ms = 5000;
    plan.interval =
        std::chrono::milliseconds(positive(options, "reporting-interval", interval_default_ms));
    plan.producer = producer_settings(settings);
    if (const auto size = settings.find("batch.size"); size != settings.end())
        plan.batch_bytes =
            static_cast<size_t>(std::max<int64_t>(parse_number(size->first, size->second), 1));
    plan_transactions(options, settings, plan);
    return plan;
}

class Run {
  public:
    Run(Client& client, const Plan& plan, Payloads& payloads)
        : client_(client), plan_(plan), payloads_(payloads) {
        ProducerSettings settings = plan.producer;
        if (plan.transactional_id)
            settings.transactions =
                &transactions_.emplace(client, *plan.transactional_id, plan.transaction_timeout);
        producer_.emplace(client, plan.topic, settings);
    }

    void run() {
        if (plan_.warmup > 0)
            fmt::print(
                "Warmup first {} records. Steady state results will print after the complete test "
                "summary.\n",
                plan_.warmup);
        begin_ = client_.now();
        stats_.emplace(begin_, plan_.interval, false);
        for (sent_ = 0; sent_ < plan_.records;) {
            if (due() <= sent_) {
                client_.sleep(std::chrono::milliseconds(1));
                continue;
            }
            send_batch();
        }
        if (transactions_) transactions_->end(true);
    }

    void print(bool metrics) {
        const Nanos now = client_.now();
        fmt::print("{}\n", stats_->total(now));
        if (steady_) fmt::print("{}\n", steady_->total(now));
        if (!metrics) return;
        const std::string group = "producer-metrics";
        Metrics figures;
        add_traffic(figures, group, client_);
        figures[metric_name(group, "record-send-total", client_)] =
            static_cast<double>(sent_ - failed_);
        figures[metric_name(group, "record-error-total", client_)] = static_cast<double>(failed_);
        const Traffic& traffic = client_.traffic();
        figures[metric_name(group, "request-latency-avg", client_)] =
            milliseconds(traffic.time) / std::max(static_cast<double>(traffic.requests), 1.0);
        figures[metric_name(group, "request-latency-max", client_)] = milliseconds(traffic.longest);
        print_metrics(figures);
    }

  private:
    // How many records should have been sent by now.
    int64_t due() const {
        if (plan_.records_per_s <= 0) return plan_.records;
        const double passed_s = milliseconds(client_.now() - begin_) / 1000;
        return static_cast<int64_t>(passed_s * plan_.records_per_s) + 1;
    }

    void send_batch() {
        const Nanos batch_begin = client_.now();
        if (!transaction_begin_) transaction_begin_ = batch_begin;
        // The batch ends where the steady state begins.
        int64_t end = std::min(plan_.records, due());
        if (sent_ < plan_.warmup) end = std::min(end, plan_.warmup);
        size_t records = 0;
        uint64_t bytes = 0;
        do {
            const Bytes value = payloads_.next(sent_++);
            producer_->add({std::nullopt, value, {}, client_.wall_ms()});
            ++records;
            bytes += value.size();
        } while (sent_ < end && producer_->waiting() < plan_.batch_bytes);
        if (!steady_ && plan_.warmup > 0 && sent_ > plan_.warmup) {
            steady_.emplace(batch_begin, plan_.interval, true);
            stats_->be_quiet();
        }
        flush(records, bytes, batch_begin);
        if (transactions_ && client_.now() - *transaction_begin_ >= plan_.transaction_time) {
            transactions_->end(true);
            transaction_begin_.reset();
        }
    }

    // A refused batch is told of and does not count; the others go on, as with Kafka's tool.
    void flush(size_t records, uint64_t bytes, Nanos batch_begin) {
        try {
            producer_->flush();
        } catch (const Failure& failure) {
            const bool no_broker = failure.code() == ErrorCode::network_exception ||
                                   failure.code() == ErrorCode::request_timed_out;
            if (transactions_ || no_broker) throw;
            failed_ += static_cast<int64_t>(records);
            fmt::print(stderr, "{}: {}\n", exception_name(failure.code()), failure.text());
            return;
        }
        const Nanos now = client_.now();
        stats_->add(records, bytes, now - batch_begin, now);
        if (steady_) steady_->add(records, bytes, now - batch_begin, now);
    }

    Client& client_;
    const Plan& plan_;
    Payloads& payloads_;
    std::optional<Transactions> transactions_;
    std::optional<Producer> producer_;
    std::optional<ProducerStats> stats_, steady_;
    std::optional<Nanos> transaction_begin_;
    Nanos begin_{};
    int64_t sent_ = 0, failed_ = 0;
};

int produce(const Options& options) {
    auto texts = options.values("producer-props");
    for (auto& text : options.values("command-property")) texts.push_back(std::move(text));
    // Both take several, with blanks between them.
    for (const auto& word : options.words()) texts.push_back(word);
    ClientNeeds needs{.config =
                          options.has("producer.config") ? "producer.config" : "command-config"};
    needs.settings = parse_settings(texts);
    for (const auto& path : options.values(needs.config)) needs.settings.merge(read_settings(path));
    needs.settings.emplace("client.id", "perf-producer-client");
    const Settings& settings = needs.settings;
    const Plan plan = make_plan(options, settings);
    Payloads payloads(options);
    const auto client = make_client(options, needs);
    Run run(*client, plan, payloads);
    run.run();
    run.print(options.has("print-metrics"));
    return 0;
}

}  // namespace

const Tool& producer_perf_tool() {
    static constexpr Tool tool{"producer-perf-test", "kafka-producer-perf-test",
                               "how fast records go in", specs, produce};
    return tool;
}

}  // namespace barnabas::cli
