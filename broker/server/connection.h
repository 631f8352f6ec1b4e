// SPDX-License-Identifier: Apache-2.0
// Connection: one client on one listener. Reads frames, routes each to its API, writes the answers
// in the order of the requests. Lives on one shard, kept alive by its own tasks. Never looks into a
// request beyond its header, and never copies records of an answer that lie in files.
//
// One task at a time reads. It also runs the handler, so that the next request is read when that
// one returns. A handler that has called ctx.admit_next() (Produce does, when its batches are in
// line) and is not done some turns of the loop later hands reading over to a fresh task. Answers go
// out at the end of a turn, all that are ready; where the peer does not take them at once, a third
// task writes on. A connection that has asked nothing for a while is parked: it has no task and no
// buffer until its peer sends something.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/eager_stream.h"
#include "base/task_group.h"
#include "broker/server/dispatcher.h"
#include "broker/server/frame_reader.h"
#include "broker/server/output_batch.h"
#include "broker/server/output_queue.h"
#include "broker/server/request_context.h"
#include "broker/server/turn_work.h"

namespace barnabas::broker {

class ConnectionRegistry;

struct ConnectionLimits {
    size_t frame_bytes_max = 100 << 20;
    // A connection without a request in progress is closed after this long (N05).
    Nanos idle_max = std::chrono::minutes(10);
    // A frame must arrive within this, plus a second for each assembly_bytes_per_s of it (N03).
    // Time in which the broker itself did not read does not count.
    Nanos assembly_max = std::chrono::seconds(60);
    size_t assembly_bytes_per_s = 8 * 1024;
    // An answer of which the peer takes nothing for this long ends the connection (N04).
    Nanos write_stall_max = std::chrono::minutes(10);
    // Requests of one connection that are not answered yet, and bytes of answers that wait to be
    // written: beyond either the connection reads no further (N04, N11).
    size_t places_max = 100;
    size_t output_bytes_max = 1 << 20;
};

// What the connections of a shard share; outlives them.
struct ConnectionHost {
    BrokerServices& services;
    Dispatcher& apis;
    RequestMemory& memory;
    TaskGroup& tasks;
    ConnectionRegistry& registry;
    ConnectionLimits limits;
    // Keeps the connections that it is to call; Server::join() lets it run out.
    TurnWork& turns;
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    // Enters itself into the registry until it is closed.
    Connection(ConnectionHost& host, std::unique_ptr<Stream> stream,
               const ListenerConfig& listener);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // Serves requests until the peer leaves or close(). `self` keeps the connection alive.
    Task<void> serve(std::shared_ptr<Connection> self);
    // Reads no further request; closes when what was read is answered.
    void drain();
    // Ends the connection now. Requests in progress run on, their answers are dropped.
    void close(const char* why);
    // Closes if a deadline of the limits has passed.
    void check_deadlines(Nanos now);
    // Parks if nothing was asked for a while. True if that may soon be so.
    bool rest(Nanos now);

    // For TurnWork: writes the answers that are ready.
    void write_ready(Nanos now);
    // True while the reading task runs `request` and reads nothing else.
    bool waits_for(uint64_t request) const;
    // Has another task read on meanwhile.
    void hand_over(uint64_t request);

    // True if nothing is asked and nothing waits to be written.
    bool idle() const { return output_.places() == 0 && !reader_.in_frame(); }
    Nanos last_active() const { return last_active_; }
    const Endpoint& peer() const { return client_.peer; }
    bool closed() const { return closed_; }

  private:
    bool take_read(const Result<size_t>& count);
    Task<bool> run_request(Frame frame);
    void park();
    void wake_up();
    void remember_client_id(const protocol::RequestHeader& header);
    void fill(OutputQueue::Place place, Answer answer, const RequestContext& ctx);
    bool may_admit() const;

    void start_writing();
    bool write_now(Nanos now);
    Result<uint64_t> send_now();
    Task<void> write_on(std::shared_ptr<Connection> self);
    Task<bool> write_piece();
    void end_batch();
    void end_writing();

    ConnectionHost& host_;
    std::unique_ptr<Stream> stream_;
    EagerStream* const eager_;  // the same, if it is one
    const ListenerConfig& listener_;
    ClientInfo client_;
    uint64_t registry_id_;

    FrameReader reader_;
    OutputQueue output_;
    Signal room_;  // notified when answers were written
    bool draining_ = false;
    bool parking_ = false;  // or parked
    bool closed_ = false;

    // The request that the reading task runs; 0: none, or another task reads on.
    uint64_t request_in_hand_ = 0;
    uint64_t requests_ = 0;

    OutputBatch batch_;
    bool ends_after_batch_ = false;
    bool writing_ = false;

    Nanos last_active_;
    // Time spent so far in waiting for the rest of the frame that is arriving.
    Nanos frame_waited_{};
    std::optional<Nanos> read_began_;
    std::optional<Nanos> write_began_;
};

}  // namespace barnabas::broker
