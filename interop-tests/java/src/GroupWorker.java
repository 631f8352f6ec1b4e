// SPDX-License-Identifier: Apache-2.0
// A kafka-clients worker for the group suites (interop-tests/common/groups.py tells what it writes
// down): `GroupWorker BOOTSTRAP TOPIC JOURNAL NAME LANE...`, one consumer and thread for each lane.
// Leaves its groups when stdin closes.

import java.time.*;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.StringDeserializer;

public class GroupWorker extends Worker implements ConsumerRebalanceListener {
    final String topic, group;
    final boolean commits;
    final KafkaConsumer<String, String> consumer;

    GroupWorker(String bootstrap, String topic, String name, String lane) {
        Map<String, String> options = options(lane);
        this.topic = topic;
        group = options.get("group");
        commits = !"auto".equals(options.get("commit"));
        consumer = new KafkaConsumer<>(settings(bootstrap, name, options), new StringDeserializer(),
                                       new StringDeserializer());
    }

    Properties settings(String bootstrap, String name, Map<String, String> options) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("client.id", name);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", String.valueOf(!commits));
        settings.put("auto.commit.interval.ms", env("COMMIT_MS", "500"));
        settings.put("fetch.max.wait.ms", "100");
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("retry.backoff.ms", "50");
        settings.put("max.poll.interval.ms", env("MAX_POLL_MS", "10000"));
        if (options.containsKey("instance"))
            settings.put("group.instance.id", options.get("instance").replace("NAME", name));
        String assignor = options.get("assignor");
        if ("consumer".equals(options.get("protocol"))) {
            settings.put("group.protocol", "consumer");
            settings.put("group.remote.assignor", assignor);
            return settings;
        }
        settings.put("session.timeout.ms", env("SESSION_MS", "6000"));
        settings.put("heartbeat.interval.ms", env("HEARTBEAT_MS", "1000"));
        String assignors = "org.apache.kafka.clients.consumer.";
        settings.put("partition.assignment.strategy", assignors + switch (assignor) {
            case "range" -> "RangeAssignor";
            case "roundrobin" -> "RoundRobinAssignor";
            case "sticky" -> "StickyAssignor";
            case "cooperative-sticky" -> "CooperativeStickyAssignor";
            default -> throw new IllegalArgumentException(assignor);
        });
        return settings;
    }

    void event(String name, Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) return;
        ConsumerGroupMetadata known = consumer.groupMetadata();
        String member = known.memberId().isEmpty() ? "-" : known.memberId();
        String list = partitions.stream().map(part -> String.valueOf(part.partition()))
                          .sorted().collect(Collectors.joining(","));
        note(new StringBuilder().append(micros()).append(' ').append(group).append(' ').append(name).append(' ')
                 .append(member).append(' ').append(known.generationId()).append(' ').append(list).append('\n'));
    }

    @Override public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        event("assigned", partitions);
    }

    @Override public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        event("revoked", partitions);
    }

    @Override public void onPartitionsLost(Collection<TopicPartition> partitions) {
        event("lost", partitions);
    }

    void problem(String what, Exception problem) {
        note(new StringBuilder().append(micros()).append(' ').append(group).append(" problem ").append(what)
                 .append(' ').append(problem).append('\n'));
    }

    void commit(ConsumerRecords<String, String> records) {
        Map<TopicPartition, OffsetAndMetadata> offsets = records.nextOffsets();
        try {
            consumer.commitSync(offsets, Duration.ofSeconds(5));
        } catch (KafkaException problem) {  // a rebalance came first; what is fatal the next poll tells
            problem("commit", problem);
            return;
        }
        StringBuilder lines = new StringBuilder();
        long now = micros();
        offsets.forEach((partition, offset) -> lines.append(now).append(' ').append(group).append(" commit ")
            .append(partition.partition()).append(' ').append(offset.offset()).append('\n'));
        note(lines);
    }

    void step() {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
        if (records.isEmpty()) return;
        StringBuilder lines = new StringBuilder();
        long now = micros();
        for (ConsumerRecord<String, String> record : records)
            lines.append(now).append(' ').append(group).append(" record ").append(record.partition()).append(' ')
                .append(record.offset()).append(' ').append(record.value().split(" ", 2)[0]).append('\n');
        note(lines);
        if (commits) commit(records);
    }

    @Override public void run() {
        consumer.subscribe(List.of(topic), this);
        while (!closed) {
            try {
                step();
            } catch (KafkaException problem) {
                problem("poll", problem);
                if (!(problem instanceof RetriableException)) throw problem;
            }
        }
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(10)));
    }

    public static void main(String[] arguments) throws Exception {
        runAll(arguments, GroupWorker::new);
    }
}
