# SPDX-License-Identifier: Apache-2.0
"""Scenario (m): what a message costs as a broker grows, in partitions and in bytes of log."""
import os
import shutil

import lab
import lifecycle
from lab import OURS
from sheet import Sheet

PARTITIONS = (1, 10, 100, 1_000)
TOPIC_PARTITIONS = lifecycle.TOPIC_PARTITIONS
GIGABYTES = (0.1, 1, 5, 10, 20)
SHAPE = {"records": 64, "record_bytes": 1000}
BATCH_BYTES = 64_000
FREE_GIB_LEFT = 25


def note_messages(sheet, count, side, name):
    """Single records over 100 connections, each of which writes to all partitions in turn."""
    topics = {"topics": count // TOPIC_PARTITIONS} if count > TOPIC_PARTITIONS else {}
    found, cpu = side.measured(lambda: side.raw(
        "produce", topic=name, partitions=min(count, TOPIC_PARTITIONS), connections=100, cycle=True,
        seconds=lab.seconds_scale(2), **topics))
    cell = f"{count:,} partition{'s' if count > 1 else ''}"
    sheet.note(cell, "broker CPU us a message", side.name, cpu / found["requests"] * 1e6)
    sheet.note(cell, "p99, us", side.name, found["latency"]["p99_us"])


def first_round(count, side, name):
    """Not measured: the first record of a partition makes files."""
    topics = {"topics": count // TOPIC_PARTITIONS} if count > TOPIC_PARTITIONS else {}
    side.raw("produce", topic=name, partitions=min(count, TOPIC_PARTITIONS), connections=100,
             cycle=True, requests=max(count * 2, 1000), **topics)


def by_partitions(sheet):
    with lab.brokers() as sides:
        for count in PARTITIONS:
            name = f"grow-{count}"
            for side in sides:
                if count > TOPIC_PARTITIONS:
                    for number in range(count // TOPIC_PARTITIONS):
                        side.create(f"{name}-{number}", TOPIC_PARTITIONS)
                else:
                    side.create(name, count)
                first_round(count, side, name)
            lab.alternate(sides, lambda side, _: note_messages(sheet, count, side, name))
            sheet.save()
    lab.PAIR.close()
    with lab.on_core(lab.BROKER_CORE), \
            lifecycle.filled(OURS, lab.our_broker, lifecycle.LARGE) as (side, _):
        first_round(lifecycle.LARGE, side, "many")
        for _ in range(lab.PAIRS):
            note_messages(sheet, lifecycle.LARGE, side, "many")
    sheet.save()


def by_bytes(sheet):
    """One topic that is filled; what writing 200 MB more costs at each size, and reading what was
    written last."""
    limit = float(os.environ.get("BENCH_GROWTH_GB", "20"))
    with lab.on_core(lab.BROKER_CORE), lab.our_broker() as broker:
        side, written = lab.Side(OURS, broker), 0.0
        side.create("large", 6)
        for size in GIGABYTES:
            free = shutil.disk_usage(broker.directory).free >> 30
            if size > limit or free - (size - written) < FREE_GIB_LEFT:
                sheet.notes.append(f"not filled to {size} GB: {free} GiB of disk are free")
                break
            side.raw("produce", topic="large", partitions=6, connections=12,
                     requests=round((size - written) * 1e9 / BATCH_BYTES), **SHAPE)
            written = size
            for _ in range(lab.PAIRS):
                lab.present(400_000_000)
                found, cpu = side.measured(lambda: side.raw(
                    "produce", topic="large", partitions=6, connections=12, requests=1500, **SHAPE))
                written += found["bytes"] / 1e9
                sheet.note(f"{size:g} GB of log", "broker CPU s per GB", OURS,
                           cpu / (found["bytes"] / 1e9))
                single, cpu = side.measured(lambda: side.raw(
                    "produce", topic="large", partitions=6, connections=100,
                    seconds=lab.seconds_scale(1)))
                sheet.note(f"{size:g} GB of log", "broker CPU us a message", OURS,
                           cpu / single["requests"] * 1e6)
            sheet.save()


def growth():
    sheet = Sheet("m", "Growth", {"message": "one record of 100 B, acks=all, 100 connections"})
    by_partitions(sheet)
    by_bytes(sheet)
    return sheet
