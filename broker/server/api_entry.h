// SPDX-License-Identifier: Apache-2.0
// ApiEntry: one API as the table of APIs holds it: key, versions and the function that takes a body
// and gives an encoded answer. entry_of<handler>::versions(min, max) makes one from a handler,
// checked at compile time against the schema.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/task.h"
#include "broker/server/request_context.h"
#include "protocol/message.h"

namespace barnabas::broker {

// An encoded answer; nullopt: the request has none. An Error: the body is malformed.
using Answer = Result<std::optional<protocol::EncodedFrame>>;

struct ApiEntry {
    protocol::ApiKey key;
    int16_t version_min;
    int16_t version_max;
    // `body` lives as long as ctx.frame; ctx outlives the task.
    Task<Answer> (*serve)(RequestContext& ctx, Bytes body, int32_t correlation_id);

    constexpr bool answers(int16_t version) const {
        return version >= version_min && version <= version_max;
    }
};

template <auto Handler>
struct entry_of;

template <class Request, class Response, Task<Response> (*Handler)(RequestContext&, Request)>
struct entry_of<Handler> {
    static_assert(Request::api_key == Response::api_key);

    static constexpr ApiEntry versions(int16_t min, int16_t max) {
        return {Request::api_key, min, max, &serve};
    }

  private:
    static Task<Answer> serve(RequestContext& ctx, Bytes body, int32_t correlation_id) {
        auto request = protocol::decode_message<Request>(body, ctx.version);
        if (!request) co_return std::unexpected(request.error());
        auto handling = Handler(ctx, std::move(*request));
        const Response response = co_await std::move(handling);
        if (ctx.no_answer) co_return std::nullopt;
        if constexpr (requires { response.error_code; })
            ctx.failed = ctx.failed || response.error_code != ErrorCode::none;
        co_return protocol::encode_response(correlation_id, response, ctx.version);
    }
};

}  // namespace barnabas::broker
