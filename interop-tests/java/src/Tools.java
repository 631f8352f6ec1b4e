// SPDX-License-Identifier: Apache-2.0
// Kafka's command line tools, one after another in one process: a suite that runs a hundred of them
// pays for one start of Java. Standard input: lines of JSON; standard output: one line each.
//   {"tool":"class name","args":[...],"in":"..."}             -> {"exit":N,"out":"..."}
//   {"produce":"host:port","topic":"t","partitions":N,"records":N,"start":MS}   a record a second
//   {"commit":"host:port","group":"g","offsets":{"t":{"0":5}}}
//   {"consume":"host:port","group":"g","topic":"t","protocol":"classic","client":"c"}
//   {"close":"client"}                                        -> {}
//   {"fence":"host:port","ids":["transactional id"]}          by Admin.fenceProducers
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Exit;

public final class Tools {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Member> MEMBERS = new HashMap<>();

    private static final class Exited extends Error {
        Exited() {
            super("exit", null, false, false);
        }
    }

    // A consumer that polls on a thread of its own until it is closed.
    private static final class Member extends Thread {
        final KafkaConsumer<String, String> consumer;
        final CountDownLatch assigned = new CountDownLatch(1);

        Member(KafkaConsumer<String, String> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void run() {
            try {
                while (true) {
                    consumer.poll(Duration.ofMillis(200));
                    if (!consumer.assignment().isEmpty()) assigned.countDown();
                }
            } catch (WakeupException closed) {
                consumer.close();
            }
        }
    }

    private static ObjectNode runTool(JsonNode question) throws Exception {
        String[] arguments = JSON.convertValue(question.get("args"), String[].class);
        int[] code = {-1};
        Exit.Procedure exit = (status, message) -> {
            if (code[0] < 0) code[0] = status;
            throw new Exited();
        };
        Exit.setExitProcedure(exit);
        Exit.setHaltProcedure(exit);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        InputStream in = System.in;
        PrintStream captured = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        System.setOut(captured);
        System.setErr(captured);
        System.setIn(new ByteArrayInputStream(question.path("in").asText().getBytes(StandardCharsets.UTF_8)));
        try {
            Class.forName(question.get("tool").asText()).getMethod("main", String[].class)
                .invoke(null, (Object) arguments);
        } catch (InvocationTargetException thrown) {
            if (!(thrown.getCause() instanceof Exited)) {
                captured.println("thrown: " + thrown.getCause());
                if (code[0] < 0) code[0] = 1;
            }
        } finally {
            System.setOut(out);
            System.setErr(err);
            System.setIn(in);
        }
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("exit", Math.max(code[0], 0));
        answer.put("out", bytes.toString(StandardCharsets.UTF_8));
        return answer;
    }

    private static void produce(JsonNode question) {
        // Until it is closed, so that a partition's records are one batch however busy the machine.
        Map<String, Object> settings =
            Map.of("bootstrap.servers", question.get("produce").asText(), "linger.ms", "60000");
        int partitions = question.get("partitions").asInt();
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < question.get("records").asInt(); ++i)
                producer.send(new ProducerRecord<>(
                    question.get("topic").asText(), i % partitions,
                    question.get("start").asLong() + 1000L * i, "k" + i, "value " + i));
        }
    }

    private static KafkaConsumer<String, String> consumer(Map<String, Object> settings) {
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    private static void commit(JsonNode question) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        question.get("offsets").fields().forEachRemaining(topic ->
            topic.getValue().fields().forEachRemaining(partition -> offsets.put(
                new TopicPartition(topic.getKey(), Integer.parseInt(partition.getKey())),
                new OffsetAndMetadata(partition.getValue().asLong(), "note"))));
        try (KafkaConsumer<String, String> consumer =
                 consumer(Map.of("bootstrap.servers", question.get("commit").asText(), "group.id",
                                 question.get("group").asText()))) {
            consumer.assign(offsets.keySet());
            consumer.commitSync(offsets);
        }
    }

    private static void consume(JsonNode question) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", question.get("consume").asText());
        settings.put("group.id", question.get("group").asText());
        settings.put("client.id", question.get("client").asText());
        settings.put("group.protocol", question.get("protocol").asText());
        settings.put("auto.offset.reset", "earliest");
        settings.put("auto.commit.interval.ms", 100);
        Member member = new Member(consumer(settings));
        member.consumer.subscribe(List.of(question.get("topic").asText()));
        MEMBERS.put(question.get("client").asText(), member);
        member.start();
        member.assigned.await();
        // So that the automatic commit has passed.
        Thread.sleep(500);
    }

    private static void close(String client) throws Exception {
        Member member = MEMBERS.remove(client);
        member.consumer.wakeup();
        member.join();
    }

    private static void fence(JsonNode question) throws Exception {
        String[] ids = JSON.convertValue(question.get("ids"), String[].class);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) question.get("fence").asText()))) {
            admin.fenceProducers(List.of(ids)).all().get();
        }
    }

    private static ObjectNode answer(JsonNode question) {
        ObjectNode nothing = JsonNodeFactory.instance.objectNode();
        try {
            if (question.has("tool")) return runTool(question);
            if (question.has("produce")) produce(question);
            if (question.has("commit")) commit(question);
            if (question.has("consume")) consume(question);
            if (question.has("fence")) fence(question);
            if (question.has("close")) close(question.get("close").asText());
            return nothing;
        } catch (Exception problem) {
            return nothing.put("error", problem.toString());
        }
    }

    public static void main(String[] ignored) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        PrintStream out = System.out;
        // What threads of a tool say after its end must not get among the answers.
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
            out.flush();
        }
        System.exit(0);
    }
}
