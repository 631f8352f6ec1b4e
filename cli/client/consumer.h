// SPDX-License-Identifier: Apache-2.0
// Consumer: reads partitions from given offsets (Fetch, no session). Knows nothing of groups.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/client/offsets.h"
#include "protocol/compression.h"
#include "protocol/messages/fetch.h"
#include "protocol/record_batch.h"

namespace barnabas::cli {

// A record as its reader sees it; views last until the next poll.
struct ConsumedRecord {
    const PartitionName* partition = nullptr;
    int64_t offset = 0;
    int64_t timestamp = -1;
    bool log_append_time = false;
    int32_t leader_epoch = -1;
    std::optional<Bytes> key, value;
    std::vector<std::pair<Bytes, std::optional<Bytes>>> headers;
};

struct ConsumerSettings {
    bool committed_only = false;
    // Where to go on when an offset is not there any more.
    int64_t reset_time = latest_time;
    // Of one partition in one answer.
    int32_t partition_bytes_max = 1 << 20;
};

class Consumer {
  public:
    // False ends the poll after this record.
    using Each = std::function<bool(const ConsumedRecord&)>;

    Consumer(Client& client, ConsumerSettings settings) : client_(client), settings_(settings) {}

    // The next offset of each partition to read.
    using Positions = std::map<PartitionName, int64_t>;
    void assign(Positions positions) { positions_ = std::move(positions); }
    const Positions& positions() const { return positions_; }
    // Bytes of batches read so far, as they were stored.
    uint64_t bytes_read() const { return bytes_read_; }

    // One round of fetches that waits up to `wait` for records; gives each to `each`. Offsets that
    // are gone are reset; partitions that have no leader now are tried again in the next round.
    // Throws Failure for errors that time does not heal.
    void poll(Nanos wait, const Each& each);

  private:
    using Partition = protocol::FetchResponse::PartitionData;

    protocol::FetchRequest request(const std::vector<PartitionName>& partitions, Nanos wait) const;
    bool take(const PartitionName& name, const Partition& partition, const Each& each);
    bool take_batch(const PartitionName& name, const protocol::BatchView& batch, const Each& each);
    void heal(const PartitionName& name, ErrorCode code);
    bool is_aborted(const protocol::BatchView& batch, const Partition& partition) const;

    Client& client_;
    ConsumerSettings settings_;
    Positions positions_;
    protocol::Decompressor decompressor_;
    uint64_t bytes_read_ = 0;
};

}  // namespace barnabas::cli
