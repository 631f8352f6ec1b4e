// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. Kafka's ErrorCode is the one vocabulary of errors in this
// project; no module has codes of its own and no exception crosses a module's border.
#pragma once

#include <expected>

#include "base/error_code.h"

namespace barnabas {

// What went wrong. `os_error` is an errno or 0; `where` is a string literal that names the step.
struct Error {
    ErrorCode code = ErrorCode::unknown_server_error;
    int os_error = 0;
    const char* where = "";
};

template <class T>
using Result = std::expected<T, Error>;

// fail(ErrorCode::corrupt_message, "batch length"): the error side of any Result.
inline std::unexpected<Error> fail(ErrorCode code, const char* where, int os_error = 0) {
    return std::unexpected(Error{code, os_error, where});
}

}  // namespace barnabas

// TRY(expression): for Result<void> and for results whose value is not wanted; returns the error.
#define TRY(expression)                                               \
    do {                                                              \
        if (auto try_result = (expression); !try_result) [[unlikely]] \
            return std::unexpected(try_result.error());               \
    } while (false)

// TRY_ASSIGN(auto x, expression): x is the value, or the error is returned.
#define TRY_JOIN_INNER(a, b) a##b
#define TRY_JOIN(a, b) TRY_JOIN_INNER(a, b)
#define TRY_ASSIGN(target, expression)                                   \
    auto TRY_JOIN(try_result_, __LINE__) = (expression);                 \
    if (!TRY_JOIN(try_result_, __LINE__)) [[unlikely]]                   \
        return std::unexpected(TRY_JOIN(try_result_, __LINE__).error()); \
    target = std::move(*TRY_JOIN(try_result_, __LINE__))
