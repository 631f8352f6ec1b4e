// SPDX-License-Identifier: Apache-2.0
// kafka-run-class: there is no Java here. A class of one of Kafka's tools runs our tool of that
// name (people call GetOffsetShell so); everything else is refused. And kafka-server-stop.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>

#include "base/asio/posix_disk.h"
#include "cli/dispatch.h"
#include "cli/tools/all.h"

namespace barnabas::cli {

namespace {

constexpr uint64_t command_line_max = 1 << 20;

int refuse(const Options& options) {
    throw Failure(ErrorCode::unsupported_version,
                  fmt::format("kafka-run-class {}: there is no Java here, so no class can be run. "
                              "`barnabas` lists the tools that there are; for others use a client "
                              "of Kafka's, which this broker understands.",
                              options.action()));
}

// The words of a process's command line; none if it is gone or not ours to read.
std::vector<std::string> command_of(Disk& disk, const std::string& pid) {
    const auto content = disk.read_file("/proc/" + pid + "/cmdline", command_line_max);
    if (!content) return {};
    return split(as_text(*content), '\0');
}

bool runs_broker(const std::vector<std::string>& words) {
    if (words.size() < 2) return false;
    const auto program = program_name(words[0]);
    const bool broker_word = words[1] == "serve" || words[1] == "container";
    return program == "kafka-server-start" || (program == "barnabas" && broker_word);
}

int stop(const Options&) {
    PosixDisk disk;
    int found = 0;
    const auto entries = disk.list("/proc");
    if (entries)
        for (const auto& entry : *entries) {
            int pid = 0;
            const auto* end = entry.name.data() + entry.name.size();
            const auto parsed = std::from_chars(entry.name.data(), end, pid);
            if (parsed.ec != std::errc() || parsed.ptr != end || pid == getpid()) continue;
            if (runs_broker(command_of(disk, entry.name)) && kill(pid, SIGTERM) == 0) ++found;
        }
    if (found > 0) return 0;
    fmt::print("No kafka server to stop\n");
    return 1;
}

}  // namespace

const Tool& run_class_tool() {
    static constexpr Tool tool{.verb = "",
                               .script = "kafka-run-class",
                               .summary = "refuses: there is no Java here",
                               .options = {},
                               .run = refuse};
    return tool;
}

const Tool& server_stop_tool() {
    static constexpr Tool tool{.verb = "server-stop",
                               .script = "kafka-server-stop",
                               .summary = "asks brokers on this machine to stop (SIGTERM)",
                               .options = {},
                               .run = stop};
    return tool;
}

}  // namespace barnabas::cli
