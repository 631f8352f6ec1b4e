// SPDX-License-Identifier: Apache-2.0
// Sends one greeting and reads it back by a listener of Spring's.
package example;

import java.util.concurrent.CountDownLatch;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;

@SpringBootApplication
public class Greetings {
    private final CountDownLatch received = new CountDownLatch(1);

    public static void main(String[] args) {
        SpringApplication.run(Greetings.class, args).close();
    }

    @KafkaListener(topics = "greetings-spring")
    void listen(String greeting) {
        System.out.println("received: " + greeting);
        received.countDown();
    }

    @Bean
    CommandLineRunner send(KafkaTemplate<String, String> kafka) {
        return arguments -> {
            kafka.send("greetings-spring", "hello", "hello from Spring").get();
            received.await();
        };
    }
}
