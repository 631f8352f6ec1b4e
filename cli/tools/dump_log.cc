// SPDX-License-Identifier: Apache-2.0
// kafka-dump-log: what is in the files of a partition: segments, snapshots, indexes. Reads only;
// talks to no broker.
#include <fmt/format.h>

#include <filesystem>

#include "cli/tools/all.h"
#include "cli/tools/dump_files.h"

namespace barnabas::cli {

namespace {

constexpr OptionSpec specs[] = {
    {"files", Takes::value, "file,file",
     "REQUIRED: .log, .index, .timeindex, .txnindex, .snapshot and .checkpoint files"},
    {"print-data-log", Takes::nothing, "", "Keys and values too"},
    {"deep-iteration", Takes::nothing, "", "Each record, not only each batch"},
    {"skip-record-metadata", Takes::nothing, "", "With --print-data-log: keys and values only"},
    {"max-bytes", Takes::value, "bytes", "Ends after so many bytes of a segment"},
    {"max-message-size", Takes::value, "bytes", "Accepted; batches of any size are read"},
    {"offsets-decoder", Takes::nothing, "", "Records are those of __consumer_offsets"},
    {"transaction-log-decoder", Takes::nothing, "", "Records are those of __transaction_state"},
    {"share-group-state-decoder", Takes::nothing, "", "Records are those of __share_group_state"},
    {"cluster-metadata-decoder", Takes::nothing, "", "Records are those of __cluster_metadata"},
    {"remote-log-metadata-decoder", Takes::nothing, "", "Refused: there is no tiered storage"},
    {"key-decoder-class", Takes::optional_value, "class", "Only Kafka's StringDecoder"},
    {"value-decoder-class", Takes::optional_value, "class", "Only Kafka's StringDecoder"},
    {"verify-index-only", Takes::nothing, "", "Compares indexes with the log, prints no entries"},
    {"index-sanity-check", Takes::nothing, "", "Only what a start checks of an index"},
};

constexpr std::pair<std::string_view, RecordForm> forms[] = {
    {"offsets-decoder", RecordForm::group},
    {"transaction-log-decoder", RecordForm::transaction},
    {"share-group-state-decoder", RecordForm::share},
    {"cluster-metadata-decoder", RecordForm::metadata},
};

DumpWishes wishes_of(const Options& options) {
    if (options.has("remote-log-metadata-decoder"))
        throw UsageFailure("remote-log-metadata-decoder: there is no tiered storage here");
    DumpWishes wishes;
    wishes.contents = options.has("print-data-log");
    for (const std::string_view name : {"key-decoder-class", "value-decoder-class"}) {
        if (const auto decoder = options.value(name);
            decoder && !decoder->ends_with("StringDecoder"))
            throw UsageFailure(fmt::format("{} {}: there is no Java here", name, *decoder));
        wishes.contents |= options.has(name);
    }
    for (const auto& [option, form] : forms)
        if (options.has(option) && wishes.form == RecordForm::text) wishes.form = form;
    wishes.contents |= wishes.form != RecordForm::text;
    wishes.deep = wishes.contents || options.has("deep-iteration");
    wishes.metadata = !options.has("skip-record-metadata");
    wishes.index_sanity = options.has("index-sanity-check");
    wishes.index_entries = !options.has("verify-index-only");
    if (const auto bytes = options.number("max-bytes"))
        wishes.bytes_max = static_cast<uint64_t>(*bytes);
    return wishes;
}

void dump(const std::string& path, const DumpWishes& wishes, DumpFindings& findings) {
    fmt::print("Dumping {}\n", path);
    const auto kind = std::filesystem::path(path).extension();
    if (kind == ".log" || kind == ".checkpoint")
        dump_log(path, wishes, findings);
    else if (kind == ".index")
        dump_offset_index(path, wishes, findings);
    else if (kind == ".timeindex")
        dump_time_index(path, wishes, findings);
    else if (kind == ".txnindex")
        dump_transaction_index(path);
    else if (kind == ".snapshot")
        dump_producer_snapshot(path);
    else
        fmt::print(stderr, "Ignoring unknown file {}\n", path);
}

int run(const Options& options) {
    const auto files = options.list("files");
    if (files.empty()) throw UsageFailure("Missing required argument \"[files]\"");
    const DumpWishes wishes = wishes_of(options);
    DumpFindings findings;
    for (const auto& path : files) dump(path, wishes, findings);
    std::fflush(stdout);
    fmt::print(stderr, "{}", findings.text());
    return 0;
}

}  // namespace

const Tool& dump_log_tool() {
    static constexpr Tool tool{"dump-log", "kafka-dump-log", "what is in segments and indexes",
                               specs, run};
    return tool;
}

}  // namespace barnabas::cli
