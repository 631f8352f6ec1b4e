// SPDX-License-Identifier: Apache-2.0
// kafka-console-consumer: prints the records of topics. Without --group it reads all partitions by
// itself and leaves no group behind (Kafka's makes one with a random name); with --group it is a
// member of a classic group with the range assignor.
#include <fmt/format.h>
#include <signal.h>

#include <csignal>

#include "base/whole_number.h"
#include "cli/client/group_member.h"
#include "cli/tools/all.h"
#include "cli/tools/filters.h"
#include "cli/tools/record_output.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    bootstrap_option,
    command_config_option,
    {"consumer.config", Takes::value, "file", "The same"},
    {"topic", Takes::value, "topic", "The topic to read"},
    {"include", Takes::value, "regex", "The topics to read"},
    {"partition", Takes::value, "n", "Only this partition; from its end unless --offset is given"},
    {"offset", Takes::value, "offset", "With --partition: earliest, latest or a number"},
    {"from-beginning", Takes::nothing, "", "From the earliest record, not from the end"},
    {"max-messages", Takes::value, "n", "Ends after so many records"},
    {"timeout-ms", Takes::value, "ms", "Ends when there was no record for so long"},
    {"group", Takes::value, "id", "Reads as a member of this group and commits"},
    {"formatter-property", Takes::value, "key=value",
     "print.key, print.timestamp, print.partition, print.offset, print.headers, key.separator, "
     "..."},
    {"property", Takes::value, "key=value", "The same"},
    {"command-property", Takes::value, "key=value", "auto.offset.reset, isolation.level, group.id"},
    {"consumer-property", Takes::value, "key=value", "The same"},
    {"isolation-level", Takes::value, "level", "read_committed or read_uncommitted (default)"},
    {"formatter", Takes::value, "class", "Only the default one"},
    {"formatter-config", Takes::value, "file", "The same from a file; --formatter-property wins"},
    {"key-deserializer", Takes::value, "class", "Only strings and bytes"},
    {"value-deserializer", Takes::value, "class", "Only strings and bytes"},
    {"skip-message-on-error", Takes::nothing, "", "Accepted: any record can be printed"},
    {"enable-systest-events", Takes::nothing, "", "Says shutdown_complete at the end"},
};

constexpr Nanos poll_time = std::chrono::milliseconds(500);

volatile std::sig_atomic_t ended_by = 0;

void note_signal(int number) {
    ended_by = number;
}

void watch_signals() {
    struct sigaction action{};
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESETHAND;  // a second one ends the process
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

struct Plan {
    Settings consumer, format;
    std::optional<std::string> topic, include, group;
    std::optional<int64_t> partition, max_messages;
    std::optional<Nanos> timeout;
    int64_t offset_time = latest_time;
    std::optional<int64_t> offset;
    bool committed_only = false;
};

Settings both(const Options& options, std::string_view a, std::string_view b) {
    auto texts = options.values(a);
    for (auto& text : options.values(b)) texts.push_back(std::move(text));
    return parse_settings(texts);
}

void parse_offset(const std::string& text, Plan& plan) {
    if (text == "latest" || text == "earliest") {
        plan.offset_time = text == "latest" ? latest_time : earliest_time;
        return;
    }
    const auto number = whole_number<int64_t>(text);
    if (!number || *number < 0)
        throw UsageFailure(
            fmt::format("The provided offset value '{}' is incorrect. Valid values "
                        "are 'earliest', 'latest', or a non-negative long.",
                        text));
    plan.offset = *number;
}

void check(const Options& options, const Plan& plan) {
    const auto not_both = [&](std::string_view a, std::string_view b) {
        if (options.has(a) && options.has(b))
            throw UsageFailure(
                fmt::format("Options {} and {} cannot be specified together.", a, b));
    };
    if (plan.topic.has_value() == plan.include.has_value())
        throw UsageFailure(
            "Exactly one of the following arguments is required: [topic], [include]");
    if (plan.partition && !plan.topic)
        throw UsageFailure("The topic is required when partition is specified.");
    if (options.has("offset") && !plan.partition)
        throw UsageFailure("The partition is required when offset is specified.");
    not_both("from-beginning", "offset");
    not_both("group", "partition");
    const auto formatter = options.value_or("formatter", "DefaultMessageFormatter");
    if (!formatter.ends_with("DefaultMessageFormatter"))
        throw UsageFailure(
            fmt::format("formatter {}: there is no Java here, so only the default one "
                        "can be used",
                        formatter));
}

Plan make_plan(const Options& options, Settings settings) {
    Plan plan;
    plan.topic = options.value("topic");
    plan.include = options.value("include");
    plan.partition = options.number("partition");
    plan.max_messages = options.number("max-messages");
    plan.consumer = std::move(settings);
    plan.format = both(options, "property", "formatter-property");
    if (const auto path = options.value("formatter-config"))
        plan.format.merge(read_settings(*path));
    for (const char* name : {"key-deserializer", "value-deserializer"})
        if (const auto given = options.value(name))
            plan.format[name[0] == 'k' ? "key.deserializer" : "value.deserializer"] = *given;
    plan.group = options.value("group");
    if (!plan.group && plan.consumer.contains("group.id")) plan.group = plan.consumer["group.id"];
    const bool early =
        options.has("from-beginning") || plan.consumer["auto.offset.reset"] == "earliest";
    plan.offset_time = early ? earliest_time : latest_time;
    if (const auto offset = options.value("offset")) parse_offset(*offset, plan);
    if (const auto ms = options.number("timeout-ms"); ms && *ms >= 0)
        plan.timeout = std::chrono::milliseconds(*ms);
    const auto level = options.value_or("isolation-level", plan.consumer["isolation.level"]);
    plan.committed_only = level == "read_committed";
    check(options, plan);
    return plan;
}

// Reads until there is a reason to end; the group, if any, is told.
class Reading {
  public:
    Reading(Client& client, const Plan& plan)
        : client_(client),
          plan_(plan),
          format_(plan.format),
          consumer_(client, {plan.committed_only, plan.offset_time}) {}

    void run() {
        std::vector<std::string> topics = pick_topics();
        if (plan_.group) {
            member_.emplace(client_, *plan_.group, topics);
            join();
        } else {
            assign(pick_partitions(topics), {});
        }
        last_record_ = client_.now();
        while (!ended()) round();
        std::fflush(stdout);
        if (!member_) return;
        member_->commit(consumer_.positions());
        member_->leave();
    }

    int64_t count() const { return count_; }

  private:
    std::vector<std::string> pick_topics() {
        if (!plan_.topic) return find_topics(client_, &*plan_.include, true);
        client_.metadata({*plan_.topic}, true);
        return {*plan_.topic};
    }

    std::vector<PartitionName> pick_partitions(const std::vector<std::string>& topics) {
        if (plan_.partition) return {{topics.front(), static_cast<int32_t>(*plan_.partition)}};
        if (topics.empty()) return {};
        return partitions_of(client_, topics);
    }

    // From the group's offsets, where it has some; else from where the command line says.
    void assign(const std::vector<PartitionName>& partitions, Consumer::Positions known) {
        if (plan_.offset)
            for (const auto& partition : partitions) known.try_emplace(partition, *plan_.offset);
        consumer_.assign(starting_offsets(client_, partitions, std::move(known), plan_.offset_time,
                                          plan_.committed_only));
    }

    void join() {
        const auto partitions = member_->join();
        assign(partitions,
               partitions.empty() ? Consumer::Positions{} : member_->committed(partitions));
    }

    bool full() const { return plan_.max_messages && count_ >= *plan_.max_messages; }
    bool ended() const {
        const bool late = plan_.timeout && client_.now() - last_record_ >= *plan_.timeout;
        return ended_by || full() || late;
    }

    void round() {
        Nanos wait = poll_time;
        if (plan_.timeout) wait = std::min(wait, *plan_.timeout - (client_.now() - last_record_));
        const int64_t before = count_;
        consumer_.poll(std::max(wait, Nanos::zero()), [&](const ConsumedRecord& record) {
            if (full() || ended_by) return false;
            fmt::print("{}", format_.text(record));
            ++count_;
            return !full();
        });
        if (count_ > before) last_record_ = client_.now();
        std::fflush(stdout);
        if (member_ && !member_->keep_place(consumer_.positions())) join();
    }

    Client& client_;
    const Plan& plan_;
    RecordFormat format_;
    Consumer consumer_;
    std::optional<GroupMember> member_;
    Nanos last_record_{};
    int64_t count_ = 0;
};

int run(const Options& options) {
    ClientNeeds needs{.config =
                          options.has("consumer.config") ? "consumer.config" : "command-config"};
    needs.settings = both(options, "consumer-property", "command-property");
    for (const auto& path : options.values(needs.config)) needs.settings.merge(read_settings(path));
    const Plan plan = make_plan(options, needs.settings);
    const auto client = make_client(options, needs);
    watch_signals();
    Reading reading(*client, plan);
    reading.run();
    fmt::print(stderr, "Processed a total of {} messages\n", reading.count());
    if (options.has("enable-systest-events")) fmt::print("shutdown_complete\n");
    return ended_by ? 128 + ended_by : 0;
}

}  // namespace

const Tool& console_consumer_tool() {
    static constexpr Tool tool{"console-consumer", "kafka-console-consumer",
                               "prints the records of topics", specs, run};
    return tool;
}

}  // namespace barnabas::cli
