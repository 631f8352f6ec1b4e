#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Committed transactions per second and their latency, one kafka-clients producer
(TransactionRate.java), of 1 record and of 100 records over six partitions. Both brokers run all the
time and are measured in turn, so that what else the machine does meets both; medians of the rounds.
TXN_SECONDS (5) and TXN_ROUNDS (3) set the size; `transactions.py ours` leaves Apache Kafka out."""
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
import java  # noqa: E402
import wire  # noqa: E402
from broker import Broker  # noqa: E402
from reference import KafkaBroker  # noqa: E402

TRIES = 3
SECONDS = os.environ.get("TXN_SECONDS", "5")
ROUNDS = int(os.environ.get("TXN_ROUNDS", "3"))


def measure(name, broker, records, number):
    """(transactions a second, 99th percentile of commit and of the whole in us). A turn that ends
    early is told, and taken again: once in some ten thousand transactions kafka-clients 4.3
    sends EndTxn before the records that were given to it just before the commit (so it was seen on
    the wire), and a commit of nothing is INVALID_TXN_STATE, here as on Apache Kafka."""
    for tries in range(1, TRIES + 1):
        try:
            return once(broker, records, f"txn-{records}-{number}-{tries}")
        except RuntimeError as problem:
            print(f"FIGURE {name} did not finish {problem}", flush=True)
            if tries == TRIES:
                raise


def once(broker, records, topic):
    with wire.Connection(broker.port) as connection:
        assert connection.create_topic(topic, 6) == 0
    words = java.command("4.3.0", "TransactionRate", broker.bootstrap, topic, str(records), SECONDS)
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{topic}: {done.stderr.strip()}")
    said = done.stdout.split()
    return int(said[1]) / float(said[3]), int(said[6]), int(said[9])


def medians(rounds):
    return [statistics.median(each) for each in zip(*rounds)]


def main():
    with contextlib.ExitStack() as stack:
        brokers = {"barnabas": stack.enter_context(Broker(ROOT / "build/release/barnabas"))}
        if "ours" not in sys.argv[1:]:
            brokers["Apache Kafka"] = stack.enter_context(KafkaBroker())
            # Java is warm only after a while.
            measure("Apache Kafka", brokers["Apache Kafka"], 1, "warm")
        for records in (1, 100):
            found = {name: [] for name in brokers}
            for number in range(ROUNDS):
                for name, broker in brokers.items():
                    found[name].append(measure(name, broker, records, number))
            report(records, {name: medians(rounds) for name, rounds in found.items()})


def report(records, found):
    what = f"transactions of {records} record{'s' if records > 1 else ''}"
    for name, (rate, commit, whole) in found.items():
        print(f"FIGURE {what}: {name} {rate:.0f}/s, p99 of commit {commit / 1000:.2f} ms, of the "
              f"whole {whole / 1000:.2f} ms", flush=True)
    if len(found) == 2:
        ours, theirs = found["barnabas"], found["Apache Kafka"]
        print(f"FIGURE {what}: {ours[0] / theirs[0]:.1f} x the rate, p99 of commit "
              f"1/{theirs[1] / ours[1]:.1f}, of the whole 1/{theirs[2] / ours[2]:.1f}", flush=True)


if __name__ == "__main__":
    main()
