// SPDX-License-Identifier: Apache-2.0
// ASSERT: a broken invariant of ours ends the process, in release builds too. Never used on bytes
// that come from the network or the disk: those are Errors (base/result.h).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace barnabas {

[[noreturn]] inline void assert_failed(const char* condition, const char* file, int line,
                                       const char* why) {
    std::fprintf(stderr, "ASSERT failed: %s (%s) at %s:%d\n", condition, why, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace barnabas

// ASSERT(condition) or ASSERT(condition, "why it always holds").
#define ASSERT(condition, ...)                                                         \
    do {                                                                               \
        if (!(condition)) [[unlikely]]                                                 \
            ::barnabas::assert_failed(#condition, __FILE__, __LINE__, "" __VA_ARGS__); \
    } while (false)
