// SPDX-License-Identifier: Apache-2.0
// What the kafka-clients workers of the suites have in common: the journal, settings from lanes and
// environment, and a thread for each lane until stdin closes.

import java.io.*;
import java.time.*;
import java.util.*;

abstract class Worker implements Runnable {
    static volatile boolean closed;
    private static FileOutputStream journal;

    // Makes the worker of one lane.
    interface Maker {
        Worker make(String bootstrap, String topic, String name, String lane);
    }

    // Whole lines, and in the file at once: kill -9 loses nothing that was said.
    static synchronized void note(CharSequence lines) {
        try {
            journal.write(lines.toString().getBytes("UTF-8"));
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
    }

    static String env(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    // Of "key=value,key=value".
    static Map<String, String> options(String lane) {
        Map<String, String> options = new HashMap<>();
        for (String part : lane.split(",")) options.put(part.split("=")[0], part.split("=")[1]);
        return options;
    }

    // `BOOTSTRAP TOPIC JOURNAL NAME LANE...`; ends the program where a worker does not catch something.
    static void runAll(String[] arguments, Maker maker) throws Exception {
        journal = new FileOutputStream(arguments[2], true);
        List<Thread> threads = new ArrayList<>();
        for (int at = 4; at < arguments.length; at++) {
            Thread thread = new Thread(maker.make(arguments[0], arguments[1], arguments[3], arguments[at]));
            thread.setUncaughtExceptionHandler((which, problem) -> {
                problem.printStackTrace();
                Runtime.getRuntime().halt(1);
            });
            thread.start();
            threads.add(thread);
        }
        while (System.in.read() >= 0) { }
        closed = true;
        for (Thread thread : threads) thread.join();
    }
}
