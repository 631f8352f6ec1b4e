// SPDX-License-Identifier: Apache-2.0
// Runs the commands of the controller's transcripts.
#include "cluster/test/controller_script.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace barnabas::cluster {

namespace {

std::string trimmed(const std::string& text) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// "a=b" as its two halves; the second is nullopt without "=".
std::pair<std::string, std::optional<std::string>> halves(const std::string& text) {
    const size_t at = text.find('=');
    if (at == std::string::npos) return {text, std::nullopt};
    return {text.substr(0, at), text.substr(at + 1)};
}

int32_t number(const std::string& text) {
    return static_cast<int32_t>(std::stol(text));
}

}  // namespace

std::vector<std::string> ControllerScript::split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    for (std::string part; std::getline(stream, part, at);) parts.push_back(trimmed(part));
    return parts;
}

std::vector<std::string> ControllerScript::words(const std::string& text) {
    std::stringstream stream(text);
    std::vector<std::string> result;
    for (std::string word; stream >> word;) result.push_back(word);
    return result;
}

std::vector<std::vector<BrokerId>> ControllerScript::replica_lists(const std::string& text) {
    std::vector<std::vector<BrokerId>> lists;
    for (const std::string& list : split(text, ';')) {
        auto& ids = lists.emplace_back();
        for (const std::string& id : split(list, ','))
            if (id != "-") ids.emplace_back(number(id));
    }
    return lists;
}

ControllerScript::Flags ControllerScript::flags_of(const std::string& text, int16_t version) const {
    Flags flags;
    flags.version = version;
    for (const std::string& word : words(text)) {
        if (word.starts_with("v=")) flags.version = static_cast<int16_t>(number(word.substr(2)));
        if (word == "validate") flags.validate_only = true;
    }
    return flags;
}

std::string ControllerScript::run(const std::string& command) {
    const size_t colon = command.find(" : ");
    const std::string head = command.substr(0, colon);
    const auto items = colon == std::string::npos ? std::vector<std::string>{}
                                                  : split(command.substr(colon + 3), '|');
    const auto arguments = words(head);
    const std::string& name = arguments.at(0);
    if (name == "create") return create(head, items);
    if (name == "delete") return remove(head, items);
    if (name == "grow") return grow(head, items);
    if (name == "alter") return alter(head, items);
    if (name == "register") return register_broker(arguments);
    if (name == "setting") return set(arguments.at(1));
    if (name == "activate")
        return commit(
            decide_activation(context(), builder_.in_transaction(), default_bootstrap_records()));
    if (name == "begin") return commit({protocol::BeginTransactionRecord{}});
    if (name == "image") return image(arguments.size() > 1 ? arguments[1] : "");
    if (name == "producer_ids") {
        const auto decision = decide_allocate_producer_ids(context());
        const std::string records = commit(decision.records);
        if (!decision.response)
            return fmt::format("  {} {}\n", error_name(decision.response.error().code), records);
        return fmt::format("  {} ids from {}\n{}", decision.response->count,
                           decision.response->first.value, records);
    }
    ADD_FAILURE() << "no such command: " << command;
    return {};
}

std::string ControllerScript::create(const std::string& flags,
                                     const std::vector<std::string>& items) {
    const Flags options = flags_of(flags, 4);
    protocol::CreateTopicsRequest request;
    request.validate_only = options.validate_only;
    for (const std::string& item : items) {
        auto& topic = request.topics.emplace_back();
        topic.num_partitions = topic.replication_factor = -1;
        auto arguments = words(item);
        if (arguments.empty()) continue;
        topic.name = Text(arguments[0] == "''" ? "" : arguments[0]);
        for (size_t i = 1; i < arguments.size(); ++i) {
            auto [key, value] = halves(arguments[i]);
            if (key == "p") {
                topic.num_partitions = number(*value);
            } else if (key == "rf") {
                topic.replication_factor = static_cast<int16_t>(number(*value));
            } else if (key == "a") {
                for (const std::string& one : split(*value, ';')) {
                    auto& assignment = topic.assignments.emplace_back();
                    assignment.partition_index = PartitionIndex{number(split(one, ':').at(0))};
                    assignment.broker_ids = replica_lists(split(one, ':').at(1)).at(0);
                }
            } else {
                auto& config = topic.configs.emplace_back();
                config.name = Text(key);
                config.value.reset();
                if (value) config.value = Text(*value);
            }
        }
    }
    const auto decision = decide_create_topics(context(), request, options.version);
    const std::string records = commit(decision.records);
    return readable("  " + message_text(decision.response, options.version) + "\n") + records;
}

std::string ControllerScript::remove(const std::string& flags,
                                     const std::vector<std::string>& items) {
    const Flags options = flags_of(flags, 6);
    protocol::DeleteTopicsRequest request;
    for (std::string item : items) {
        if (options.version < 6) {
            request.topic_names.emplace_back(item);
            continue;
        }
        auto& topic = request.topics.emplace_back();
        topic.name.reset();
        const bool by_id = item.starts_with("@");
        const bool both = item.size() > 1 && item.ends_with("!");
        if (by_id) item.erase(0, 1);
        if (both) item.pop_back();
        if (item == "!") continue;
        if (const auto id = ids_.find(item); id != ids_.end() && (by_id || both))
            topic.topic_id = *Uuid::parse(id->second);
        else if (by_id)
            topic.topic_id = Uuid{{9, 9}};
        if (!by_id) topic.name = Text(item == "''" ? "" : item);
    }
    const auto decision = decide_delete_topics(context(), request, options.version);
    const std::string answer =
        readable("  " + message_text(decision.response, options.version) + "\n");
    return answer + commit(decision.records);
}

std::string ControllerScript::grow(const std::string& flags,
                                   const std::vector<std::string>& items) {
    protocol::CreatePartitionsRequest request;
    request.validate_only = flags_of(flags, 3).validate_only;
    for (const std::string& item : items) {
        const auto arguments = words(item);
        auto& topic = request.topics.emplace_back();
        topic.name = Text(arguments.at(0));
        topic.count = number(arguments.at(1));
        topic.assignments.reset();
        if (arguments.size() < 3) continue;
        topic.assignments.emplace();
        for (auto& replicas : replica_lists(arguments[2].substr(2)))
            topic.assignments->emplace_back().broker_ids = std::move(replicas);
    }
    const auto decision = decide_create_partitions(context(), request);
    return "  " + message_text(decision.response, 3) + "\n" + commit(decision.records);
}

std::string ControllerScript::alter(const std::string& flags,
                                    const std::vector<std::string>& items) {
    const std::map<std::string, int8_t> types{{"topic", 2},    {"broker", 4}, {"logger", 8},
                                              {"metrics", 16}, {"group", 32}, {"other", 3}};
    const std::map<std::string, int8_t> operations{{"set", 0},      {"remove", 1}, {"append", 2},
                                                   {"subtract", 3}, {"null", 0},   {"odd", 9}};
    protocol::IncrementalAlterConfigsRequest request;
    request.validate_only = flags_of(flags, 1).validate_only;
    for (const std::string& item : items) {
        const auto arguments = words(item);
        auto& resource = request.resources.emplace_back();
        resource.resource_type = types.at(arguments.at(0));
        resource.resource_name = Text(arguments.at(1) == "''" ? "" : arguments[1]);
        for (size_t i = 2; i + 1 < arguments.size(); i += 2) {
            auto& config = resource.configs.emplace_back();
            config.config_operation = operations.at(arguments[i]);
            auto [key, value] = halves(arguments[i + 1]);
            config.name = Text(key);
            config.value.reset();
            if (value) config.value = Text(*value);
        }
    }
    const auto decision = decide_alter_configs(context(), request);
    return "  " + message_text(decision.response, 1) + "\n" + commit(decision.records);
}

std::string ControllerScript::register_broker(const std::vector<std::string>& arguments) {
    BrokerRegistration registration;
    registration.incarnation_id = Uuid{{7}};
    registration.endpoints = {{"PLAINTEXT", "localhost", 9092, 0}};
    const BrokerId self = settings_.node_id;
    int32_t directories = 1;
    for (const std::string& argument : arguments) {
        if (argument.starts_with("id=")) settings_.node_id = BrokerId{number(argument.substr(3))};
        if (argument.starts_with("dirs=")) directories = number(argument.substr(5));
        if (argument == "nobump") registration.bump_leader_epochs = false;
    }
    for (int32_t i = 0; i < directories; ++i)
        registration.log_dirs.push_back(Uuid{{static_cast<uint8_t>(0x10 + i)}});
    const auto decision = decide_register_broker(context(), registration);
    settings_.node_id = self;
    const int64_t epoch = decision.response;
    return fmt::format("  broker epoch {}\n{}", epoch, commit(decision.records));
}

std::string ControllerScript::set(const std::string& assignment) {
    const auto [key, value] = halves(assignment);
    if (key == "num_partitions")
        settings_.num_partitions = number(*value);
    else if (key == "replication_factor")
        settings_.default_replication_factor = static_cast<int16_t>(number(*value));
    else if (key == "delete_topic_enable")
        settings_.delete_topic_enable = *value == "true";
    else
        settings_.static_configs[key] = *value;
    return {};
}

std::string ControllerScript::image(const std::string& filter) const {
    std::string text;
    for (const std::string& line : image_text(*image_))
        if (line.find(filter) != std::string::npos) text += "  = " + line + "\n";
    return readable(text);
}

std::string ControllerScript::commit(const std::vector<MetadataRecord>& records) {
    std::string text;
    for (const MetadataRecord& record : records) {
        const auto framed = encode_metadata_record(record, metadata_version_max);
        EXPECT_TRUE(builder_.apply_framed(framed).has_value()) << record_text(record);
        if (const auto* topic = std::get_if<protocol::TopicRecord>(&record))
            ids_[topic->name.str()] = topic->topic_id.str();
        text += fmt::format("  {} {}\n", next_offset_.value, record_text(record));
        ++next_offset_;
    }
    auto image = builder_.build(next_offset_ - 1, LeaderEpoch{1});
    EXPECT_TRUE(image.has_value());
    image_ = *image;
    return readable(text);
}

std::string ControllerScript::readable(std::string text) const {
    for (const auto& [name, id] : ids_)
        for (size_t at = text.find(id); at != std::string::npos; at = text.find(id, at))
            text.replace(at, id.size(), "<" + name + ">");
    return text;
}

}  // namespace barnabas::cluster
