// SPDX-License-Identifier: Apache-2.0
// What became of a coordinator's record, in the words that its clients understand. Pure.
#pragma once

#include "base/error_code.h"

namespace barnabas::broker {

// What a client is told about its coordinator when a record could not be written; none for errors
// that tell nothing about it.
inline ErrorCode coordinator_error_of_write(ErrorCode error) {
    switch (error) {
        case ErrorCode::not_leader_or_follower:
        case ErrorCode::kafka_storage_error:
            return ErrorCode::not_coordinator;
        case ErrorCode::unknown_topic_or_partition:
        case ErrorCode::not_enough_replicas:
        case ErrorCode::not_enough_replicas_after_append:
        case ErrorCode::request_timed_out:
            return ErrorCode::coordinator_not_available;
        default:
            return ErrorCode::none;
    }
}

// What a client hears when a record could not be written.
inline ErrorCode error_of_write(ErrorCode error) {
    if (error == ErrorCode::none) return error;
    const ErrorCode known = coordinator_error_of_write(error);
    return known != ErrorCode::none ? known : ErrorCode::unknown_server_error;
}

// The same in a transaction, where producers tell more errors apart.
inline ErrorCode error_of_transactional_write(ErrorCode error) {
    switch (error) {
        case ErrorCode::network_exception:
            return ErrorCode::coordinator_load_in_progress;
        case ErrorCode::message_too_large:
        case ErrorCode::record_list_too_large:
            return ErrorCode::unknown_server_error;
        default:
            break;
    }
    const ErrorCode known = coordinator_error_of_write(error);
    return known != ErrorCode::none ? known : error;
}

}  // namespace barnabas::broker
