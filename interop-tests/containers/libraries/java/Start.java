// SPDX-License-Identifier: Apache-2.0
// Starts the image by Testcontainers for Java, says where it listens, ends with standard input.
import org.testcontainers.kafka.ConfluentKafkaContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

public final class Start {
    public static void main(String[] args) throws Exception {
        DockerImageName image = DockerImageName.parse(args[0]);
        if (args[1].equals("apache")) {
            try (KafkaContainer kafka =
                     new KafkaContainer(image.asCompatibleSubstituteFor("apache/kafka"))) {
                kafka.start();
                say(kafka.getBootstrapServers());
            }
        } else {
            try (ConfluentKafkaContainer kafka = new ConfluentKafkaContainer(
                     image.asCompatibleSubstituteFor("confluentinc/cp-kafka"))) {
                kafka.start();
                say(kafka.getBootstrapServers());
            }
        }
    }

    private static void say(String server) throws Exception {
        System.out.println("bootstrap " + server);
        while (System.in.read() >= 0) {
        }
    }
}
