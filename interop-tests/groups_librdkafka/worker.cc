// SPDX-License-Identifier: Apache-2.0
// A librdkafka worker for the group suites (interop-tests/common/groups.py tells what it writes
// down): `librdkafka_worker BOOTSTRAP TOPIC JOURNAL NAME LANE...`, one consumer and thread for each
// lane, on the C API, so that it runs with any librdkafka.so.1. Leaves its groups when stdin
// closes.
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

std::atomic<bool> closed = false;
int journal = -1;

// Whole lines in one write: kill -9 loses nothing that was said, threads do not mix.
void note(const std::string& lines) {
    if (write(journal, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) _exit(3);
}

std::string now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

std::string environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

using Offsets = std::map<int32_t, int64_t>;

struct Lane {
    std::map<std::string, std::string> options;
    std::string group;
    std::string topic;
    rd_kafka_t* client = nullptr;
    // What has been seen, not written down yet, and neither committed nor stored.
    std::string seen;
    Offsets next;
    bool commits() const { return !options.contains("commit") || options.at("commit") != "auto"; }
    bool classic() const { return !options.contains("protocol"); }
};

Lane parse(std::string_view word) {
    Lane lane;
    while (!word.empty()) {
        const std::string_view part = word.substr(0, word.find(','));
        word.remove_prefix(std::min(part.size() + 1, word.size()));
        const auto equals = part.find('=');
        lane.options[std::string(part.substr(0, equals))] = part.substr(equals + 1);
    }
    lane.group = lane.options["group"];
    return lane;
}

// The generation is only told as part of what a transaction is given: a tag of seven characters,
// then four bytes in this machine's order.
int32_t generation_of(rd_kafka_t* client) {
    rd_kafka_consumer_group_metadata_t* metadata = rd_kafka_consumer_group_metadata(client);
    if (metadata == nullptr) return -1;
    void* bytes = nullptr;
    size_t size = 0;
    int32_t generation = -1;
    rd_kafka_error_t* error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size);
    if (error != nullptr) rd_kafka_error_destroy(error);
    if (bytes != nullptr && size >= 11) std::memcpy(&generation, static_cast<char*>(bytes) + 7, 4);
    rd_kafka_mem_free(client, bytes);
    rd_kafka_consumer_group_metadata_destroy(metadata);
    return generation;
}

void note_event(const Lane& lane, const char* event, const rd_kafka_topic_partition_list_t& list) {
    if (list.cnt == 0) return;
    char* member = rd_kafka_memberid(lane.client);
    std::string line = now() + " " + lane.group + " " + event + " ";
    line += member != nullptr && *member != 0 ? member : "-";
    line += " " + std::to_string(generation_of(lane.client)) + " ";
    for (int at = 0; at < list.cnt; ++at)
        line += std::to_string(list.elems[at].partition) + (at + 1 < list.cnt ? "," : "\n");
    if (member != nullptr) rd_kafka_mem_free(lane.client, member);
    note(line);
}

void check(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    std::fprintf(stderr, "%s\n", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

void commit_or_store(Lane& lane) {
    note(std::exchange(lane.seen, {}));
    if (lane.next.empty()) return;
    rd_kafka_topic_partition_list_t* list =
        rd_kafka_topic_partition_list_new(static_cast<int>(lane.next.size()));
    for (const auto& [partition, offset] : std::exchange(lane.next, {}))
        rd_kafka_topic_partition_list_add(list, lane.topic.c_str(), partition)->offset = offset;
    const auto error = lane.commits() ? rd_kafka_commit(lane.client, list, 0)
                                      : rd_kafka_offsets_store(lane.client, list);
    std::string lines;
    const std::string start = now() + " " + lane.group;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        lines = start + " problem commit " + rd_kafka_err2name(error) + "\n";
    } else if (lane.commits()) {
        for (int at = 0; at < list->cnt; ++at)
            lines += start + " commit " + std::to_string(list->elems[at].partition) + " " +
                     std::to_string(list->elems[at].offset) + "\n";
    }
    rd_kafka_topic_partition_list_destroy(list);
    note(lines);
}

void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t why,
                  rd_kafka_topic_partition_list_t* list, void* opaque) {
    Lane& lane = *static_cast<Lane*>(opaque);
    lane.client = client;
    const bool cooperative = std::string_view(rd_kafka_rebalance_protocol(client)) == "COOPERATIVE";
    if (why == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        note_event(lane, "assigned", *list);
        if (cooperative)
            check(rd_kafka_incremental_assign(client, list));
        else
            rd_kafka_assign(client, list);
        return;
    }
    const bool lost = rd_kafka_assignment_lost(client) != 0;
    // What is lost is another's by now: its offsets are not ours to commit.
    if (lost) {
        lane.next.clear();
    } else {
        commit_or_store(lane);
        rd_kafka_commit(client, nullptr, 0);
    }
    note_event(lane, lost ? "lost" : "revoked", *list);
    if (cooperative)
        check(rd_kafka_incremental_unassign(client, list));
    else
        rd_kafka_assign(client, nullptr);
}

void set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
    char text[512];
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK)
        return;
    std::fprintf(stderr, "%s\n", text);
    std::exit(2);
}

rd_kafka_t* make_client(Lane& lane, const char* bootstrap, const char* name) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const std::map<std::string, std::string> settings = {
        {"bootstrap.servers", bootstrap},
        {"client.id", name},
        {"group.id", lane.group},
        {"auto.offset.reset", "earliest"},
        {"enable.auto.commit", lane.commits() ? "false" : "true"},
        {"auto.commit.interval.ms", environment("COMMIT_MS", "500")},
        {"enable.auto.offset.store", "false"},
        {"fetch.wait.max.ms", "100"},
        {"max.poll.interval.ms", environment("MAX_POLL_MS", "10000")},
        {"reconnect.backoff.max.ms", "200"},
        {"log_level", "3"}};
    for (const auto& [key, value] : settings) set(conf, key, value);
    if (lane.options.contains("instance"))
        set(conf, "group.instance.id", lane.options["instance"] + name);
    if (lane.classic()) {
        set(conf, "session.timeout.ms", environment("SESSION_MS", "6000"));
        set(conf, "heartbeat.interval.ms", environment("HEARTBEAT_MS", "1000"));
        set(conf, "partition.assignment.strategy", lane.options["assignor"]);
    } else {
        set(conf, "group.protocol", "consumer");
        set(conf, "group.remote.assignor", lane.options["assignor"]);
    }
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_opaque(conf, &lane);
    char text[512];
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (client == nullptr) {
        std::fprintf(stderr, "%s\n", text);
        std::exit(2);
    }
    rd_kafka_poll_set_consumer(client);
    return client;
}

// Up to 500 records, or those of 100 ms.
void step(Lane& lane) {
    for (int count = 0; count < 500; ++count) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(lane.client, count == 0 ? 100 : 5);
        if (message == nullptr) break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const std::string_view value(static_cast<char*>(message->payload), message->len);
            lane.seen += now() + " " + lane.group + " record " +
                         std::to_string(message->partition) + " " +
                         std::to_string(message->offset) + " " +
                         std::string(value.substr(0, value.find(' '))) + "\n";
            lane.next[message->partition] = message->offset + 1;
        } else {
            lane.seen += now() + " " + lane.group + " problem poll " +
                         rd_kafka_message_errstr(message) + "\n";
        }
        rd_kafka_message_destroy(message);
    }
    commit_or_store(lane);
}

void run(Lane& lane) {
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, lane.topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(lane.client, topics) != RD_KAFKA_RESP_ERR_NO_ERROR) std::exit(2);
    rd_kafka_topic_partition_list_destroy(topics);
    while (!closed) step(lane);
    rd_kafka_consumer_close(lane.client);
    rd_kafka_destroy(lane.client);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) {
        std::fprintf(stderr, "usage: librdkafka_worker BOOTSTRAP TOPIC JOURNAL NAME LANE...\n");
        return 2;
    }
    std::printf("librdkafka %s\n", rd_kafka_version_str());
    journal = open(argv[3], O_WRONLY | O_APPEND | O_CREAT, 0644);
    std::vector<Lane> lanes;
    for (int at = 5; at < argc; ++at) lanes.push_back(parse(argv[at]));
    for (Lane& lane : lanes) lane.topic = argv[2];
    for (Lane& lane : lanes) lane.client = make_client(lane, argv[1], argv[4]);
    std::vector<std::thread> threads;
    for (Lane& lane : lanes) threads.emplace_back([&lane] { run(lane); });
    char byte = 0;
    while (read(0, &byte, 1) > 0) continue;
    closed = true;
    for (std::thread& thread : threads) thread.join();
    return 0;
}
