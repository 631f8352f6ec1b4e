// SPDX-License-Identifier: Apache-2.0
// A librdkafka worker that copies a topic exactly once (interop-tests/common/transactions.py tells
// what it writes down): `librdkafka_copier BOOTSTRAP INPUT JOURNAL NAME LANE...`, one consumer,
// producer and thread for each lane, on the C API, so that it runs with any librdkafka.so.1. Ends
// when stdin closes, and with 5 where a call of the library does not come back.
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Settings = std::map<std::string, std::string>;
using Messages = std::vector<rd_kafka_message_t*>;

constexpr int kTimeoutMs = 10'000;
// Calls may take the rest of a transaction's timeout; some never come back after the broker was
// away in their middle.
constexpr int kHungAfterS = 15;
constexpr int kHung = 5;
std::atomic<bool> closed = false;
int journal = -1;

// A whole line in one write: kill -9 loses nothing that was said, threads do not mix.
void note(const std::string& group, const std::string& event) {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    const std::string line = std::to_string(now) + " " + group + " " + event + "\n";
    if (write(journal, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

std::string environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

int64_t seconds() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

struct Lane {
    std::string bootstrap, input, name;
    Settings options;
    std::mt19937 random{std::random_device{}()};
    rd_kafka_t* consumer = nullptr;
    rd_kafka_t* producer = nullptr;
    Messages taken;
    // When a call of the library last came back; 0 when the lane has ended.
    mutable std::atomic<int64_t> moved_s = seconds();
    const std::string& group() const { return options.at("group"); }
};

// What a transactional call ended with; the error object is gone then.
enum class Outcome { done, again, abort, renew };

Outcome outcome(const Lane& lane, const char* what, rd_kafka_error_t* error) {
    lane.moved_s = seconds();
    if (error == nullptr) return Outcome::done;
    const auto code = rd_kafka_error_code(error);
    const bool fenced =
        code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
    note(lane.group(), (fenced ? "fenced " : "problem ") + std::string(what) + " " +
                           rd_kafka_error_string(error));
    Outcome found = Outcome::renew;
    if (rd_kafka_error_is_fatal(error) != 0)
        found = Outcome::renew;
    else if (rd_kafka_error_txn_requires_abort(error) != 0)
        found = Outcome::abort;
    else if (rd_kafka_error_is_retriable(error) != 0)
        found = Outcome::again;
    rd_kafka_error_destroy(error);
    return found;
}

using Rebalance = void(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*);

rd_kafka_t* make(rd_kafka_type_t type, const Settings& settings, Rebalance* rebalance = nullptr,
                 Lane* lane = nullptr) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    rd_kafka_conf_set_opaque(conf, lane);
    char text[512];
    for (const auto& [key, value] : settings) {
        if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text, sizeof text) !=
            RD_KAFKA_CONF_OK) {
            std::fprintf(stderr, "%s\n", text);
            std::exit(2);
        }
    }
    rd_kafka_t* client = rd_kafka_new(type, conf, text, sizeof text);
    if (client == nullptr) {
        std::fprintf(stderr, "%s\n", text);
        std::exit(2);
    }
    return client;
}

// Asks where to go on until the broker tells; false where the worker ends.
bool find_committed(const Lane& lane, rd_kafka_topic_partition_list_t* partitions) {
    while (!closed) {
        lane.moved_s = seconds();
        if (partitions->cnt == 0) return true;
        auto error = rd_kafka_committed(lane.consumer, partitions, kTimeoutMs);
        for (int at = 0; at < partitions->cnt; ++at) {
            rd_kafka_topic_partition_t& each = partitions->elems[at];
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = each.err;
            if (each.offset < 0) each.offset = RD_KAFKA_OFFSET_BEGINNING;
        }
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
        note(lane.group(), std::string("problem committed ") + rd_kafka_err2name(error));
        usleep(50'000);
    }
    return false;
}

// What was taken of partitions that now go to another member is his to copy.
void drop(Messages& taken, const rd_kafka_topic_partition_list_t* revoked) {
    std::erase_if(taken, [&](rd_kafka_message_t* message) {
        const char* topic = rd_kafka_topic_name(message->rkt);
        if (rd_kafka_topic_partition_list_find(revoked, topic, message->partition) == nullptr)
            return false;
        rd_kafka_message_destroy(message);
        return true;
    });
}

// With a callback the library lets partitions go only in the middle of a poll, when nothing of
// theirs is in an open transaction. Where to begin is asked for here: librdkafka 2.16 by itself
// takes an offset that is still unstable for none where the assignment changed while it asked
// ("back to pending list" in rdkafka_assignment.c), and would begin again at the first record.
void on_rebalance(rd_kafka_t* consumer, rd_kafka_resp_err_t why,
                  rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    Lane& lane = *static_cast<Lane*>(opaque);
    const bool assigned = why == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    if (assigned)
        find_committed(lane, partitions);
    else
        drop(lane.taken, partitions);
    rd_kafka_error_t* error = nullptr;
    if (std::string_view(rd_kafka_rebalance_protocol(consumer)) != "COOPERATIVE")
        rd_kafka_assign(consumer, assigned ? partitions : nullptr);
    else if (assigned)
        error = rd_kafka_incremental_assign(consumer, partitions);
    else
        error = rd_kafka_incremental_unassign(consumer, partitions);
    if (error != nullptr) rd_kafka_error_destroy(error);
}

void make_consumer(Lane& lane) {
    Settings settings = {{"bootstrap.servers", lane.bootstrap},
                         {"client.id", lane.name},
                         {"group.id", lane.group()},
                         {"auto.offset.reset", "earliest"},
                         {"enable.auto.commit", "false"},
                         {"isolation.level", "read_committed"},
                         {"fetch.wait.max.ms", "100"},
                         {"reconnect.backoff.max.ms", "200"},
                         {"log_level", "3"}};
    if (lane.options.contains("protocol")) {
        settings["group.protocol"] = lane.options["protocol"];
    } else {
        settings["session.timeout.ms"] = environment("SESSION_MS", "6000");
        settings["heartbeat.interval.ms"] = environment("HEARTBEAT_MS", "1000");
    }
    lane.consumer = make(RD_KAFKA_CONSUMER, settings, on_rebalance, &lane);
    rd_kafka_poll_set_consumer(lane.consumer);
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, lane.input.c_str(), RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(lane.consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR) std::exit(2);
    rd_kafka_topic_partition_list_destroy(topics);
}

// A producer that has taken over the transactional id from whoever had it.
void renew(Lane& lane) {
    while (!closed) {
        if (lane.producer != nullptr) rd_kafka_destroy(lane.producer);
        lane.producer = make(RD_KAFKA_PRODUCER,
                             {{"bootstrap.servers", lane.bootstrap},
                              {"client.id", lane.name},
                              {"transactional.id", lane.group() + "-" + lane.name},
                              {"transaction.timeout.ms", environment("TXN_TIMEOUT_MS", "10000")},
                              {"linger.ms", "2"},
                              {"reconnect.backoff.max.ms", "200"},
                              {"log_level", "3"}});
        Outcome found = Outcome::again;
        for (int tries = 0; found == Outcome::again && tries < 10 && !closed; ++tries)
            found = outcome(lane, "init", rd_kafka_init_transactions(lane.producer, kTimeoutMs));
        if (found == Outcome::done) return;
    }
}

// Back to what is committed: the records since then are taken again.
void rewind(Lane& lane) {
    rd_kafka_topic_partition_list_t* owned = nullptr;
    if (rd_kafka_assignment(lane.consumer, &owned) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (find_committed(lane, owned) && owned->cnt > 0) {
        rd_kafka_error_t* error = rd_kafka_seek_partitions(lane.consumer, owned, kTimeoutMs);
        if (error != nullptr) rd_kafka_error_destroy(error);
        for (int at = 0; at < owned->cnt; ++at) {
            if (owned->elems[at].err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
            // One that was taken away meanwhile cannot be sought, and need not be.
            const char* name = rd_kafka_err2name(owned->elems[at].err);
            note(lane.group(), std::string("problem seek ") + name);
        }
    }
    rd_kafka_topic_partition_list_destroy(owned);
}

template <typename Call>
Outcome insist(const Lane& lane, const char* what, Call call) {
    Outcome found = Outcome::again;
    for (int tries = 0; found == Outcome::again && tries < 10; ++tries)
        found = outcome(lane, what, call());
    return found == Outcome::again ? Outcome::renew : found;
}

Outcome send_offsets(Lane& lane, const Messages& messages) {
    std::map<int32_t, int64_t> next;
    for (const rd_kafka_message_t* message : messages)
        next[message->partition] = message->offset + 1;
    rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(6);
    for (const auto& [partition, offset] : next)
        rd_kafka_topic_partition_list_add(offsets, lane.input.c_str(), partition)->offset = offset;
    rd_kafka_consumer_group_metadata_t* metadata = rd_kafka_consumer_group_metadata(lane.consumer);
    const Outcome found = insist(lane, "offsets", [&] {
        return rd_kafka_send_offsets_to_transaction(lane.producer, offsets, metadata, -1);
    });
    rd_kafka_consumer_group_metadata_destroy(metadata);
    rd_kafka_topic_partition_list_destroy(offsets);
    return found;
}

Outcome copy(Lane& lane, const Messages& messages) {
    Outcome found = outcome(lane, "begin", rd_kafka_begin_transaction(lane.producer));
    if (found != Outcome::done) return Outcome::renew;
    for (const rd_kafka_message_t* message : messages) {
        const auto error = rd_kafka_producev(
            lane.producer, RD_KAFKA_V_TOPIC(lane.options.at("output").c_str()),
            RD_KAFKA_V_PARTITION(message->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(message->key, message->key_len),
            RD_KAFKA_V_VALUE(message->payload, message->len), RD_KAFKA_V_END);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Outcome::abort;
    }
    rd_kafka_poll(lane.producer, 0);
    if (lane.random() % 12 == 0) {
        rd_kafka_flush(lane.producer, kTimeoutMs);
        return Outcome::abort;
    }
    found = send_offsets(lane, messages);
    if (found != Outcome::done) return found;
    return insist(lane, "commit", [&] { return rd_kafka_commit_transaction(lane.producer, -1); });
}

// The records of 100 ms, at most a hundred.
void take(Lane& lane) {
    for (int count = 0; count < 100; ++count) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(lane.consumer, count == 0 ? 100 : 5);
        if (message == nullptr) break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            lane.taken.push_back(message);
            continue;
        }
        note(lane.group(), std::string("problem poll ") + rd_kafka_message_errstr(message));
        rd_kafka_message_destroy(message);
    }
}

void step(Lane& lane) {
    lane.moved_s = seconds();
    take(lane);
    if (lane.taken.empty()) return;
    Outcome found = copy(lane, lane.taken);
    if (found == Outcome::done) {
        note(lane.group(), "commit " + std::to_string(lane.taken.size()));
    } else {
        if (found == Outcome::abort) {
            note(lane.group(), "abort on purpose, or because it was asked for");
            found = insist(lane, "abort",
                           [&] { return rd_kafka_abort_transaction(lane.producer, -1); });
        }
        if (found != Outcome::done) renew(lane);
        rewind(lane);
    }
    for (rd_kafka_message_t* message : lane.taken) rd_kafka_message_destroy(message);
    lane.taken.clear();
}

void run(Lane& lane) {
    renew(lane);
    make_consumer(lane);
    while (!closed) step(lane);
    rd_kafka_consumer_close(lane.consumer);
    rd_kafka_destroy(lane.consumer);
    // None yet where the worker was told to end before it had one.
    if (lane.producer != nullptr) rd_kafka_destroy(lane.producer);
    lane.moved_s = 0;
}

bool stdin_closed() {
    pollfd entry{0, POLLIN, 0};
    char byte = 0;
    return poll(&entry, 1, 100) > 0 && read(0, &byte, 1) <= 0;
}

// True until all lanes have ended; ends the program where one hangs.
bool watch(const std::vector<Lane>& lanes) {
    bool any = false;
    for (const Lane& lane : lanes) {
        const int64_t moved_s = lane.moved_s;
        any = any || moved_s > 0;
        if (moved_s == 0 || seconds() - moved_s < kHungAfterS) continue;
        note(lane.group(), "problem a call of the library does not come back");
        _exit(kHung);
    }
    return any;
}

Settings parse(std::string_view word) {
    Settings options;
    while (!word.empty()) {
        const std::string_view part = word.substr(0, word.find(','));
        word.remove_prefix(std::min(part.size() + 1, word.size()));
        const auto equals = part.find('=');
        options[std::string(part.substr(0, equals))] = part.substr(equals + 1);
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) {
        std::fprintf(stderr, "usage: librdkafka_copier BOOTSTRAP INPUT JOURNAL NAME LANE...\n");
        return 2;
    }
    std::printf("librdkafka %s\n", rd_kafka_version_str());
    journal = open(argv[3], O_WRONLY | O_APPEND | O_CREAT, 0644);
    std::vector<Lane> lanes(static_cast<size_t>(argc - 5));
    for (size_t at = 0; at < lanes.size(); ++at) {
        lanes[at].bootstrap = argv[1];
        lanes[at].input = argv[2];
        lanes[at].name = argv[4];
        lanes[at].options = parse(argv[at + 5]);
    }
    std::vector<std::thread> threads;
    for (Lane& lane : lanes) threads.emplace_back([&lane] { run(lane); });
    while (!stdin_closed()) watch(lanes);
    closed = true;
    while (watch(lanes)) usleep(10'000);
    for (std::thread& thread : threads) thread.join();
    return 0;
}
