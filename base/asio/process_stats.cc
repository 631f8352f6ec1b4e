// SPDX-License-Identifier: Apache-2.0
// See process_stats.h. proc(5) says what stands where in /proc/self/stat.
#include "base/asio/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace barnabas {

namespace {

// Fields of /proc/self/stat behind the name in parentheses; proc(5) counts that as the second.
constexpr size_t first_field = 3, utime = 14, stime = 15, start = 22, vsize = 23, rss = 24;

std::vector<double> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(") ");
    if (name_end == std::string::npos) return {};
    std::istringstream rest(text.substr(name_end + 2));
    std::vector<double> fields;
    // The state is a letter.
    for (std::string word; rest >> word;)
        fields.push_back(fields.empty() ? 0 : std::strtod(word.c_str(), nullptr));
    return fields;
}

double boot_time_seconds() {
    std::ifstream file("/proc/stat");
    std::string word;
    double seconds = 0;
    while (file >> word)
        if (word == "btime" && file >> seconds) return seconds;
    return 0;
}

uint64_t count_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator begin("/proc/self/fd", error);
    if (error) return 0;
    uint64_t count = 0;
    for (auto entry = begin; entry != std::filesystem::directory_iterator();
         entry.increment(error)) {
        if (error) break;
        ++count;
    }
    return count;
}

}  // namespace

ProcessStats process_stats() {
    ProcessStats stats;
    const auto fields = stat_fields();
    if (fields.size() > rss - first_field) {
        const auto field = [&fields](size_t number) { return fields[number - first_field]; };
        const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
        stats.cpu_seconds = (field(utime) + field(stime)) / ticks;
        stats.start_time_seconds = boot_time_seconds() + field(start) / ticks;
        stats.virtual_bytes = static_cast<uint64_t>(field(vsize));
        stats.resident_bytes =
            static_cast<uint64_t>(field(rss)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    }
    stats.open_descriptors = count_descriptors();
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.descriptors_max = limit.rlim_cur;
    return stats;
}

void add_process_metrics(Metrics& metrics) {
    const auto add = [&metrics](const char* name, const char* help, auto value) {
        metrics.gauge_of(name, help, {},
                         [value] { return static_cast<double>(value(process_stats())); });
    };
    using Stats = const ProcessStats&;
    add("process_cpu_seconds_total", "CPU time of the process.",
        [](Stats s) { return s.cpu_seconds; });
    add("process_start_time_seconds", "When the process started, in seconds since 1970.",
        [](Stats s) { return s.start_time_seconds; });
    add("process_resident_memory_bytes", "Memory in use.",
        [](Stats s) { return s.resident_bytes; });
    add("process_virtual_memory_bytes", "Address space.", [](Stats s) { return s.virtual_bytes; });
    add("process_open_fds", "Open descriptors.", [](Stats s) { return s.open_descriptors; });
    add("process_max_fds", "Descriptors that may be open.",
        [](Stats s) { return s.descriptors_max; });
}

}  // namespace barnabas
