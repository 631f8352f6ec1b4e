// SPDX-License-Identifier: Apache-2.0
// Compares batches with what a file of vectors says of them, field by field.
#include "protocol/record_check.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <ostream>
#include <utility>

#include "base/assert.h"
#include "protocol/control_records.h"
#include "protocol/json_writer.h"
#include "protocol/message_set.h"
#include "protocol/record_batch_builder.h"
#include "protocol/wire_tool.h"

namespace barnabas::protocol {

namespace {

namespace json = boost::json;

constexpr size_t expanded_max = size_t{64} << 20;

json::value base64_or_null(const std::optional<Bytes>& bytes) {
    if (!bytes) return nullptr;
    return json::string(base64(*bytes));
}

const char* timestamp_type_name(std::optional<TimestampType> type) {
    if (!type) return "NoTimestampType";
    return *type == TimestampType::log_append_time ? "LogAppendTime" : "CreateTime";
}

json::value codec_text(int id) {
    const auto codec = codec_of(id);
    return json::string(codec ? codec_name(*codec) : "unknown");
}

json::object describe_header(const BatchView& batch) {
    const BatchHeader& header = batch.header();
    json::object out;
    out["magic"] = header.magic;
    out["baseOffset"] = header.base_offset.value;
    out["lastOffset"] = header.last_offset().value;
    out["nextOffset"] = header.next_offset().value;
    out["sizeInBytes"] = static_cast<int64_t>(batch.size());
    out["crc"] = header.crc;
    out["crcValid"] = batch.crc_valid();
    out["compression"] = codec_text(header.codec_id());
    out["timestampType"] = timestamp_type_name(header.timestamp_type());
    out["maxTimestamp"] = header.max_timestamp;
    out["attributes"] = header.attributes;
    out["lastOffsetDelta"] = header.last_offset_delta;
    out["baseTimestamp"] = header.base_timestamp;
    out["partitionLeaderEpoch"] = header.partition_leader_epoch.value;
    out["producerId"] = header.producer_id.value;
    out["producerEpoch"] = header.producer_epoch;
    out["baseSequence"] = header.base_sequence;
    out["lastSequence"] = header.last_sequence();
    out["isTransactional"] = header.is_transactional();
    out["isControl"] = header.is_control();
    if (header.has_delete_horizon()) out["deleteHorizonMs"] = header.base_timestamp;
    out["count"] = header.record_count;
    return out;
}

json::object describe_record(const BatchHeader& header, const RecordView& record) {
    json::object out;
    out["offset"] = (header.base_offset + record.offset_delta).value;
    out["timestamp"] = header.record_timestamp(record.timestamp_delta);
    out["sequence"] = header.base_sequence < 0
                          ? header.base_sequence
                          : sequence_after(header.base_sequence, record.offset_delta);
    out["key"] = base64_or_null(record.key);
    out["value"] = base64_or_null(record.value);
    json::array headers;
    RecordHeaders left = record.headers;
    for (RecordHeader each; left.next(each);)
        headers.push_back(json::object{{"key", json::string(as_text(each.key))},
                                       {"value", base64_or_null(each.value)}});
    if (!headers.empty()) out["headers"] = std::move(headers);
    if (header.is_control()) {
        const auto type = control_type(record);
        out["controlType"] = type ? json::string(control_type_name(*type)) : json::string("?");
    }
    return out;
}

// The same batch made by the builder, from its records one by one.
Result<std::vector<uint8_t>> rebuild(const BatchView& batch) {
    const BatchHeader& header = batch.header();
    BatchOptions options;
    options.base_offset = header.base_offset;
    options.partition_leader_epoch = header.partition_leader_epoch;
    options.timestamp_type = header.timestamp_type();
    if (header.timestamp_type() == TimestampType::log_append_time || header.record_count == 0)
        options.max_timestamp_ms = header.max_timestamp;
    options.producer_id = header.producer_id;
    options.producer_epoch = header.producer_epoch;
    options.base_sequence = header.base_sequence;
    options.transactional = header.is_transactional();
    options.control = header.is_control();
    options.base_timestamp_ms = header.base_timestamp;
    options.delete_horizon = header.has_delete_horizon();
    RecordBatchBuilder builder(options);
    RecordReader reader(batch.records(), header.record_count);
    for (RecordView record;;) {
        TRY_ASSIGN(const bool more, reader.next(record));
        if (!more) break;
        std::vector<RecordHeader> headers;
        for (RecordHeader each; record.headers.next(each);) headers.push_back(each);
        // Deltas are told from the base, whichever type of timestamp the batch has.
        const auto timestamp = static_cast<int64_t>(static_cast<uint64_t>(header.base_timestamp) +
                                                    static_cast<uint64_t>(record.timestamp_delta));
        builder.add_at(record.offset_delta, timestamp, record.key, record.value, headers);
    }
    return builder.build_until(header.last_offset_delta);
}

Result<json::object> describe_batch(Bytes bytes, Decompressor& decompressor) {
    TRY_ASSIGN(const BatchView batch, BatchView::parse(bytes));
    const BatchHeader& header = batch.header();
    json::object out = describe_header(batch);
    json::array records;
    if (batch.crc_valid()) {
        const auto codec = codec_of(header.codec_id());
        if (!codec) return fail(ErrorCode::corrupt_message, "codec");
        Bytes plain;
        if (header.records_size() > 0) {
            TRY_ASSIGN(plain, decompressor.decompress(*codec, batch.records(), expanded_max));
        }
        RecordReader reader(plain, header.record_count);
        for (RecordView record;;) {
            TRY_ASSIGN(const bool more, reader.next(record));
            if (!more) break;
            records.push_back(describe_record(header, record));
        }
        if (codec == Codec::none) {
            TRY_ASSIGN(const auto again, rebuild(batch));
            if (!equal(again, batch.bytes()))
                return fail(ErrorCode::unknown_server_error, "built anew it has other bytes");
        }
    }
    out["records"] = std::move(records);
    return out;
}

Result<json::object> describe_message(Bytes bytes, Decompressor& decompressor) {
    TRY_ASSIGN(const LegacyMessage message, LegacyMessage::parse(bytes));
    const bool crc_valid = message.crc_valid();
    json::array records;
    Offset first = message.offset;
    if (crc_valid) {
        TRY_ASSIGN(LegacyRecordReader reader,
                   LegacyRecordReader::open(message, decompressor, expanded_max));
        for (LegacyRecord record;;) {
            TRY_ASSIGN(const bool more, reader.next(record));
            if (!more) break;
            if (records.empty()) first = record.offset;
            records.push_back(json::object{{"offset", record.offset.value},
                                           {"timestamp", record.timestamp},
                                           {"key", base64_or_null(record.key)},
                                           {"value", base64_or_null(record.value)}});
        }
    }
    json::object out;
    out["magic"] = message.magic;
    out["baseOffset"] = first.value;
    out["lastOffset"] = message.offset.value;
    out["nextOffset"] = message.offset.value + 1;
    out["sizeInBytes"] = static_cast<int64_t>(message.bytes.size());
    out["crc"] = message.crc;
    out["crcValid"] = crc_valid;
    out["compression"] = codec_text(message.codec_id());
    out["timestampType"] = timestamp_type_name(message.timestamp_type());
    out["maxTimestamp"] = message.timestamp;
    out["records"] = std::move(records);
    return out;
}

std::string shortened(const json::value& value) {
    constexpr size_t shown_max = 120;
    std::string text = json::serialize(value);
    if (text.size() > shown_max) text = text.substr(0, shown_max) + "...";
    return text;
}

// What differs between two values, by the path to it; numbers compare by value.
std::optional<std::string> difference(const json::value& got, const json::value& want,
                                      const std::string& path) {
    if (got.is_object() && want.is_object()) {
        for (const auto& [key, value] : want.get_object()) {
            const json::value* mine = got.get_object().if_contains(key);
            const std::string inner = path + "." + std::string(key);
            if (!mine) return inner + " is missing";
            if (auto found = difference(*mine, value, inner)) return found;
        }
        for (const auto& [key, value] : got.get_object())
            if (!want.get_object().contains(key))
                return path + "." + std::string(key) + " is too much";
        return std::nullopt;
    }
    if (got.is_array() && want.is_array()) {
        const json::array& mine = got.get_array();
        const json::array& theirs = want.get_array();
        for (size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i)
            if (auto found = difference(mine[i], theirs[i], path + "[" + std::to_string(i) + "]"))
                return found;
        if (mine.size() == theirs.size()) return std::nullopt;
        return path + " has " + std::to_string(mine.size()) + " items, want " +
               std::to_string(theirs.size());
    }
    if (got == want) return std::nullopt;
    return path + ": got " + shortened(got) + " want " + shortened(want);
}

struct Description {
    json::array entries;
    size_t valid_bytes = 0;
    bool corrupt = false;
};

// All whole entries of a buffer; a last one that is cut is left out.
Result<Description> describe(Bytes bytes) {
    Description description;
    Decompressor decompressor;
    while (bytes.size() >= entry_prefix_size) {
        TRY_ASSIGN(const EntryPrefix prefix, EntryPrefix::decode(bytes));
        if (prefix.size > bytes.size()) break;
        const Bytes entry = bytes.first(static_cast<size_t>(prefix.size));
        TRY_ASSIGN(json::object described, prefix.magic == batch_magic
                                               ? describe_batch(entry, decompressor)
                                               : describe_message(entry, decompressor));
        description.corrupt |= !described.at("crcValid").as_bool();
        description.entries.push_back(std::move(described));
        description.valid_bytes += entry.size();
        bytes = bytes.subspan(entry.size());
    }
    return description;
}

// The vector as an object with all that is needed, or null.
std::optional<json::object> parse_vector(std::string_view line) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) return std::nullopt;
    const json::object& object = value.get_object();
    const auto is = [&](const char* key, json::kind kind) {
        const json::value* found = object.if_contains(key);
        return found && found->kind() == kind;
    };
    if (!is("id", json::kind::string) || !is("expect", json::kind::string) ||
        !is("hex", json::kind::string) || !is("validBytes", json::kind::int64) ||
        !is("batches", json::kind::array))
        return std::nullopt;
    return object;
}

// One line of the file, without its end; false at the end or after an error.
bool read_line(gzFile file, std::string& line) {
    line.clear();
    std::array<char, 1 << 14> piece;
    while (gzgets(file, piece.data(), static_cast<int>(piece.size()))) {
        line += piece.data();
        ASSERT(!line.empty());
        if (line.back() != '\n') continue;
        line.pop_back();
        return true;
    }
    return !line.empty();
}

}  // namespace

std::optional<std::string> check_record_vector(std::string_view line) {
    const auto vector = parse_vector(line);
    if (!vector) return "not a vector of records";
    const std::string id(vector->at("id").get_string());
    const auto bytes = parse_hex(vector->at("hex").get_string());
    if (!bytes) return id + ": the hex column is no hex";
    const auto description = describe(*bytes);
    if (!description) return id + ": cannot be read: " + description.error().where;
    if (auto found = difference(description->entries, vector->at("batches"), id)) return found;
    if (std::cmp_not_equal(description->valid_bytes, vector->at("validBytes").get_int64()))
        return id + ": " + std::to_string(description->valid_bytes) + " bytes are valid";
    if (description->corrupt != (vector->at("expect").get_string() == "corrupt"))
        return id + ": corrupt is " + (description->corrupt ? "true" : "false");
    return std::nullopt;
}

int check_records_file(const std::string& path, std::ostream& out) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    if (!file) {
        out << path << ": cannot be opened\n";
        return 2;
    }
    size_t passed = 0, failed = 0;
    for (std::string line; read_line(file.get(), line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto wrong = check_record_vector(line);
        ++(wrong ? failed : passed);
        if (wrong && failed <= differences_shown) out << *wrong << '\n';
    }
    int code = Z_OK;
    gzerror(file.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END) {
        out << path << ": cannot be read\n";
        return 2;
    }
    out << passed << " passed, " << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}

}  // namespace barnabas::protocol
