// SPDX-License-Identifier: Apache-2.0
// Client: asks brokers with the generated codec. Knows the cluster from Metadata, finds leaders and
// coordinators, picks the highest version both sides have. For one command of one person: it
// blocks, has one request under way at a time and no cache beyond the open connections.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cli/client/connection.h"
#include "cli/client/failure.h"
#include "protocol/message.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/metadata.h"

namespace barnabas::cli {

struct ClientOptions {
    std::vector<Address> bootstrap;
    std::string client_id = "barnabas-cli";
    // For one request (request.timeout.ms).
    Nanos request_timeout = std::chrono::seconds(30);
    // How long to try again when no bootstrap address answers (default.api.timeout.ms): a command
    // in an init container may be earlier than the broker. 0: once.
    Nanos patience = std::chrono::seconds(60);
    SocketBuffers buffers;
};

// What a client has asked so far.
struct Traffic {
    int64_t requests = 0;
    uint64_t bytes_out = 0, bytes_in = 0;
    Nanos time{}, longest{};
};

// A response and the frame it borrows from.
template <class Response>
struct Answer : Response {
    std::shared_ptr<std::vector<uint8_t>> frame;
};

struct AskLimits {
    // Beyond request_timeout: what the broker may wait itself.
    Nanos extra_time{};
    // Below the versions that know topics by id only, where names are at hand.
    int16_t version_max = INT16_MAX;
};

enum class CoordinatorType : int8_t { group = 0, transaction = 1 };

class Client {
  public:
    explicit Client(ClientOptions options);
    ~Client();

    // A broker of the bootstrap list that answers; tries again until `patience` is over.
    Connection& any();
    // A broker of the cluster. Throws Failure when no metadata names it.
    Connection& broker(BrokerId id);
    Connection& leader(std::string_view topic, int32_t partition);
    // Tries again while the coordinator is not there yet.
    Connection& coordinator(CoordinatorType type, std::string_view key);

    // Asks in the highest common version. Throws Failure when the broker has no
    // version of it or does not answer. Error codes in the answer are the caller's to look at.
    template <class Response, class Request>
    Answer<Response> ask(Connection& connection, const Request& request, AskLimits limits = {});
    template <class Response, class Request>
    Answer<Response> ask(const Request& request) {
        return ask<Response>(any(), request);
    }

    // Sends a request that has no answer.
    template <class Request>
    void tell(Connection& connection, const Request& request, AskLimits limits = {});

    // All topics, or those named; only `create` makes a topic that is not there.
    using Metadata = Answer<protocol::MetadataResponse>;
    Metadata metadata();
    Metadata metadata(const std::vector<std::string>& topics, bool create = false);
    // Asked for anew each time: leaders move.
    void forget_leaders() { leaders_.clear(); }

    // Monotonic time, and milliseconds since 1970.
    Nanos now() const;
    int64_t wall_ms() const;
    Nanos request_timeout() const { return options_.request_timeout; }
    const std::string& client_id() const { return options_.client_id; }
    const Traffic& traffic() const { return traffic_; }
    // The highest version of `api` that this broker and we have; throws Failure if there is none.
    int16_t version(const Connection& connection, protocol::ApiKey api, int16_t ours_min,
                    int16_t ours_max, const char* name) const;
    void sleep(Nanos time);

  private:
    Connection& open(const Address& address);
    Connection* try_bootstrap(std::string& why);
    Metadata ask_metadata(const protocol::MetadataRequest& request);
    void learn(const Metadata& metadata);
    std::vector<uint8_t> exchange(Connection& connection, Bytes frame, Nanos timeout);

    ClientOptions options_;
    Traffic traffic_;
    struct Time;
    std::unique_ptr<Time> time_;
    std::map<std::string, std::unique_ptr<Connection>> connections_;
    std::map<BrokerId, Address> brokers_;
    std::map<std::pair<std::string, int32_t>, BrokerId> leaders_;
};

template <class Response, class Request>
Answer<Response> Client::ask(Connection& connection, const Request& request, AskLimits limits) {
    static_assert(Request::api_key == Response::api_key);
    const int16_t v =
        version(connection, Request::api_key, Request::version_min,
                std::min(Request::version_max, limits.version_max), Request::message_name);
    const int32_t correlation = connection.next_correlation();
    const auto frame = protocol::encode_request(correlation, options_.client_id, request, v);
    Answer<Response> answer;
    answer.frame = std::make_shared<std::vector<uint8_t>>(
        exchange(connection, frame.bytes, options_.request_timeout + limits.extra_time));
    protocol::Reader reader(*answer.frame);
    protocol::ResponseHeader header;
    header.decode(reader, protocol::response_header_version(Response::api_key, v));
    static_cast<Response&>(answer).decode(reader, v);
    if (!reader.ok() || header.correlation_id != correlation)
        throw Failure(ErrorCode::corrupt_message,
                      fmt::format("{} gave an answer to {} that cannot be read",
                                  connection.address().str(), Request::message_name));
    return answer;
}

template <class Request>
void Client::tell(Connection& connection, const Request& request, AskLimits limits) {
    const int16_t v =
        version(connection, Request::api_key, Request::version_min,
                std::min(Request::version_max, limits.version_max), Request::message_name);
    const auto frame =
        protocol::encode_request(connection.next_correlation(), options_.client_id, request, v);
    connection.send(frame.bytes, options_.request_timeout);
}

}  // namespace barnabas::cli
