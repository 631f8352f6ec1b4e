// SPDX-License-Identifier: Apache-2.0
// InitProducerId, api 22, v0-5. A producer id and epoch, for an idempotent producer or for a
// transactional id.  v3: a producer may name the id it had (KIP-360); without transactions it
// simply gets a new one.  v4: tells producer_fenced.
#include <utility>

#include "broker/handlers/handlers.h"
#include "broker/partition/producer_ids.h"
#include "broker/txn/transaction_coordinator.h"
#include "protocol/messages/init_producer_id.h"

namespace barnabas::broker {
namespace {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

ErrorCode check(const InitProducerIdRequest& request) {
    const bool has_id = request.producer_id != producer_id_none;
    const bool has_epoch = request.producer_epoch != -1;
    if (has_id != has_epoch) return ErrorCode::invalid_request;
    const bool nameless = request.transactional_id && request.transactional_id->empty();
    return nameless ? ErrorCode::invalid_request : ErrorCode::none;
}

}  // namespace

Task<InitProducerIdResponse> handle_init_producer_id(RequestContext& ctx,
                                                     InitProducerIdRequest request) {
    InitProducerIdResponse response;
    response.producer_epoch = -1;
    response.error_code = check(request);
    if (response.error_code != ErrorCode::none) co_return response;
    if (request.transactional_id) {
        auto running = ctx.services.transactions.init_producer_id(std::move(request), ctx.version);
        co_return co_await std::move(running);
    }
    auto allocating = ctx.services.producer_ids.next();
    const auto id = co_await std::move(allocating);
    if (!id) {
        response.error_code = id.error().code;
        co_return response;
    }
    response.producer_id = *id;
    response.producer_epoch = 0;
    co_return response;
}

}  // namespace barnabas::broker
