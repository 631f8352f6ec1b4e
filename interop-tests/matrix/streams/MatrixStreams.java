// SPDX-License-Identifier: Apache-2.0
// Kafka Streams for the matrix: `MatrixStreams BOOTSTRAP PREFIX FEATURE...`, a line of JSON for each
// feature. Counts words through a repartition topic; the runner looks at the output topic too.

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

public class MatrixStreams {
    static String bootstrap;

    static Properties settings(String... pairs) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < pairs.length; i += 2) properties.put(pairs[i], pairs[i + 1]);
        return properties;
    }

    static void write(String topic, int first, int end) {
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(settings(), new StringSerializer(), new StringSerializer())) {
            for (int n = first; n < end; n++) producer.send(new ProducerRecord<>(topic, "k" + n, "w" + n % 5));
        }
    }

    static KafkaStreams application(String topic, String guarantee, Path state) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(topic, Consumed.with(Serdes.String(), Serdes.String()))
            .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
            .count(Materialized.as("counts")).toStream().mapValues(String::valueOf)
            .to(topic + "-counts", Produced.with(Serdes.String(), Serdes.String()));
        return new KafkaStreams(builder.build(), settings(
            "application.id", topic, "processing.guarantee", guarantee, "state.dir", state.toString(),
            "commit.interval.ms", "100", "auto.offset.reset", "earliest", "replication.factor", "1",
            "session.timeout.ms", "6000", "statestore.cache.max.bytes", "0"));
    }

    // Until every word's newest count is this one; a greater one is a record counted twice.
    static void expectCounts(String topic, long wanted) {
        Map<String, Long> newest = new TreeMap<>();
        long end = System.nanoTime() + 60_000_000_000L;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                 settings("group.id", topic + "-reader", "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                          "isolation.level", "read_committed"), new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic + "-counts"));
            while (newest.size() < 5 || !newest.values().stream().allMatch(each -> each == wanted)) {
                if (System.nanoTime() > end) throw new AssertionError("counts " + newest);
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100)))
                    newest.put(record.key(), Long.parseLong(record.value()));
                if (newest.values().stream().anyMatch(each -> each > wanted)) throw new AssertionError("counts " + newest);
            }
        }
    }

    static void run(String feature, String topic) throws Exception {
        Path state = Files.createTempDirectory("streams");
        String guarantee = feature.equals("exactly-once") ? "exactly_once_v2" : "at_least_once";
        try (Admin admin = Admin.create(settings())) {
            admin.createTopics(List.of(new NewTopic(topic + "-counts", 1, (short) 1))).all().get();
        }
        int first = feature.equals("restore") ? 50 : 100;
        write(topic, 0, first);
        try (KafkaStreams running = application(topic, guarantee, state)) {
            running.start();
            expectCounts(topic, first / 5);
        }
        if (first == 100) return;
        try (KafkaStreams again = application(topic, guarantee, state)) {
            again.cleanUp();
            write(topic, 50, 100);
            again.start();
            expectCounts(topic, 20);
        }
    }

    public static void main(String[] arguments) {
        bootstrap = arguments[0];
        Features.tell(arguments, MatrixStreams::run);
    }
}
