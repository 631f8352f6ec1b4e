// SPDX-License-Identifier: Apache-2.0
// The tools by name; each is a file of its own beside this one. Listed in cli/tools.cc.
#pragma once

#include "cli/tool.h"

namespace barnabas::cli {

const Tool& topics_tool();
const Tool& broker_api_versions_tool();
const Tool& cluster_tool();
const Tool& metadata_quorum_tool();
const Tool& get_offsets_tool();
const Tool& cub_tool();
const Tool& ub_tool();
const Tool& acls_tool();
const Tool& configs_tool();
const Tool& consumer_groups_tool();
const Tool& console_producer_tool();
const Tool& console_consumer_tool();
const Tool& delete_records_tool();
const Tool& log_dirs_tool();
const Tool& features_tool();
const Tool& transactions_tool();
const Tool& producer_perf_tool();
const Tool& consumer_perf_tool();
const Tool& dump_log_tool();
const Tool& storage_tool();
const Tool& run_class_tool();
const Tool& server_stop_tool();

}  // namespace barnabas::cli
