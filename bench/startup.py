#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start-up and idle memory beside Apache Kafka, in one run on one machine: seconds from exec to
the first answered ApiVersions on an empty directory, and resident memory ten seconds later.
Prints the ratios."""
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
from broker import Broker  # noqa: E402
from reference import KafkaBroker  # noqa: E402


def ours(binary, rounds):
    times, resident = [], []
    for _ in range(rounds):
        broker = Broker(binary)
        try:
            times.append(broker.start())
            time.sleep(2)
            resident.append(broker.resident_kib())
        finally:
            broker.__exit__()
    return statistics.median(times), statistics.median(resident)


def reference(rounds):
    times, resident = [], []
    for _ in range(rounds):
        broker = KafkaBroker()
        broker.format()
        try:
            times.append(broker.start())
            time.sleep(10)
            resident.append(broker.resident_kib())
        finally:
            broker.__exit__()
    return statistics.median(times), statistics.median(resident)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/barnabas")
    our_time, our_memory = ours(binary, 9)
    their_time, their_memory = reference(3)
    print(f"FIGURE start to first answer: barnabas {our_time * 1000:.1f} ms, Apache Kafka "
          f"{their_time * 1000:.0f} ms, 1/{their_time / our_time:.0f}")
    print(f"FIGURE resident memory idle: barnabas {our_memory / 1024:.1f} MiB, Apache Kafka "
          f"{their_memory / 1024:.0f} MiB, 1/{their_memory / our_memory:.0f}")


if __name__ == "__main__":
    main()
