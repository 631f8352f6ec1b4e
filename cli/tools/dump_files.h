// SPDX-License-Identifier: Apache-2.0
// What kafka-dump-log prints of each kind of file. Each throws Failure for a file that cannot be
// read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/tools/record_decoder.h"

namespace barnabas::cli {

struct DumpWishes {
    bool deep = false;          // each record
    bool contents = false;      // keys and values
    bool metadata = true;       // offsets, sizes and so on of each record
    bool index_sanity = false;  // of an index only whether a start would trust it
    bool index_entries = true;  // each entry of an index
    uint64_t bytes_max = UINT64_MAX;
    RecordForm form = RecordForm::text;
};

// What does not fit together; told after all files. Paths are absolute.
struct DumpFindings {
    struct Pair {
        int64_t first = 0, second = 0;
    };
    using Pairs = std::map<std::string, std::vector<Pair>>;
    Pairs index_mismatches;         // indexed offset, last offset of the batch there
    Pairs timestamp_mismatches;     // indexed timestamp, the batch's
    Pairs timestamps_out_of_order;  // indexed timestamp, the one before
    Pairs offsets_not_found;        // indexed offset, last offset of the batch there or -1
    Pairs gaps;                     // offset, the one after it

    std::string text() const;
};

// Segments, and snapshots of the metadata log.
void dump_log(const std::string& path, const DumpWishes& wishes, DumpFindings& findings);
void dump_offset_index(const std::string& path, const DumpWishes& wishes, DumpFindings& findings);
void dump_time_index(const std::string& path, const DumpWishes& wishes, DumpFindings& findings);
void dump_transaction_index(const std::string& path);
void dump_producer_snapshot(const std::string& path);

}  // namespace barnabas::cli
