// SPDX-License-Identifier: Apache-2.0
// Kept records sort by their type, in two digits: see image_builder_brokers.cc.
#include "cluster/client_records.h"

#include <fmt/format.h>

#include <variant>

#include "base/assert.h"
#include "cluster/metadata_record.h"

namespace barnabas::cluster {

namespace {

template <class Record, class F>
void for_each_kept(const MetadataImage& image, F visit) {
    const std::string prefix = fmt::format("{:02}/", Record::record_type);
    for (auto at = image.kept.lower_bound(prefix);
         at != image.kept.end() && at->first.starts_with(prefix); ++at) {
        const auto record = decode_metadata_record(*at->second);
        ASSERT(record.has_value(), "what was kept was encoded here");
        visit(std::get<Record>(*record));
    }
}

}  // namespace

ClientQuotas client_quotas(const MetadataImage& image) {
    ClientQuotas quotas;
    for_each_kept<protocol::ClientQuotaRecord>(
        image, [&quotas](const protocol::ClientQuotaRecord& record) {
            QuotaEntity entity;
            for (const auto& part : record.entity)
                entity.emplace(part.entity_type.str(),
                               part.entity_name.transform([](const Text& t) { return t.str(); }));
            quotas[entity][record.key.str()] = record.value;
        });
    return quotas;
}

ScramUsers scram_users(const MetadataImage& image) {
    ScramUsers users;
    for_each_kept<protocol::UserScramCredentialRecord>(
        image, [&users](const protocol::UserScramCredentialRecord& record) {
            users[record.name.str()][record.mechanism] = record.iterations;
        });
    return users;
}

}  // namespace barnabas::cluster
