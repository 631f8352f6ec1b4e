#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Throughput and latency beside Apache Kafka in one run: Kafka's own ProducerPerformance,
ConsumerPerformance and EndToEndLatency against both, by turns. Ratios are what counts; the
absolute figures are this machine's."""
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
from broker import Broker  # noqa: E402
from reference import KafkaBroker, tool  # noqa: E402

RECORDS, ROUNDS = 500_000, 3


def produce(bootstrap, topic, acks, size):
    output = tool("org.apache.kafka.tools.ProducerPerformance", "--topic", topic,
                  "--num-records", str(RECORDS), "--record-size", str(size), "--throughput", "-1",
                  "--producer-props", f"bootstrap.servers={bootstrap}", f"acks={acks}",
                  "linger.ms=5", "batch.size=65536")
    return float(re.findall(r"\(([\d.]+) MB/sec\)", output)[-1])


def consume(bootstrap, topic):
    output = tool("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", bootstrap,
                  "--topic", topic, "--num-records", str(RECORDS), "--timeout", "60000")
    return float(output.splitlines()[-1].split(",")[3])


def end_to_end(bootstrap, topic):
    output = tool("org.apache.kafka.tools.EndToEndLatency", "--bootstrap-server", bootstrap,
                  "--topic", topic, "--num-records", "3000", "--producer-acks", "all",
                  "--record-size", "100")
    return float(re.search(r"50th = (\d+)", output)[1])


def measure(brokers, name, unit, function):
    results = {who: [] for who in brokers}
    for turn in range(ROUNDS):
        for who, broker in brokers.items():
            results[who].append(function(broker.bootstrap, turn))
    ours, theirs = (statistics.median(results[who]) for who in ("barnabas", "Apache Kafka"))
    print(f"FIGURE {name}: barnabas {ours:.1f} {unit}, Apache Kafka {theirs:.1f} {unit}, "
          f"ratio {ours / theirs:.2f}", flush=True)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/barnabas")
    with Broker(binary) as ours, KafkaBroker() as theirs:
        brokers = {"barnabas": ours, "Apache Kafka": theirs}
        for size in (100, 1000):
            for acks in ("1", "all"):
                measure(brokers, f"produce {size} B, acks={acks}", "MB/s",
                        lambda where, turn, a=acks, s=size: produce(
                            where, f"perf-{a}-{s}-{turn}", a, s))
            measure(brokers, f"consume {size} B", "MB/s",
                    lambda where, turn, s=size: consume(where, f"perf-all-{s}-{turn}"))
        measure(brokers, "end to end, median", "ms",
                lambda where, turn: end_to_end(where, f"latency-{turn}"))


if __name__ == "__main__":
    main()
