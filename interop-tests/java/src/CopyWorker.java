// SPDX-License-Identifier: Apache-2.0
// A kafka-clients worker that copies a topic exactly once (interop-tests/common/transactions.py
// tells what it writes down): `CopyWorker BOOTSTRAP INPUT JOURNAL NAME LANE...`, one consumer,
// producer and thread for each lane. A lane with pause=MS waits that long with an open transaction;
// one with fenced=exit then sends a record "late", never aborts on purpose, and ends the program
// where another instance has taken its transactional id, which is GROUP-NAME, or with id=ID
// GROUP-ID. Ends when stdin closes.

import java.time.*;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

public class CopyWorker extends Worker {
    final String bootstrap, input, output, group, name, transactionalId;
    final boolean exitsWhenFenced;
    final long pauseMs;
    final Random random = new Random();
    final KafkaConsumer<String, String> consumer;
    KafkaProducer<String, String> producer;

    static final class OnPurpose extends RuntimeException {
        OnPurpose() {
            super("on purpose");
        }
    }

    static void note(String group, String event, Object what) {
        note(micros() + " " + group + " " + event + " " + String.valueOf(what).replace('\n', ' ') + "\n");
    }

    CopyWorker(String bootstrap, String input, String name, String lane) {
        Map<String, String> options = options(lane);
        this.bootstrap = bootstrap;
        this.input = input;
        this.name = name;
        group = options.get("group");
        output = options.get("output");
        transactionalId = group + "-" + options.getOrDefault("id", name);
        exitsWhenFenced = "exit".equals(options.get("fenced"));
        pauseMs = Long.parseLong(options.getOrDefault("pause", "0"));
        consumer = new KafkaConsumer<>(consumerSettings(options), new StringDeserializer(), new StringDeserializer());
    }

    Properties consumerSettings(Map<String, String> options) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("client.id", name);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("isolation.level", "read_committed");
        settings.put("max.poll.records", "100");
        settings.put("fetch.max.wait.ms", "100");
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("retry.backoff.ms", "50");
        if ("consumer".equals(options.get("protocol"))) {
            settings.put("group.protocol", "consumer");
        } else {
            settings.put("session.timeout.ms", env("SESSION_MS", "6000"));
            settings.put("heartbeat.interval.ms", env("HEARTBEAT_MS", "1000"));
        }
        return settings;
    }

    KafkaProducer<String, String> makeProducer() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("client.id", name);
        settings.put("transactional.id", transactionalId);
        settings.put("transaction.timeout.ms", env("TXN_TIMEOUT_MS", "10000"));
        settings.put("max.block.ms", "10000");
        settings.put("linger.ms", "2");
        settings.put("reconnect.backoff.max.ms", "200");
        settings.put("retry.backoff.ms", "50");
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    boolean isFencing(Throwable problem) {
        return problem instanceof ProducerFencedException || problem instanceof InvalidProducerEpochException
            || problem.getCause() != null && isFencing(problem.getCause());
    }

    // A producer that has taken over the transactional id from whoever had it.
    void renew() {
        while (!closed) {
            if (producer != null) producer.close(Duration.ZERO);
            producer = makeProducer();
            try {
                producer.initTransactions();
                return;
            } catch (RuntimeException problem) {
                note(group, "problem", "init " + problem);
            }
        }
    }

    // Back to what is committed: the records since then are taken again.
    void rewind() {
        while (!closed) {
            try {
                Set<TopicPartition> owned = consumer.assignment();
                Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(owned, Duration.ofSeconds(5));
                for (TopicPartition partition : owned) {
                    OffsetAndMetadata offset = committed.get(partition);
                    consumer.seek(partition, offset == null ? 0 : offset.offset());
                }
                return;
            } catch (RuntimeException problem) {
                note(group, "problem", "rewind " + problem);
            }
        }
    }

    void recover(RuntimeException problem) {
        note(group, isFencing(problem) ? "fenced" : "abort", problem);
        if (isFencing(problem) && exitsWhenFenced) Runtime.getRuntime().halt(4);
        try {
            producer.abortTransaction();
        } catch (RuntimeException fatal) {
            note(group, "problem", "abort " + fatal);
            if (isFencing(fatal) && exitsWhenFenced) Runtime.getRuntime().halt(4);
            renew();
        }
        rewind();
    }

    // Whether it was committed is only known when an answer comes, so a late one is asked again.
    void commit() {
        for (int tries = 0; ; ++tries) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException late) {
                note(group, "problem", "commit " + late);
                if (tries == 10) throw late;
            }
        }
    }

    void copy(ConsumerRecords<String, String> records) throws InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        producer.beginTransaction();
        for (ConsumerRecord<String, String> record : records) {
            producer.send(new ProducerRecord<>(output, record.partition(), record.key(), record.value()));
            offsets.put(new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
        }
        if (pauseMs > 0) {
            producer.flush();
            note(group, "open", records.count());
            Thread.sleep(pauseMs);
            if (exitsWhenFenced) producer.send(new ProducerRecord<>(output, 0, null, "late"));
        }
        if (random.nextInt(12) == 0 && !exitsWhenFenced) {
            producer.flush();
            throw new OnPurpose();
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        commit();
        note(group, "commit", records.count());
    }

    void step() throws InterruptedException {
        ConsumerRecords<String, String> records = ConsumerRecords.empty();
        try {
            records = consumer.poll(Duration.ofMillis(100));
        } catch (KafkaException | IllegalStateException problem) {
            // Rebalances and lost memberships, too, come out of poll() with the newer protocol; the
            // consumer goes on from where it was.
            note(group, "problem", "poll " + problem);
        }
        if (records.isEmpty()) return;
        try {
            copy(records);
        } catch (KafkaException | OnPurpose | IllegalStateException problem) {
            recover(problem);
        }
    }

    @Override public void run() {
        try {
            renew();
            consumer.subscribe(List.of(input));
            while (!closed) step();
        } catch (InterruptedException stopped) {
            note(group, "problem", stopped);
        }
        consumer.close(Duration.ofSeconds(10));
        // None yet where the worker was told to end before it had one.
        if (producer != null) producer.close(Duration.ofSeconds(10));
    }

    public static void main(String[] arguments) throws Exception {
        runAll(arguments, CopyWorker::new);
    }
}
