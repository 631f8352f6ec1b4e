// SPDX-License-Identifier: Apache-2.0
// The system's librdkafka through its C++ interface (administration is in its C interface only) for
// the matrix: `librdkafka_matrix BOOTSTRAP PREFIX FEATURE...`, a line of JSON for each feature.
// Judges only what it sees itself; the runner looks too.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafkacpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Settings = std::vector<std::pair<std::string, std::string>>;
using Field = std::optional<std::string>;  // nothing is null
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr int64_t kTime = 1'600'000'000'000;
constexpr int kTimeoutMs = 30'000;
std::string bootstrap;

struct Cannot : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Record {
    Field key = {}, value = {};
    int32_t partition = RdKafka::Topic::PARTITION_UA;
    int64_t timestamp = 0;
    Headers headers = {};
    bool operator==(const Record& other) const { return key == other.key && value == other.value; }
};
using Records = std::vector<Record>;

void expect(bool holds, const std::string& otherwise) {
    if (!holds) throw std::runtime_error(otherwise);
}

void must(RdKafka::ErrorCode code) {
    expect(code == RdKafka::ERR_NO_ERROR, RdKafka::err2str(code));
}

void must(RdKafka::Error* error) {
    const std::unique_ptr<RdKafka::Error> owned(error);
    if (owned) throw std::runtime_error(owned->str());
}

std::string value_of(int n) {
    std::string text = "v" + std::to_string(n) + " ";
    for (int at = 0; at < 20; ++at) text += "barnabas ";
    return text;
}

Records plain(int first, int end) {
    Records records;
    for (int n = first; n < end; ++n) {
        records.push_back({.key = "k" + std::to_string(n), .value = value_of(n)});
    }
    return records;
}

void same(const Records& found, const Records& wanted) {
    expect(found.size() == wanted.size(),
           std::to_string(found.size()) + " records instead of " + std::to_string(wanted.size()));
    expect(found == wanted, "other records");
}

void same_set(Records found, Records wanted) {
    std::ranges::sort(found, {}, &Record::key);
    std::ranges::sort(wanted, {}, &Record::key);
    same(found, wanted);
}

std::unique_ptr<RdKafka::Conf> config(const Settings& settings) {
    std::unique_ptr<RdKafka::Conf> made(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
    std::string problem;
    for (const auto& [name, value] : settings) {
        const auto result = made->set(name, value, problem);
        if (result == RdKafka::Conf::CONF_UNKNOWN) throw Cannot("no config " + name);
        expect(result == RdKafka::Conf::CONF_OK, problem);
    }
    return made;
}

class Delivery : public RdKafka::DeliveryReportCb {
  public:
    void dr_cb(RdKafka::Message& message) override {
        if (message.err() != RdKafka::ERR_NO_ERROR) problem = message.errstr();
    }
    std::string problem;
};

class Producer {
  public:
    explicit Producer(Settings settings = {}) {
        settings.emplace_back("bootstrap.servers", bootstrap);
        const auto made = config(settings);
        std::string problem;
        made->set("dr_cb", &delivery_, problem);
        producer_.reset(RdKafka::Producer::create(made.get(), problem));
        expect(producer_ != nullptr, problem);
    }

    void send(const std::string& topic, const Records& records) {
        for (const Record& each : records) {
            const std::unique_ptr<RdKafka::Headers> headers(RdKafka::Headers::create());
            for (const auto& [name, value] : each.headers) {
                headers->add(name, value.data(), value.size());
            }
            const auto data = [](const Field& field) {
                return field ? const_cast<char*>(field->data()) : nullptr;
            };
            RdKafka::Headers* given = each.headers.empty() ? nullptr : new_copy(*headers);
            must(producer_->produce(topic, each.partition, RdKafka::Producer::RK_MSG_COPY,
                                    data(each.value), each.value ? each.value->size() : 0,
                                    data(each.key), each.key ? each.key->size() : 0, each.timestamp,
                                    given, nullptr));
        }
        must(producer_->flush(kTimeoutMs));
        expect(delivery_.problem.empty(), delivery_.problem);
    }

    RdKafka::Producer* operator->() { return producer_.get(); }

  private:
    // produce() owns what it is given.
    static RdKafka::Headers* new_copy(const RdKafka::Headers& headers) {
        return RdKafka::Headers::create(headers.get_all());
    }

    Delivery delivery_;
    std::unique_ptr<RdKafka::Producer> producer_;
};

class Consumer {
  public:
    explicit Consumer(const Settings& settings = {}) {
        Settings all = {{"bootstrap.servers", bootstrap},
                        {"auto.offset.reset", "earliest"},
                        {"enable.auto.commit", "false"},
                        {"fetch.wait.max.ms", "100"},
                        {"group.id", "none"}};
        all.insert(all.end(), settings.begin(), settings.end());
        std::string problem;
        consumer_.reset(RdKafka::KafkaConsumer::create(config(all).get(), problem));
        expect(consumer_ != nullptr, problem);
    }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;
    ~Consumer() { consumer_->close(); }

    void assign(const std::string& topic, int partitions, int64_t offset) {
        std::vector<RdKafka::TopicPartition*> wanted;
        for (int at = 0; at < partitions; ++at) {
            wanted.push_back(RdKafka::TopicPartition::create(topic, at, offset));
        }
        const auto result = consumer_->assign(wanted);
        RdKafka::TopicPartition::destroy(wanted);
        must(result);
    }

    size_t owned() {
        std::vector<RdKafka::TopicPartition*> partitions;
        must(consumer_->assignment(partitions));
        const size_t count = partitions.size();
        RdKafka::TopicPartition::destroy(partitions);
        return count;
    }

    void take(Records& into, int wait_ms) {
        const std::unique_ptr<RdKafka::Message> message(consumer_->consume(wait_ms));
        if (message->err() == RdKafka::ERR__TIMED_OUT) return;
        must(message->err());
        Record record{.partition = message->partition(),
                      .timestamp = message->timestamp().timestamp};
        if (message->key_pointer() != nullptr) record.key = *message->key();
        if (message->payload() != nullptr) {
            record.value.emplace(static_cast<const char*>(message->payload()), message->len());
        }
        if (message->headers() != nullptr) {
            for (const auto& each : message->headers()->get_all()) {
                record.headers.emplace_back(
                    each.key(),
                    std::string(static_cast<const char*>(each.value()), each.value_size()));
            }
        }
        into.push_back(std::move(record));
    }

    // At least that many, and what comes within a moment more.
    Records poll(size_t count) {
        Records got;
        const auto end = Clock::now() + std::chrono::seconds(20);
        while (got.size() < count && Clock::now() < end) take(got, 100);
        const auto enough = Clock::now() + std::chrono::milliseconds(200);
        while (Clock::now() < enough) take(got, 50);
        return got;
    }

    // Of partition 0.
    void commit(const std::string& topic, int64_t offset) {
        std::vector<RdKafka::TopicPartition*> one{
            RdKafka::TopicPartition::create(topic, 0, offset)};
        const auto result = consumer_->commitSync(one);
        RdKafka::TopicPartition::destroy(one);
        must(result);
    }

    RdKafka::KafkaConsumer* operator->() { return consumer_.get(); }

  private:
    std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
};

Records read(const std::string& topic, size_t count, const Settings& settings = {},
             int partitions = 1, int64_t offset = 0) {
    Consumer consumer(settings);
    consumer.assign(topic, partitions, offset);
    return consumer.poll(count);
}

Records committed(const std::string& topic, size_t count) {
    return read(topic, count, {{"isolation.level", "read_committed"}});
}

void codec(const std::string& topic, const std::string& name) {
    Producer({{"compression.type", name}, {"linger.ms", "20"}}).send(topic, plain(0, 100));
    for (const std::string& each : {topic, "source." + name}) same(read(each, 100), plain(0, 100));
}

void consume(const std::string&) {
    const Records got = read("source.parts", 100, {}, 4);
    std::set<int32_t> partitions;
    for (const Record& each : got) partitions.insert(each.partition);
    expect(partitions.size() == 4, "not four partitions");
    same_set(got, plain(0, 100));
    same(read("source.none", 50, {}, 1, 50), plain(50, 100));
}

void group(const std::string& topic, Settings settings) {
    settings.emplace_back("group.id", topic);
    Consumer first(settings), second(settings);
    const std::array<Consumer*, 2> members{&first, &second};
    for (Consumer* each : members) must((*each)->subscribe({topic}));
    Records got;
    const auto end = Clock::now() + std::chrono::seconds(40);
    while (first.owned() != 2 || second.owned() != 2) {
        expect(Clock::now() < end, "no two partitions each");
        for (Consumer* each : members) each->take(got, 50);
    }
    Producer().send(topic, plain(0, 100));
    while (got.size() < 100) {
        expect(Clock::now() < end, std::to_string(got.size()) + " records");
        for (Consumer* each : members) each->take(got, 10);
    }
    same_set(got, plain(0, 100));
    for (Consumer* each : members) must((*each)->commitSync());
}

void commit(const std::string& topic) {
    for (const int first : {0, 50}) {
        Consumer member({{"group.id", topic}});
        must(member->subscribe({"source.none"}));
        same(member.poll(100 - first), plain(first, 100));
        if (first == 0) member.commit("source.none", 50);
    }
}

void transactions(const std::string& topic) {
    Producer producer({{"transactional.id", topic}});
    must(producer->init_transactions(kTimeoutMs));
    for (const int first : {0, 10}) {
        must(producer->begin_transaction());
        producer.send(topic, plain(first, first + 10));
        must(first == 0 ? producer->abort_transaction(kTimeoutMs)
                        : producer->commit_transaction(kTimeoutMs));
    }
    same(committed(topic, 10), plain(10, 20));
}

void transaction_offsets(const std::string& topic) {
    Producer producer({{"transactional.id", topic}});
    Consumer member({{"group.id", topic}});
    must(member->subscribe({"source.none"}));
    must(producer->init_transactions(kTimeoutMs));
    Records got = member.poll(100);
    got.resize(10);
    for (Record& each : got) each.timestamp = 0;
    must(producer->begin_transaction());
    producer.send(topic, got);
    std::vector<RdKafka::TopicPartition*> offsets{
        RdKafka::TopicPartition::create("source.none", 0, 10)};
    const std::unique_ptr<RdKafka::ConsumerGroupMetadata> metadata(member->groupMetadata());
    RdKafka::Error* sent =
        producer->send_offsets_to_transaction(offsets, metadata.get(), kTimeoutMs);
    RdKafka::TopicPartition::destroy(offsets);
    must(sent);
    must(producer->commit_transaction(kTimeoutMs));
    same(committed(topic, 10), plain(0, 10));
}

void read_committed(const std::string&) {
    for (const auto& [level, first] : {std::pair{"read_committed", 10}, {"read_uncommitted", 0}}) {
        Records wanted = plain(first, 20);
        for (Record& each : wanted) each.key.reset();
        same(read("source.txn", 20 - first, {{"isolation.level", level}}), wanted);
    }
}

// Administration is in the C interface only.
class Admin {
  public:
    Admin() : queue_(rd_kafka_queue_new(producer_->c_ptr())) {}
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;
    ~Admin() { rd_kafka_queue_destroy(queue_); }

    rd_kafka_t* handle() { return producer_->c_ptr(); }
    rd_kafka_queue_t* queue() { return queue_; }

    using Event = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;
    Event answer() {
        Event event(rd_kafka_queue_poll(queue_, kTimeoutMs), rd_kafka_event_destroy);
        expect(event != nullptr, "no answer");
        expect(rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR,
               rd_kafka_event_error_string(event.get()));
        return event;
    }

    void create(const std::string& topic, int partitions, const char* retention) {
        std::array<char, 256> problem{};
        rd_kafka_NewTopic_t* wanted =
            rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, problem.data(), problem.size());
        if (retention != nullptr) rd_kafka_NewTopic_set_config(wanted, "retention.ms", retention);
        rd_kafka_CreateTopics(handle(), &wanted, 1, nullptr, queue_);
        rd_kafka_NewTopic_destroy(wanted);
        topic_results(rd_kafka_CreateTopics_result_topics, rd_kafka_event_CreateTopics_result);
    }

    void remove(const std::string& topic) {
        rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
        rd_kafka_DeleteTopics(handle(), &wanted, 1, nullptr, queue_);
        rd_kafka_DeleteTopic_destroy(wanted);
        topic_results(rd_kafka_DeleteTopics_result_topics, rd_kafka_event_DeleteTopics_result);
    }

    void alter(const std::string& topic, const char* retention) {
        rd_kafka_ConfigResource_t* wanted =
            rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
        rd_kafka_ConfigResource_set_config(wanted, "retention.ms", retention);
        rd_kafka_AlterConfigs(handle(), &wanted, 1, nullptr, queue_);
        rd_kafka_ConfigResource_destroy(wanted);
        const auto event = answer();
        size_t count = 0;
        const auto* resources = rd_kafka_AlterConfigs_result_resources(
            rd_kafka_event_AlterConfigs_result(event.get()), &count);
        expect(count == 1 && rd_kafka_ConfigResource_error(resources[0]) == 0, "not altered");
    }

    std::string retention(const std::string& topic) {
        rd_kafka_ConfigResource_t* wanted =
            rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
        rd_kafka_DescribeConfigs(handle(), &wanted, 1, nullptr, queue_);
        rd_kafka_ConfigResource_destroy(wanted);
        const auto event = answer();
        size_t count = 0;
        const auto* resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event.get()), &count);
        const auto* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
        for (size_t at = 0; at < count; ++at) {
            if (std::string_view(rd_kafka_ConfigEntry_name(entries[at])) == "retention.ms") {
                return rd_kafka_ConfigEntry_value(entries[at]);
            }
        }
        return "";
    }

    // -1 where the topic is not.
    int partitions(const std::string& topic) {
        RdKafka::Metadata* told = nullptr;
        must(producer_->metadata(true, nullptr, &told, kTimeoutMs));
        const std::unique_ptr<RdKafka::Metadata> owned(told);
        for (const auto* each : *owned->topics()) {
            if (each->topic() == topic) return static_cast<int>(each->partitions()->size());
        }
        return -1;
    }

  private:
    template <class Topics, class Result>
    void topic_results(Topics topics, Result result) {
        const auto event = answer();
        size_t count = 0;
        const auto* all = topics(result(event.get()), &count);
        expect(count == 1, "not one result");
        expect(rd_kafka_topic_result_error(all[0]) == RD_KAFKA_RESP_ERR_NO_ERROR,
               rd_kafka_err2str(rd_kafka_topic_result_error(all[0])));
    }

    Producer producer_;
    rd_kafka_queue_t* queue_;
};

void admin(const std::string& topic) {
    Admin of;
    of.create(topic, 3, "1000000");
    of.create(topic + "-gone", 1, nullptr);
    expect(of.partitions(topic) == 3, "not three partitions");
    of.alter(topic, "2000000");
    expect(of.retention(topic) == "2000000", of.retention(topic));
    of.remove(topic + "-gone");
    expect(of.partitions(topic + "-gone") == -1, "still listed");
}

void list_offsets(const std::string&) {
    int64_t first = -1, end = -1;
    must(Consumer()->query_watermark_offsets("source.none", 0, &first, &end, kTimeoutMs));
    expect(first == 0 && end == 100, std::to_string(first) + " and " + std::to_string(end));
}

void headers(const std::string& topic) {
    Record record = plain(0, 1)[0];
    record.headers = {{"a", "1"}, {"a", "2"}, {"b", std::string("\0\xff\x10", 3)}, {"empty", ""}};
    Producer().send(topic, {record});
    expect(read(topic, 1).at(0).headers == record.headers, "other headers");
}

void create_time(const std::string& topic) {
    Record record = plain(0, 1)[0];
    record.timestamp = kTime + 123;
    record.partition = 0;
    Producer().send(topic, {record});
    const int64_t found = read(topic, 1).at(0).timestamp;
    expect(found == kTime + 123, std::to_string(found));
}

void offsets_for_time(const std::string&) {
    for (const auto& [wait, wanted] : {std::pair<int64_t, int64_t>{4500, 5}, {99999, -1}}) {
        std::vector<RdKafka::TopicPartition*> asked{
            RdKafka::TopicPartition::create("source.times", 0, kTime + wait)};
        must(Consumer()->offsetsForTimes(asked, kTimeoutMs));
        const int64_t found = asked[0]->offset();
        RdKafka::TopicPartition::destroy(asked);
        expect(found == wanted, std::to_string(found));
    }
}

void large(const std::string& topic) {
    const Records one{{.key = "k0", .value = std::string(5'000'000, 'x')}};
    Producer({{"message.max.bytes", "8000000"}}).send(topic, one);
    same(read(topic, 1, {{"fetch.message.max.bytes", "8000000"}}), one);
}

void idempotence(const std::string& topic) {
    Producer producer({{"enable.idempotence", "true"}});
    producer.send(topic, plain(0, 50));
    producer.send(topic, plain(50, 100));
}

void nulls(const std::string& topic) {
    const Records wanted{
        {.key = {}, .value = "no key"}, {.key = "no value", .value = {}}, {.key = "", .value = ""}};
    Producer().send(topic, wanted);
    same(read(topic, 3), wanted);
}

using Feature = std::function<void(const std::string&)>;
const std::map<std::string, Feature> kFeatures = {
    {"consume", consume},
    {"group-classic", [](const std::string& topic) { group(topic, {}); }},
    {"group-consumer",
     [](const std::string& topic) { group(topic, {{"group.protocol", "consumer"}}); }},
    {"commit", commit},
    {"transactions", transactions},
    {"txn-offsets", transaction_offsets},
    {"read-committed", read_committed},
    {"admin", admin},
    {"list-offsets", list_offsets},
    {"headers", headers},
    {"create-time", create_time},
    {"offsets-for-time", offsets_for_time},
    {"large", large},
    {"idempotence", idempotence},
    {"nulls", nulls}};

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char each : text) {
        if (each == '"' || each == '\\') out += '\\';
        out += each < ' ' ? ' ' : each;
    }
    return out + '"';
}

}  // namespace

int main(int count, char** words) {
    bootstrap = words[1];
    for (int at = 3; at < count; ++at) {
        const std::string feature = words[at], topic = std::string(words[2]) + "." + feature;
        std::string outcome = "pass", detail;
        try {
            const auto found = kFeatures.find(feature);
            found == kFeatures.end() ? codec(topic, feature) : found->second(topic);
        } catch (const Cannot& why) {
            outcome = "cannot", detail = why.what();
        } catch (const std::exception& problem) {
            outcome = "fail", detail = problem.what();
        }
        std::printf("{\"feature\":%s,\"outcome\":%s,\"detail\":%s}\n", quoted(feature).c_str(),
                    quoted(outcome).c_str(), quoted(detail).c_str());
        std::fflush(stdout);
    }
}
