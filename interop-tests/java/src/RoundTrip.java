// SPDX-License-Identifier: Apache-2.0
// The Java client against a running broker: `RoundTrip BOOTSTRAP LINES`. Written so that it compiles with
// kafka-clients 2.8 and 4.3 alike. Closes with `N passed, N failed`.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

public class RoundTrip {
    interface Check { void run() throws Exception; }

    static String bootstrap;
    static int passed, failed;

    static void check(String name, Check check) {
        long begin = System.nanoTime();
        try {
            check.run();
            passed++;
            System.out.printf("ok     %s (%.1f s)%n", name, (System.nanoTime() - begin) / 1e9);
        } catch (Throwable problem) {
            failed++;
            System.out.printf("FAILED %s: %s%n", name, problem);
            problem.printStackTrace(System.out);
        }
    }

    static void expect(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    static Properties settings(String... pairs) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < pairs.length; i += 2) properties.put(pairs[i], pairs[i + 1]);
        return properties;
    }

    static KafkaProducer<String, String> producer(String... pairs) {
        return new KafkaProducer<>(settings(pairs), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(String... pairs) {
        Properties properties = settings(pairs);
        properties.putIfAbsent("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    static void create(Admin admin, String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> from, int count) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (got.size() < count && System.nanoTime() < deadline)
            for (ConsumerRecord<String, String> record : from.poll(Duration.ofMillis(200))) got.add(record);
        return got;
    }

    static void roundTrip(Admin admin, String codec, int lines) throws Exception {
        String topic = "java-" + codec;
        create(admin, topic, 6);
        long begin = System.nanoTime();
        Map<String, List<String>> sent = new HashMap<>();
        Map<String, Set<Integer>> partitions = new HashMap<>();
        try (KafkaProducer<String, String> producer =
                 producer("compression.type", codec, "acks", "all", "linger.ms", "10")) {
            for (int n = 0; n < lines; n++) {
                String key = "key" + (n * 7919L % 499), value = "value " + n + " \u00e9";
                sent.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
                producer.send(new ProducerRecord<>(topic, key, value), (done, problem) -> {
                    if (problem == null)
                        partitions.computeIfAbsent(key, k -> new HashSet<>()).add(done.partition());
                });
            }
            producer.flush();
        }
        Map<String, List<String>> got = new HashMap<>();
        try (KafkaConsumer<String, String> consumer = consumer("group.id", topic)) {
            consumer.subscribe(List.of(topic));
            for (ConsumerRecord<String, String> record : read(consumer, lines))
                got.computeIfAbsent(record.key(), k -> new ArrayList<>()).add(record.value());
        }
        expect(got.equals(sent), "another order or number of records per key");
        for (String key : sent.keySet())
            expect(partitions.getOrDefault(key, Set.of()).size() == 1, key + " in several partitions");
        System.out.printf("FIGURE java %s: %d lines out and back in %.1f s%n", codec, lines,
                          (System.nanoTime() - begin) / 1e9);
    }

    static void headersNullsAndTimestamps(Admin admin) throws Exception {
        create(admin, "java-shapes", 1);
        try (KafkaProducer<String, String> producer = producer()) {
            producer.send(new ProducerRecord<>("java-shapes", 0, 1234567L, null, "no key",
                List.of(new RecordHeader("h", "v".getBytes(StandardCharsets.UTF_8)),
                        new RecordHeader("h", null)))).get();
            producer.send(new ProducerRecord<String, String>("java-shapes", "tombstone", null)).get();
        }
        try (KafkaConsumer<String, String> consumer = consumer()) {
            consumer.assign(List.of(new TopicPartition("java-shapes", 0)));
            consumer.seekToBeginning(consumer.assignment());
            List<ConsumerRecord<String, String>> got = read(consumer, 2);
            expect(got.size() == 2, got.size() + " records");
            expect(got.get(0).key() == null && got.get(0).timestamp() == 1234567L, "shape of record 0");
            expect(got.get(0).headers().toArray().length == 2, "headers");
            expect(got.get(0).headers().toArray()[1].value() == null, "null header value");
            expect(got.get(1).value() == null && got.get(1).offset() == 1, "tombstone");
        }
    }

    static void groupResumes(Admin admin) throws Exception {
        create(admin, "java-resume", 3);
        try (KafkaProducer<String, String> producer = producer()) {
            for (int n = 0; n < 900; n++) producer.send(new ProducerRecord<>("java-resume", "" + n, "" + n));
        }
        Set<String> seen = new HashSet<>();
        for (int round = 0; round < 3; round++)
            try (KafkaConsumer<String, String> consumer =
                     consumer("group.id", "resume", "max.poll.records", "100", "enable.auto.commit", "false")) {
                consumer.subscribe(List.of("java-resume"));
                for (ConsumerRecord<String, String> record : read(consumer, 300))
                    expect(seen.add(record.value()), record.value() + " came twice");
                consumer.commitSync();
            }
        expect(seen.size() == 900, seen.size() + " of 900 records");
    }

    static void twoMembersShare(Admin admin) throws Exception {
        create(admin, "java-share", 4);
        try (KafkaConsumer<String, String> first = consumer("group.id", "share");
             KafkaConsumer<String, String> second = consumer("group.id", "share")) {
            first.subscribe(List.of("java-share"));
            second.subscribe(List.of("java-share"));
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (System.nanoTime() < deadline
                   && (first.assignment().size() != 2 || second.assignment().size() != 2)) {
                first.poll(Duration.ofMillis(50));
                second.poll(Duration.ofMillis(50));
            }
            expect(first.assignment().size() == 2 && second.assignment().size() == 2,
                   first.assignment() + " and " + second.assignment());
            expect(Collections.disjoint(first.assignment(), second.assignment()), "shared partition");
        }
    }

    static void offsetsAndDeleteRecords(Admin admin) throws Exception {
        create(admin, "java-offsets", 1);
        TopicPartition partition = new TopicPartition("java-offsets", 0);
        try (KafkaProducer<String, String> producer = producer()) {
            for (int n = 0; n < 50; n++)
                producer.send(new ProducerRecord<>("java-offsets", 0, 1000L + n, "k", "" + n)).get();
        }
        try (KafkaConsumer<String, String> consumer = consumer()) {
            expect(consumer.endOffsets(List.of(partition)).get(partition) == 50, "end offset");
            OffsetAndTimestamp at = consumer.offsetsForTimes(Map.of(partition, 1020L)).get(partition);
            expect(at.offset() == 20 && at.timestamp() == 1020, "offset by time: " + at);
            expect(consumer.offsetsForTimes(Map.of(partition, 99999L)).get(partition) == null, "beyond");
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(10))).all().get();
            expect(consumer.beginningOffsets(List.of(partition)).get(partition) == 10, "log start");
        }
        long max = admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition)
                       .get().offset();
        expect(max == 50, "ListOffsets latest: " + max);
    }

    static void adminRefusals(Admin admin) throws Exception {
        create(admin, "java-once", 2);
        expectFailure(TopicExistsException.class, () -> create(admin, "java-once", 2));
        expectFailure(InvalidTopicException.class, () -> create(admin, "bad name", 1));
        expectFailure(InvalidPartitionsException.class, () -> create(admin, "java-zero", 0));
        expectFailure(InvalidReplicationFactorException.class, () -> admin.createTopics(
            List.of(new NewTopic("java-rf", 1, (short) 3))).all().get());
        expectFailure(InvalidConfigurationException.class, () -> admin.createTopics(List.of(
            new NewTopic("java-cfg", 1, (short) 1).configs(Map.of("segment.bytes", "1")))).all().get());
        expectFailure(UnknownTopicOrPartitionException.class,
                      () -> admin.deleteTopics(List.of("java-nowhere")).all().get());
        admin.createPartitions(Map.of("java-once", NewPartitions.increaseTo(5))).all().get();
        expect(describe(admin, "java-once").partitions().size() == 5, "five partitions");
        expectFailure(InvalidPartitionsException.class, () -> admin.createPartitions(
            Map.of("java-once", NewPartitions.increaseTo(3))).all().get());
    }

    // The accessor has another name in each of the two client versions.
    @SuppressWarnings("unchecked")
    static TopicDescription describe(Admin admin, String topic) throws Exception {
        DescribeTopicsResult result = admin.describeTopics(List.of(topic));
        java.lang.reflect.Method all;
        try {
            all = result.getClass().getMethod("allTopicNames");
        } catch (NoSuchMethodException older) {
            all = result.getClass().getMethod("all");
        }
        var future = (org.apache.kafka.common.KafkaFuture<Map<String, TopicDescription>>) all.invoke(result);
        return future.get().get(topic);
    }

    static void expectFailure(Class<?> kind, Check check) throws Exception {
        try {
            check.run();
        } catch (ExecutionException problem) {
            expect(kind.isInstance(problem.getCause()), problem.getCause() + " instead of " + kind);
            return;
        }
        throw new AssertionError("no " + kind.getSimpleName());
    }

    static void describes(Admin admin) throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();
        expect(cluster.nodes().get().size() == 1, "one node");
        expect(!cluster.clusterId().get().isEmpty(), "cluster id");
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "java-once");
        Config config = admin.describeConfigs(List.of(topic)).all().get().get(topic);
        expect(config.get("cleanup.policy").value().equals("delete"), "cleanup.policy");
        expect(config.get("retention.ms").isDefault(), "retention.ms is a default");
        expect(config.get("max.message.bytes").value().equals("1048588"), "max.message.bytes");
    }

    static void recreate(Admin admin) throws Exception {
        for (int round = 0; round < 20; round++) {
            create(admin, "java-again", 1);
            try (KafkaProducer<String, String> producer = producer("acks", "all")) {
                RecordMetadata at = producer.send(new ProducerRecord<>("java-again", "" + round)).get();
                expect(at.offset() == 0, "round " + round + " began at " + at.offset());
            }
            admin.deleteTopics(List.of("java-again")).all().get();
        }
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        int lines = Integer.parseInt(arguments[1]);
        try (Admin admin = Admin.create(settings())) {
            for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
                check(lines + " keyed lines, " + codec, () -> roundTrip(admin, codec, lines));
            check("headers, nulls, timestamps", () -> headersNullsAndTimestamps(admin));
            check("a group resumes where it committed", () -> groupResumes(admin));
            check("two members share the partitions", () -> twoMembersShare(admin));
            check("offsets by time, DeleteRecords", () -> offsetsAndDeleteRecords(admin));
            check("admin refusals", () -> adminRefusals(admin));
            check("describe cluster and configs", () -> describes(admin));
            check("A07 delete and create again", () -> recreate(admin));
        }
        System.out.printf("%d passed, %d failed%n", passed, failed);
        System.exit(failed == 0 && passed > 0 ? 0 : 1);
    }
}
