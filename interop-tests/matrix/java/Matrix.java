// SPDX-License-Identifier: Apache-2.0
// kafka-clients for the matrix: `Matrix BOOTSTRAP PREFIX FEATURE...`, a line of JSON for each feature.
// Compiles with kafka-clients 2.8 as with 4.3. Judges only what it sees itself; the runner looks too.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

public class Matrix {
    static final long TIME = 1_600_000_000_000L;
    static String bootstrap;

    static String key(int n) { return "k" + n; }

    static String value(int n) { return "v" + n + " " + "barnabas ".repeat(20); }

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
        properties.putIfAbsent("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    // Only what there is within the first `count` records; a little longer, to see what is too much.
    static List<ConsumerRecord<String, String>> poll(KafkaConsumer<String, String> from, int count) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        long end = System.nanoTime() + 20_000_000_000L, enough = Long.MAX_VALUE;
        while (System.nanoTime() < Math.min(end, enough)) {
            for (ConsumerRecord<String, String> record : from.poll(Duration.ofMillis(50))) got.add(record);
            if (got.size() >= count && enough == Long.MAX_VALUE) enough = System.nanoTime() + 200_000_000L;
        }
        return got;
    }

    static List<ConsumerRecord<String, String>> read(String topic, int count, String... pairs) {
        try (KafkaConsumer<String, String> consumer = consumer(pairs)) {
            List<TopicPartition> all = new ArrayList<>();
            consumer.partitionsFor(topic).forEach(each -> all.add(new TopicPartition(topic, each.partition())));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            return poll(consumer, count);
        }
    }

    static void expectPlain(List<ConsumerRecord<String, String>> got, int first, int end) {
        expect(got.size() == end - first, got.size() + " records instead of " + (end - first));
        for (int n = first; n < end; n++) {
            ConsumerRecord<String, String> record = got.get(n - first);
            expect(key(n).equals(record.key()) && value(n).equals(record.value()), "record " + n);
        }
    }

    static void write(KafkaProducer<String, String> producer, String topic, int first, int end) {
        for (int n = first; n < end; n++) producer.send(new ProducerRecord<>(topic, key(n), value(n)));
        producer.flush();
    }

    static void codec(String topic, String codec) {
        try (KafkaProducer<String, String> producer = producer("compression.type", codec, "linger.ms", "20")) {
            write(producer, topic, 0, 100);
        }
        expectPlain(read(topic, 100), 0, 100);
        expectPlain(read("source." + codec, 100), 0, 100);
    }

    static void consume(String topic) {
        List<ConsumerRecord<String, String>> got = new ArrayList<>(read("source.parts", 100));
        expect(got.stream().map(ConsumerRecord::partition).distinct().count() == 4, "not four partitions");
        got.sort(Comparator.comparingInt(record -> Integer.parseInt(record.key().substring(1))));
        expectPlain(got, 0, 100);
        try (KafkaConsumer<String, String> consumer = consumer()) {
            TopicPartition partition = new TopicPartition("source.none", 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, 50);
            expectPlain(poll(consumer, 50), 50, 100);
        }
    }

    static void group(String topic, String... settings) {
        String[] pairs = Arrays.copyOf(settings, settings.length + 2);
        pairs[settings.length] = "group.id";
        pairs[settings.length + 1] = topic;
        try (KafkaConsumer<String, String> first = consumer(pairs);
             KafkaConsumer<String, String> second = consumer(pairs)) {
            first.subscribe(List.of(topic));
            second.subscribe(List.of(topic));
            long end = System.nanoTime() + 30_000_000_000L;
            while (first.assignment().size() != 2 || second.assignment().size() != 2) {
                expect(System.nanoTime() < end, first.assignment() + " and " + second.assignment());
                first.poll(Duration.ofMillis(50));
                second.poll(Duration.ofMillis(50));
            }
            try (KafkaProducer<String, String> producer = producer()) {
                write(producer, topic, 0, 100);
            }
            List<ConsumerRecord<String, String>> got = new ArrayList<>();
            while (got.size() < 100) {
                expect(System.nanoTime() < end, got.size() + " records");
                for (KafkaConsumer<String, String> each : List.of(first, second))
                    for (ConsumerRecord<String, String> record : each.poll(Duration.ofMillis(50))) got.add(record);
            }
            got.sort(Comparator.comparingInt(record -> Integer.parseInt(record.key().substring(1))));
            expectPlain(got, 0, 100);
            first.commitSync();
            second.commitSync();
        }
    }

    static void groupConsumer(String topic) {
        if (!ConsumerConfig.configNames().contains("group.protocol")) throw new Features.Cannot("no config group.protocol");
        group(topic, "group.protocol", "consumer");
    }

    static void commit(String topic) {
        try (KafkaConsumer<String, String> consumer = consumer("group.id", topic, "max.poll.records", "50")) {
            consumer.subscribe(List.of("source.none"));
            List<ConsumerRecord<String, String>> got = new ArrayList<>();
            while (got.isEmpty()) consumer.poll(Duration.ofMillis(100)).forEach(got::add);
            expectPlain(got, 0, 50);
            consumer.commitSync();
        }
        try (KafkaConsumer<String, String> consumer = consumer("group.id", topic)) {
            consumer.subscribe(List.of("source.none"));
            expectPlain(poll(consumer, 50), 50, 100);
        }
    }

    static void transactions(String topic) {
        try (KafkaProducer<String, String> producer = producer("transactional.id", topic)) {
            producer.initTransactions();
            producer.beginTransaction();
            write(producer, topic, 0, 10);
            producer.abortTransaction();
            producer.beginTransaction();
            write(producer, topic, 10, 20);
            producer.commitTransaction();
        }
        expectPlain(read(topic, 10, "isolation.level", "read_committed"), 10, 20);
    }

    static void transactionOffsets(String topic) {
        try (KafkaProducer<String, String> producer = producer("transactional.id", topic);
             KafkaConsumer<String, String> consumer = consumer("group.id", topic, "max.poll.records", "10")) {
            consumer.subscribe(List.of("source.none"));
            producer.initTransactions();
            ConsumerRecords<String, String> records = ConsumerRecords.empty();
            while (records.isEmpty()) records = consumer.poll(Duration.ofMillis(100));
            producer.beginTransaction();
            for (ConsumerRecord<String, String> record : records)
                producer.send(new ProducerRecord<>(topic, record.key(), record.value()));
            producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition("source.none", 0), new OffsetAndMetadata(records.count())),
                consumer.groupMetadata());
            producer.commitTransaction();
        }
        expectPlain(read(topic, 10, "isolation.level", "read_committed"), 0, 10);
    }

    static void readCommitted(String topic) {
        for (String[] level : new String[][] {{"read_committed", "10"}, {"read_uncommitted", "0"}}) {
            int first = Integer.parseInt(level[1]);
            List<ConsumerRecord<String, String>> got = read("source.txn", 20 - first, "isolation.level", level[0]);
            expect(got.size() == 20 - first, got.size() + " records, " + level[0]);
            expect(got.get(0).value().equals(value(first)), "begins with " + got.get(0).value());
        }
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
        return ((KafkaFuture<Map<String, TopicDescription>>) all.invoke(result)).get().get(topic);
    }

    static void admin(String topic) throws Exception {
        try (Admin admin = Admin.create(settings())) {
            NewTopic wanted = new NewTopic(topic, 3, (short) 1).configs(Map.of("retention.ms", "1000000"));
            NewTopic gone = new NewTopic(topic + "-gone", 1, (short) 1);
            admin.createTopics(List.of(wanted, gone)).all().get();
            expect(describe(admin, topic).partitions().size() == 3, "not three partitions");
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            AlterConfigOp set = new AlterConfigOp(new ConfigEntry("retention.ms", "2000000"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
            Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            expect(config.get("retention.ms").value().equals("2000000"), config.get("retention.ms").value());
            admin.deleteTopics(List.of(topic + "-gone")).all().get();
            expect(!admin.listTopics().names().get().contains(topic + "-gone"), "still listed");
        }
    }

    static void listOffsets(String topic) throws Exception {
        TopicPartition partition = new TopicPartition("source.none", 0);
        try (Admin admin = Admin.create(settings())) {
            long first = admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset();
            long end = admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset();
            expect(first == 0 && end == 100, first + " and " + end);
        }
    }

    static void headers(String topic) throws Exception {
        byte[] bytes = {0, (byte) 0xff, 16};
        List<Header> sent = List.of(new RecordHeader("a", new byte[] {'1'}), new RecordHeader("a", new byte[] {'2'}),
                                    new RecordHeader("b", bytes), new RecordHeader("empty", new byte[0]));
        try (KafkaProducer<String, String> producer = producer()) {
            producer.send(new ProducerRecord<>(topic, null, key(0), value(0), sent)).get();
        }
        expect(List.of(read(topic, 1).get(0).headers().toArray()).equals(sent), "other headers");
    }

    static void createTime(String topic) throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            producer.send(new ProducerRecord<>(topic, null, TIME + 123, key(0), value(0))).get();
        }
        long time = read(topic, 1).get(0).timestamp();
        expect(time == TIME + 123, "timestamp " + time);
    }

    static void offsetsForTime(String topic) {
        TopicPartition partition = new TopicPartition("source.times", 0);
        try (KafkaConsumer<String, String> consumer = consumer()) {
            long found = consumer.offsetsForTimes(Map.of(partition, TIME + 4500)).get(partition).offset();
            expect(found == 5, "offset " + found);
            expect(consumer.offsetsForTimes(Map.of(partition, TIME + 99999)).get(partition) == null, "beyond the end");
        }
    }

    static void large(String topic) throws Exception {
        String text = "x".repeat(5_000_000);
        try (KafkaProducer<String, String> producer = producer("max.request.size", "8000000")) {
            producer.send(new ProducerRecord<>(topic, key(0), text)).get();
        }
        expect(read(topic, 1, "max.partition.fetch.bytes", "8000000").get(0).value().equals(text), "another value");
    }

    static void idempotence(String topic) {
        try (KafkaProducer<String, String> producer = producer("enable.idempotence", "true")) {
            write(producer, topic, 0, 50);
            write(producer, topic, 50, 100);
        }
    }

    static void nulls(String topic) throws Exception {
        String[][] pairs = {{null, "no key"}, {"no value", null}, {"", ""}};
        try (KafkaProducer<String, String> producer = producer()) {
            for (String[] pair : pairs) producer.send(new ProducerRecord<>(topic, pair[0], pair[1])).get();
        }
        List<ConsumerRecord<String, String>> got = read(topic, 3);
        for (int n = 0; n < 3; n++)
            expect(Objects.equals(got.get(n).key(), pairs[n][0]) && Objects.equals(got.get(n).value(), pairs[n][1]),
                   "record " + n + ": " + got.get(n));
    }

    static void run(String feature, String topic) throws Exception {
        switch (feature) {
            case "consume": consume(topic); break;
            case "group-classic": group(topic); break;
            case "group-consumer": groupConsumer(topic); break;
            case "commit": commit(topic); break;
            case "transactions": transactions(topic); break;
            case "txn-offsets": transactionOffsets(topic); break;
            case "read-committed": readCommitted(topic); break;
            case "admin": admin(topic); break;
            case "list-offsets": listOffsets(topic); break;
            case "headers": headers(topic); break;
            case "create-time": createTime(topic); break;
            case "offsets-for-time": offsetsForTime(topic); break;
            case "large": large(topic); break;
            case "idempotence": idempotence(topic); break;
            case "nulls": nulls(topic); break;
            default: codec(topic, feature);
        }
    }

    public static void main(String[] arguments) {
        bootstrap = arguments[0];
        Features.tell(arguments, Matrix::run);
    }
}
