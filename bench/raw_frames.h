// SPDX-License-Identifier: Apache-2.0
// Frames of the raw load that are made once and sent again and again, and the few fields of their
// answers that the load looks at, found by position. Knows one topic and one partition a request.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error_code.h"
#include "base/ids.h"
#include "protocol/compression.h"

namespace barnabas::bench {

struct BatchShape {
    int records = 1;
    size_t record_bytes = 100;
    protocol::Codec codec = protocol::Codec::none;
};

// A batch of that shape, always the same bytes: who reads a topic knows what is in it. The records
// shrink to about two thirds with lz4, less with zstd.
std::vector<uint8_t> make_batch(const BatchShape& shape);

std::vector<uint8_t> produce_frame(const std::string& topic, PartitionIndex partition, int acks,
                                   Bytes batch);

struct FetchLimits {
    int max_wait_ms = 500;
    int bytes_max = 1 << 20;
};

// A Fetch of one partition whose offset can be changed in place.
class FetchFrame {
  public:
    FetchFrame(const std::string& topic, PartitionIndex partition, FetchLimits limits);
    void set_offset(Offset offset);
    Bytes bytes() const { return bytes_; }

  private:
    std::vector<uint8_t> bytes_;
    size_t offset_at_ = 0;
};

// One Produce answer, from its correlation id on.
struct ProduceAnswer {
    ErrorCode error = ErrorCode::none;
    Offset base_offset;
};
ProduceAnswer read_produce_answer(Bytes answer);

// The beginning of one Fetch answer, from its correlation id on.
struct FetchAnswer {
    ErrorCode error = ErrorCode::none;
    size_t record_bytes = 0;
    // Of the first batch, if there is one.
    Offset first_offset;
};
FetchAnswer read_fetch_answer(Bytes head);

// ApiVersions, what every client asks first.
std::vector<uint8_t> api_versions_frame();

}  // namespace barnabas::bench
