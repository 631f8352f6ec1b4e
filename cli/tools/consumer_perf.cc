// SPDX-License-Identifier: Apache-2.0
// kafka-consumer-perf-test: how fast records come out. One request at a time, so a Java client with
// its pipelines is faster on a slow network; the lines are Kafka's. Without --group it reads by
// itself and leaves no group behind (Kafka's makes one with a random name).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "cli/client/consumer.h"
#include "cli/client/group_member.h"
#include "cli/tools/all.h"
#include "cli/tools/date_pattern.h"
#include "cli/tools/filters.h"
#include "cli/tools/perf_stats.h"
#include "cli/tools/record_output.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"consumer.config", Takes::value, "file", "The same"},
    {"command-property", Takes::value, "key=value",
     "client.id, isolation.level, auto.offset.reset, ...; goes before the file"},
    {"topic", Takes::value, "topic", "What to read, from its beginning"},
    {"include", Takes::value, "regex", "Or: the topics to read"},
    {"num-records", Takes::value, "n", "REQUIRED: how many"},
    {"messages", Takes::value, "n", "The same"},
    {"timeout", Takes::optional_value, "ms", "Ends when there was no record for so long; 10000"},
    {"from-latest", Takes::nothing, "", "From the end"},
    {"group", Takes::value, "id", "Reads as a member of this group and commits"},
    {"show-detailed-stats", Takes::nothing, "", "A line for each interval, not for the whole"},
    {"reporting-interval", Takes::value, "ms", "How long an interval is; 5000"},
    {"date-format", Takes::value, "pattern", "Of Java's SimpleDateFormat; yyyy-MM-dd HH:mm:ss:SSS"},
    {"hide-header", Takes::nothing, "", "Without the line of names"},
    {"print-metrics", Takes::nothing, "", "Figures of the client at the end"},
    {"fetch-size", Takes::value, "bytes", "Of one partition in one answer; 1048576"},
    {"socket-buffer-size", Takes::value, "bytes", "Of the socket; 2097152"},
};

constexpr Nanos poll_time = std::chrono::milliseconds(100);

struct Plan {
    explicit Plan(std::string_view date_pattern) : date(date_pattern) {}

    std::optional<std::string> topic, include, group;
    int64_t records = 0, poll_records_max = 500;
    int64_t begin_time = earliest_time;
    Nanos timeout{}, interval{};
    bool detailed = false;
    DatePattern date;
    ConsumerSettings consumer;
};

int64_t positive(const Options& options, std::string_view name, int64_t otherwise) {
    const int64_t number = options.number_or(name, otherwise);
    if (number > 0) return number;
    throw Failure(ErrorCode::invalid_request,
                  name == "reporting-interval" ? "Reporting interval must be greater than 0."
                                               : fmt::format("--{} must be greater than 0.", name));
}

void check(const Options& options) {
    const auto exactly_one = [&](std::string_view a, std::string_view b) {
        if (options.has(a) == options.has(b))
            throw UsageFailure(fmt::format(
                "Exactly one of the following arguments is required: [{}], [{}]", a, b));
    };
    const auto not_both = [&](std::string_view a, std::string_view b) {
        if (options.has(a) && options.has(b))
            throw UsageFailure(
                fmt::format("Option \"[{}]\" can't be used with option \"[{}]\"", a, b));
    };
    exactly_one("topic", "include");
    exactly_one("messages", "num-records");
    not_both("consumer.config", "command-config");
    if (options.has("messages"))
        fmt::print("Warning: --messages is deprecated. Use --num-records instead.\n");
    if (options.has("consumer.config"))
        fmt::print("Warning: --consumer.config is deprecated. Use --command-config instead.\n");
}

void print_header(const Options& options) {
    if (options.has("hide-header")) return;
    fmt::print(
        "{}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, "
        "fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n",
        options.has("show-detailed-stats") ? "time, threadId" : "start.time, end.time");
}

Plan make_plan(const Options& options, const Settings& settings) {
    constexpr int64_t timeout_ms = 10'000, interval_ms = 5'000, fetch_bytes = 1 << 20;
    constexpr std::string_view date = "yyyy-MM-dd HH:mm:ss:SSS";
    Plan plan(options.value_or("date-format", date));
    plan.topic = options.value("topic");
    plan.include = options.value("include");
    plan.group = options.value("group");
    plan.records = options.has("messages") ? positive(options, "messages", 0)
                                           : positive(options, "num-records", 0);
    plan.timeout = std::chrono::milliseconds(options.number_or("timeout", timeout_ms));
    plan.interval = std::chrono::milliseconds(positive(options, "reporting-interval", interval_ms));
    plan.detailed = options.has("show-detailed-stats");
    const auto is = [&](const std::string& key, std::string_view value) {
        const auto found = settings.find(key);
        return found != settings.end() && found->second == value;
    };
    if (options.has("from-latest") || is("auto.offset.reset", "latest"))
        plan.begin_time = latest_time;
    plan.consumer.reset_time = plan.begin_time;
    plan.consumer.committed_only = is("isolation.level", "read_committed");
    plan.consumer.partition_bytes_max = static_cast<int32_t>(
        std::min<int64_t>(positive(options, "fetch-size", fetch_bytes), INT32_MAX));
    if (const auto most = settings.find("max.poll.records"); most != settings.end())
        plan.poll_records_max = std::max<int64_t>(parse_number(most->first, most->second), 1);
    return plan;
}

struct Sums {
    int64_t records = 0;
    uint64_t bytes = 0;
};

class Reading {
  public:
    Reading(Client& client, const Plan& plan)
        : client_(client), plan_(plan), consumer_(client, plan.consumer) {}

    void run() {
        begin_ms_ = interval_begin_ms_ = client_.wall_ms();
        const auto topics =
            plan_.topic ? std::vector{*plan_.topic} : find_topics(client_, &*plan_.include, true);
        if (plan_.topic) client_.metadata(topics, true);
        if (plan_.group) member_.emplace(client_, *plan_.group, topics);
        join(topics);
        Nanos last = client_.now();
        while (whole_.records < plan_.records && client_.now() - last <= plan_.timeout)
            if (poll(topics)) last = client_.now();
        end_ms_ = client_.wall_ms();
        if (member_) {
            member_->commit(consumer_.positions());
            member_->leave();
        }
        if (whole_.records < plan_.records)
            fmt::print(
                "WARNING: Exiting before consuming the expected number of records: timeout ({} ms) "
                "exceeded. You can use the --timeout option to increase the timeout.\n",
                std::chrono::duration_cast<std::chrono::milliseconds>(plan_.timeout).count());
        if (!plan_.detailed) print_whole();
    }

    void add_metrics(Metrics& figures) const {
        const std::string group = "consumer-fetch-manager-metrics";
        add_traffic(figures, "consumer-metrics", client_);
        figures[metric_name(group, "records-consumed-total", client_)] =
            static_cast<double>(whole_.records);
        figures[metric_name(group, "bytes-consumed-total", client_)] =
            static_cast<double>(consumer_.bytes_read());
    }

  private:
    void join(const std::vector<std::string>& topics) {
        const int64_t begin_ms = client_.wall_ms();
        const auto partitions = member_          ? member_->join()
                                : topics.empty() ? std::vector<PartitionName>{}
                                                 : partitions_of(client_, topics);
        auto committed =
            member_ && !partitions.empty() ? member_->committed(partitions) : Consumer::Positions{};
        consumer_.assign(starting_offsets(client_, partitions, std::move(committed),
                                          plan_.begin_time, plan_.consumer.committed_only));
        const int64_t took_ms = client_.wall_ms() - begin_ms;
        join_ms_ += took_ms;
        interval_join_ms_ += took_ms;
    }

    // True if there were records.
    bool poll(const std::vector<std::string>& topics) {
        const int64_t before = whole_.records;
        consumer_.poll(poll_time, [&](const ConsumedRecord& record) {
            whole_.bytes +=
                (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
            ++whole_.records;
            report_if_due();
            // As Kafka's tool, which counts whole polls of so many records.
            const bool poll_ends = (whole_.records - before) % plan_.poll_records_max == 0;
            return whole_.records < plan_.records || !poll_ends;
        });
        if (member_ && !member_->keep_place(consumer_.positions())) join(topics);
        return whole_.records > before;
    }

    void report_if_due() {
        const int64_t now_ms = client_.wall_ms(), passed_ms = now_ms - interval_begin_ms_;
        if (passed_ms <
            std::chrono::duration_cast<std::chrono::milliseconds>(plan_.interval).count())
            return;
        if (plan_.detailed) print_interval(now_ms, static_cast<double>(passed_ms));
        interval_join_ms_ = 0;
        interval_begin_ms_ = now_ms;
        reported_ = whole_;
    }

    // As Java writes it, also where no time has passed.
    static std::string rate(double amount, double time) {
        const double value = amount / time;
        if (std::isnan(value)) return "NaN";
        if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
        return fmt::format("{:.4f}", value);
    }

    void print_interval(int64_t now_ms, double passed_ms) const {
        const double all = static_cast<double>(whole_.bytes) / mib;
        const double bytes = static_cast<double>(whole_.bytes - reported_.bytes) / mib * 1000;
        const auto records = static_cast<double>(whole_.records - reported_.records) * 1000;
        const double fetch_ms = passed_ms - static_cast<double>(interval_join_ms_);
        fmt::print("{}, 0, {:.4f}, {}, {}, {}, {}, {:.0f}, {:.4f}, {:.4f}\n",
                   plan_.date.text(now_ms), all, rate(bytes, passed_ms), whole_.records,
                   rate(records, passed_ms), interval_join_ms_, fetch_ms,
                   fetch_ms > 0 ? bytes / fetch_ms : 0, fetch_ms > 0 ? records / fetch_ms : 0);
    }

    void print_whole() const {
        const double seconds = static_cast<double>(end_ms_ - begin_ms_) / 1000;
        const int64_t fetch_ms = end_ms_ - begin_ms_ - join_ms_;
        const double fetch_s = static_cast<double>(fetch_ms) / 1000;
        const double megabytes = static_cast<double>(whole_.bytes) / mib;
        const auto records = static_cast<double>(whole_.records);
        fmt::print("{}, {}, {:.4f}, {}, {}, {}, {}, {}, {}, {}\n", plan_.date.text(begin_ms_),
                   plan_.date.text(end_ms_), megabytes, rate(megabytes, seconds), whole_.records,
                   rate(records, seconds), join_ms_, fetch_ms, rate(megabytes, fetch_s),
                   rate(records, fetch_s));
    }

    Client& client_;
    const Plan& plan_;
    Consumer consumer_;
    std::optional<GroupMember> member_;
    int64_t begin_ms_ = 0, end_ms_ = 0, interval_begin_ms_ = 0;
    int64_t join_ms_ = 0, interval_join_ms_ = 0;
    Sums whole_, reported_;
};

int consume(const Options& options) {
    check(options);
    print_header(options);
    ClientNeeds needs{.config =
                          options.has("consumer.config") ? "consumer.config" : "command-config"};
    needs.settings = parse_settings(options.values("command-property"));
    for (const auto& path : options.values(needs.config)) needs.settings.merge(read_settings(path));
    constexpr int64_t socket_bytes = 2 << 20;
    needs.settings["receive.buffer.bytes"] =
        std::to_string(options.number_or("socket-buffer-size", socket_bytes));
    needs.settings.emplace("client.id", "perf-consumer-client");
    const Plan plan = make_plan(options, needs.settings);
    const auto client = make_client(options, needs);
    Reading reading(*client, plan);
    reading.run();
    if (!options.has("print-metrics")) return 0;
    Metrics figures;
    reading.add_metrics(figures);
    print_metrics(figures);
    return 0;
}

}  // namespace

const Tool& consumer_perf_tool() {
    static constexpr Tool tool{"consumer-perf-test", "kafka-consumer-perf-test",
                               "how fast records come out", specs, consume};
    return tool;
}

}  // namespace barnabas::cli
