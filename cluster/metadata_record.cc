// SPDX-License-Identifier: Apache-2.0
// Framing of metadata records. One table row per type comes from the variant itself, so a type that
// is added to it is read and written without further change.
#include "cluster/metadata_record.h"

#include <array>
#include <type_traits>
#include <utility>

#include "protocol/message.h"

namespace barnabas::cluster {

namespace {

constexpr uint32_t frame_version = 1;

template <class Record>
constexpr int16_t version_for(int16_t metadata_version) {
    if constexpr (std::is_same_v<Record, protocol::PartitionRecord> ||
                  std::is_same_v<Record, protocol::PartitionChangeRecord>)
        return metadata_version >= 23 ? 2 : metadata_version >= 17 ? 1 : 0;
    else if constexpr (std::is_same_v<Record, protocol::RegisterBrokerRecord>)
        return metadata_version >= 30   ? 4
               : metadata_version >= 17 ? 3
               : metadata_version >= 8  ? 2
                                        : 1;
    else if constexpr (std::is_same_v<Record, protocol::BrokerRegistrationChangeRecord>)
        return metadata_version >= 30 ? 3 : metadata_version >= 17 ? 2 : 1;
    else
        return 0;
}

template <class Record>
std::vector<uint8_t> encode_as(const Record& record, int16_t version) {
    static_assert(Record::version_min == 0, "a new oldest version needs a rule in version_for");
    protocol::Writer counter;
    const auto write = [&](protocol::Writer& writer) {
        writer.write_uvarint(frame_version);
        writer.write_uvarint(static_cast<uint32_t>(Record::record_type));
        writer.write_uvarint(static_cast<uint32_t>(version));
        record.encode(writer, version);
    };
    write(counter);
    protocol::EncodedFrame frame;
    protocol::Writer writer(counter, frame);
    write(writer);
    ASSERT(writer.full(), "both passes say the same");
    return std::move(frame.bytes);
}

using Decoder = Result<MetadataRecord> (*)(Bytes body, int16_t version);

template <class Record>
Result<MetadataRecord> decode_as(Bytes body, int16_t version) {
    auto decoded = protocol::decode_message<Record>(body, version);
    if (!decoded) {
        const bool newer = decoded.error().code == ErrorCode::unsupported_version;
        return fail(newer ? ErrorCode::unsupported_version : ErrorCode::corrupt_message,
                    Record::message_name);
    }
    return MetadataRecord(std::move(*decoded));
}

template <size_t... Index>
constexpr auto make_decoders(std::index_sequence<Index...>) {
    std::array<Decoder, 32> decoders{};
    ((decoders[std::variant_alternative_t<Index, MetadataRecord>::record_type] =
          &decode_as<std::variant_alternative_t<Index, MetadataRecord>>),
     ...);
    return decoders;
}

constexpr auto decoders =
    make_decoders(std::make_index_sequence<std::variant_size_v<MetadataRecord>>{});

}  // namespace

std::vector<uint8_t> encode_metadata_record(const MetadataRecord& record,
                                            int16_t metadata_version) {
    return std::visit(
        [&](const auto& held) {
            using Record = std::decay_t<decltype(held)>;
            return encode_as(held, version_for<Record>(metadata_version));
        },
        record);
}

Result<MetadataRecord> decode_metadata_record(Bytes value) {
    protocol::Reader reader(value);
    const uint32_t frame = reader.read_uvarint();
    const uint32_t type = reader.read_uvarint();
    const uint32_t version = reader.read_uvarint();
    if (!reader.ok()) return fail(ErrorCode::corrupt_message, "metadata record frame");
    if (frame != frame_version)
        return fail(ErrorCode::unsupported_version, "metadata record frame version");
    if (type >= decoders.size() || decoders[type] == nullptr)
        return fail(ErrorCode::unsupported_version, "metadata record type");
    if (version > INT16_MAX) return fail(ErrorCode::unsupported_version, "metadata record version");
    return decoders[type](value.subspan(reader.position()), static_cast<int16_t>(version));
}

}  // namespace barnabas::cluster
