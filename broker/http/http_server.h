// SPDX-License-Identifier: Apache-2.0
// HttpServer: pages for operators over HTTP/1.1 (GET and HEAD, one request a connection). Bounded:
// so many connections, so large a request, so long to finish. Knows nothing of Kafka. Lives on one
// shard.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/signal.h"
#include "base/stream.h"
#include "base/task_group.h"

namespace barnabas::broker {

struct HttpRequest {
    std::string path;  // without the query
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

struct HttpLimits {
    size_t connections_max = 32;
    size_t request_bytes_max = 8192;
    // From the connection's first moment to the last byte of its answer.
    Nanos deadline = std::chrono::seconds(15);
};

class HttpServer {
  public:
    // Makes the answer to a well-formed GET. `page` and `clock` outlive the server.
    using Page = std::function<Task<HttpResponse>(HttpRequest)>;

    HttpServer(boost::asio::any_io_executor executor, Clock& clock, Page page,
               HttpLimits limits = {});
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Gives the port, the real one for port 0.
    Result<uint16_t> bind(Network& network, const Endpoint& at);
    // Begins to accept; bind() comes first.
    void start();
    // Closes everything and waits for what runs; without bind() there is nothing to do.
    Task<void> stop(Nanos deadline);

    size_t connections() const { return open_.size(); }

  private:
    struct Open {
        std::shared_ptr<Stream> stream;
        Nanos deadline;
    };

    Task<void> accept_clients();
    Task<void> watch_deadlines();
    Task<void> serve(std::list<Open>::iterator connection);
    // False if there may be more of the request than was read.
    Task<bool> answer(std::shared_ptr<Stream> stream);

    Clock& clock_;
    const Page page_;
    const HttpLimits limits_;
    std::unique_ptr<Acceptor> acceptor_;
    std::list<Open> open_;
    Signal stopped_;
    bool stopping_ = false;
    TaskGroup tasks_;
};

}  // namespace barnabas::broker
