// SPDX-License-Identifier: Apache-2.0
// The JSON of quorum-state, keys in the order in which Kafka writes them.
#include "cluster/quorum_state.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace barnabas::cluster {

namespace {

Result<int64_t> number(const boost::json::object& object, const char* key) {
    const boost::json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64() || value->get_int64() < INT32_MIN ||
        value->get_int64() > INT32_MAX)
        return fail(ErrorCode::corrupt_message, "quorum-state: a number is missing");
    return value->get_int64();
}

Result<std::vector<BrokerId>> voters_of(const boost::json::object& object) {
    std::vector<BrokerId> voters;
    const boost::json::value* list = object.if_contains("currentVoters");
    if (list == nullptr || list->is_null()) return voters;
    if (!list->is_array()) return fail(ErrorCode::corrupt_message, "quorum-state: voters");
    for (const boost::json::value& voter : list->get_array()) {
        if (!voter.is_object()) return fail(ErrorCode::corrupt_message, "quorum-state: voter");
        TRY_ASSIGN(const int64_t id, number(voter.get_object(), "voterId"));
        voters.emplace_back(static_cast<int32_t>(id));
    }
    return voters;
}

}  // namespace

std::string write_quorum_state(const QuorumState& state) {
    if (state.data_version >= 1)
        return fmt::format(R"({{"leaderId":{},"leaderEpoch":{},"votedId":{},)"
                           R"("votedDirectoryId":"{}","data_version":1}})",
                           state.leader_id.value, state.leader_epoch.value, state.voted_id.value,
                           state.voted_directory_id.str());
    std::string voters;
    for (const BrokerId id : state.current_voters)
        voters += fmt::format(R"({}{{"voterId":{}}})", voters.empty() ? "" : ",", id.value);
    return fmt::format(R"({{"clusterId":"","leaderId":{},"leaderEpoch":{},"votedId":{},)"
                       R"("appliedOffset":0,"currentVoters":[{}],"data_version":0}})",
                       state.leader_id.value, state.leader_epoch.value, state.voted_id.value,
                       voters);
}

Result<QuorumState> parse_quorum_state(std::string_view text) {
    boost::system::error_code error;
    const boost::json::value root = boost::json::parse(text, error);
    if (error || !root.is_object())
        return fail(ErrorCode::corrupt_message, "quorum-state is not JSON");
    const boost::json::object& object = root.get_object();
    QuorumState state;
    TRY_ASSIGN(const int64_t version, number(object, "data_version"));
    if (version < 0 || version > 1)
        return fail(ErrorCode::unsupported_version, "quorum-state: data_version");
    state.data_version = static_cast<int16_t>(version);
    TRY_ASSIGN(const int64_t leader, number(object, "leaderId"));
    TRY_ASSIGN(const int64_t epoch, number(object, "leaderEpoch"));
    TRY_ASSIGN(const int64_t voted, number(object, "votedId"));
    if (epoch < 0) return fail(ErrorCode::corrupt_message, "quorum-state: leaderEpoch");
    state.leader_id = BrokerId{static_cast<int32_t>(leader)};
    state.leader_epoch = LeaderEpoch{static_cast<int32_t>(epoch)};
    state.voted_id = BrokerId{static_cast<int32_t>(voted)};
    if (version == 0) {
        TRY_ASSIGN(state.current_voters, voters_of(object));
        return state;
    }
    const boost::json::value* directory = object.if_contains("votedDirectoryId");
    if (directory != nullptr && directory->is_string()) {
        const auto parsed = Uuid::parse(directory->get_string());
        if (!parsed) return fail(ErrorCode::corrupt_message, "quorum-state: votedDirectoryId");
        state.voted_directory_id = *parsed;
    }
    return state;
}

}  // namespace barnabas::cluster
