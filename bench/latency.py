# SPDX-License-Identifier: Apache-2.0
"""Scenarios of time: (c) end to end latency, (i) groups that settle, (j) transactions. Each gives a
Sheet."""
import subprocess

import lab
from sheet import Sheet

import golang  # noqa: E402, lab has made the folder known
import java  # noqa: E402

RATES = (10_000, 1_000, 50_000)
MEMBERS = (500, 10)
TRANSACTION_RECORDS = (1, 100)
TRIES = 3


def end_to_end():
    """librdkafka, as users have it; and prepared frames, whose own time is small, of as many
    records a second."""
    sheet = Sheet("c", "End to end latency",
                  {"record": "100 B", "acks": "all", "partitions": 6, "linger.ms": 0,
                   "client": "librdkafka, one producer, one consumer; raw: prepared frames, "
                             "up to 10,000 requests a second"})
    with lab.brokers() as sides:
        for rate in RATES:
            def client(side, number):
                with side.topic(6) as topic:
                    found, cpu = side.measured(lambda: lab.load(
                        "client_load", "latency", bootstrap=side.broker.bootstrap, topic=topic,
                        rate=rate, seconds=lab.seconds_scale(2.5), linger_ms=0,
                        group=f"latency-{rate}-{number}"))
                cell = f"{rate:,} msg/s, librdkafka"
                lab.spread_latency(sheet, cell, side.name, found["arrival"])
                sheet.note(cell, "broker CPU s per million records", side.name,
                           cpu / found["records"] * 1e6)

            def raw(side, _):
                requests = min(rate, 10_000)
                with side.topic(6) as topic:
                    found, cpu = side.measured(lambda: side.raw(
                        "tail", topic=topic, partitions=6, rate=requests,
                        records=rate // requests, seconds=lab.seconds_scale(1.5)))
                cell = f"{rate:,} msg/s, raw"
                lab.spread_latency(sheet, cell, side.name, found["arrival"])
                sheet.note(cell, "broker CPU s per million records", side.name,
                           cpu / found["records"] * 1e6)
            lab.alternate(sides, client)
            lab.alternate(sides, raw)
            sheet.save()
    return sheet


def groups():
    """Members of bench/groups_driver, which keep the client libraries' default intervals. Apache
    Kafka is given group.initial.rebalance.delay.ms=0, at which it is fastest."""
    driver = golang.build(lab.ROOT / "bench" / "groups_driver")
    sheet = Sheet("i", "A group settles", {"group.initial.rebalance.delay.ms": 0})
    with lab.brokers(core=None, warm_up=False) as sides:
        for members in MEMBERS:
            for protocol in ("classic", "consumer"):
                def turn(side, number):
                    name = f"{protocol}-{members}-{number}"
                    words = [driver, side.broker.bootstrap, protocol, str(members), name]
                    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                          text=True)
                    if done.returncode != 0:
                        raise RuntimeError(f"{name}: {done.stderr.strip()}")
                    kind = "KIP-848" if protocol == "consumer" else protocol
                    sheet.note(f"{members} members, {kind}", "until all have partitions, ms",
                               side.name, float(done.stdout.split()[1]))
                lab.alternate(sides, turn)
                sheet.save()
    return sheet


def transaction_turn(side, records, name):
    """(transactions a second, p99 of commit in us, p99 of the whole). A turn that ends early is
    taken again: once in some ten thousand transactions kafka-clients 4.3 sends EndTxn before the
    records that were given to it just before the commit (so it was seen on the wire), and a commit
    of nothing is INVALID_TXN_STATE, here as on Apache Kafka."""
    for tries in range(1, TRIES + 1):
        topic = f"{name}-{tries}"
        side.create(topic, 6)
        seconds = str(max(round(lab.seconds_scale(2)), 1))
        words = java.command("4.3.0", "TransactionRate", side.broker.bootstrap, topic, str(records),
                             seconds)
        with lab.on_core(lab.LOAD_CORE):
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            said = done.stdout.split()
            return int(said[1]) / float(said[3]), int(said[6]), int(said[9])
    raise RuntimeError(f"{topic}: {done.stderr.strip()}")


def transactions():
    sheet = Sheet("j", "Transactions, one kafka-clients producer", {"partitions": 6})
    with lab.brokers() as sides:
        for side in sides:
            transaction_turn(side, 1, "warm")
        for records in TRANSACTION_RECORDS:
            def turn(side, number):
                rate, commit, whole = transaction_turn(side, records, f"txn-{records}-{number}")
                cell = f"{records} record{'s' if records > 1 else ''} each"
                sheet.note(cell, "transactions a second", side.name, rate)
                sheet.note(cell, "p99 of commit, us", side.name, commit)
                sheet.note(cell, "p99 of the whole, us", side.name, whole)
            lab.alternate(sides, turn)
            sheet.save()
    return sheet
