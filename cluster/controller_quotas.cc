// SPDX-License-Identifier: Apache-2.0
// AlterClientQuotas (KIP-546): quotas of users, client ids and addresses, checked and recorded.
// Each entity is changed as a whole or not at all. Pure.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "cluster/client_records.h"
#include "cluster/controller_support.h"

namespace barnabas::cluster {

namespace {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using protocol::ClientQuotaRecord;

enum class Whole { no, int32, int64 };
struct QuotaKey {
    std::string_view name;
    bool of_addresses;
    Whole whole;
};
constexpr std::array quota_keys{
    QuotaKey{"producer_byte_rate", false, Whole::int64},
    QuotaKey{"consumer_byte_rate", false, Whole::int64},
    QuotaKey{"request_percentage", false, Whole::no},
    QuotaKey{"controller_mutation_rate", false, Whole::no},
    QuotaKey{"connection_creation_rate", true, Whole::int32},
};
constexpr std::string_view address_type = "ip";

std::optional<ItemError> invalid(std::string message) {
    return ItemError{ErrorCode::invalid_request, std::move(message)};
}

QuotaEntity entity_of(const AlterClientQuotasRequest::EntryData& entry) {
    QuotaEntity entity;
    for (const auto& part : entry.entity)
        entity.insert_or_assign(part.entity_type.str(),
                                part.entity_name.transform([](const Text& t) { return t.str(); }));
    return entity;
}

std::string describe(const QuotaEntity& entity) {
    std::string parts;
    for (const auto& [type, name] : entity)
        parts += fmt::format("{}{}={}", parts.empty() ? "" : ", ", type, name.value_or("null"));
    return fmt::format("ClientQuotaEntity(entries={{{}}})", parts);
}

// An address, or something that might be a host's name; names are not looked up.
bool is_address(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) || c == '.' || c == '-' || c == ':' || c == '_';
    });
}

std::optional<ItemError> check_entity(const QuotaEntity& entity) {
    if (entity.empty()) return invalid("Invalid empty client quota entity");
    for (const auto& [type, name] : entity) {
        if (type != "user" && type != "client-id" && type != address_type)
            return invalid(fmt::format("Unhandled client quota entity type: {}", type));
        if (name && name->empty()) return invalid(fmt::format("Empty {} not supported", type));
    }
    const auto address = entity.find(std::string(address_type));
    if (address == entity.end()) return std::nullopt;
    if (entity.size() > 1)
        return invalid(
            "Invalid quota entity combination, IP entity shouldnot be combined with User or "
            "ClientId");
    if (address->second && !is_address(*address->second))
        return invalid(fmt::format("{} is not a valid IP or resolvable host.", *address->second));
    return std::nullopt;
}

std::optional<ItemError> check_value(std::string_view name, bool of_addresses, double value) {
    const auto* key = std::ranges::find(quota_keys, name, &QuotaKey::name);
    if (key == quota_keys.end() || key->of_addresses != of_addresses)
        return invalid(fmt::format("Invalid configuration key {}", name));
    if (!(value > 0)) return invalid(fmt::format("Quota {} must be greater than 0", name));
    if (key->whole == Whole::no) return std::nullopt;
    const bool small = key->whole == Whole::int32;
    if (value > (small ? double{INT32_MAX} : 9.2233720368547e18))
        return invalid(fmt::format("Proposed value for {} is too large for {}.", name,
                                   small ? "an INT" : "a LONG"));
    if (std::abs(value - std::round(value)) > 1e-6)
        return invalid(fmt::format("{} cannot be a fractional value.", name));
    return std::nullopt;
}

ClientQuotaRecord record_of(const QuotaEntity& entity, const std::string& key, double value,
                            bool remove) {
    ClientQuotaRecord record;
    for (const auto& [type, name] : entity) {
        auto& part = record.entity.emplace_back();
        part.entity_type = Text(type);
        part.entity_name.reset();
        if (name) part.entity_name = Text(*name);
    }
    record.key = Text(key);
    record.value = remove ? 0 : value;
    record.remove = remove;
    return record;
}

std::set<QuotaEntity> named_twice(const AlterClientQuotasRequest& request) {
    std::set<QuotaEntity> seen, twice;
    for (const auto& entry : request.entries)
        if (!seen.insert(entity_of(entry)).second) twice.insert(entity_of(entry));
    return twice;
}

bool has_a_key_twice(const AlterClientQuotasRequest::EntryData& entry) {
    std::set<std::string_view> keys;
    return std::ranges::any_of(
        entry.ops, [&keys](const auto& op) { return !keys.insert(op.key.view()).second; });
}

std::optional<ItemError> change(const QuotaEntity& entity,
                                const AlterClientQuotasRequest::EntryData& entry,
                                const QuotaValues& current, std::vector<MetadataRecord>& records) {
    if (auto error = check_entity(entity)) return error;
    const bool of_addresses = entity.contains(std::string(address_type));
    std::vector<ClientQuotaRecord> changes;
    for (const auto& op : entry.ops) {
        const std::string key = op.key.str();
        const auto found = current.find(key);
        if (!op.remove)
            if (auto error = check_value(key, of_addresses, op.value)) return error;
        const bool changes_nothing = op.remove
                                         ? found == current.end()
                                         : found != current.end() && found->second == op.value;
        if (!changes_nothing) changes.push_back(record_of(entity, key, op.value, op.remove));
    }
    for (ClientQuotaRecord& record : changes) records.emplace_back(std::move(record));
    return std::nullopt;
}

}  // namespace

Decision<AlterClientQuotasResponse> decide_alter_client_quotas(
    const DecideContext& context, const AlterClientQuotasRequest& request) {
    Decision<AlterClientQuotasResponse> decision;
    const ClientQuotas current = client_quotas(context.image);
    const std::set<QuotaEntity> twice = named_twice(request);
    std::set<QuotaEntity> answered;
    for (const auto& entry : request.entries) {
        const QuotaEntity entity = entity_of(entry);
        if (!answered.insert(entity).second) continue;
        const auto known = current.find(entity);
        static const QuotaValues none;
        std::optional<ItemError> error;
        const bool refused = has_a_key_twice(entry);
        if (!refused)
            error = change(entity, entry, known == current.end() ? none : known->second,
                           decision.records);
        // Of an entity that is named twice the first change counts, although Kafka's answer is an
        // error.
        if (refused || twice.contains(entity))
            error = invalid(fmt::format("Ignoring duplicate entity {}", describe(entity)));
        auto& result = decision.response.entries.emplace_back();
        result.error_message.reset();
        if (error) {
            result.error_code = error->code;
            result.error_message = to_text(std::move(error->message));
        }
        for (const auto& [type, name] : entity) {
            auto& part = result.entity.emplace_back();
            part.entity_type = Text(type);
            part.entity_name.reset();
            if (name) part.entity_name = Text(*name);
        }
    }
    if (request.validate_only) decision.records.clear();
    return decision;
}

}  // namespace barnabas::cluster
