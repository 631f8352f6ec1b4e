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
const Tool& configs_tool();
const Tool& consumer_groups_tool();
const Tool& console_producer_tool();
const Tool& console_consumer_tool();
const Tool& storage_tool();
const Tool& run_class_tool();
const Tool& server_stop_tool();

}  // namespace barnabas::cli
