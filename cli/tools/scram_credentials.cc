// SPDX-License-Identifier: Apache-2.0
// See scram_credentials.h.
#include "cli/tools/scram_credentials.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "base/whole_number.h"
#include "cli/client/error_text.h"
#include "cli/tool.h"
#include "cli/tools/filters.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace barnabas::cli {

namespace {

constexpr int32_t iterations_default = 4096, iterations_min = 4096;
constexpr size_t salt_size = 26;

constexpr std::string_view mechanisms[] = {"UNKNOWN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

int8_t mechanism_of(std::string_view name) {
    for (size_t i = 1; i < std::size(mechanisms); ++i)
        if (mechanisms[i] == name) return static_cast<int8_t>(i);
    return 0;
}

std::string_view mechanism_name(int8_t mechanism) {
    const bool known = mechanism > 0 && static_cast<size_t>(mechanism) < std::size(mechanisms);
    return mechanisms[known ? static_cast<size_t>(mechanism) : 0];
}

struct Credential {
    int32_t iterations = iterations_default;
    std::string password;
};

// "iterations=8192,password=secret" or "password=secret"; a password may have commas.
Credential parse(std::string_view mechanism, std::string_view text) {
    const auto refuse = [&] {
        std::string name(mechanism);
        std::ranges::replace(name, '-', '_');
        throw UsageFailure(fmt::format("Invalid credential property {}={}", name, text));
    };
    Credential credential;
    std::string_view rest = text;
    if (rest.starts_with("iterations=")) {
        const auto comma = rest.find(',');
        const auto number = whole_number<int32_t>(rest.substr(0, comma).substr(11));
        if (comma == std::string_view::npos || !number) refuse();
        if (*number != -1) credential.iterations = *number;
        rest.remove_prefix(comma + 1);
    }
    if (!rest.starts_with("password=")) refuse();
    credential.password = rest.substr(9);
    if (credential.iterations < iterations_min)
        throw UsageFailure(fmt::format("Iterations {} is less than the minimum {} required for {}",
                                       credential.iterations, iterations_min, mechanism));
    return credential;
}

// Hi() of RFC 5802.
std::vector<uint8_t> salted(const Credential& credential, const std::vector<uint8_t>& salt,
                            int8_t mechanism) {
    const EVP_MD* digest = mechanism == 1 ? EVP_sha256() : EVP_sha512();
    std::vector<uint8_t> result(static_cast<size_t>(EVP_MD_get_size(digest)));
    if (PKCS5_PBKDF2_HMAC(credential.password.data(), static_cast<int>(credential.password.size()),
                          salt.data(), static_cast<int>(salt.size()), credential.iterations, digest,
                          static_cast<int>(result.size()), result.data()) != 1)
        throw Failure(ErrorCode::unknown_server_error, "the password could not be hashed");
    return result;
}

}  // namespace

bool is_scram_mechanism(std::string_view name) {
    return mechanism_of(name) != 0;
}

void describe_scram(Client& client, const std::vector<std::string>& users) {
    protocol::DescribeUserScramCredentialsRequest request;
    request.users.emplace();
    for (const auto& user : users) request.users->emplace_back().name = Text(user);
    const auto answer = client.ask<protocol::DescribeUserScramCredentialsResponse>(request);
    expect_success(answer);
    for (const auto& result : answer.results) {
        // A user without credentials is not worth a line.
        if (result.error_code == ErrorCode::resource_not_found) continue;
        if (result.error_code != ErrorCode::none) {
            fmt::print(
                "Error retrieving SCRAM credential configs for user-principal '{}': {}: {}\n",
                result.user.view(), exception_name(result.error_code),
                answer_text(result.error_code, result.error_message));
            continue;
        }
        std::vector<std::string> infos;
        for (const auto& info : result.credential_infos)
            infos.push_back(
                fmt::format("{}=iterations={}", mechanism_name(info.mechanism), info.iterations));
        fmt::print("SCRAM credential configs for user-principal '{}' are {}\n", result.user.view(),
                   fmt::join(infos, ", "));
    }
}

void alter_scram(Client& client, const std::string& user, const ConfigChanges& changes) {
    protocol::AlterUserScramCredentialsRequest request;
    for (const auto& mechanism : changes.remove) {
        auto& deletion = request.deletions.emplace_back();
        deletion.name = Text(user);
        deletion.mechanism = mechanism_of(mechanism);
    }
    std::vector<std::vector<uint8_t>> kept;  // what the request borrows
    kept.reserve(2 * changes.add.size());
    for (const auto& [mechanism, text] : changes.add) {
        const Credential credential = parse(mechanism, text);
        auto& salt = kept.emplace_back(salt_size);
        if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
            throw Failure(ErrorCode::unknown_server_error, "no random numbers for a salt");
        const auto& password = kept.emplace_back(salted(credential, salt, mechanism_of(mechanism)));
        auto& upsertion = request.upsertions.emplace_back();
        upsertion.name = Text(user);
        upsertion.mechanism = mechanism_of(mechanism);
        upsertion.iterations = credential.iterations;
        upsertion.salt = Blob(salt);
        upsertion.salted_password = Blob(password);
    }
    const auto answer = client.ask<protocol::AlterUserScramCredentialsResponse>(request);
    for (const auto& result : answer.results) expect_success(result);
}

}  // namespace barnabas::cli
