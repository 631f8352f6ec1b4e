// SPDX-License-Identifier: Apache-2.0
// Strong ids: integers that must not be mixed up have types of their own. The wire's generated
// structs use them too (protocol/schema/types.msg lists which schema names map to which type).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace barnabas {

template <class Tag, class Rep>
struct StrongId {
    using rep = Rep;
    Rep value{};
    constexpr StrongId() = default;
    constexpr explicit StrongId(Rep v) : value(v) {}
    friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

using BrokerId = StrongId<struct BrokerIdTag, int32_t>;
using PartitionIndex = StrongId<struct PartitionIndexTag, int32_t>;
using LeaderEpoch = StrongId<struct LeaderEpochTag, int32_t>;
using ProducerId = StrongId<struct ProducerIdTag, int64_t>;

// A record's position in its partition. Offset - Offset is a count; Offset + count is an Offset.
struct Offset {
    using rep = int64_t;
    int64_t value = 0;
    constexpr Offset() = default;
    constexpr explicit Offset(int64_t v) : value(v) {}
    friend constexpr auto operator<=>(const Offset&, const Offset&) = default;
    friend constexpr Offset operator+(Offset a, int64_t n) { return Offset{a.value + n}; }
    friend constexpr Offset operator-(Offset a, int64_t n) { return Offset{a.value - n}; }
    friend constexpr int64_t operator-(Offset a, Offset b) { return a.value - b.value; }
    constexpr Offset& operator+=(int64_t n) {
        value += n;
        return *this;
    }
    constexpr Offset& operator++() {
        ++value;
        return *this;
    }
};

inline constexpr Offset offset_none{-1};
inline constexpr LeaderEpoch leader_epoch_none{-1};
inline constexpr ProducerId producer_id_none{-1};
inline constexpr BrokerId broker_id_none{-1};

}  // namespace barnabas

template <class Tag, class Rep>
struct std::hash<barnabas::StrongId<Tag, Rep>> {
    size_t operator()(const barnabas::StrongId<Tag, Rep>& id) const {
        return std::hash<Rep>{}(id.value);
    }
};
template <>
struct std::hash<barnabas::Offset> {
    size_t operator()(const barnabas::Offset& offset) const {
        return std::hash<int64_t>{}(offset.value);
    }
};
