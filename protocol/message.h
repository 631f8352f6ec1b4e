// SPDX-License-Identifier: Apache-2.0
// Whole messages and whole frames: decode a body, encode a body, build a response or request frame
// with its length and header. The one place where handlers and clients meet Reader and Writer.
#pragma once

#include "base/assert.h"
#include "base/result.h"
#include "protocol/api_keys.h"
#include "protocol/messages/headers.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace barnabas::protocol {

// Decodes a body. The result borrows from `body`. Bytes after the message are accepted, as Kafka
// accepts them; `used` tells how many were read. Fails with unsupported_version for a version
// outside the schema, with invalid_request for bytes that are no such message.
template <class Message>
Result<Message> decode_message(Bytes body, int16_t version, size_t* used = nullptr) {
    if (version < Message::version_min || version > Message::version_max)
        return fail(ErrorCode::unsupported_version, Message::message_name);
    Message message;
    Reader reader(body);
    message.decode(reader, version);
    if (!reader.ok()) return std::unexpected(reader.error());
    if (used) *used = reader.position();
    return message;
}

// A message decoded from a temporary would borrow from nothing.
template <class Message>
Result<Message> decode_message(std::vector<uint8_t>&& body, int16_t version,
                               size_t* used = nullptr) = delete;

// Encodes a body without records of files. A field that the version does not have is left out,
// whatever its value: it is the caller who knows what its peer can be told.
template <class Message>
std::vector<uint8_t> encode_message(const Message& message, int16_t version) {
    ASSERT(version >= Message::version_min && version <= Message::version_max);
    Writer counter;
    message.encode(counter, version);
    EncodedFrame frame;
    Writer writer(counter, frame);
    message.encode(writer, version);
    ASSERT(writer.full() && frame.splices.empty(), "records of files need a frame");
    return std::move(frame.bytes);
}

// int32 length, header, body.
template <class Header, class Message>
EncodedFrame encode_frame(const Header& header, int16_t header_version, const Message& message,
                          int16_t version) {
    ASSERT(version >= Message::version_min && version <= Message::version_max);
    Writer counter;
    header.encode(counter, header_version);
    message.encode(counter, version);
    const size_t length = counter.size();
    ASSERT(length <= INT32_MAX, "a frame's length is an int32");
    counter.write(static_cast<int32_t>(length));
    EncodedFrame frame;
    Writer writer(counter, frame);
    writer.write(static_cast<int32_t>(length));
    header.encode(writer, header_version);
    message.encode(writer, version);
    ASSERT(writer.full(), "both passes say the same");
    return frame;
}

// A response frame; `version` is the version of the request that it answers.
template <class Response>
EncodedFrame encode_response(int32_t correlation_id, const Response& response, int16_t version) {
    ResponseHeader header;
    header.correlation_id = correlation_id;
    return encode_frame(header, response_header_version(Response::api_key, version), response,
                        version);
}

// A request frame, for clients of other brokers and for tests.
template <class Request>
EncodedFrame encode_request(int32_t correlation_id, std::string_view client_id,
                            const Request& request, int16_t version) {
    RequestHeader header;
    header.request_api_key = static_cast<int16_t>(Request::api_key);
    header.request_api_version = version;
    header.correlation_id = correlation_id;
    header.client_id = Text(client_id);
    return encode_frame(header, request_header_version(Request::api_key, version), request,
                        version);
}

// The header of a request frame (without its length) and the body behind it.
struct ParsedRequest {
    RequestHeader header;
    Bytes body;
};
// Reads key and version first and then the header as that key and version have it. Fails with
// invalid_request; an unknown key is not an error here (its header is read as version 1).
Result<ParsedRequest> parse_request(Bytes frame);
Result<ParsedRequest> parse_request(std::vector<uint8_t>&& frame) = delete;

}  // namespace barnabas::protocol
