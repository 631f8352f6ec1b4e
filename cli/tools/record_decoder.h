// SPDX-License-Identifier: Apache-2.0
// Records of internal topics as kafka-dump-log prints them: key and value as JSON. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "protocol/record_batch.h"

namespace barnabas::cli {

enum class RecordForm { text, group, transaction, share, metadata };

struct RecordContents {
    std::optional<std::string> key, value;
};

// What it cannot read it says in place of the key or value.
RecordContents decode_record(RecordForm form, const protocol::RecordView& record, Offset offset);

// What follows a control record's metadata: " endTxnMarker: COMMIT coordinatorEpoch: 0".
std::string control_text(const protocol::RecordView& record);

}  // namespace barnabas::cli
