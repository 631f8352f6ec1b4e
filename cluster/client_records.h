// SPDX-License-Identifier: Apache-2.0
// Quotas and credentials of clients, read out of the records that an image keeps as they are. Asked
// for by administrators only, so each call reads all of them. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cluster/metadata_image.h"

namespace barnabas::cluster {

// Entity type ("user", "client-id", "ip") to name; no name: the default entity of the type.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;
using QuotaValues = std::map<std::string, double>;
using ClientQuotas = std::map<QuotaEntity, QuotaValues>;
ClientQuotas client_quotas(const MetadataImage& image);

// Mechanism (1: SCRAM-SHA-256, 2: SCRAM-SHA-512) to iterations, by user.
using ScramUsers = std::map<std::string, std::map<int8_t, int32_t>>;
ScramUsers scram_users(const MetadataImage& image);

}  // namespace barnabas::cluster
