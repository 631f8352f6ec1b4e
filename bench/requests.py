#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests of one record over 1, 100 and 1,000 connections beside Apache Kafka, by turns in one
run: requests a second, CPU time of the broker for each million of them, latencies. The load
(raw_load) has one core and the broker the other, where there are two.
BENCH_ROUNDS, BENCH_SECONDS (of each turn). `requests.py [BINARY]`."""
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
import wire  # noqa: E402
from broker import Broker  # noqa: E402
from reference import KafkaBroker  # noqa: E402
from throughput import cpu_seconds  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
CONNECTIONS = (1, 100, 1000)
PARTITIONS = 6
NAMES = {"a second": "requests a second", "cpu": "broker CPU s per million requests",
         "p50_us": "p50, us", "p99_us": "p99, us"}


def on_core(core, words):
    return ["taskset", "-c", str(core), *words] if os.cpu_count() > 1 else words


class Side:
    """A broker that has a core for itself, and what was measured of it."""

    def __init__(self, broker, load):
        self.broker, self.load, self.figures = broker, load, {}
        for task in pathlib.Path(f"/proc/{broker.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {0})
        with wire.Connection(broker.port) as connection:
            assert connection.create_topic("requests", PARTITIONS) == 0

    def turn(self, connections, seconds):
        begin = cpu_seconds(self.broker.process)
        words = [self.load, "--port", str(self.broker.port), "--topic", "requests",
                 "--partitions", str(PARTITIONS), "--connections", str(connections),
                 "--seconds", str(seconds)]
        done = subprocess.run(on_core(1, words), stdout=subprocess.PIPE, check=True, text=True)
        found = json.loads(done.stdout)
        found["a second"] = found["requests"] / found["seconds"]
        found["cpu"] = (cpu_seconds(self.broker.process) - begin) * 1e6 / found["requests"]
        return found

    def measure(self, connections):
        for name, value in self.turn(connections, SECONDS).items():
            self.figures.setdefault((connections, name), []).append(value)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/barnabas")
    load = str(pathlib.Path(binary).resolve().parent / "bench" / "raw_load")
    with Broker(binary) as ours, KafkaBroker() as theirs:
        sides = [Side(ours, load), Side(theirs, load)]
        for side in sides:
            side.turn(100, 10)  # not measured: the JVM compiles meanwhile
        for connections in CONNECTIONS:
            for _ in range(ROUNDS):
                for side in sides:
                    side.measure(connections)
            for name, words in NAMES.items():
                mine, other = (side.figures[connections, name] for side in sides)
                ratios = sorted(a / b for a, b in zip(mine, other))
                print(f"FIGURE {connections} connections, {words}: barnabas "
                      f"{statistics.median(mine):.0f}, Apache Kafka {statistics.median(other):.0f},"
                      f" ratio {statistics.median(ratios):.3f} "
                      f"({ratios[0]:.3f} to {ratios[-1]:.3f})", flush=True)


if __name__ == "__main__":
    main()
