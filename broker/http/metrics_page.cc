// SPDX-License-Identifier: Apache-2.0
// See metrics_page.h. One pass over the image gathers what the families need; a family's samples
// must stand together, so that the families are written from what was gathered.
#include "broker/http/metrics_page.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "broker/group/group_coordinator.h"
#include "broker/partition/partition_table.h"
#include "broker/topic_settings.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

namespace {

// A partition as all of its families see it.
struct Row {
    std::string topic;
    std::string index;
    const cluster::PartitionImage* image = nullptr;
    std::shared_ptr<Partition> partition;  // null if it is not here
};

// `image` outlives the rows.
std::vector<Row> rows_of(const BrokerServices& services, const cluster::MetadataImage& image) {
    std::vector<Row> rows;
    for (const auto& [name, topic] : image.topics)
        for (size_t i = 0; i < topic->partitions.size(); ++i)
            rows.push_back(
                {name, std::to_string(i), &topic->partitions[i],
                 services.partitions.find(name, PartitionIndex{static_cast<int32_t>(i)})});
    return rows;
}

// One family with a sample for each partition that `value` gives a number for.
template <class Value>
void by_partition(MetricText& text, const std::vector<Row>& rows, std::string_view name,
                  std::string_view help, Value value) {
    text.family(name, "gauge", help);
    for (const auto& row : rows)
        if (row.image->leader != broker_id_none || !row.partition)
            text.sample({{"topic", row.topic}, {"partition", row.index}}, value(row));
}

template <class Value>
void by_hosted_partition(MetricText& text, const std::vector<Row>& rows, std::string_view name,
                         std::string_view help, Value value) {
    text.family(name, "gauge", help);
    for (const auto& row : rows)
        if (row.partition)
            text.sample({{"topic", row.topic}, {"partition", row.index}}, value(*row.partition));
}

bool under_replicated(const Row& row) {
    return row.image->isr.size() < row.image->replicas.size();
}

void single(MetricText& text, std::string_view name, std::string_view type, std::string_view help,
            double value) {
    text.family(name, type, help);
    text.sample({}, value);
}

// Bytes of one direction: all of them as the dispatcher counts requests and responses, and of each
// topic's records.
void write_bytes(MetricText& text, std::string_view name, double all, const std::vector<Row>& rows,
                 uint64_t PartitionTraffic::* direction) {
    text.family(name, "counter", "Kafka's BrokerTopicMetrics, since the start.");
    std::map<std::string_view, double> topics;
    for (const auto& row : rows)
        if (row.partition)
            topics[row.topic] += static_cast<double>(row.partition->traffic().*direction);
    for (const auto& [topic, sum] : topics) text.sample({{"topic", topic}}, sum);
    text.sample({}, all);
}

// The dispatcher's counters under the names of Kafka's MBeans.
void write_traffic(MetricText& text, Metrics& metrics, const std::vector<Row>& rows) {
    const auto count = [&metrics](const char* name, const char* api) {
        return static_cast<double>(metrics.counter(name, "", {{"api", api}}).value());
    };
    const auto tell = [&text](std::string_view what, double value) {
        const auto name = "kafka_server_brokertopicmetrics_" + std::string(what) + "_total";
        single(text, name, "counter", "Kafka's BrokerTopicMetrics, since the start.", value);
    };
    write_bytes(text, "kafka_server_brokertopicmetrics_bytesin_total",
                count("barnabas_request_bytes_total", "Produce"), rows,
                &PartitionTraffic::bytes_in);
    write_bytes(text, "kafka_server_brokertopicmetrics_bytesout_total",
                count("barnabas_response_bytes_total", "Fetch"), rows,
                &PartitionTraffic::bytes_out);
    tell("totalproducerequests", count("barnabas_requests_total", "Produce"));
    tell("totalfetchrequests", count("barnabas_requests_total", "Fetch"));
    tell("failedproducerequests", count("barnabas_request_errors_total", "Produce"));
    tell("failedfetchrequests", count("barnabas_request_errors_total", "Fetch"));
}

void write_messages_in(MetricText& text, const std::vector<Row>& rows) {
    text.family("kafka_server_brokertopicmetrics_messagesin_total", "counter",
                "Records that were ever appended to the topic's partitions.");
    std::map<std::string_view, double> topics;
    double all = 0;
    for (const auto& row : rows) {
        if (!row.partition) continue;
        const auto end = static_cast<double>(row.partition->log_end_offset().value);
        topics[row.topic] += end;
        all += end;
    }
    for (const auto& [topic, sum] : topics) text.sample({{"topic", topic}}, sum);
    text.sample({}, all);
}

void write_topics(MetricText& text, const cluster::MetadataImage& image) {
    text.family("kafka_topic_partitions", "gauge", "Partitions of the topic.");
    for (const auto& [name, topic] : image.topics)
        text.sample({{"topic", name}}, static_cast<double>(topic->partitions.size()));
}

void write_partitions(MetricText& text, const BrokerServices& services,
                      const std::vector<Row>& rows) {
    const auto number = [](auto size) { return static_cast<double>(size); };
    by_hosted_partition(text, rows, "kafka_topic_partition_current_offset",
                        "The offset of the next record.",
                        [&](const Partition& p) { return number(p.high_watermark().value); });
    by_hosted_partition(text, rows, "kafka_topic_partition_oldest_offset",
                        "The offset of the oldest record.",
                        [&](const Partition& p) { return number(p.log_start_offset().value); });
    by_partition(text, rows, "kafka_topic_partition_leader", "Id of the leader, -1 without one.",
                 [&](const Row& row) { return number(row.image->leader.value); });
    by_partition(text, rows, "kafka_topic_partition_leader_is_preferred",
                 "1 if the first of the replicas leads.", [](const Row& row) {
                     const auto& replicas = row.image->replicas;
                     return !replicas.empty() && replicas[0] == row.image->leader ? 1.0 : 0.0;
                 });
    by_partition(text, rows, "kafka_topic_partition_replicas", "Replicas.",
                 [&](const Row& row) { return number(row.image->replicas.size()); });
    by_partition(text, rows, "kafka_topic_partition_in_sync_replica", "Replicas in sync.",
                 [&](const Row& row) { return number(row.image->isr.size()); });
    by_partition(text, rows, "kafka_topic_partition_under_replicated_partition",
                 "1 if a replica is not in sync.",
                 [](const Row& row) { return under_replicated(row) ? 1.0 : 0.0; });
    by_partition(text, rows, "kafka_cluster_partition_replicascount", "Replicas.",
                 [&](const Row& row) { return number(row.image->replicas.size()); });
    const auto wanted = [](const Row& row) {
        return row.partition ? row.partition->log().config().min_insync_replicas : 1;
    };
    const auto in_sync = [](const Row& row) { return static_cast<int32_t>(row.image->isr.size()); };
    by_partition(text, rows, "kafka_cluster_partition_underminisr",
                 "1 if fewer replicas are in sync than min.insync.replicas.",
                 [&](const Row& row) { return in_sync(row) < wanted(row) ? 1.0 : 0.0; });
    by_partition(text, rows, "kafka_cluster_partition_atminisr",
                 "1 if no more replicas are in sync than min.insync.replicas.",
                 [&](const Row& row) { return in_sync(row) == wanted(row) ? 1.0 : 0.0; });
    text.family("kafka_log_log_size", "gauge", "Bytes of the partition's log.");
    for (const auto& directory : services.partitions.directories())
        for (const auto& log : directory.logs)
            text.sample({{"topic", log.topic_partition.topic},
                         {"partition", std::to_string(log.topic_partition.partition.value)}},
                        static_cast<double>(log.bytes));
}

// The lag of a committed offset; none if the partition is gone.
std::optional<int64_t> lag_of(const BrokerServices& services,
                              const GroupOffsets::Committed& committed) {
    const auto partition = services.partitions.find(committed.topic, committed.partition);
    if (!partition) return std::nullopt;
    return std::max<int64_t>(partition->high_watermark().value - committed.offset.value, 0);
}

}  // namespace

void write_broker_metrics(MetricText& text, const BrokerServices& services, Metrics& metrics,
                          size_t connections) {
    const auto image = services.cluster.image();
    const auto rows = rows_of(services, *image);
    const auto count = [&rows](auto condition) {
        return static_cast<double>(std::ranges::count_if(rows, condition));
    };
    const auto self = services.config.node_id;
    single(text, "kafka_brokers", "gauge", "Brokers of the cluster.",
           static_cast<double>(image->brokers.size()));
    text.family("kafka_broker_info", "gauge", "A broker and its address.");
    for (const auto& [id, broker] : image->brokers)
        for (const auto& endpoint : broker->endpoints)
            text.sample({{"id", std::to_string(id.value)},
                         {"address", endpoint.host + ":" + std::to_string(endpoint.port)}},
                        1);
    single(text, "kafka_server_replicamanager_leadercount", "gauge", "Partitions led here.",
           count([self](const Row& row) { return row.image->leader == self; }));
    single(text, "kafka_server_replicamanager_partitioncount", "gauge", "Partitions kept here.",
           static_cast<double>(services.partitions.size()));
    single(text, "kafka_server_replicamanager_underreplicatedpartitions", "gauge",
           "Partitions with replicas that are not in sync.", count(under_replicated));
    single(text, "kafka_controller_kafkacontroller_activecontrollercount", "gauge",
           "1 on the broker that is the controller.", image->controller_id == self ? 1 : 0);
    single(text, "kafka_controller_kafkacontroller_offlinepartitionscount", "gauge",
           "Partitions without a leader.",
           count([](const Row& row) { return row.image->leader == broker_id_none; }));
    single(text, "kafka_controller_kafkacontroller_globaltopiccount", "gauge", "Topics.",
           static_cast<double>(image->topics.size()));
    single(text, "kafka_controller_kafkacontroller_globalpartitioncount", "gauge", "Partitions.",
           static_cast<double>(rows.size()));
    single(text, "kafka_server_socket_server_metrics_connection_count", "gauge",
           "Open connections of clients.", static_cast<double>(connections));
    write_traffic(text, metrics, rows);
    write_messages_in(text, rows);
    write_topics(text, *image);
    write_partitions(text, services, rows);
}

void write_group_metrics(MetricText& text, const BrokerServices& services,
                         const std::vector<GroupOffsets>& groups) {
    text.family("kafka_consumergroup_members", "gauge", "Members of the group.");
    for (const auto& group : groups)
        text.sample({{"consumergroup", group.group}}, static_cast<double>(group.members));
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        text.family(name, "gauge", help);
        for (const auto& group : groups)
            for (const auto& committed : group.committed)
                if (const std::optional<int64_t> found = value(committed))
                    text.sample({{"consumergroup", group.group},
                                 {"topic", committed.topic},
                                 {"partition", std::to_string(committed.partition.value)}},
                                static_cast<double>(*found));
    };
    const auto sums = [&](std::string_view name, std::string_view help, auto value) {
        text.family(name, "gauge", help);
        for (const auto& group : groups) {
            std::map<std::string_view, int64_t> topics;
            for (const auto& committed : group.committed)
                if (const std::optional<int64_t> found = value(committed))
                    topics[committed.topic] += *found;
            for (const auto& [topic, sum] : topics)
                text.sample({{"consumergroup", group.group}, {"topic", topic}},
                            static_cast<double>(sum));
        }
    };
    const auto offset = [](const GroupOffsets::Committed& committed) {
        return std::optional<int64_t>(committed.offset.value);
    };
    const auto lag = [&](const GroupOffsets::Committed& committed) {
        return lag_of(services, committed);
    };
    each("kafka_consumergroup_current_offset", "The committed offset.", offset);
    each("kafka_consumergroup_lag", "Records behind the committed offset.", lag);
    sums("kafka_consumergroup_current_offset_sum", "Committed offsets of the topic.", offset);
    sums("kafka_consumergroup_lag_sum", "Records of the topic behind the committed offsets.", lag);
}

}  // namespace barnabas::broker
