// SPDX-License-Identifier: Apache-2.0
// Producer: collects records in a batch a partition and sends them with Produce when asked to.
// One request at a time, not idempotent: a batch whose answer was lost is reported, not sent again.
// Within transactions, if it is given some.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/offsets.h"
#include "cli/client/transaction.h"
#include "protocol/compression.h"
#include "protocol/record_batch_builder.h"

namespace barnabas::cli {

// The 32-bit murmur2 by which Kafka's clients choose partitions for keys.
uint32_t murmur2(Bytes key);

struct ProducerSettings {
    int16_t acks = -1;
    protocol::Compression compression;
    int32_t timeout_ms = 30'000;
    // Whose ends are the caller's to say. Lives longer than the producer.
    Transactions* transactions = nullptr;
};

struct RecordToSend {
    std::optional<Bytes> key, value;
    std::vector<std::pair<std::string, std::string>> headers;
    int64_t timestamp = 0;
};

class Producer {
  public:
    // Asks for the topic, which the broker may create. Throws Failure if it is not there.
    Producer(Client& client, std::string topic, ProducerSettings settings);

    // Records with a key go to its partition, others to one partition until the next flush().
    void add(const RecordToSend& record);
    // Bytes that wait.
    size_t waiting() const { return waiting_; }
    bool has_records() const { return !batches_.empty(); }
    // Sends what waits. Throws Failure with the partition's error; what waited is gone then.
    void flush();

  private:
    using Batches = std::map<int32_t, protocol::RecordBatchBuilder>;

    protocol::BatchOptions batch_options(int32_t partition) const;
    void send(Connection& leader, const std::vector<int32_t>& partitions, Batches& batches);
    void check(ErrorCode code, int32_t partition, const std::optional<Text>& message) const;

    Client& client_;
    std::string topic_;
    ProducerSettings settings_;
    int32_t partitions_ = 0;
    int32_t sticky_ = 0;
    size_t waiting_ = 0;
    Batches batches_;
};

}  // namespace barnabas::cli
