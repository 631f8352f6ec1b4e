// SPDX-License-Identifier: Apache-2.0
// See raw_modes.h.
#include "bench/raw_modes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "bench/histogram.h"
#include "bench/raw_peer.h"

namespace barnabas::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Moment = SteadyClock::time_point;

double seconds_between(Moment begin, Moment end) {
    return std::chrono::duration<double>(end - begin).count();
}

uint64_t micros_since(Moment begin) {
    const auto took = SteadyClock::now() - begin;
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

SteadyClock::duration as_duration(double seconds) {
    return std::chrono::duration_cast<SteadyClock::duration>(
        std::chrono::duration<double>(seconds));
}

// What the connections of a run share.
struct Run {
    explicit Run(const LoadOptions& of) : options(of) {}

    Peer::OnError on_error() {
        return [this](const std::string& why) { fail(why); };
    }
    void fail(const std::string& why) {
        if (!failed) fmt::print(stderr, "{}\n", why);
        failed = true;
        io.stop();
    }
    bool check(ErrorCode error) {
        if (error == ErrorCode::none) return true;
        fail(fmt::format("the broker answers error {}", static_cast<int>(error)));
        return false;
    }
    Peer::Tcp::endpoint where() const {
        return {boost::asio::ip::make_address(options.host), options.port};
    }
    void begin_clock() {
        begin = SteadyClock::now();
        end = options.requests > 0 || options.once ? Moment::max()
                                                   : begin + as_duration(options.seconds);
    }
    // Prints the figures; `name` is that of the latencies.
    int finish(uint64_t records, uint64_t bytes, const std::string& more = "") {
        if (failed) return 1;
        fmt::print(R"({{"requests": {}, "records": {}, "bytes": {}, "seconds": {:.4f}, )"
                   R"("latency": {}{}}})"
                   "\n",
                   latency.count(), records, bytes, seconds_between(begin, SteadyClock::now()),
                   latency.json("us"), more);
        return 0;
    }

    const LoadOptions& options;
    boost::asio::io_context io{1};
    Histogram latency;
    Moment begin;
    Moment end;
    bool failed = false;
};

// One connection of run_produce().
class Writer {
  public:
    Writer(Run& run, const std::vector<std::vector<uint8_t>>& frames, size_t first, uint64_t limit)
        : run_(run),
          frames_(frames),
          next_(first),
          left_(limit),
          peer_(run.io, [this](Bytes head, size_t) { take(head); }, run.on_error()) {}

    void connect() { peer_.connect(run_.where()); }
    void start() {
        while (peer_.in_flight() < static_cast<size_t>(run_.options.depth) && send()) {
        }
    }

  private:
    bool send() {
        if (left_ == 0) return false;
        --left_;
        sent_at_.push_back(SteadyClock::now());
        peer_.send(frames_[next_]);
        if (run_.options.cycle) next_ = (next_ + 1) % frames_.size();
        return true;
    }

    void take(Bytes head) {
        if (!run_.check(read_produce_answer(head).error)) return;
        run_.latency.record(micros_since(sent_at_.front()));
        sent_at_.pop_front();
        if (SteadyClock::now() < run_.end && send()) return;
        left_ = 0;
        if (peer_.in_flight() == 0) peer_.close();
    }

    Run& run_;
    const std::vector<std::vector<uint8_t>>& frames_;
    size_t next_;
    uint64_t left_;
    std::deque<Moment> sent_at_;
    Peer peer_;
};

// One connection of run_fetch(), which reads one partition.
class Reader {
  public:
    Reader(Run& run, PartitionIndex partition, size_t batch_bytes)
        : run_(run),
          batch_bytes_(batch_bytes),
          end_(run.options.batches * run.options.shape.records),
          frame_(run.options.topic, partition, run.options.limits),
          peer_(run.io, [this](Bytes head, size_t) { take(head); }, run.on_error()) {}

    void connect() { peer_.connect(run_.where()); }
    void send() {
        frame_.set_offset(Offset{offset_});
        sent_at_ = SteadyClock::now();
        peer_.send(frame_.bytes());
    }
    uint64_t bytes() const { return bytes_; }
    uint64_t records() const { return records_; }

  private:
    void take(Bytes head) {
        const FetchAnswer answer = read_fetch_answer(head);
        if (!run_.check(answer.error)) return;
        run_.latency.record(micros_since(sent_at_));
        const auto whole = static_cast<int64_t>(answer.record_bytes / batch_bytes_);
        if (whole == 0 || answer.first_offset.value != offset_)
            return run_.fail(fmt::format("asked for offset {}, got {} bytes from {}", offset_,
                                         answer.record_bytes, answer.first_offset.value));
        const int64_t got = whole * run_.options.shape.records;
        bytes_ += answer.record_bytes;
        records_ += static_cast<uint64_t>(got);
        offset_ += got;
        if (offset_ > end_) return run_.fail("more records than were written");
        const bool at_end = offset_ == end_;
        if (at_end) offset_ = 0;
        if (SteadyClock::now() >= run_.end || (at_end && run_.options.once)) return peer_.close();
        send();
    }

    Run& run_;
    size_t batch_bytes_;
    int64_t end_;
    int64_t offset_ = 0;
    uint64_t bytes_ = 0;
    uint64_t records_ = 0;
    Moment sent_at_;
    FetchFrame frame_;
    Peer peer_;
};

// One partition of run_tail(): a connection that writes, and those that follow its end.
class Stream {
  public:
    Stream(Run& run, PartitionIndex partition, const std::vector<uint8_t>& batch)
        : run_(run),
          batch_bytes_(batch.size()),
          frame_(produce_frame(run.options.topic, partition, run.options.acks, batch)),
          writer_(run.io, [this](Bytes head, size_t) { acknowledged(head); }, run.on_error()) {
        for (int i = 0; i < run.options.followers; ++i)
            followers_.push_back(std::make_unique<Follower>(*this, partition));
    }

    void connect() {
        writer_.connect(run_.where());
        for (auto& follower : followers_) {
            follower->peer.connect(run_.where());
            follower->ask();
        }
    }
    void send(Moment due) {
        due_.push_back(due);
        writer_.send(frame_);
    }
    uint64_t sent() const { return due_.size(); }
    uint64_t delivered() const { return delivered_; }
    // All that was sent is acknowledged and has come to every follower.
    bool complete() const {
        return acknowledged_ == due_.size() && delivered_ == due_.size() * followers_.size();
    }
    const Histogram& arrivals() const { return arrivals_; }
    void close() {
        writer_.close();
        for (auto& follower : followers_) follower->peer.close();
    }

  private:
    struct Follower {
        Follower(Stream& of, PartitionIndex partition)
            : stream(of),
              frame(of.run_.options.topic, partition, of.run_.options.limits),
              peer(
                  of.run_.io, [this](Bytes head, size_t) { stream.arrived(*this, head); },
                  of.run_.on_error()) {}
        void ask() {
            frame.set_offset(
                Offset{static_cast<int64_t>(batches) * stream.run_.options.shape.records});
            peer.send(frame.bytes());
        }
        Stream& stream;
        uint64_t batches = 0;
        FetchFrame frame;
        Peer peer;
    };

    void acknowledged(Bytes head) {
        if (!run_.check(read_produce_answer(head).error)) return;
        run_.latency.record(micros_since(due_[acknowledged_++]));
    }

    void arrived(Follower& follower, Bytes head) {
        const FetchAnswer answer = read_fetch_answer(head);
        if (!run_.check(answer.error)) return;
        const uint64_t whole = answer.record_bytes / batch_bytes_;
        const auto wanted = static_cast<int64_t>(follower.batches) * run_.options.shape.records;
        if (whole > 0 && answer.first_offset.value != wanted)
            return run_.fail("a follower was given another offset");
        for (uint64_t i = 0; i < whole; ++i)
            arrivals_.record(micros_since(due_[follower.batches + i]));
        follower.batches += whole;
        delivered_ += whole;
        follower.ask();
    }

    Run& run_;
    size_t batch_bytes_;
    std::vector<uint8_t> frame_;
    std::deque<Moment> due_;
    uint64_t acknowledged_ = 0;
    uint64_t delivered_ = 0;
    Histogram arrivals_;
    Peer writer_;
    std::vector<std::unique_ptr<Follower>> followers_;
};

// Sends what is due, every millisecond or so, and ends when all has arrived.
class Pacer {
  public:
    Pacer(Run& run, std::vector<std::unique_ptr<Stream>>& streams)
        : run_(run),
          streams_(streams),
          timer_(run.io),
          total_(static_cast<uint64_t>(run.options.rate * run.options.seconds)),
          gap_(as_duration(1 / run.options.rate)) {}

    void tick() {
        const Moment now = SteadyClock::now();
        for (; sent_ < total_; ++sent_) {
            const Moment due = run_.begin + gap_ * static_cast<int64_t>(sent_);
            if (due > now) break;
            streams_[sent_ % streams_.size()]->send(due);
        }
        if (sent_ == total_ && complete()) return close();
        if (now > run_.begin + as_duration(run_.options.seconds + 30))
            return run_.fail("not all records have arrived after 30 s");
        const auto pause = std::max<SteadyClock::duration>(gap_, std::chrono::microseconds(500));
        timer_.expires_at(now +
                          std::min<SteadyClock::duration>(pause, std::chrono::milliseconds(5)));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) tick();
        });
    }

  private:
    bool complete() const {
        return std::ranges::all_of(streams_, [](const auto& stream) { return stream->complete(); });
    }
    void close() {
        for (auto& stream : streams_) stream->close();
    }

    Run& run_;
    std::vector<std::unique_ptr<Stream>>& streams_;
    boost::asio::steady_timer timer_;
    uint64_t total_;
    SteadyClock::duration gap_;
    uint64_t sent_ = 0;
};

}  // namespace

int run_produce(const LoadOptions& options) {
    Run run(options);
    const std::vector<uint8_t> batch = make_batch(options.shape);
    std::vector<std::vector<uint8_t>> frames;
    for (int n = 0; n < options.topics; ++n) {
        const std::string topic =
            options.topics == 1 ? options.topic : fmt::format("{}-{}", options.topic, n);
        for (int i = 0; i < options.partitions; ++i)
            frames.push_back(produce_frame(topic, PartitionIndex{i}, options.acks, batch));
    }
    std::vector<std::unique_ptr<Writer>> writers;
    const auto count = static_cast<uint64_t>(options.connections);
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t limit = options.requests == 0
                                   ? UINT64_MAX
                                   : options.requests / count + (i < options.requests % count);
        const size_t first = options.cycle ? i * frames.size() / count : i % frames.size();
        writers.push_back(std::make_unique<Writer>(run, frames, first, limit));
        writers.back()->connect();
    }
    run.begin_clock();
    for (const auto& writer : writers) writer->start();
    run.io.run();
    const uint64_t requests = run.latency.count();
    return run.finish(requests * static_cast<uint64_t>(options.shape.records),
                      requests * batch.size());
}

int run_fetch(const LoadOptions& options) {
    Run run(options);
    const size_t batch_bytes = make_batch(options.shape).size();
    std::vector<std::unique_ptr<Reader>> readers;
    for (int i = 0; i < options.connections; ++i) {
        const PartitionIndex partition{i % options.partitions};
        readers.push_back(std::make_unique<Reader>(run, partition, batch_bytes));
        readers.back()->connect();
    }
    run.begin_clock();
    for (const auto& reader : readers) reader->send();
    run.io.run();
    uint64_t bytes = 0, records = 0;
    for (const auto& reader : readers) {
        bytes += reader->bytes();
        records += reader->records();
    }
    return run.finish(records, bytes);
}

int run_tail(const LoadOptions& options) {
    Run run(options);
    const std::vector<uint8_t> batch = make_batch(options.shape);
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < options.partitions; ++i) {
        streams.push_back(std::make_unique<Stream>(run, PartitionIndex{i}, batch));
        streams.back()->connect();
    }
    run.begin_clock();
    Pacer pacer(run, streams);
    pacer.tick();
    run.io.run();
    uint64_t sent = 0, delivered = 0;
    Histogram arrivals;
    for (const auto& stream : streams) {
        sent += stream->sent();
        delivered += stream->delivered();
        arrivals.merge(stream->arrivals());
    }
    const auto each = static_cast<uint64_t>(options.shape.records);
    return run.finish(sent * each, sent * batch.size(),
                      fmt::format(R"(, "delivered": {}, "delivered_bytes": {}, "arrival": {})",
                                  delivered * each, delivered * batch.size(), arrivals.json("us")));
}

int run_idle(const LoadOptions& options) {
    Run run(options);
    const std::vector<uint8_t> frame = api_versions_frame();
    std::vector<std::unique_ptr<Peer>> peers;
    int answered = 0;
    auto on_answer = [&](Bytes, size_t) {
        if (++answered == options.connections) run.io.stop();
    };
    for (int i = 0; i < options.connections; ++i) {
        peers.push_back(std::make_unique<Peer>(run.io, on_answer, run.on_error()));
        peers.back()->connect(run.where());
        peers.back()->send(frame);
    }
    run.io.run();
    if (run.failed) return 1;
    fmt::print("ready\n");
    std::fflush(stdout);
    for (char byte = 0; ::read(STDIN_FILENO, &byte, 1) > 0;) {
    }
    return 0;
}

}  // namespace barnabas::bench
