// SPDX-License-Identifier: Apache-2.0
// See verify.h. Exit codes: 0 sound, 1 damage, 2 the directory cannot be looked at.
#include "cli/verify.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "base/asio/posix_disk.h"
#include "base/log_line.h"
#include "storage/directory_check.h"

namespace barnabas::cli {
namespace {

struct VerifyOptions {
    std::string directory;
    std::string output = "table";
    bool quiet = false;
};

int refuse(const std::string& why) {
    fmt::print(stderr, "barnabas verify: {}\n", why);
    return 2;
}

// A line on standard error after every GiB.
class Progress {
  public:
    explicit Progress(bool quiet) : quiet_(quiet) {}
    void note(uint64_t bytes) {
        constexpr uint64_t step = 1 << 30;
        if (quiet_ || bytes / step == said_) return;
        said_ = bytes / step;
        fmt::print(stderr, "read {} GiB\n", said_);
    }

  private:
    const bool quiet_;
    uint64_t said_ = 0;
};

struct Summary {
    size_t files = 0;
    uint64_t entries = 0;
    uint64_t records = 0;
    uint64_t bytes = 0;
    size_t damaged = 0;
};

void print_table(const storage::DirectoryCheck& check) {
    std::map<std::string, Summary> kinds;
    for (const storage::CheckedFile& file : check.files) {
        Summary& sum = kinds[file.kind];
        ++sum.files;
        sum.entries += file.entries;
        sum.records += file.records;
        sum.bytes += file.bytes;
        sum.damaged += file.damage.empty() ? 0 : 1;
    }
    fmt::print("{:<18} {:>8} {:>12} {:>14} {:>16} {:>8}\n", "KIND", "FILES", "ENTRIES", "RECORDS",
               "BYTES", "DAMAGED");
    for (const auto& [kind, sum] : kinds)
        fmt::print("{:<18} {:>8} {:>12} {:>14} {:>16} {:>8}\n", kind, sum.files, sum.entries,
                   sum.records, sum.bytes, sum.damaged);
    for (const storage::CheckedFile& file : check.files) {
        const std::string place =
            file.partition.empty() ? file.file : file.partition + "/" + file.file;
        if (!file.damage.empty()) fmt::print("DAMAGED {}: {}\n", place, file.damage);
        if (!file.note.empty()) fmt::print("note    {}: {}\n", place, file.note);
    }
    fmt::print("{} partitions, {} bytes, {}: {}\n", check.partitions, check.bytes(),
               check.clean_shutdown ? "stopped cleanly" : "not stopped cleanly",
               check.damaged() == 0 ? std::string("no damage")
                                    : fmt::format("{} files are damaged", check.damaged()));
}

void print_json(const storage::DirectoryCheck& check) {
    boost::json::array files;
    for (const storage::CheckedFile& file : check.files) {
        boost::json::object one{{"file", file.file},
                                {"kind", file.kind},
                                {"entries", file.entries},
                                {"records", file.records},
                                {"bytes", file.bytes}};
        if (!file.partition.empty()) one["partition"] = file.partition;
        if (!file.damage.empty()) one["damage"] = file.damage;
        if (!file.note.empty()) one["note"] = file.note;
        files.push_back(std::move(one));
    }
    const boost::json::object all{{"partitions", check.partitions},
                                  {"clean_shutdown", check.clean_shutdown},
                                  {"damaged", check.damaged()},
                                  {"files", std::move(files)}};
    fmt::print("{}\n", boost::json::serialize(all));
}

int verify(const VerifyOptions& options) {
    if (options.output != "table" && options.output != "json")
        return refuse(fmt::format("--output {}: expected table or json", options.output));
    PosixDisk disk;
    set_log_level(LogLevel::error);
    // A broker keeps this file locked while it writes.
    std::unique_ptr<DirectoryLock> lock;
    const std::string lock_path = options.directory + "/.lock";
    const auto lock_exists = disk.exists(lock_path);
    if (lock_exists && *lock_exists) {
        auto locked = disk.lock(lock_path);
        if (!locked && locked.error().os_error == EWOULDBLOCK)
            return refuse(
                fmt::format("{} is in use by a running broker: stop it first", options.directory));
        if (locked) lock = std::move(*locked);
    }
    Progress progress(options.quiet);
    const auto check = storage::check_directory(
        disk, options.directory, [&progress](uint64_t bytes) { progress.note(bytes); });
    if (!check)
        return refuse(
            fmt::format("{}: {}", options.directory, std::strerror(check.error().os_error)));
    if (options.output == "json")
        print_json(*check);
    else
        print_table(*check);
    return check->damaged() == 0 ? 0 : 1;
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<VerifyOptions>();
    auto* command = app.add_subcommand(
        "verify",
        "Reads a log directory, ours or Apache Kafka's, and reports damage (exit code 1)");
    command->add_option("directory", options->directory, "one of log.dirs of a stopped broker")
        ->required();
    command->add_option("--output", options->output, "table or json");
    command->add_flag("--quiet", options->quiet, "no progress lines");
    command->callback([options, &exit_code] { exit_code = verify(*options); });
}

}  // namespace barnabas::cli
