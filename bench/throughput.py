# SPDX-License-Identifier: Apache-2.0
"""Scenarios of throughput: (a) produce, (b) consume, (d) requests of one record, (e) fan-out,
(k) flush before acknowledge. Each gives a Sheet."""
import contextlib
import os
import pathlib
import tempfile

import lab
from lab import FLOOR, OURS, THEIRS
from sheet import RESULTS, Sheet, load

# What CPU time is counted in.
TICK_S = 0.01
# More than a turn writes.
PRESENT_BYTES_A_SECOND = 800_000_000
FLOOR_BYTES = 500_000_000
# A batch of 64 records of 1 KB: not aligned to pages, as batches are not.
PIECE_BYTES = 64_637
CONNECTIONS = 12
# Batches of about 64 KiB.
SHAPES = {"100 B": {"records": 560, "record_bytes": 100},
          "1 KB": {"records": 64, "record_bytes": 1000},
          "10 KB": {"records": 6, "record_bytes": 10_000}}
CODECS = ("none", "lz4", "zstd")
ACKS = {"1": 1, "all": -1}
# The cells of goals, which are measured for longer.
KEY_CELLS = ("1 KB, acks=all, none, 6 partitions", "100 B, acks=all, none, 6 partitions",
             "100 B, acks=all, none, 1 partition")


def partitions_words(count):
    return f"{count} partition{'s' if count > 1 else ''}"


def produce_turn(sheet, cell, side, shape, options):
    with side.topic(options["partitions"]) as topic:
        lab.present(round(options["seconds"] * PRESENT_BYTES_A_SECOND))
        found, cpu = side.measured(lambda: side.raw("produce", topic=topic, **shape, **options))
        note_produce(sheet, cell, side, shape, (found, cpu))


def note_produce(sheet, cell, side, shape, outcome):
    found, cpu = outcome
    payload = found["records"] * shape["record_bytes"]
    sheet.note(cell, "MB/s", side.name, payload / found["seconds"] / 1e6)
    sheet.note(cell, "broker CPU s per GB", side.name, cpu / (payload / 1e9))
    sheet.note(cell, "broker CPU s per million requests", side.name,
               cpu / found["requests"] * 1e6)
    sheet.note(cell, "MB/s for a broker core", side.name, payload / max(cpu, TICK_S) / 1e6)
    lab.spread_latency(sheet, cell, side.name, found["latency"])
    sheet.note(cell, "resident, MiB", side.name, side.resident_mib())


def note_floor(sheet, cell, mode, sync=False):
    """What the file system gives at that moment is part of the floor: one file a turn."""
    lab.present(FLOOR_BYTES)
    with tempfile.TemporaryDirectory(prefix="barnabas-floor-") as folder:
        found = lab.floor(mode, f"{folder}/log", FLOOR_BYTES, PIECE_BYTES, sync)
    sheet.note(cell, "broker CPU s per GB", FLOOR, found["cpu_seconds"] / (found["bytes"] / 1e9))
    sheet.note(cell, "MB/s", FLOOR, found["bytes"] / found["seconds"] / 1e6)


def produce_cells():
    return {f"{size}, acks={acks}, {codec}, {partitions_words(count)}":
            (SHAPES[size] | {"codec": codec}, {"acks": ACKS[acks], "partitions": count,
                                               "connections": CONNECTIONS})
            for count in (6, 1) for codec in CODECS for acks in ("all", "1") for size in SHAPES}


def produce():
    sheet = Sheet("a", "Produce", {"batch": "about 64 KiB", "connections": CONNECTIONS,
                                   "requests under way on each": 1,
                                   "memory": "made present before each turn"})
    measure_produce(sheet, {cell: produce_cells()[cell] for cell in KEY_CELLS}, 2)
    return sheet


def produce_all():
    """All other combinations, into the same sheet, by shorter turns."""
    sheet = again("a")
    cells = {cell: what for cell, what in produce_cells().items() if cell not in KEY_CELLS}
    measure_produce(sheet, cells, 0.4)
    return sheet


def measure_produce(sheet, cells, seconds):
    with lab.brokers() as sides:
        for cell, (shape, options) in cells.items():
            def turn(side, _):
                if cell in KEY_CELLS and side.name == OURS:
                    note_floor(sheet, cell, "receive")
                produce_turn(sheet, cell, side, shape,
                             options | {"seconds": lab.seconds_scale(seconds)})
            lab.alternate(sides, turn)
            sheet.save()


def evict(side):
    """Written out, and out of the page cache. Deleted topics may go meanwhile."""
    for folder, _, names in os.walk(side.broker.directory):
        for name in names:
            if not name.endswith(".log"):
                continue
            with contextlib.suppress(FileNotFoundError), open(f"{folder}/{name}", "rb") as file:
                os.fdatasync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def note_fetch(sheet, cell, side, outcome):
    found, cpu = outcome
    sheet.note(cell, "MB/s", side.name, found["bytes"] / found["seconds"] / 1e6)
    sheet.note(cell, "broker CPU s per GB", side.name, cpu / (found["bytes"] / 1e9))
    lab.spread_latency(sheet, cell, side.name, found["latency"])
    sheet.note(cell, "resident, MiB", side.name, side.resident_mib())


def consume_cell(sheet, sides, what, shape):
    """Hot, and cold where nothing is compressed: to a broker, compressed bytes are bytes."""
    name, count, seconds = what
    with contextlib.ExitStack() as stack:
        topics, batches = {}, 3000 // count
        for side in sides:
            topics[side.name] = stack.enter_context(side.topic(count))
            side.raw("produce", topic=topics[side.name], partitions=count, connections=6,
                     requests=batches * count, **shape)
        options = shape | {"partitions": count, "connections": 6, "batches": batches}

        def hot(side, _):
            if shape["codec"] == "none" and side.name == OURS:
                note_send_floor(sheet, f"hot, {name}")
            run = lambda: side.raw("fetch", topic=topics[side.name],  # noqa: E731
                                   seconds=lab.seconds_scale(seconds), **options)
            note_fetch(sheet, f"hot, {name}", side, side.measured(run))

        def cold(side, _):
            evict(side)
            run = lambda: side.raw("fetch", topic=topics[side.name], once=True,  # noqa: E731
                                   **(options | {"connections": count}))
            note_fetch(sheet, f"cold, {name}", side, side.measured(run))
        lab.alternate(sides, hot)
        if shape["codec"] == "none":
            lab.alternate(sides, cold)


def note_send_floor(sheet, cell):
    with tempfile.TemporaryDirectory(prefix="barnabas-floor-") as folder:
        path = pathlib.Path(folder) / "log"
        with open(path, "wb") as file:
            for _ in range(192):
                file.write(os.urandom(1 << 20))
        found = [lab.floor("send", path, 192 << 20, 1 << 20) for _ in range(3)]
    spent, size = sum(each["cpu_seconds"] for each in found), sum(each["bytes"] for each in found)
    sheet.note(cell, "broker CPU s per GB", FLOOR, spent / (size / 1e9))


def consume():
    sheet = Sheet("b", "Consume", {"bytes of a Fetch": 1 << 20, "connections": 6,
                                   "cold": "evicted, read once by one connection a partition"})
    measure_consume(sheet, [("none", "1 KB", count) for count in (6, 1)], 1)
    return sheet


def consume_all():
    """All other combinations, into the same sheet, by shorter turns."""
    measured = [(codec, size, count) for codec in CODECS for count in (6, 1) for size in SHAPES
                if (codec, size) != ("none", "1 KB")]
    sheet = again("b")
    measure_consume(sheet, measured, 0.4)
    return sheet


def measure_consume(sheet, cells, seconds):
    with lab.brokers() as sides:
        for codec, size, count in cells:
            name = f"{size}, {codec}, {partitions_words(count)}"
            consume_cell(sheet, sides, (name, count, seconds), SHAPES[size] | {"codec": codec})
            sheet.save()


def again(scenario):
    """The sheet of the cells that goals name, to be continued."""
    path = RESULTS / f"{scenario}.json"
    if not path.exists():
        raise RuntimeError(f"({scenario}) comes first")
    return load(path)


def note_requests(sheet, cell, side, outcome):
    found, cpu = outcome
    sheet.note(cell, "requests a second", side.name, found["requests"] / found["seconds"])
    sheet.note(cell, "broker CPU s per million requests", side.name,
               cpu / found["requests"] * 1e6)
    sheet.note(cell, "requests for a broker core second", side.name,
               found["requests"] / max(cpu, TICK_S))
    lab.spread_latency(sheet, cell, side.name, found["latency"])
    sheet.note(cell, "resident, MiB", side.name, side.resident_mib())


def requests():
    sheet = Sheet("d", "Requests of one record", {"record": "100 B", "acks": "all",
                                                  "partitions": 6})
    with lab.brokers() as sides:
        for connections in (100, 1, 1000):
            def turn(side, _):
                if side.name == OURS:
                    note_request_floor(sheet, connections)
                with side.topic(6) as topic:
                    run = lambda: side.raw(  # noqa: E731
                        "produce", topic=topic, partitions=6, connections=connections,
                        seconds=lab.seconds_scale(2))
                    cell = f"{connections} connection{'s' if connections > 1 else ''}"
                    note_requests(sheet, cell, side, side.measured(run))
            lab.alternate(sides, turn)
            sheet.save()
    return sheet


def note_request_floor(sheet, connections):
    with lab.request_floor("floor") as least:
        found, cpu = least.measured(lambda: least.raw(
            "produce", topic="floor", partitions=6, connections=connections,
            seconds=lab.seconds_scale(1)))
    cell = f"{connections} connection{'s' if connections > 1 else ''}"
    sheet.note(cell, "requests a second", FLOOR, found["requests"] / found["seconds"])
    sheet.note(cell, "broker CPU s per million requests", FLOOR, cpu / found["requests"] * 1e6)


FAN_OUT = {"200 batches of 64 KiB a second": {"rate": 200, **SHAPES["1 KB"]},
           "500 single records of 1 KB a second": {"rate": 500, "record_bytes": 1000}}


def fan_out():
    sheet = Sheet("e", "Fan-out: 1 producer, 20 consumers", {"partitions": 1})
    with lab.brokers() as sides:
        for cell, options in FAN_OUT.items():
            def turn(side, _):
                with side.topic(1) as topic:
                    found, cpu = side.measured(lambda: side.raw(
                        "tail", topic=topic, followers=20, seconds=lab.seconds_scale(2), **options))
                sheet.note(cell, "delivered MB/s", side.name,
                           found["delivered_bytes"] / found["seconds"] / 1e6)
                sheet.note(cell, "broker CPU s per GB delivered", side.name,
                           cpu / (found["delivered_bytes"] / 1e9))
                lab.spread_latency(sheet, cell, side.name, found["arrival"], "end to end ")
            lab.alternate(sides, turn)
            sheet.save()
    return sheet


FLUSH = ["log.flush.interval.messages=1"]
FLUSH_CELLS = {"100 producers, single records of 100 B": {"connections": 100},
               "100 producers, batches of 16 records of 1 KB":
               {"connections": 100, "records": 16, "record_bytes": 1000},
               "1 producer, single records of 100 B": {"connections": 1}}


def flush():
    sheet = Sheet("k", "Flush before acknowledge",
                  {"setting": FLUSH[0], "partitions": 6, "default": "barnabas without it"})
    with contextlib.ExitStack() as stack:
        sides = stack.enter_context(lab.brokers(FLUSH))
        with lab.on_core(lab.BROKER_CORE):
            sides.append(lab.Side("default", stack.enter_context(lab.our_broker())))
        for cell, options in FLUSH_CELLS.items():
            def turn(side, _):
                if side.name == OURS:
                    note_sync_floor(sheet, cell, options)
                with side.topic(6) as topic:
                    run = lambda: side.raw("produce", topic=topic, partitions=6,  # noqa: E731
                                           seconds=lab.seconds_scale(2), **options)
                    note_requests(sheet, cell, side, side.measured(run))
            lab.alternate(sides, turn)
            sheet.save()
    return sheet


def note_sync_floor(sheet, cell, options):
    """One writer that syncs after each piece, as long as a request."""
    piece = options.get("records", 1) * options.get("record_bytes", 100) + 70
    with tempfile.TemporaryDirectory(prefix="barnabas-floor-") as folder:
        found = lab.floor("receive", f"{folder}/log", piece * 200, piece, True)
    sheet.note(cell, "fdatasyncs a second of one file", FLOOR, 200 / found["seconds"])


__all__ = ["THEIRS"]
