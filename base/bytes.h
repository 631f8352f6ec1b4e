// SPDX-License-Identifier: Apache-2.0
// Byte views, big-endian loads and stores, and the two value types of wire structs: Text and Blob,
// which either borrow (a view into a request's frame) or own what they hold.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace barnabas {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bool equal(Bytes a, Bytes b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Big-endian load and store of an integer; the caller has checked that the bytes are there.
template <class Int>
Int load_be(const uint8_t* from) {
    static_assert(std::is_integral_v<Int>);
    Int value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
    return value;
}
template <class Int>
void store_be(uint8_t* to, Int value) {
    static_assert(std::is_integral_v<Int>);
    if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
    std::memcpy(to, &value, sizeof value);
}

// A string of a wire struct. Constructed from anything it owns a copy; Text::borrow() keeps a view
// whose bytes must outlive it (decoders borrow from the frame). A copy of a borrowed Text borrows.
class Text {
  public:
    Text() : value_(std::string_view{}) {}
    Text(const char* text) : value_(std::string(text)) {}
    Text(std::string text) : value_(std::move(text)) {}
    Text(std::string_view text) : value_(std::string(text)) {}
    static Text borrow(std::string_view text) {
        Text result;
        result.value_ = text;
        return result;
    }

    std::string_view view() const {
        if (const auto* borrowed = std::get_if<std::string_view>(&value_)) return *borrowed;
        return std::get<std::string>(value_);
    }
    operator std::string_view() const { return view(); }
    std::string str() const { return std::string(view()); }
    size_t size() const { return view().size(); }
    bool empty() const { return view().empty(); }
    friend bool operator==(const Text& a, const Text& b) { return a.view() == b.view(); }
    template <class T>
        requires std::is_convertible_v<const T&, std::string_view> && (!std::is_same_v<T, Text>)
    friend bool operator==(const Text& a, const T& b) {
        return a.view() == std::string_view(b);
    }

  private:
    std::variant<std::string_view, std::string> value_;
};

// The bytes of a wire struct, under the same rule as Text.
class Blob {
  public:
    Blob() : value_(Bytes{}) {}
    Blob(std::vector<uint8_t> bytes) : value_(std::move(bytes)) {}
    static Blob copy(Bytes bytes) { return Blob(std::vector<uint8_t>(bytes.begin(), bytes.end())); }
    static Blob borrow(Bytes bytes) {
        Blob result;
        result.value_ = bytes;
        return result;
    }

    Bytes view() const {
        if (const auto* borrowed = std::get_if<Bytes>(&value_)) return *borrowed;
        return std::get<std::vector<uint8_t>>(value_);
    }
    operator Bytes() const { return view(); }
    size_t size() const { return view().size(); }
    bool empty() const { return view().empty(); }
    friend bool operator==(const Blob& a, const Blob& b) { return equal(a.view(), b.view()); }

  private:
    std::variant<Bytes, std::vector<uint8_t>> value_;
};

}  // namespace barnabas
