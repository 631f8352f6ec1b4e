# SPDX-License-Identifier: Apache-2.0
"""Kafka Connect standalone with its FileStream connectors for the matrix; harness.py says what a
program is. CONNECT_JARS is the folder with Connect. Works in the current folder."""
import contextlib
import os
import pathlib
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]),
                str(pathlib.Path(__file__).resolve().parents[2] / "common")]
import harness  # noqa: E402
from broker import free_port  # noqa: E402

LINES = [f"line {n}" for n in range(100)]  # ASCII: the source counts characters, not bytes
STRINGS = "org.apache.kafka.connect.storage.StringConverter"


def properties(path, settings):
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return str(path)


@contextlib.contextmanager
def worker(bootstrap, topic, kind):
    """A worker with that connector, from `topic`.in or to `topic`.out; ended as one ends it."""
    where = {"source": {"file": f"{topic}.in", "topic": topic},
             "sink": {"file": f"{topic}.out", "topics": topic,
                      "consumer.override.auto.offset.reset": "earliest"}}[kind]
    words = [
        properties(pathlib.Path(f"{topic}.worker"), {
            "bootstrap.servers": bootstrap, "key.converter": STRINGS, "value.converter": STRINGS,
            "offset.storage.file.filename": f"{topic}.offsets", "offset.flush.interval.ms": 500,
            "listeners": f"http://127.0.0.1:{free_port()}"}),
        properties(pathlib.Path(f"{topic}.{kind}"), {
            "name": topic, "tasks.max": 1, **where,
            "connector.class": f"org.apache.kafka.connect.file.FileStream{kind.title()}Connector"})]
    with open(f"{topic}.log", "ab") as log:
        process = subprocess.Popen(
            ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
             f"{os.environ['CONNECT_JARS']}/*", "org.apache.kafka.connect.cli.ConnectStandalone",
             *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def records(bootstrap, topic):
    words = ["kcat", "-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-q"]
    told = subprocess.run(words, stdout=subprocess.PIPE, check=True, timeout=60)
    return told.stdout.decode().splitlines()


def until(process, topic, wanted, found):
    """Waits for these lines, and a moment more, so that one too many is seen."""
    end = time.monotonic() + 100
    while found() != wanted:
        log = pathlib.Path(f"{topic}.log").read_text(errors="replace")[-700:]
        assert process.poll() is None, f"the worker ended: {log}"
        assert time.monotonic() < end, f"{len(found())} of {len(wanted)} lines: {log}"
        time.sleep(0.3)
    time.sleep(1)
    harness.same(found(), wanted)


def append(topic, lines):
    with open(f"{topic}.in", "a", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)


def written(topic):
    path = pathlib.Path(f"{topic}.out")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def source(bootstrap, topic):
    append(topic, LINES)
    with worker(bootstrap, topic, "source") as process:
        until(process, topic, LINES, lambda: records(bootstrap, topic))


def produce(bootstrap, topic, lines):
    subprocess.run(["kcat", "-P", "-b", bootstrap, "-t", topic], check=True, timeout=60,
                   input="".join(f"{line}\n" for line in lines).encode())


def sink(bootstrap, topic):
    produce(bootstrap, topic, LINES)
    with worker(bootstrap, topic, "sink") as process:
        until(process, topic, LINES, lambda: written(topic))


def resume(bootstrap, topic):
    """Both ways: the source's place is in a file, the sink's is its group's offset."""
    for end in (50, 100):
        append(topic, LINES[end - 50:end])
        with worker(bootstrap, topic, "source") as process:
            until(process, topic, LINES[:end], lambda: records(bootstrap, topic))
        with worker(bootstrap, topic, "sink") as process:
            until(process, topic, LINES[:end], lambda: written(topic))


if "CONNECT_JARS" not in os.environ:
    sys.exit("CONNECT_JARS is not set")
harness.main(globals())
