// SPDX-License-Identifier: Apache-2.0
// What the kernel knows of this process, under the names that all Prometheus clients use. Reads
// /proc; on systems without it every number is 0.
#pragma once

#include <cstdint>

#include "base/metrics.h"

namespace barnabas {

struct ProcessStats {
    double cpu_seconds = 0;
    double start_time_seconds = 0;  // since 1970
    uint64_t resident_bytes = 0;
    uint64_t virtual_bytes = 0;
    uint64_t open_descriptors = 0;
    uint64_t descriptors_max = 0;
};

ProcessStats process_stats();

// Adds process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds and the others;
// asked for anew by each text().
void add_process_metrics(Metrics& metrics);

}  // namespace barnabas
