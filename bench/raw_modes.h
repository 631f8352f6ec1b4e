// SPDX-License-Identifier: Apache-2.0
// What the raw load can do, each a function that runs until its end and prints one line of JSON;
// gives the exit code. One thread; every answer's error is checked.
#pragma once

#include <string>

#include "bench/raw_frames.h"

namespace barnabas::bench {

struct LoadOptions {
    std::string host = "127.0.0.1";
    uint16_t port = 0;
    std::string topic;
    // More than one: named TOPIC-0, TOPIC-1 and so on (produce only).
    int topics = 1;
    int partitions = 1;
    int connections = 1;
    // Requests under way on each connection.
    int depth = 1;
    BatchShape shape;
    int acks = -1;
    double seconds = 5;
    // Requests of all connections after which a run ends; 0: after `seconds`.
    uint64_t requests = 0;
    // Each connection writes to all partitions in turn, beginning at a place of its own.
    bool cycle = false;
    // Batches of this shape in each partition that is read.
    int64_t batches = 0;
    // Ends at the end of the topic instead of beginning again.
    bool once = false;
    FetchLimits limits;
    // Batches a second to all partitions, and how many connections follow each partition's end.
    double rate = 1000;
    int followers = 1;
};

// Produce requests of one batch: connection i writes to partition i % partitions.
int run_produce(const LoadOptions& options);
// Fetches whole partitions that run_produce() has filled with `batches` batches of this shape;
// fails where a batch has not the offset it must have.
int run_fetch(const LoadOptions& options);
// Sends at `rate` to a topic that is empty, one connection a partition, while others wait for what
// is new: the time from when a batch was due to when a follower has it.
int run_tail(const LoadOptions& options);
// Connects, asks for ApiVersions, says `ready` and keeps the connections until stdin closes.
int run_idle(const LoadOptions& options);

}  // namespace barnabas::bench
