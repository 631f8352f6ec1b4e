// SPDX-License-Identifier: Apache-2.0
// The one list of the tools; help, completion and links are made from it.
#include "cli/tools/all.h"

namespace barnabas::cli {

std::span<const Tool> tools() {
    static const Tool list[] = {topics_tool(),
                                broker_api_versions_tool(),
                                cluster_tool(),
                                metadata_quorum_tool(),
                                get_offsets_tool(),
                                configs_tool(),
                                acls_tool(),
                                consumer_groups_tool(),
                                console_producer_tool(),
                                console_consumer_tool(),
                                delete_records_tool(),
                                log_dirs_tool(),
                                features_tool(),
                                transactions_tool(),
                                producer_perf_tool(),
                                consumer_perf_tool(),
                                dump_log_tool(),
                                storage_tool(),
                                server_stop_tool(),
                                run_class_tool(),
                                cub_tool(),
                                ub_tool()};
    return list;
}

}  // namespace barnabas::cli
