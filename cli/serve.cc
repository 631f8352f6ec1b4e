// SPDX-License-Identifier: Apache-2.0
// See serve.h. Settings come from a properties file and --override; nothing on disk is touched
// before all of them have been checked.
#include "cli/serve.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/asio/asio_network.h"
#include "base/asio/posix_disk.h"
#include "base/asio/process_stats.h"
#include "base/asio/thread_lane.h"
#include "base/asio/thread_shard.h"
#include "base/log_line.h"
#include "base/task_group.h"
#include "broker/broker.h"
#include "broker/properties.h"

namespace barnabas::cli {

namespace {

constexpr uint64_t properties_file_bytes_max = 16 << 20;

// Harnesses read a broker's log from standard output, line by line.
void print_line(std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

// False, and a sentence in `refusal`, if an override is not key=value.
bool apply_overrides(const ServeOptions& options, Properties& properties, std::string& refusal) {
    for (const auto& setting : options.overrides) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0) {
            refusal = fmt::format("--override {}: expected key=value", setting);
            return false;
        }
        properties[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    return true;
}

void say_durability(const broker::BrokerConfig& config) {
    const bool flushes = config.log_defaults.flushes_before_answer();
    log_info("server", "durability: {}",
             flushes ? "records are flushed to disk before they are acknowledged "
                       "(log.flush.interval.messages=1)"
                     : "records are acknowledged from the page cache, as Kafka does; "
                       "log.flush.interval.messages=1 flushes first");
}

// {"PLAINTEXT":9092,...,"admin":9644}, written whole or not at all.
Result<void> write_ports_file(Disk& disk, const std::string& path, const broker::Broker& node) {
    std::string json = "{";
    for (size_t i = 0; i < node.ports().size(); ++i)
        json += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", node.config().listeners[i].name,
                            node.ports()[i]);
    if (node.admin_port() != 0) json += fmt::format(",\"admin\":{}", node.admin_port());
    json += "}\n";
    return disk.replace_file(path, as_bytes(json));
}

// The lines that harnesses wait for; only when listeners accept.
void say_started(const broker::Broker& node) {
    const auto id = node.config().node_id.value;
    for (size_t i = 0; i < node.ports().size(); ++i)
        log_info("server", "listening on {}://{}:{}", node.config().listeners[i].name,
                 node.config().listeners[i].bind.host, node.ports()[i]);
    if (node.admin_port() != 0)
        log_info("server", "metrics and health on port {} (admin.listener)", node.admin_port());
    log_info("server", "[BrokerServer id={}] Transitioning from RECOVERY to RUNNING.", id);
    log_info("server", "[KafkaRaftServer nodeId={}] Kafka Server started", id);
    log_info("server", "[KafkaServer id={}] started", id);
}

// Descriptors are what segments and connections cost; take as many as the system lets us have.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Half of the descriptors: connections want some, too.
size_t open_files_max() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1024;
    return static_cast<size_t>(std::clamp<uint64_t>(limit.rlim_cur / 2, 64, 16'384));
}

// Frames of requests come and go thousands of times a second. The C library would give their memory
// back to the kernel each time and have it cleared again, page by page; a little is kept instead.
void keep_freed_memory() {
    constexpr int mapped_from_bytes = 4 << 20;
    constexpr int kept_bytes_max = 32 << 20;
    mallopt(M_MMAP_THRESHOLD, mapped_from_bytes);
    mallopt(M_TRIM_THRESHOLD, kept_bytes_max);
}

// A broker and the loop it lives on, from start to SIGTERM.
class Server {
  public:
    Server(broker::BrokerConfig config, broker::StartOptions options, std::string ports_file)
        : ports_file_(std::move(ports_file)),
          network_(shard_.io()),
          random_(random_seed()),
          tasks_(shard_.executor(), shard_.clock()),
          stop_asked_(shard_.clock()),
          signals_(shard_.io(), SIGTERM, SIGINT),
          node_(broker::BrokerEnvironment{shard_, disk_, network_, random_,
                                          [this](size_t index) -> std::unique_ptr<Lane> {
                                              return std::make_unique<ThreadLane>(
                                                  fmt::format("disk-{}", index), &shard_.guard());
                                          },
                                          open_files_max()},
                std::move(config), std::move(options)) {}

    int run() {
        wait_for_signal();
        tasks_.spawn(life());
        shard_.run();
        return exit_code_;
    }

  private:
    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            log_info("server", "{}: shutting down", number == SIGTERM ? "SIGTERM" : "SIGINT");
            asked_ = true;
            stop_asked_.notify_all();
            // A second signal finds the default action: it ends the process at once.
            boost::system::error_code ignored;
            signals_.clear(ignored);
        });
    }

    Task<void> life() {
        if (co_await started()) {
            constexpr auto look_again = std::chrono::hours(1);
            while (!asked_) co_await stop_asked_.wait_until(shard_.clock().after(look_again));
        } else {
            exit_code_ = 1;
        }
        const auto stopped = co_await node_.stop();
        if (!stopped) {
            log_error("server", "unclean shutdown: {}; the next start recovers the logs",
                      stopped.error().where);
            // A thread that waits for its disk cannot be joined.
            std::fflush(nullptr);
            std::_Exit(1);
        } else if (exit_code_ == 0) {
            log_info("server", "stopped");
        }
        shard_.request_stop();
    }

    Task<bool> started() {
        const auto result = co_await node_.start();
        if (!result) {
            log_error("server", "cannot start: {}{}{}", result.error().where,
                      result.error().os_error ? ": " : "",
                      result.error().os_error ? std::strerror(result.error().os_error) : "");
            co_return false;
        }
        if (!ports_file_.empty()) {
            const auto written = write_ports_file(disk_, ports_file_, node_);
            if (!written) {
                log_error("server", "cannot write {}: {}", ports_file_,
                          std::strerror(written.error().os_error));
                co_return false;
            }
        }
        say_started(node_);
        co_return true;
    }

    std::string ports_file_;
    ThreadShard shard_{0};
    PosixDisk disk_;
    AsioNetwork network_;
    Random random_;
    TaskGroup tasks_;
    Signal stop_asked_;
    boost::asio::signal_set signals_;
    broker::Broker node_;
    bool asked_ = false;
    int exit_code_ = 0;
};

std::optional<LogLevel> parse_level(const std::string& name) {
    constexpr std::pair<std::string_view, LogLevel> levels[] = {{"trace", LogLevel::trace},
                                                                {"debug", LogLevel::debug},
                                                                {"info", LogLevel::info},
                                                                {"warn", LogLevel::warn},
                                                                {"error", LogLevel::error}};
    for (const auto& [word, level] : levels)
        if (word == name) return level;
    return std::nullopt;
}

}  // namespace

std::optional<Properties> read_properties_file(const std::string& path, std::string& refusal) {
    PosixDisk disk;
    const auto content = disk.read_file(path, properties_file_bytes_max);
    if (!content) {
        refusal = fmt::format("cannot read {}: {}", path, std::strerror(content.error().os_error));
        return std::nullopt;
    }
    auto parsed = broker::parse_properties(as_text(*content));
    if (parsed) return std::move(*parsed);
    refusal = fmt::format("{}: {}", path, parsed.error().where);
    return std::nullopt;
}

int refuse(const std::string& why) {
    fmt::print(stderr, "barnabas: {}\n", why);
    return 2;
}

namespace {

// admin.listener is no key of Kafka's: it leaves the properties here. nullopt, and a sentence in
// `refusal`, if it is no address.
std::optional<broker::AdminListener> take_admin_listener(Properties& properties,
                                                         std::string& refusal) {
    const auto given = properties.find("admin.listener");
    if (given == properties.end()) return broker::default_admin_listener();
    const auto listener = broker::parse_admin_listener(given->second);
    if (!listener)
        refusal = fmt::format(
            "Invalid value {} for configuration admin.listener: expected host:port (host may be "
            "empty, port 0 is any) or none",
            given->second);
    properties.erase(given);
    if (!listener) return std::nullopt;
    return *listener;
}

// Directories keep the cluster that they belong to: a container may be told another id the next
// time. `wanted` is for those that belong to none; empty: what is there, or a random one.
std::string cluster_id_for(const std::string& wanted, const std::vector<std::string>& log_dirs) {
    for (const auto& directory : log_dirs) {
        std::string unreadable;
        auto meta = read_properties_file(directory + "/meta.properties", unreadable);
        if (!meta || wanted.empty()) continue;
        if ((*meta)["cluster.id"] != wanted)
            log_warn("config", "{} belongs to cluster {}, which stays; {} is not used", directory,
                     (*meta)["cluster.id"], wanted);
        return {};
    }
    return wanted;
}

}  // namespace

int run_broker(const ServeOptions& options, BrokerInput input) {
    std::string refusal;
    const auto level = parse_level(options.log_level);
    if (!level)
        return refuse(fmt::format("--log-level {}: expected trace, debug, info, warn or error",
                                  options.log_level));
    set_log_level(*level);
    set_log_sink(print_line);
    if (!apply_overrides(options, input.properties, refusal)) return refuse(refusal);
    const auto admin = take_admin_listener(input.properties, refusal);
    if (!admin) return refuse(refusal);
    auto config = broker::make_broker_config(input.properties, refusal);
    if (!config) return refuse(refusal);
    config->cluster_id = cluster_id_for(input.cluster_id, config->log_dirs);
    for (const auto& warning : input.warnings) log_warn("config", "{}", warning);
    for (const auto& warning : config->warnings) log_warn("config", "{}", warning);
    if (options.print_config)
        for (const auto& [key, value] : config->given) fmt::print("{}={}\n", key, value);
    if (options.check_config) fmt::print("the configuration is valid\n");
    if (options.check_config || options.print_config) return 0;
    raise_descriptor_limit();
    keep_freed_memory();
    log_info("server", "barnabas {} node {}", BARNABAS_VERSION, config->node_id.value);
    say_durability(*config);
    Server server(std::move(*config), {std::move(input.topics), *admin, add_process_metrics},
                  options.ports_file);
    return server.run();
}

void add_broker_options(CLI::App& command, ServeOptions& options) {
    command.add_option("--override", options.overrides, "key=value, wins over all other settings")
        ->allow_extra_args(false);
    command.add_option("--ports-file", options.ports_file,
                       "writes the bound ports there as JSON once clients can connect");
    command.add_option("--log-level", options.log_level, "trace, debug, info, warn, error");
    command.add_flag("--check-config", options.check_config, "checks the settings and ends");
    command.add_flag("--print-config", options.print_config, "prints what was set and ends");
}

namespace {

int serve(const ServeOptions& options) {
    BrokerInput input;
    if (!options.file.empty()) {
        std::string refusal;
        auto properties = read_properties_file(options.file, refusal);
        if (!properties) return refuse(refusal);
        input.properties = std::move(*properties);
    }
    return run_broker(options, std::move(input));
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<ServeOptions>();
    auto* command = app.add_subcommand("serve", "Runs a broker");
    command->add_option("properties", options->file,
                        "server.properties with Kafka's keys; without it: a single node on "
                        "localhost:9092, data in ./barnabas-data");
    add_broker_options(*command, *options);
    command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace barnabas::cli
