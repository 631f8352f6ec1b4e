// SPDX-License-Identifier: Apache-2.0
// See client.h.
#include "cli/client/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>

#include "base/asio/asio_clock.h"
#include "cli/client/error_text.h"

namespace barnabas::cli {

namespace {

constexpr Nanos retry_pause = std::chrono::milliseconds(100);
constexpr Nanos connect_timeout = std::chrono::seconds(10);
constexpr Nanos quiet_time = std::chrono::seconds(2);

}  // namespace

struct Client::Time {
    boost::asio::io_context io;
    AsioClock clock{io};
};

Client::Client(ClientOptions options)
    : options_(std::move(options)), time_(std::make_unique<Time>()) {}

Client::~Client() = default;

Nanos Client::now() const {
    return time_->clock.now();
}

int64_t Client::wall_ms() const {
    return time_->clock.wall_ms();
}

void Client::sleep(Nanos time) {
    boost::asio::steady_timer timer(time_->io, time);
    boost::system::error_code ignored;
    timer.wait(ignored);
}

Connection& Client::open(const Address& address) {
    auto& connection = connections_[address.str()];
    if (!connection || connection->broken())
        connection = std::make_unique<Connection>(
            address, std::min(connect_timeout, options_.request_timeout), options_.buffers);
    return *connection;
}

std::vector<uint8_t> Client::exchange(Connection& connection, Bytes frame, Nanos timeout) {
    const Nanos begin = now();
    auto answer = connection.exchange(frame, timeout);
    const Nanos took = now() - begin;
    ++traffic_.requests;
    traffic_.bytes_out += frame.size();
    traffic_.bytes_in += answer.size();
    traffic_.time += took;
    traffic_.longest = std::max(traffic_.longest, took);
    return answer;
}

Connection* Client::try_bootstrap(std::string& why) {
    for (const auto& address : options_.bootstrap) {
        try {
            return &open(address);
        } catch (const Failure& failure) {
            why = failure.text();
        }
    }
    return nullptr;
}

Connection& Client::any() {
    for (const auto& [name, connection] : connections_)
        if (connection && !connection->broken()) return *connection;
    const Nanos begin = now();
    bool told = false;
    for (std::string why;; sleep(retry_pause)) {
        if (Connection* connection = try_bootstrap(why)) return *connection;
        const Nanos waited = now() - begin;
        if (waited >= options_.patience)
            throw Failure(
                ErrorCode::network_exception,
                fmt::format("{}. Is a broker listening there, and does --bootstrap-server "
                            "name one of its listeners?",
                            why));
        if (!told && waited >= quiet_time) {
            fmt::print(stderr, "{}; trying for another {} s\n", why,
                       std::chrono::duration_cast<std::chrono::seconds>(options_.patience - waited)
                           .count());
            told = true;
        }
    }
}

int16_t Client::version(const Connection& connection, protocol::ApiKey api, int16_t ours_min,
                        int16_t ours_max, const char* name) const {
    const auto found = connection.ranges().find(static_cast<int16_t>(api));
    const bool known = found != connection.ranges().end();
    const int16_t highest = known ? std::min(found->second.max, ours_max) : int16_t{-1};
    if (!known || highest < std::max(found->second.min, ours_min))
        throw Failure(
            ErrorCode::unsupported_version,
            fmt::format("The broker at {} does not support {}", connection.address().str(), name));
    return highest;
}

Client::Metadata Client::ask_metadata(const protocol::MetadataRequest& request) {
    auto answer = ask<protocol::MetadataResponse>(request);
    learn(answer);
    return answer;
}

Client::Metadata Client::metadata() {
    protocol::MetadataRequest request;
    request.topics.reset();
    request.allow_auto_topic_creation = false;
    return ask_metadata(request);
}

Client::Metadata Client::metadata(const std::vector<std::string>& topics, bool create) {
    protocol::MetadataRequest request;
    request.allow_auto_topic_creation = create;
    request.topics.emplace();
    for (const auto& name : topics) request.topics->emplace_back().name = Text(name);
    return ask_metadata(request);
}

void Client::learn(const Metadata& metadata) {
    for (const auto& broker : metadata.brokers)
        brokers_[broker.node_id] = {broker.host.str(), static_cast<uint16_t>(broker.port)};
    for (const auto& topic : metadata.topics)
        for (const auto& partition : topic.partitions)
            if (topic.name)
                leaders_[{topic.name->str(), partition.partition_index.value}] =
                    partition.leader_id;
}

Connection& Client::broker(BrokerId id) {
    if (!brokers_.contains(id)) metadata(std::vector<std::string>{});
    const auto found = brokers_.find(id);
    if (found == brokers_.end())
        throw Failure(ErrorCode::broker_not_available,
                      fmt::format("The cluster has no broker with id {}", id.value));
    return open(found->second);
}

Connection& Client::leader(std::string_view topic, int32_t partition) {
    const std::pair key{std::string(topic), partition};
    if (!leaders_.contains(key)) metadata({std::string(topic)});
    const auto found = leaders_.find(key);
    if (found == leaders_.end())
        throw Failure(ErrorCode::unknown_topic_or_partition,
                      fmt::format("Partition {}-{} does not exist", topic, partition));
    if (found->second == broker_id_none)
        throw Failure(ErrorCode::leader_not_available,
                      fmt::format("Partition {}-{} has no leader", topic, partition));
    return broker(found->second);
}

Connection& Client::coordinator(CoordinatorType type, std::string_view key) {
    const Nanos deadline = now() + options_.request_timeout;
    protocol::FindCoordinatorRequest request;
    request.key = Text(key);
    request.key_type = static_cast<int8_t>(type);
    request.coordinator_keys = {Text(key)};
    for (;; sleep(retry_pause)) {
        const auto answer = ask<protocol::FindCoordinatorResponse>(request);
        ErrorCode code = answer.error_code;
        Address address{answer.host.str(), static_cast<uint16_t>(answer.port)};
        if (!answer.coordinators.empty()) {
            const auto& found = answer.coordinators.front();
            code = found.error_code;
            address = {found.host.str(), static_cast<uint16_t>(found.port)};
        }
        if (code == ErrorCode::none) return open(address);
        const bool later = code == ErrorCode::coordinator_not_available ||
                           code == ErrorCode::coordinator_load_in_progress;
        if (!later || now() >= deadline)
            throw Failure(code, fmt::format("No coordinator for {}: {}", key, error_text(code)));
    }
}

}  // namespace barnabas::cli
