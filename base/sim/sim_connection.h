// SPDX-License-Identifier: Apache-2.0
// SimConnection: the bytes of one simulated connection, both ways. Bytes travel in segments of
// drawn size that take a drawn time and keep their order; a writer waits while too many are unread.
// Shared by its two streams and by what is in flight; on the SimLoop only.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/signal.h"
#include "base/sim/sim_loop.h"
#include "base/stream.h"

namespace barnabas {

struct SimNetworkOptions {
    // One way, drawn for each segment.
    Nanos delay_min = std::chrono::microseconds(50);
    Nanos delay_max = std::chrono::milliseconds(1);
    // Segments have 1 to so many bytes; reads give 1 to all that is there.
    uint64_t segment_max = 16 * 1024;
    // Bytes that may be sent and not read: in flight and waiting at the reader.
    uint64_t window = 256 * 1024;
    // One segment in so many is lost, and the connection with it; 0: none.
    uint64_t reset_one_in = 0;
};

// Ends a connection after an exact number of bytes in one direction.
struct SimCut {
    bool towards_server = true;
    uint64_t after = 0;
    // The receiver sees an end instead of a reset.
    bool orderly = false;
};

class SimConnection : public std::enable_shared_from_this<SimConnection> {
  public:
    // Side 0 connected, side 1 accepted. `blocked` says whether nothing gets through at the moment.
    SimConnection(SimLoop& loop, const SimNetworkOptions& options, std::array<Endpoint, 2> names,
                  std::function<bool()> blocked);

    Task<Result<size_t>> read_some(size_t side, MutableBytes into);
    Task<Result<void>> write(size_t side, std::span<const Bytes> parts);
    void close(size_t side);
    // Both sides fail with ECONNRESET once they have read what had arrived.
    void reset();
    void cut(const SimCut& cut) { sides_[cut.towards_server ? 1 : 0].cut = cut; }
    // After a blockade: goes on delivering.
    void resume();
    const Endpoint& name(size_t side) const { return sides_[side].name; }
    bool is_open() const { return !sides_[0].closed || !sides_[1].closed; }

  private:
    enum class SegmentKind { data, end, reset };
    struct Segment {
        SegmentKind kind = SegmentKind::data;
        Nanos arrival{0};
        std::vector<uint8_t> bytes;
    };
    // Bytes that arrived and were not read.
    class Unread {
      public:
        size_t size() const { return bytes_.size() - start_; }
        void add(Bytes bytes);
        // Moves the first into.size() bytes out.
        void take(MutableBytes into);

      private:
        std::vector<uint8_t> bytes_;
        size_t start_ = 0;
    };
    // What arrives at one side, and that side's state.
    struct Side {
        Side(Clock& clock, Endpoint endpoint)
            : name(std::move(endpoint)), arrived(clock), writable(clock) {}
        Endpoint name;
        Unread readable;
        std::deque<Segment> flight;
        uint64_t bytes_in_flight = 0;
        uint64_t bytes_arrived = 0;
        Nanos last_arrival{0};
        std::optional<SimCut> cut;
        bool timer_set = false;
        bool ended = false;
        bool closed = false;
        int error = 0;
        Signal arrived;
        Signal writable;
    };

    void send(size_t to, SegmentKind kind, std::vector<uint8_t> bytes);
    void pump(size_t to);
    void deliver(size_t to);
    void arrive(size_t to, Segment segment);
    void arrive_bytes(size_t to, Bytes bytes);
    void fail_side(size_t side, int error);
    uint64_t room(size_t to) const;

    SimLoop& loop_;
    SimNetworkOptions options_;
    std::function<bool()> blocked_;
    std::array<Side, 2> sides_;
};

}  // namespace barnabas
