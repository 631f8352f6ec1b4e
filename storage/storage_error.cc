// SPDX-License-Identifier: Apache-2.0
// Sorting of errnos; see the header.
#include "storage/storage_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace barnabas::storage {
namespace {

constexpr std::array passing_errors{ENOSPC, EDQUOT, ENOENT, EEXIST, EAGAIN,       EINTR,
                                    EMFILE, ENFILE, ENOMEM, EFBIG,  ENAMETOOLONG, ENOTEMPTY};

}  // namespace

bool is_disk_failure(const Error& error) {
    if (error.code != ErrorCode::kafka_storage_error || error.os_error == 0) return false;
    return std::ranges::find(passing_errors, error.os_error) == passing_errors.end();
}

std::string describe(const Error& error) {
    std::string text = error.where;
    if (error.os_error != 0)
        text += ": " + std::error_code(error.os_error, std::generic_category()).message();
    return text;
}

}  // namespace barnabas::storage
