// SPDX-License-Identifier: Apache-2.0
// Kafka Streams' own smoke test with a size that is ours to choose: its generator and its verifier in
// this process, `StreamsSmoke BOOTSTRAP GUARANTEE KEYS RECORDS_PER_KEY SECONDS`. The application that
// is judged is org.apache.kafka.streams.tests.StreamsSmokeTest itself, in processes of its own. Ends
// with 0 where the verifier is content.

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.tests.SmokeTestDriver;
import org.apache.kafka.streams.tests.SmokeTestUtil.VerificationResult;

public final class StreamsSmoke {
    static final long QUIET_MS = 2000;
    static final long DEADLINE_MS = 600_000;

    static Map<TopicPartition, Long> ends(Admin admin) throws Exception {
        var described = admin.describeTopics(Arrays.asList(SmokeTestDriver.topics())).allTopicNames().get();
        Map<TopicPartition, OffsetSpec> asked = described.values().stream()
            .flatMap(topic -> topic.partitions().stream().map(each -> new TopicPartition(topic.name(), each.partition())))
            .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        return admin.listOffsets(asked).all().get().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    // The verifier first asks that no transaction is open, and takes it ill when the application goes
    // on writing: so all input is committed, and no topic grows, before it begins.
    static void awaitQuiet(String bootstrap) throws Exception {
        long deadline = System.currentTimeMillis() + DEADLINE_MS;
        Map<TopicPartition, Long> before = Map.of();
        long since = 0;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            while (System.currentTimeMillis() < deadline) {
                Thread.sleep(200);
                Map<TopicPartition, Long> now = ends(admin);
                if (!now.equals(before)) since = System.currentTimeMillis();
                before = now;
                Map<TopicPartition, OffsetAndMetadata> committed =
                    admin.listConsumerGroupOffsets("SmokeTest").partitionsToOffsetAndMetadata().get();
                boolean all = now.entrySet().stream()
                    .filter(entry -> entry.getKey().topic().equals("data") && entry.getValue() > 0)
                    .allMatch(entry -> committed.containsKey(entry.getKey())
                        && committed.get(entry.getKey()).offset() == entry.getValue());
                if (all && System.currentTimeMillis() - since > QUIET_MS) return;
            }
        }
        System.out.println("the application did not come to rest");
    }

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0];
        boolean exactlyOnce = arguments[1].equals("exactly_once_v2");
        int records = Integer.parseInt(arguments[3]);
        Map<String, Set<Integer>> generated = SmokeTestDriver.generate(
            bootstrap, Integer.parseInt(arguments[2]), records, Duration.ofSeconds(Integer.parseInt(arguments[4])));
        System.out.println("GENERATED");
        awaitQuiet(bootstrap);
        VerificationResult result = SmokeTestDriver.verify(bootstrap, generated, records, exactlyOnce);
        System.out.println((result.passed() ? "VERIFIED " : "NOT VERIFIED ") + result.result());
        System.exit(result.passed() ? 0 : 1);
    }
}
