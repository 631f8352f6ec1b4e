// SPDX-License-Identifier: Apache-2.0
// The .txnindex files: one row for each transaction that a marker in the segment aborted. The file
// is created with the first row. Belongs to the log's lane; readers get the rows through the
// snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "storage/aborted_list.h"
#include "storage/log_types.h"

namespace barnabas::storage {

// The sane leading rows of the file at `path`, whose markers lie in [base, end); a missing file has
// none.
Result<AbortedTransactions> read_transaction_index(Disk& disk, const std::string& path, Offset base,
                                                   Offset end);
// Makes the file hold exactly `rows`, or removes it if there are none. Does not fsync.
Result<void> write_transaction_index(Disk& disk, const std::string& path,
                                     const AbortedTransactions& rows);
// Adds one row at the end, which is row number `count`.
Result<void> append_transaction_index(Disk& disk, const std::string& path, size_t count,
                                      const AbortedTransaction& row);

}  // namespace barnabas::storage
