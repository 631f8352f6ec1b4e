// SPDX-License-Identifier: Apache-2.0
// JsonWriter: renders decoded messages for people and for comparison with Kafka's own JSON: names
// in lowerCamel and schema order, bytes as base64, ids as Uuid::str(), 64-bit numbers as integers,
// and doubles as Java prints them.
#pragma once

#include <string>

#include "protocol/wire_types.h"

namespace barnabas::protocol {

class JsonWriter {
  public:
    enum class Layout { one_line, indented };
    explicit JsonWriter(Layout layout = Layout::one_line) : layout_(layout) {}

    const std::string& text() const& { return text_; }
    std::string text() && { return std::move(text_); }

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    void name(const char* name);

    void value(bool value);
    void value(int8_t value) { number(value); }
    void value(int16_t value) { number(value); }
    void value(uint16_t value) { number(value); }
    void value(int32_t value) { number(value); }
    void value(uint32_t value) { number(value); }
    void value(int64_t value) { number(value); }
    void value(double value);
    void value(const Uuid& value);
    void value(Offset value) { number(value.value); }
    void value(ErrorCode value) { number(static_cast<int16_t>(value)); }
    template <class Tag, class Rep>
    void value(StrongId<Tag, Rep> value) {
        number(value.value);
    }
    // Bytes that are not UTF-8 become U+FFFD.
    void value(const Text& value);
    void value(const Blob& value);
    // Records in files are not read: their size is told instead.
    void value(const Records& value);
    void null();

    template <class T>
    void field(const char* key, const T& content) {
        name(key);
        value(content);
    }
    template <class T>
    void field(const char* key, const std::optional<T>& content) {
        name(key);
        if (content)
            value(*content);
        else
            null();
    }
    template <class T>
    void array(const char* key, const std::vector<T>& items) {
        name(key);
        begin_array();
        for (const T& item : items) value(item);
        end_array();
    }
    template <class T>
    void array(const char* key, const std::optional<std::vector<T>>& items) {
        if (items) return array(key, *items);
        name(key);
        null();
    }
    template <class T>
    void structs(const char* key, const std::vector<T>& items, int16_t version) {
        name(key);
        begin_array();
        for (const T& item : items) item.to_json(*this, version);
        end_array();
    }
    template <class T>
    void structs(const char* key, const std::optional<std::vector<T>>& items, int16_t version) {
        if (items) return structs(key, *items, version);
        name(key);
        null();
    }
    template <class T>
    void object(const char* key, const T& content, int16_t version) {
        name(key);
        content.to_json(*this, version);
    }
    template <class T>
    void object(const char* key, const std::optional<T>& content, int16_t version) {
        if (content) return object(key, *content, version);
        name(key);
        null();
    }
    // "_unknownTaggedFields", unless there are none.
    void unknown_tags(const std::vector<UnknownTag>& unknown);

  private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    void new_line();
    void number(int64_t value);
    void quoted(std::string_view text);

    std::string text_;
    Layout layout_;
    size_t depth_ = 0;
    bool first_ = true;
    bool after_name_ = false;
};

// Standard base64 with padding (RFC 4648 section 4).
std::string base64(Bytes bytes);
// As java.lang.Double.toString prints it: "0.1", "1.0E10", "NaN".
std::string java_double(double value);

}  // namespace barnabas::protocol
