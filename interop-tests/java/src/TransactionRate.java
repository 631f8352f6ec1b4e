// SPDX-License-Identifier: Apache-2.0
// One transactional producer for bench/latency.py: `TransactionRate BOOTSTRAP TOPIC RECORDS
// SECONDS`. Each transaction writes RECORDS records of 100 bytes, round robin over the six partitions
// of the topic, which exists, and is committed; the next one begins when the answer is there. Prints
// how many there were in how many seconds, and the median and 99th percentile, in microseconds, of the
// commit alone (from the call to its answer, what flushes included) and of whole transactions. The
// first two seconds, in which Java compiles itself, are not counted.

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class TransactionRate {
    static final int PARTITIONS = 6;
    static final double WARM_UP_S = 2;

    final KafkaProducer<byte[], byte[]> producer;
    final String topic;
    final int records;
    final byte[] value = new byte[100];
    long[] commits = new long[1024];
    long[] wholes = new long[1024];
    int count;

    TransactionRate(String bootstrap, String topic, int records) {
        this.topic = topic;
        this.records = records;
        producer = new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap, "transactional.id", "rate-" + topic, "linger.ms", "0"),
            new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
    }

    void one() {
        long begin = System.nanoTime();
        producer.beginTransaction();
        for (int at = 0; at < records; ++at)
            producer.send(new ProducerRecord<>(topic, at % PARTITIONS, null, value));
        long end = System.nanoTime();
        producer.commitTransaction();
        if (count == commits.length) {
            commits = Arrays.copyOf(commits, 2 * count);
            wholes = Arrays.copyOf(wholes, 2 * count);
        }
        commits[count] = (System.nanoTime() - end) / 1000;
        wholes[count++] = (System.nanoTime() - begin) / 1000;
    }

    double run(double seconds) {
        count = 0;
        long begin = System.nanoTime();
        while ((System.nanoTime() - begin) / 1e9 < seconds) one();
        return (System.nanoTime() - begin) / 1e9;
    }

    static long percentile(long[] times, int count, double part) {
        long[] sorted = Arrays.copyOf(times, count);
        Arrays.sort(sorted);
        return sorted[Math.min(count - 1, (int) (count * part))];
    }

    public static void main(String[] arguments) {
        TransactionRate rate =
            new TransactionRate(arguments[0], arguments[1], Integer.parseInt(arguments[2]));
        rate.run(WARM_UP_S);
        double took = rate.run(Double.parseDouble(arguments[3]));
        System.out.printf("transactions %d seconds %.3f commit %d %d whole %d %d%n", rate.count, took,
                          percentile(rate.commits, rate.count, 0.5), percentile(rate.commits, rate.count, 0.99),
                          percentile(rate.wholes, rate.count, 0.5), percentile(rate.wholes, rate.count, 0.99));
        rate.producer.close();
    }
}
