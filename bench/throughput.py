#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Throughput, latency and CPU time beside Apache Kafka in one run: Kafka's own ProducerPerformance,
ConsumerPerformance and EndToEndLatency against both, by turns, in each durability mode, and the
physical floor (floor.py). Ratios are what counts; the absolute figures are this machine's.
BENCH_RECORDS (of 1000 bytes) and BENCH_ROUNDS make it longer. `throughput.py [BINARY]`."""
import os
import pathlib
import re
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
import floor  # noqa: E402
from broker import Broker  # noqa: E402
from reference import KafkaBroker, tool  # noqa: E402

RECORDS = int(os.environ.get("BENCH_RECORDS", "500000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SIZE = 1000
MODES = {"page cache": [], "flush before answer": ["log.flush.interval.messages=1"]}


def cpu_seconds(process):
    """User and system time of a running process."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def produce(bootstrap, topic, records):
    output = tool("org.apache.kafka.tools.ProducerPerformance", "--topic", topic,
                  "--num-records", str(records), "--record-size", str(SIZE), "--throughput", "-1",
                  "--producer-props", f"bootstrap.servers={bootstrap}", "acks=all", "linger.ms=5",
                  "batch.size=65536", timeout=600)
    return float(re.findall(r"\(([\d.]+) MB/sec\)", output)[-1])


def consume(bootstrap, topic, records):
    output = tool("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", bootstrap,
                  "--topic", topic, "--num-records", str(records), "--timeout", "60000",
                  timeout=600)
    rows = [line.split(",") for line in output.splitlines() if re.match(r"^\d{4}-", line)]
    return float(rows[-1][3])


def end_to_end(bootstrap, topic):
    output = tool("org.apache.kafka.tools.EndToEndLatency", "--bootstrap-server", bootstrap,
                  "--topic", topic, "--num-records", "1000", "--producer-acks", "all",
                  "--record-size", "100", timeout=600)
    return float(re.search(r"50th = (\d+)", output)[1])


class Side:
    """A broker and what was measured of it."""

    def __init__(self, broker):
        self.broker, self.figures = broker, {}

    def note(self, name, value):
        self.figures.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.figures[name])

    def turn(self, number):
        where, topic, gigabytes = self.broker.bootstrap, f"perf-{number}", RECORDS * SIZE / 1e9
        begin = cpu_seconds(self.broker.process)
        self.note("produce, MB/s", produce(where, topic, RECORDS))
        written = cpu_seconds(self.broker.process)
        self.note("CPU s per GB produced", (written - begin) / gigabytes)
        self.note("consume, MB/s", consume(where, topic, RECORDS))
        self.note("CPU s per GB fetched", (cpu_seconds(self.broker.process) - written) / gigabytes)


def measure(binary, mode, overrides):
    with Broker(binary, overrides) as ours, KafkaBroker(overrides=overrides) as theirs:
        sides = {"barnabas": Side(ours), "Apache Kafka": Side(theirs)}
        for side in sides.values():  # not measured: the JVM compiles meanwhile
            produce(side.broker.bootstrap, "warm", RECORDS // 4)
            consume(side.broker.bootstrap, "warm", RECORDS // 4)
        for number in range(ROUNDS):
            for side in sides.values():
                side.turn(number)
        for number in range(ROUNDS):
            for side in sides.values():
                median_ms = end_to_end(side.broker.bootstrap, f"latency-{number}")
                side.note("end to end, median ms", median_ms)
    for name in sides["barnabas"].figures:
        values = {who: side.median(name) for who, side in sides.items()}
        digits = 1 if "MB/s" in name else 3
        ratio = values["barnabas"] / values["Apache Kafka"]
        print(f"FIGURE {mode}: {name}: barnabas {values['barnabas']:.{digits}f}, Apache Kafka "
              f"{values['Apache Kafka']:.{digits}f}, ratio {ratio:.2f}", flush=True)


def measure_floor():
    """Into a new file each time, as a growing log: memory that the page cache has not had before
    may cost several times what it costs to write to a file's pages again."""
    size = RECORDS * SIZE
    with tempfile.TemporaryDirectory(prefix="barnabas-floor-") as directory:
        for mode, synced in (("page cache", False), ("flush before answer", True)):
            used = statistics.median(floor.receive(f"{directory}/{mode} {number}", size, synced)
                                     for number in range(ROUNDS))
            print(f"FIGURE {mode}: CPU s per GB produced, floor (receive, CRC-32C, write): "
                  f"{used:.3f}", flush=True)
        used = statistics.median(floor.send(f"{directory}/page cache 0", size)
                                 for _ in range(ROUNDS))
        print(f"FIGURE CPU s per GB fetched, floor (sendfile): {used:.3f}", flush=True)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/barnabas")
    measure_floor()
    for mode, overrides in MODES.items():
        measure(binary, mode, overrides)


if __name__ == "__main__":
    main()
