// SPDX-License-Identifier: Apache-2.0
// SegmentReplacement: what compaction made of some consecutive segments: the segments that are to
// go, those to come (durable files called `.cleaned`), and their aborted transactions. A value that
// travels from a work lane to the log's lane.
#pragma once

#include <vector>

#include "storage/log_snapshot.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {

struct SegmentReplacement {
    std::vector<SegmentExtent> old;
    std::vector<SegmentExtent> made;  // the first begins where the first old one does
    Offset end;                       // base of the segment after the last old one
    AbortedTransactions aborted;      // markers in [first base, end)
};

}  // namespace barnabas::storage
