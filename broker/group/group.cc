// SPDX-License-Identifier: Apache-2.0
// Names of group types.
#include "broker/group/group.h"

namespace barnabas::broker {

std::string_view group_type_name(GroupType type) {
    return type == GroupType::classic ? "classic" : "consumer";
}

}  // namespace barnabas::broker
