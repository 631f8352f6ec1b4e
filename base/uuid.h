// SPDX-License-Identifier: Apache-2.0
// Uuid: 16 bytes, written as Kafka writes them (22 characters, URL-safe base64 without padding).
// Never generates one: randomness is base/random.h's.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace barnabas {

struct Uuid {
    std::array<uint8_t, 16> bytes{};
    friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
    constexpr bool is_zero() const { return *this == Uuid{}; }
    // 22 characters, as in Kafka's tools and meta.properties.
    std::string str() const;
    // Accepts what str() writes; nullopt for anything else.
    static std::optional<Uuid> parse(std::string_view text);
};

// The topic id of __cluster_metadata (KIP-595).
inline constexpr Uuid metadata_topic_id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

}  // namespace barnabas

template <>
struct std::hash<barnabas::Uuid> {
    size_t operator()(const barnabas::Uuid& id) const {
        uint64_t low, high;
        std::memcpy(&low, id.bytes.data(), 8);
        std::memcpy(&high, id.bytes.data() + 8, 8);
        return static_cast<size_t>(low * 0x9E3779B97F4A7C15ull ^ high);
    }
};
