# SPDX-License-Identifier: Apache-2.0
"""Scenarios of a broker that does little: (f) start-up, (g) memory, (h) CPU time when idle. Each
gives a Sheet. Brokers have all cores here."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

import lab
from lab import OURS
from sheet import Sheet

TOPIC_PARTITIONS = 100
# BENCH_LARGE: fewer where `ulimit -n` does not allow so many.
LARGE = int(os.environ.get("BENCH_LARGE", "10000"))
# An Apache Kafka with ten thousand partitions takes most of a minute to start.
LARGE_PAIRS = int(os.environ.get("BENCH_LARGE_PAIRS", "2"))
RECOVERY_GB = float(os.environ.get("BENCH_RECOVERY_GB", "5"))
RECOVERY_PARTITIONS, RECOVERY_RECORDS = 6, 64
SETTLE_S = 8
IDLE_S = 10
GROUP_CONSUMERS = 10
CONNECTIONS = 5000


def take_record(side, topic, partition):
    """One record, acks=all, until it is taken: the moment from which a broker is of use."""
    end = time.monotonic() + 600
    while True:
        try:
            return side.raw("produce", topic=topic, partitions=partition + 1,
                            connections=partition + 1, requests=partition + 1)
        except RuntimeError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def fill(side, partitions):
    for number in range(max(partitions // TOPIC_PARTITIONS, 1)):
        side.create(f"many-{number}", min(TOPIC_PARTITIONS, partitions))


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


@contextlib.contextmanager
def filled(name, make, partitions):
    """(a running side, its last topic). BENCH_KEEP=FOLDER keeps what was made, because thousands
    of partitions take minutes; the next run starts on it."""
    broker, kept = make(), os.environ.get("BENCH_KEEP")
    home = pathlib.Path(kept or broker.directory) / f"{name.replace(' ', '-')}-{partitions}"
    side, stamp = lab.Side(name, broker), home / "filled.json"
    if kept:
        home.mkdir(parents=True, exist_ok=True)
        broker.directory, broker.keep = home, True
        broker.data, broker.log_path = home / "data", home / "broker.log"
    try:
        if stamp.exists():
            for key, value in json.loads(stamp.read_text()).items():
                setattr(broker, key, value)
            broker.start(deadline_s=600)
        else:
            broker.__enter__()
            fill(side, partitions)
            ports = {key: getattr(broker, key) for key in ("port", "controller_port")
                     if hasattr(broker, key)}
            if kept:
                stamp.write_text(json.dumps(ports))
        yield side, f"many-{max(partitions // TOPIC_PARTITIONS, 1) - 1}"
    finally:
        stop(side)
        if not kept:
            broker.__exit__()


def stop(side):
    """Seconds until a clean stop has ended."""
    begin = time.monotonic()
    if side.broker.process is not None:
        side.broker.process.terminate()
        side.broker.process.wait(300)
        side.broker.process = None
    return time.monotonic() - begin


def start_with(sheet, name, make, partitions, rounds):
    """A broker with partitions, those of one topic with records, stopped and killed by turns."""
    with filled(name, make, partitions) as (side, topic):
        side.await_leaders(topic, min(partitions, TOPIC_PARTITIONS))
        side.raw("produce", topic=topic, partitions=min(partitions, TOPIC_PARTITIONS), cycle=True,
                 connections=20, requests=5000, records=10)
        cell = f"{partitions:,} partitions"
        for _ in range(rounds):
            sheet.note(f"{cell}, clean stop", "stop, ms", name, stop(side) * 1000)
            restart(sheet, f"{cell}, clean stop", side, topic)
            if partitions >= LARGE:
                time.sleep(SETTLE_S)
                sheet.note(cell, "resident, MiB", name, side.resident_mib())
            side.broker.kill()
            restart(sheet, f"{cell}, kill -9", side, topic)


def recover(sheet, name, make):
    """kill -9 right after gigabytes, so that what is not known to be synced must be read."""
    with make() as broker:
        side = lab.Side(name, broker)
        side.create("large", RECOVERY_PARTITIONS)
        side.raw("produce", topic="large", partitions=RECOVERY_PARTITIONS, record_bytes=1000,
                 connections=RECOVERY_PARTITIONS, records=RECOVERY_RECORDS,
                 requests=int(RECOVERY_GB * 1e6 / RECOVERY_RECORDS))
        broker.kill()
        restart(sheet, f"{RECOVERY_GB:g} GB, kill -9", side, "large")


def start_up():
    sheet = Sheet("f", "Start-up")
    lab.raise_limits()
    makes = {OURS: lab.our_broker, lab.THEIRS: lab.their_broker}
    if os.environ.get("BENCH_ONLY") == "ours":
        makes.pop(lab.THEIRS)
    def grown(partitions, rounds):
        for name, make in makes.items():
            start_with(sheet, name, make, partitions, rounds)
            sheet.save()

    grown(LARGE, LARGE_PAIRS)
    for number in range(lab.PAIRS):
        for name in makes if number % 2 == 0 else reversed(makes):
            start_empty(sheet, makes[name], name, number)
        sheet.save()
    grown(1_000, 3)
    for name, make in makes.items() if RECOVERY_GB > 0 else ():
        recover(sheet, name, make)
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


def live_heap_kib(side):
    """What is alive in a JVM's heap after a full collection; nothing for a broker without one."""
    if side.name == OURS:
        return None
    said = subprocess.run(["jcmd", str(side.pid), "GC.class_histogram"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return int(re.search(r"^Total\s+\d+\s+(\d+)", said, re.M)[1]) / 1024


def idle_connections(sheet, sides):
    """Resident memory, and beside it what is alive in a heap, whose room may be resident before it
    is used."""
    cell = f"{CONNECTIONS:,} idle connections"
    live = {side.name: live_heap_kib(side) for side in sides}
    before = {side.name: side.resident_mib() * 1024 for side in sides}
    with contextlib.ExitStack() as stack:
        for side in sides:
            stack.enter_context(lab.holding("raw_load", "idle", port=side.broker.port,
                                            connections=CONNECTIONS))
        time.sleep(3)
        for side in sides:
            more = side.resident_mib() * 1024 - before[side.name]
            sheet.note(cell, "resident more, KiB a connection", side.name, more / CONNECTIONS)
            if live[side.name] is not None:
                more = live_heap_kib(side) - live[side.name]
            sheet.note(cell, "resident (ours) beside live heap more, KiB a connection", side.name,
                       more / CONNECTIONS)


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
