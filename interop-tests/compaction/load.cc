// SPDX-License-Identifier: Apache-2.0
// Writes the records of interop-tests/compaction/run with librdkafka, idempotent, and does not give
// up while the broker is down: record n has a key that follows from n and the value n, or none.
// `compaction_load BOOTSTRAP TOPIC RECORDS KEYS SECONDS`: stretched over at least so many seconds.
// Ends with 0 if every record was acknowledged at offset n.
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

constexpr int64_t tombstone_every = 10;

struct Outcome {
    int64_t acknowledged = 0;
    int64_t wrong = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* const outcome = static_cast<Outcome*>(opaque);
    const auto expected = reinterpret_cast<intptr_t>(message->_private);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset == expected) {
        ++outcome->acknowledged;
        return;
    }
    if (++outcome->wrong <= 10)
        std::fprintf(stderr, "record %lld: %s, offset %lld\n", static_cast<long long>(expected),
                     rd_kafka_err2str(message->err), static_cast<long long>(message->offset));
}

bool set(rd_kafka_conf_t* conf, const char* key, const char* value) {
    char error[256];
    if (rd_kafka_conf_set(conf, key, value, error, sizeof(error)) == RD_KAFKA_CONF_OK) return true;
    std::fprintf(stderr, "%s\n", error);
    return false;
}

rd_kafka_t* make_producer(const char* bootstrap, Outcome& outcome) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    bool good = set(conf, "bootstrap.servers", bootstrap);
    const char* const settings[][2] = {
        {"enable.idempotence", "true"},
        {"compression.type", "lz4"},
        {"message.timeout.ms", "600000"},
        {"linger.ms", "20"},
        {"reconnect.backoff.max.ms", "200"},
        {"log_level", "2"},
        {"queue.buffering.max.messages", "200000"},
    };
    for (const auto& setting : settings) good = good && set(conf, setting[0], setting[1]);
    if (!good) return nullptr;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, &outcome);
    char error[256];
    return rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
}

void produce(rd_kafka_t* producer, const char* topic, int64_t n, int64_t keys) {
    const std::string key = std::to_string((n * 40503 + n / 7) % keys);
    const bool is_tombstone =
        static_cast<int64_t>(static_cast<uint64_t>(n) * 2654435761u % 4294967296u) %
            tombstone_every ==
        0;
    const std::string value = std::to_string(n);
    while (true) {
        const auto error = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
            RD_KAFKA_V_VALUE(is_tombstone ? nullptr : const_cast<char*>(value.data()),
                             is_tombstone ? 0 : value.size()),
            RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<intptr_t>(n))), RD_KAFKA_V_END);
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return;
        rd_kafka_poll(producer, 50);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) {
        std::fprintf(stderr, "usage: compaction_load BOOTSTRAP TOPIC RECORDS KEYS SECONDS\n");
        return 2;
    }
    const int64_t records = std::atoll(words[3]), keys = std::atoll(words[4]);
    const double seconds = std::atof(words[5]);
    Outcome outcome;
    rd_kafka_t* const producer = make_producer(words[1], outcome);
    if (producer == nullptr) return 2;
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t n = 0; n < records; ++n) {
        produce(producer, words[2], n, keys);
        if (n % 1000 != 0) continue;
        rd_kafka_poll(producer, 0);
        const double share = static_cast<double>(n) / static_cast<double>(records);
        std::this_thread::sleep_until(begin + std::chrono::duration<double>(seconds * share));
    }
    while (rd_kafka_outq_len(producer) > 0) rd_kafka_poll(producer, 100);
    rd_kafka_destroy(producer);
    std::printf("%lld acknowledged, %lld wrong\n", static_cast<long long>(outcome.acknowledged),
                static_cast<long long>(outcome.wrong));
    return outcome.acknowledged == records && outcome.wrong == 0 ? 0 : 1;
}
