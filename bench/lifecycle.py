# SPDX-License-Identifier: Apache-2.0
"""Scenarios of a broker that does little: (f) start-up, (g) memory, (h) CPU time when idle. Each
gives a Sheet. Brokers have all cores here."""
import contextlib
import os
import time

import lab
from lab import OURS
from sheet import Sheet

import wire  # noqa: E402, lab has made the folder known

TOPIC_PARTITIONS = 500
# An Apache Kafka with ten thousand partitions takes most of a minute to start.
LARGE_PAIRS = int(os.environ.get("BENCH_LARGE_PAIRS", "2"))
SETTLE_S = 10
IDLE_S = 15
GROUP_CONSUMERS = 10
CONNECTIONS = 5000


def take_record(side, topic, partition):
    """One record, acks=all, until it is taken: the moment from which a broker is of use."""
    while True:
        try:
            return side.raw("produce", topic=topic, partitions=partition + 1,
                            connections=partition + 1, requests=partition + 1)
        except RuntimeError:
            time.sleep(0.01)


def fill(side, partitions):
    for number in range(max(partitions // TOPIC_PARTITIONS, 1)):
        side.create(f"many-{number}", min(TOPIC_PARTITIONS, partitions))
    return f"many-{max(partitions // TOPIC_PARTITIONS, 1) - 1}"


def start_empty(sheet, make, name, number):
    """Until ApiVersions is answered."""
    broker = make()
    side = lab.Side(name, broker)
    if name != OURS:
        broker.format()
    try:
        sheet.note("empty", "until ApiVersions is answered, ms", name, broker.start() * 1000)
        begin = time.monotonic()
        side.create("first", 1)
        take_record(side, "first", 0)
        sheet.note("empty", "then until a record is taken, new topic, ms", name,
                   (time.monotonic() - begin) * 1000)
    finally:
        broker.__exit__()


def restart(sheet, cell, side, topic):
    begin = time.monotonic()
    side.broker.start(deadline_s=600)
    sheet.note(cell, "until ApiVersions is answered, ms", side.name,
               (time.monotonic() - begin) * 1000)
    take_record(side, topic, 0)
    sheet.note(cell, "until a record is taken, ms", side.name, (time.monotonic() - begin) * 1000)


def start_with(sheet, name, broker, partitions, rounds):
    """A broker with partitions of which one topic has records, stopped and killed by turns."""
    side = lab.Side(name, broker)
    with broker:
        topic = fill(side, partitions)
        side.raw("produce", topic=topic, partitions=min(partitions, TOPIC_PARTITIONS), cycle=True,
                 connections=20, requests=20_000, records=10)
        for _ in range(rounds):
            begin = time.monotonic()
            broker.process.terminate()
            broker.process.wait(300)
            sheet.note(f"{partitions:,} partitions, clean stop", "stop, ms", name,
                       (time.monotonic() - begin) * 1000)
            restart(sheet, f"{partitions:,} partitions, clean stop", side, topic)
            time.sleep(1)
            broker.kill()
            restart(sheet, f"{partitions:,} partitions, kill -9", side, topic)
        if partitions >= 10_000:
            time.sleep(SETTLE_S)
            sheet.note(f"{partitions:,} partitions", "resident, MiB", name, side.resident_mib())


def start_up():
    sheet = Sheet("f", "Start-up")
    lab.raise_limits()
    makes = {OURS: lab.our_broker, lab.THEIRS: lab.their_broker}
    if os.environ.get("BENCH_ONLY") == "ours":
        makes.pop(lab.THEIRS)
    for number in range(lab.PAIRS):
        for name in makes if number % 2 == 0 else reversed(makes):
            start_empty(sheet, makes[name], name, number)
        sheet.save()
    for partitions, rounds in ((1_000, 3), (10_000, LARGE_PAIRS)):
        for name, make in makes.items():
            start_with(sheet, name, make(), partitions, rounds)
            sheet.save()
    return sheet


def memory():
    sheet = Sheet("g", "Resident memory", {"read": f"{SETTLE_S} s after the last change"})
    for _ in range(lab.PAIRS):
        with lab.brokers(core=None, warm_up=False) as sides:
            time.sleep(SETTLE_S)
            for side in sides:
                sheet.note("idle", "resident, MiB", side.name, side.resident_mib())
            idle_connections(sheet, sides)
        sheet.save()
    return sheet


def idle_connections(sheet, sides):
    before = {side.name: side.resident_mib() for side in sides}
    with contextlib.ExitStack() as stack:
        for side in sides:
            stack.enter_context(lab.holding("raw_load", "idle", port=side.broker.port,
                                            connections=CONNECTIONS))
        time.sleep(3)
        for side in sides:
            more = side.resident_mib() - before[side.name]
            cell = f"{CONNECTIONS:,} idle connections"
            sheet.note(cell, "resident more, KiB a connection", side.name,
                       more * 1024 / CONNECTIONS)


def idle():
    sheet = Sheet("h", "CPU time when idle", {"seconds": IDLE_S})
    with lab.brokers(core=None, warm_up=False) as sides:
        time.sleep(SETTLE_S)
        for _ in range(lab.PAIRS):
            watch(sheet, "nobody connected", sides)
        sheet.save()
        for side in sides:
            side.create("idle", 20)
        with contextlib.ExitStack() as stack:
            for side in sides:
                stack.enter_context(lab.holding(
                    "client_load", "idle", bootstrap=side.broker.bootstrap, topic="idle",
                    consumers=GROUP_CONSUMERS))
            time.sleep(SETTLE_S)
            for _ in range(lab.PAIRS):
                watch(sheet, f"a group of {GROUP_CONSUMERS} consumers waits", sides)
    return sheet


def watch(sheet, cell, sides):
    begin = {side.name: nanoseconds(side) for side in sides}
    clock = time.monotonic()
    time.sleep(IDLE_S)
    took = time.monotonic() - clock
    for side in sides:
        spent = (nanoseconds(side) - begin[side.name]) / 1e9
        sheet.note(cell, "% of a core", side.name, spent / took * 100)


def nanoseconds(side):
    """CPU time of all threads: finer than /proc/PID/stat, whose unit is 10 ms."""
    folder, total = f"/proc/{side.pid}/task", 0
    for task in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError), open(f"{folder}/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total


__all__ = ["wire"]
