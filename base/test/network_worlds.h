// SPDX-License-Identifier: Apache-2.0
// The two worlds in which the network tests run: sockets on the loopback interface in real time,
// and simulated machines in virtual time. Each gives a clock, a disk, the server's and the client's
// network.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>

#include "base/asio/asio_clock.h"
#include "base/asio/asio_network.h"
#include "base/asio/posix_disk.h"
#include "base/sim/sim_disk.h"
#include "base/sim/sim_loop.h"
#include "base/sim/sim_network.h"
#include "base/test/temp_directory.h"

namespace barnabas {

class RealNetworkWorld {
  public:
    Clock& clock() { return clock_; }
    boost::asio::any_io_executor executor() { return io_.get_executor(); }
    Network& server() { return network_; }
    Network& client() { return network_; }
    Disk& disk() { return disk_; }
    std::string file_path() const { return directory_.path() + "/file"; }
    std::string server_host() const { return "127.0.0.1"; }
    void run(Task<void> task) {
        auto on_end = [this](std::exception_ptr escaped) {
            io_.stop();
            if (escaped) std::rethrow_exception(escaped);
        };
        boost::asio::co_spawn(io_, std::move(task), on_end);
        io_.restart();
        io_.run();
    }

  private:
    boost::asio::io_context io_{1};
    AsioClock clock_{io_};
    AsioNetwork network_{io_};
    TempDirectory directory_;
    PosixDisk disk_;
};

class SimNetworkWorld {
  public:
    Clock& clock() { return loop_.clock(); }
    boost::asio::any_io_executor executor() { return loop_.executor(); }
    Network& server() { return network_.host("server"); }
    Network& client() { return network_.host("client"); }
    Disk& disk() { return disk_; }
    std::string file_path() const { return "/file"; }
    std::string server_host() const { return "server"; }
    void run(Task<void> task) { loop_.run_until_done(std::move(task)); }

    SimLoop& loop() { return loop_; }
    SimNetwork& network() { return network_; }

  private:
    SimLoop loop_;
    SimNetwork network_{loop_};
    SimDisk disk_;
};

}  // namespace barnabas
