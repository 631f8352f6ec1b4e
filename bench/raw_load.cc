// SPDX-License-Identifier: Apache-2.0
// A load that costs its own machine little: prepared Produce requests over many connections, each
// of which sends the next one when an answer has come. One thread; checks every answer's error.
// Prints one line of JSON: requests, seconds, latencies in microseconds. Not a client: no
// idempotence, no metadata, no retries; the topic's partitions must be led by the broker it asks.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/endian/conversion.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "protocol/message.h"
#include "protocol/messages/produce.h"
#include "protocol/record_batch_builder.h"

namespace barnabas {
namespace {

using boost::asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr int16_t produce_version = 12;
constexpr size_t size_bytes = 4;
// The correlation id and the empty tagged fields.
constexpr size_t header_bytes = 5;

struct Options {
    std::string host = "127.0.0.1";
    std::string port;
    std::string topic;
    int partitions = 1;
    int connections = 1;
    int records = 1;
    size_t record_bytes = 100;
    int acks = -1;
    double seconds = 5;
};

std::vector<uint8_t> make_frame(const Options& options, PartitionIndex partition) {
    std::vector<uint8_t> value(options.record_bytes);
    Random(1).fill(value);
    protocol::RecordBatchBuilder builder({});
    for (int i = 0; i < options.records; ++i)
        builder.add(1'700'000'000'000, std::nullopt, Bytes(value));
    const std::vector<uint8_t> batch = builder.build();
    protocol::ProduceRequest request;
    request.acks = static_cast<int16_t>(options.acks);
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = Text(options.topic);
    auto& data = topic.partition_data.emplace_back();
    data.index = partition;
    data.records = protocol::Records::borrow(batch);
    return protocol::encode_request(1, "raw_load", request, produce_version).bytes;
}

struct Totals {
    std::vector<uint32_t> micros;
    SteadyClock::time_point end;
    bool failed = false;
};

// One connection with one request in flight.
class Sender {
  public:
    Sender(boost::asio::io_context& io, std::vector<uint8_t> frame, Totals& totals)
        : socket_(io), frame_(std::move(frame)), totals_(totals) {}

    void connect(const tcp::resolver::results_type& where) {
        boost::asio::connect(socket_, where);
        socket_.set_option(tcp::no_delay(true));
    }

    void send() {
        sent_at_ = SteadyClock::now();
        filled_ = 0;
        boost::asio::async_write(socket_, boost::asio::buffer(frame_),
                                 [this](const boost::system::error_code& error, size_t) {
                                     if (error) return fail(error.message());
                                     receive();
                                 });
    }

  private:
    void fail(const std::string& why) {
        if (!totals_.failed) fmt::print(stderr, "{}\n", why);
        totals_.failed = true;
    }

    void receive() {
        socket_.async_read_some(
            boost::asio::buffer(input_.data() + filled_, input_.size() - filled_),
            [this](const boost::system::error_code& error, size_t count) {
                if (error) return fail(error.message());
                filled_ += count;
                if (filled_ < size_bytes) return receive();
                const size_t need = size_bytes + boost::endian::load_big_u32(input_.data());
                if (need > input_.size()) return fail("an answer is too large");
                if (filled_ < need) return receive();
                take(Bytes(input_.data() + size_bytes, need - size_bytes));
            });
    }

    void take(Bytes answer) {
        if (answer.size() < header_bytes) return fail("an answer is too short");
        const auto body = protocol::decode_message<protocol::ProduceResponse>(
            answer.subspan(header_bytes), produce_version);
        if (!body || body->responses.size() != 1) return fail("an answer cannot be read");
        const ErrorCode error = body->responses[0].partition_responses.at(0).error_code;
        if (error != ErrorCode::none)
            return fail(fmt::format("the broker answers error {}", static_cast<int>(error)));
        const auto now = SteadyClock::now();
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - sent_at_);
        totals_.micros.push_back(static_cast<uint32_t>(took.count()));
        if (now < totals_.end && !totals_.failed) send();
    }

    tcp::socket socket_;
    std::vector<uint8_t> frame_;
    Totals& totals_;
    SteadyClock::time_point sent_at_;
    std::array<uint8_t, 4096> input_{};
    size_t filled_ = 0;
};

uint32_t at(const std::vector<uint32_t>& sorted, double share) {
    return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

int run(const Options& options) {
    boost::asio::io_context io{1};
    tcp::resolver resolver(io);
    const auto where = resolver.resolve(options.host, options.port);
    Totals totals;
    std::vector<std::unique_ptr<Sender>> senders;
    for (int i = 0; i < options.connections; ++i) {
        auto frame = make_frame(options, PartitionIndex{i % options.partitions});
        senders.push_back(std::make_unique<Sender>(io, std::move(frame), totals));
        senders.back()->connect(where);
    }
    const auto begin = SteadyClock::now();
    totals.end = begin + std::chrono::duration_cast<SteadyClock::duration>(
                             std::chrono::duration<double>(options.seconds));
    for (const auto& sender : senders) sender->send();
    io.run();
    if (totals.failed) return 1;
    const double took = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    std::ranges::sort(totals.micros);
    fmt::print(
        "{{\"requests\": {}, \"seconds\": {:.3f}, \"p50_us\": {}, \"p99_us\": {}, "
        "\"p999_us\": {}, \"max_us\": {}}}\n",
        totals.micros.size(), took, at(totals.micros, 0.5), at(totals.micros, 0.99),
        at(totals.micros, 0.999), totals.micros.back());
    return 0;
}

}  // namespace
}  // namespace barnabas

int main(int argc, char** argv) {
    barnabas::Options options;
    CLI::App app{"Produce requests over many connections; prints requests and latencies as JSON"};
    app.add_option("--host", options.host);
    app.add_option("--port", options.port)->required();
    app.add_option("--topic", options.topic)->required();
    app.add_option("--partitions", options.partitions, "connection i writes to partition i % this");
    app.add_option("--connections", options.connections)->check(CLI::Range(1, 20'000));
    app.add_option("--records", options.records, "in each request");
    app.add_option("--record-bytes", options.record_bytes);
    app.add_option("--acks", options.acks)->check(CLI::IsMember({1, -1}));
    app.add_option("--seconds", options.seconds);
    CLI11_PARSE(app, argc, argv);
    return barnabas::run(options);
}
