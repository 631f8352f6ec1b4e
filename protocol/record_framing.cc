// SPDX-License-Identifier: Apache-2.0
// Finds the type of a metadata record among the variant's alternatives, and reads its body.
#include "protocol/record_framing.h"

namespace barnabas::protocol {

namespace {

constexpr uint32_t metadata_frame_version = 1;

std::unexpected<Error> corrupt(const char* where) {
    return fail(ErrorCode::corrupt_message, where);
}

// Tries the variant's alternatives one after another until the type fits.
template <size_t index = 0>
Result<MetadataRecord> decode_alternative(Reader& reader, uint32_t type, uint32_t version) {
    if constexpr (index == std::variant_size_v<MetadataRecord>) {
        return fail(ErrorCode::unsupported_version, "type of metadata record");
    } else {
        using Record = std::variant_alternative_t<index, MetadataRecord>;
        if (type != static_cast<uint32_t>(Record::record_type))
            return decode_alternative<index + 1>(reader, type, version);
        if (version > static_cast<uint32_t>(Record::version_max))
            return fail(ErrorCode::unsupported_version, Record::message_name);
        Record record;
        record.decode(reader, static_cast<int16_t>(version));
        return record;
    }
}

}  // namespace

Result<MetadataRecord> decode_metadata_record(Bytes value) {
    Reader reader(value);
    const uint32_t frame_version = reader.read_uvarint();
    const uint32_t type = reader.read_uvarint();
    const uint32_t version = reader.read_uvarint();
    if (!reader.ok()) return corrupt(reader.error().where);
    if (frame_version != metadata_frame_version)
        return fail(ErrorCode::unsupported_version, "frame of metadata record");
    auto record = decode_alternative(reader, type, version);
    if (!reader.ok()) return corrupt(reader.error().where);
    if (record && reader.left() != 0) return corrupt("bytes are left after the metadata record");
    return record;
}

namespace framing {

void write_metadata_prefix(Writer& writer, int16_t type, int16_t version) {
    ASSERT(type >= 0 && version >= 0);
    writer.write_uvarint(metadata_frame_version);
    writer.write_uvarint(static_cast<uint32_t>(type));
    writer.write_uvarint(static_cast<uint32_t>(version));
}

Result<int16_t> read_prefix(Bytes bytes) {
    if (bytes.size() < 2) return corrupt("too short for its int16");
    return load_be<int16_t>(bytes.data());
}

}  // namespace framing

}  // namespace barnabas::protocol
