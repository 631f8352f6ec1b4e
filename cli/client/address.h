// SPDX-License-Identifier: Apache-2.0
// Addresses of brokers as people write them in --bootstrap-server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace barnabas::cli {

struct Address {
    std::string host;
    uint16_t port = 0;

    std::string str() const;
    // This machine: nobody else has to come up first before it answers.
    bool is_loopback() const;
    friend bool operator==(const Address&, const Address&) = default;
};

inline constexpr uint16_t port_default = 9092;

// "host:port,host,:9092,[::1]:9092,PLAINTEXT://host:9092": a missing host is localhost, a missing
// port is 9092, empty items are left out. Throws Failure for a bad port or when nothing is left.
std::vector<Address> parse_bootstrap(std::string_view text);

}  // namespace barnabas::cli
