#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many members of one group, classic and KIP-848, beside Apache Kafka in one run on one machine:
milliseconds from the first join to the last assignment, the median of some rounds. The members are
those of bench/groups_driver, which keep the client libraries' default intervals. GROUP_MEMBERS
(500) and GROUP_ROUNDS (3) set the size; `groups.py ours` leaves Apache Kafka out."""
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
import golang  # noqa: E402
from broker import Broker  # noqa: E402
from reference import KafkaBroker  # noqa: E402

MEMBERS = os.environ.get("GROUP_MEMBERS", "500")
ROUNDS = int(os.environ.get("GROUP_ROUNDS", "3"))


def settle(broker, driver, protocol, rounds):
    """Milliseconds of each round; each has a group and a topic of its own."""
    times = []
    for number in range(rounds):
        name = f"{protocol}-{number}"
        words = [driver, broker.bootstrap, protocol, MEMBERS, name]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")
        times.append(float(done.stdout.split()[1]))
    return times


def measure(make, driver):
    """{protocol: median}, from one broker."""
    with make() as broker:
        return {protocol: statistics.median(settle(broker, driver, protocol, ROUNDS))
                for protocol in ("classic", "consumer")}


def figures(medians):
    return ", ".join(f"{protocol} {median:.0f} ms" for protocol, median in medians.items())


def main():
    driver = golang.build(ROOT / "bench" / "groups_driver")
    binary = str(ROOT / "build/release/barnabas")
    ours = measure(lambda: Broker(binary), driver)
    print(f"FIGURE {MEMBERS} members settle: barnabas {figures(ours)}", flush=True)
    if "ours" in sys.argv[1:]:
        return
    default = ["group.initial.rebalance.delay.ms=3000"]
    theirs = measure(lambda: KafkaBroker(overrides=default), driver)
    print(f"FIGURE {MEMBERS} members settle: Apache Kafka {figures(theirs)}", flush=True)
    eager = measure(KafkaBroker, driver)
    print(f"FIGURE {MEMBERS} members settle: Apache Kafka without initial delay {figures(eager)}")
    for protocol, median in ours.items():
        ratio = min(theirs[protocol], eager[protocol]) / median
        print(f"FIGURE {MEMBERS} members settle, {protocol}: 1/{ratio:.1f} of Apache Kafka's best")


if __name__ == "__main__":
    main()
