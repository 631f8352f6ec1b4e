// SPDX-License-Identifier: Apache-2.0
// AlterUserScramCredentials (KIP-554): clients send salted passwords (RFC 5802); what is recorded
// are the keys made of them, with which a password can be checked and not found out. Pure.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <set>

#include "cluster/client_records.h"
#include "cluster/controller_support.h"

namespace barnabas::cluster {

namespace {

using protocol::AlterUserScramCredentialsRequest;
using protocol::AlterUserScramCredentialsResponse;
using protocol::UserScramCredentialRecord;
using Upsertion = AlterUserScramCredentialsRequest::ScramCredentialUpsertion;

constexpr int32_t iterations_min = 4096;
constexpr int32_t iterations_max = 16384;

const EVP_MD* digest_of(int8_t mechanism) {
    if (mechanism == 1) return EVP_sha256();
    return mechanism == 2 ? EVP_sha512() : nullptr;
}

std::vector<uint8_t> hmac(const EVP_MD* digest, Bytes key, std::string_view text) {
    std::vector<uint8_t> result(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    const auto* made = HMAC(digest, key.data(), static_cast<int>(key.size()), as_bytes(text).data(),
                            text.size(), result.data(), &size);
    ASSERT(made != nullptr);
    result.resize(size);
    return result;
}

std::vector<uint8_t> hash(const EVP_MD* digest, Bytes bytes) {
    std::vector<uint8_t> result(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    const int made = EVP_Digest(bytes.data(), bytes.size(), result.data(), &size, digest, nullptr);
    ASSERT(made == 1);
    result.resize(size);
    return result;
}

UserScramCredentialRecord record_of(const Upsertion& upsertion) {
    const EVP_MD* digest = digest_of(upsertion.mechanism);
    UserScramCredentialRecord record;
    record.name = Text(upsertion.name.view());
    record.mechanism = upsertion.mechanism;
    record.salt = Blob::copy(upsertion.salt);
    const Bytes password(upsertion.salted_password);
    record.stored_key = Blob(hash(digest, hmac(digest, password, "Client Key")));
    record.server_key = Blob(hmac(digest, password, "Server Key"));
    record.iterations = upsertion.iterations;
    return record;
}

using Problem = std::optional<ItemError>;

Problem check_name(const Text& name) {
    if (!name.empty()) return std::nullopt;
    return ItemError{ErrorCode::unacceptable_credential, "Username must not be empty"};
}

Problem check_mechanism(int8_t mechanism) {
    if (digest_of(mechanism) != nullptr) return std::nullopt;
    return ItemError{ErrorCode::unsupported_sasl_mechanism, "Unknown SCRAM mechanism"};
}

Problem check(const Upsertion& upsertion) {
    if (Problem problem = check_name(upsertion.name)) return problem;
    if (Problem problem = check_mechanism(upsertion.mechanism)) return problem;
    if (upsertion.iterations < iterations_min)
        return ItemError{ErrorCode::unacceptable_credential, "Too few iterations"};
    if (upsertion.iterations > iterations_max)
        return ItemError{ErrorCode::unacceptable_credential, "Too many iterations"};
    if (upsertion.salted_password.empty())
        return ItemError{ErrorCode::unacceptable_credential, "Salted password must not be empty"};
    return std::nullopt;
}

Problem check(const AlterUserScramCredentialsRequest::ScramCredentialDeletion& deletion,
              const ScramUsers& known) {
    if (Problem problem = check_name(deletion.name)) return problem;
    if (Problem problem = check_mechanism(deletion.mechanism)) return problem;
    const auto user = known.find(deletion.name.str());
    if (user != known.end() && user->second.contains(deletion.mechanism)) return std::nullopt;
    return ItemError{ErrorCode::resource_not_found,
                     "Attempt to delete a user credential that does not exist"};
}

std::set<std::string_view> named_twice(const AlterUserScramCredentialsRequest& request) {
    std::set<std::string_view> seen, twice;
    const auto add = [&](std::string_view name) {
        if (!seen.insert(name).second) twice.insert(name);
    };
    for (const auto& deletion : request.deletions) add(deletion.name.view());
    for (const auto& upsertion : request.upsertions) add(upsertion.name.view());
    return twice;
}

void answer(AlterUserScramCredentialsResponse& response, std::string_view user,
            const Problem& problem) {
    auto& result = response.results.emplace_back();
    result.user = Text(user);
    result.error_message.reset();
    if (!problem) return;
    result.error_code = problem->code;
    result.error_message = to_text(problem->message);
}

}  // namespace

Decision<AlterUserScramCredentialsResponse> decide_alter_scram_credentials(
    const DecideContext& context, const AlterUserScramCredentialsRequest& request) {
    Decision<AlterUserScramCredentialsResponse> decision;
    const ScramUsers known = scram_users(context.image);
    std::map<std::string_view, Problem> refused;
    for (const std::string_view name : named_twice(request))
        refused[name] = ItemError{ErrorCode::duplicate_resource,
                                  "A user credential cannot be altered twice in the same request"};
    for (const auto& deletion : request.deletions) {
        if (refused.contains(deletion.name.view())) continue;
        if (Problem problem = check(deletion, known)) {
            refused[deletion.name.view()] = std::move(problem);
            continue;
        }
        protocol::RemoveUserScramCredentialRecord record;
        record.name = Text(deletion.name.view());
        record.mechanism = deletion.mechanism;
        decision.records.emplace_back(std::move(record));
        answer(decision.response, deletion.name.view(), std::nullopt);
    }
    for (const Upsertion& upsertion : request.upsertions) {
        if (refused.contains(upsertion.name.view())) continue;
        if (Problem problem = check(upsertion)) {
            refused[upsertion.name.view()] = std::move(problem);
            continue;
        }
        decision.records.emplace_back(record_of(upsertion));
        answer(decision.response, upsertion.name.view(), std::nullopt);
    }
    for (const auto& [name, problem] : refused) answer(decision.response, name, problem);
    return decision;
}

}  // namespace barnabas::cluster
