// SPDX-License-Identifier: Apache-2.0
// A load for the crash and group suites: `librdkafka_load BOOTSTRAP TOPIC PREFIX JOURNAL [RATE]`.
// An idempotent producer with acks=all sends "PREFIX-<n>" round robin over six partitions until
// stdin closes, at most RATE a second (25000 without), and writes each acknowledged record to
// JOURNAL as "partition offset value". Retries for as long as the broker is away.
#include <librdkafka/rdkafkacpp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

struct Journal : RdKafka::DeliveryReportCb {
    std::FILE* file = nullptr;
    long failed = 0;
    void dr_cb(RdKafka::Message& message) override {
        if (message.err() != RdKafka::ERR_NO_ERROR) {
            ++failed;
            std::fprintf(stderr, "not delivered: %s\n", message.errstr().c_str());
            return;
        }
        std::fprintf(file, "%d %ld %.*s\n", message.partition(),
                     static_cast<long>(message.offset()), static_cast<int>(message.len()),
                     static_cast<const char*>(message.payload()));
    }
};

bool stdin_closed() {
    pollfd entry{0, POLLIN, 0};
    char byte = 0;
    return poll(&entry, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}

std::unique_ptr<RdKafka::Producer> make_producer(const char* bootstrap, Journal& journal) {
    std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
    std::string error;
    const char* settings[][2] = {{"bootstrap.servers", bootstrap},
                                 {"enable.idempotence", "true"},
                                 {"acks", "all"},
                                 {"linger.ms", "2"},
                                 {"message.timeout.ms", "300000"},
                                 {"reconnect.backoff.ms", "20"},
                                 {"reconnect.backoff.max.ms", "200"},
                                 {"retry.backoff.ms", "20"},
                                 {"log_level", "2"}};
    for (const auto& setting : settings) conf->set(setting[0], setting[1], error);
    conf->set("dr_cb", &journal, error);
    return std::unique_ptr<RdKafka::Producer>(RdKafka::Producer::create(conf.get(), error));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) {
        std::fprintf(stderr, "usage: librdkafka_load BOOTSTRAP TOPIC PREFIX JOURNAL [RATE]\n");
        return 2;
    }
    Journal journal;
    journal.file = std::fopen(argv[4], "w");
    auto producer = make_producer(argv[1], journal);
    if (!producer || journal.file == nullptr) return 1;
    const std::string padding(180, '.');
    const int rate = std::max(argc == 6 ? std::atoi(argv[5]) : 25'000, 1);
    // A pause of a few milliseconds after every handful, so that timers are not asked for each one.
    const long handful = std::max(rate / 250, 1);
    const long pause_us = handful * 1'000'000 / rate;
    for (long n = 0; !stdin_closed(); ++n) {
        std::string value = std::string(argv[3]) + "-" + std::to_string(n) + " " + padding;
        const auto sent =
            producer->produce(argv[2], static_cast<int32_t>(n % 6), RdKafka::Producer::RK_MSG_COPY,
                              value.data(), value.size(), nullptr, 0, 0, nullptr);
        if (sent == RdKafka::ERR__QUEUE_FULL) {
            --n;
            producer->poll(10);
        } else if (sent != RdKafka::ERR_NO_ERROR) {
            std::fprintf(stderr, "produce: %s\n", RdKafka::err2str(sent).c_str());
            return 1;
        }
        producer->poll(0);
        if (n % handful == 0) usleep(static_cast<useconds_t>(pause_us));
    }
    const auto flushed = producer->flush(120000);
    std::fclose(journal.file);
    return flushed == RdKafka::ERR_NO_ERROR && journal.failed == 0 ? 0 : 1;
}
