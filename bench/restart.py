#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Restarts beside Apache Kafka, in one run on one machine: seconds from exec until the broker
answers and takes a record, after a clean stop with many partitions, and after kill -9 with
gigabytes of log. RESTART_TOPICS (1000, of 10 partitions each) and RESTART_GB (5) choose the
size."""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
from broker import Broker  # noqa: E402
from reference import KafkaBroker, tool  # noqa: E402
from tools import Tools  # noqa: E402

TOPICS = int(os.environ.get("RESTART_TOPICS", "1000"))
GIGABYTES = float(os.environ.get("RESTART_GB", "5"))
PARTITIONS, LOG_PARTITIONS = 10, 6


def record_taken(broker, topic):
    subprocess.run(["kcat", "-P", "-b", broker.bootstrap, "-t", topic, "-p", "0", "-X", "acks=all"],
                   input=b"one more\n", check=True, timeout=300)


def start_and_take(broker, topic):
    begin = time.monotonic()
    broker.start(deadline_s=600)
    answered = time.monotonic() - begin
    record_taken(broker, topic)
    return answered, time.monotonic() - begin


def make_topics(tools, broker, count):
    for number in range(count):
        answer = tools.say({"tool": "org.apache.kafka.tools.TopicCommand", "args": [
            "--bootstrap-server", broker.bootstrap, "--create", "--topic", f"many-{number}",
            "--partitions", str(PARTITIONS), "--replication-factor", "1"]})
        assert answer["exit"] == 0, answer["out"][-300:]
    record_taken(broker, f"many-{count - 1}")


def clean_restart(tools, broker):
    make_topics(tools, broker, TOPICS)
    begin = time.monotonic()
    broker.stop() if isinstance(broker, KafkaBroker) else broker.stop(deadline_s=300)
    stopping = time.monotonic() - begin
    return (stopping, *start_and_take(broker, f"many-{TOPICS - 1}"))


def fill(broker):
    records = int(GIGABYTES * 1e9 / 1000)
    tool("org.apache.kafka.tools.ProducerPerformance", "--topic", "large", "--num-records",
         str(records), "--record-size", "1000", "--throughput", "-1", "--producer-props",
         f"bootstrap.servers={broker.bootstrap}", "acks=all", "linger.ms=5", "batch.size=262144",
         "buffer.memory=67108864")


def crash_restart(tools, broker):
    answer = tools.say({"tool": "org.apache.kafka.tools.TopicCommand", "args": [
        "--bootstrap-server", broker.bootstrap, "--create", "--topic", "large", "--partitions",
        str(LOG_PARTITIONS)]})
    assert answer["exit"] == 0, answer["out"][-300:]
    fill(broker)
    broker.kill()
    return start_and_take(broker, "large")


def run(who, make, figures):
    with Tools() as tools:
        broker = make()
        with broker:
            if TOPICS > 0:
                figures[who, "clean"] = clean_restart(tools, broker)
                print(f"{who}: stop, answer, record: {figures[who, 'clean']}", flush=True)
        if GIGABYTES > 0:
            with make() as broker:
                figures[who, "crash"] = crash_restart(tools, broker)
                print(f"{who}: answer, record after kill -9: {figures[who, 'crash']}", flush=True)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/barnabas")
    figures = {}
    run("Apache Kafka", KafkaBroker, figures)
    run("barnabas", lambda: Broker(binary), figures)
    if TOPICS > 0:
        ours, theirs = figures["barnabas", "clean"], figures["Apache Kafka", "clean"]
        print(f"FIGURE start after a clean stop with {TOPICS * PARTITIONS} partitions, until a "
              f"record is taken: barnabas {ours[2]:.2f} s, Apache Kafka {theirs[2]:.2f} s, "
              f"1/{theirs[2] / ours[2]:.0f} (stop {ours[0]:.1f} s, {theirs[0]:.1f} s)")
    if GIGABYTES > 0:
        ours, theirs = figures["barnabas", "crash"], figures["Apache Kafka", "crash"]
        print(f"FIGURE start after kill -9 with {GIGABYTES:g} GB of log, until a record is taken: "
              f"barnabas {ours[1]:.2f} s, Apache Kafka {theirs[1]:.2f} s, "
              f"1/{theirs[1] / ours[1]:.1f}")


if __name__ == "__main__":
    main()
