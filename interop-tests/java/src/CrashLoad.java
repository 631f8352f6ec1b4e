// SPDX-License-Identifier: Apache-2.0
// A load for the crash suite: `CrashLoad BOOTSTRAP TOPIC PREFIX JOURNAL`. An idempotent producer with
// acks=all sends "PREFIX-<n>" until stdin closes and writes each acknowledged record to JOURNAL as
// "partition offset value". Retries for as long as the broker is away.

import java.io.*;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

public class CrashLoad {
    static volatile boolean closed;

    static Properties settings(String bootstrap) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("enable.idempotence", "true");
        settings.put("acks", "all");
        settings.put("linger.ms", "2");
        settings.put("delivery.timeout.ms", "300000");
        settings.put("max.block.ms", "300000");
        settings.put("reconnect.backoff.ms", "20");
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("retry.backoff.ms", "20");
        return settings;
    }

    public static void main(String[] arguments) throws Exception {
        Thread watcher = new Thread(() -> {
            try {
                while (System.in.read() >= 0) { }
            } catch (IOException ignored) {
            }
            closed = true;
        });
        watcher.setDaemon(true);
        watcher.start();
        AtomicLong failed = new AtomicLong();
        String padding = ".".repeat(180);
        try (PrintWriter journal = new PrintWriter(new BufferedWriter(new FileWriter(arguments[3])));
             KafkaProducer<String, String> producer = new KafkaProducer<>(
                 settings(arguments[0]), new StringSerializer(), new StringSerializer())) {
            for (long n = 0; !closed; n++) {
                String value = arguments[2] + "-" + n + " " + padding;
                producer.send(new ProducerRecord<>(arguments[1], (int) (n % 6), null, value), (done, problem) -> {
                    if (problem != null) {
                        failed.incrementAndGet();
                        System.err.println("not delivered: " + problem);
                        return;
                    }
                    journal.printf("%d %d %s%n", done.partition(), done.offset(), value);
                });
                if (n % 100 == 0) Thread.sleep(4);
            }
            producer.flush();
        }
        System.exit(failed.get() == 0 ? 0 : 1);
    }
}
