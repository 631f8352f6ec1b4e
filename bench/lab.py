# SPDX-License-Identifier: Apache-2.0
"""The two brokers of a measurement, pinned to one core while the load has the other, and turns of
a load with what the broker spent meanwhile. Sides take turns as A B B A, so that what drifts meets
both."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import types

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop-tests" / "common"))
import wire  # noqa: E402
from broker import Broker  # noqa: E402
from reference import KafkaBroker  # noqa: E402
from sheet import FLOOR, OURS, THEIRS  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BENCH_BUILD", ROOT / "build" / "release"))
PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))
BROKER_CORE, LOAD_CORE = 0, 1
# Deleted topics go at once on both, not when another turn is measured.
SETTINGS = ["file.delete.delay.ms=0", "log.retention.ms=-1"]
REQUEST_TIMED_OUT = 7
WARM_UP_S = float(os.environ.get("BENCH_WARM_UP", "15"))


def raise_limits():
    """Ten thousand partitions want thirty thousand descriptors, five thousand connections more."""
    for most in (200_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            return


@contextlib.contextmanager
def on_core(core):
    """Processes started meanwhile have that core only."""
    before = os.sched_getaffinity(0)
    if core is not None and os.cpu_count() > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def seconds_scale(seconds):
    """BENCH_SCALE=0.2 makes every turn shorter, to try a scenario out."""
    return seconds * float(os.environ.get("BENCH_SCALE", "1"))


class Side:
    """A broker by name."""

    def __init__(self, name, broker):
        self.name, self.broker, self.topics = name, broker, 0

    @property
    def pid(self):
        return self.broker.process.pid

    def cpu(self):
        """User and system time spent so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        return self.broker.resident_kib() / 1024

    def create(self, name, partitions):
        with wire.Connection(self.broker.port, timeout_s=120) as connection:
            error = connection.create_topic(name, partitions)
        if error not in (0, REQUEST_TIMED_OUT):
            raise RuntimeError(f"{self.name}: topic {name}: error {error}")
        self.await_leaders(name, partitions)

    def await_leaders(self, name, partitions, deadline_s=600):
        """Apache Kafka answers before the partitions can be used, and thousands of them may take
        longer than a request."""
        end = time.monotonic() + deadline_s
        while True:
            try:
                with wire.Connection(self.broker.port, timeout_s=120) as connection:
                    return connection.end_offsets(name, partitions)
            except (AssertionError, OSError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def delete(self, name):
        with wire.Connection(self.broker.port, timeout_s=120) as connection:
            body = wire.Writer().pack("i", 1).text(name).pack("i", 30000).bytes()
            connection.ask(20, 3, body)

    @contextlib.contextmanager
    def topic(self, partitions, pause_s=0.3):
        """A new topic, gone afterwards with its pages."""
        self.topics += 1
        name = f"bench-{self.topics}"
        self.create(name, partitions)
        try:
            yield name
        finally:
            self.delete(name)
            time.sleep(pause_s)

    def raw(self, mode, **options):
        """One run of raw_load against this broker: what it says."""
        return load("raw_load", mode, port=self.broker.port, **options)

    def measured(self, work):
        """(what work() gives, CPU seconds the broker spent meanwhile)."""
        begin = self.cpu()
        found = work()
        return found, self.cpu() - begin


def words_of(program, mode, options):
    words = [str(BUILD / "bench" / program), mode]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        words += [flag] if value is True else [flag, str(value)]
    return words


def load(program, mode, **options):
    with on_core(LOAD_CORE):
        done = subprocess.run(words_of(program, mode, options), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{program} {mode} {options}: {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def holding(program, mode, **options):
    """A load that says `ready` and then only is there."""
    with on_core(LOAD_CORE):
        process = subprocess.Popen(words_of(program, mode, options), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline().strip()
        if line != "ready":
            raise RuntimeError(f"{program} {mode} {options}: {line}")
        yield process
    finally:
        process.stdin.close()
        process.wait(60)


def floor(mode, path, size, piece=64 << 10, sync=False):
    options = {"bytes": size, "piece": piece, "core": BROKER_CORE, "peer-core": LOAD_CORE}
    words = words_of("floor", mode, options) + [str(path)] + (["--sync"] if sync else [])
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


@contextlib.contextmanager
def request_floor(topic):
    """A Side whose broker does the least that a request of one record takes (floor_server.cc)."""
    with tempfile.TemporaryDirectory(prefix="barnabas-floor-") as folder, on_core(BROKER_CORE):
        words = [str(BUILD / "bench" / "floor_server"), f"{folder}/log", topic]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            port = int(process.stdout.readline().split()[1])
            yield Side(FLOOR, types.SimpleNamespace(process=process, port=port))
            process.stdin.close()


def present(size):
    """So much free memory is really there. Where a host takes free pages back, as under some
    virtual machines, the first use of each costs several times what anything else does, and whoever
    comes second finds those of the first."""
    subprocess.run([str(BUILD / "bench" / "floor"), "touch", "--bytes", str(size)], check=True)


def our_broker(overrides=()):
    return Broker(BUILD / "barnabas", [*SETTINGS, *overrides])


def their_broker(overrides=()):
    return KafkaBroker(overrides=[*SETTINGS, *overrides])


def warm(side):
    """Not measured: Java compiles meanwhile. Writes, reads and single requests."""
    end = time.monotonic() + seconds_scale(WARM_UP_S)
    while time.monotonic() < end:
        with side.topic(6, pause_s=0) as topic:
            shape = {"records": 64, "record_bytes": 1000}
            side.raw("produce", topic=topic, partitions=6, connections=12, requests=1200, **shape)
            side.raw("fetch", topic=topic, partitions=6, connections=6, batches=200, once=True,
                     **shape)
        with side.topic(6, pause_s=0) as topic:
            side.raw("produce", topic=topic, partitions=6, connections=100, seconds=1)


def start_brokers(stack, overrides, core):
    raise_limits()
    with on_core(core):
        sides = [Side(OURS, stack.enter_context(our_broker(overrides)))]
        if os.environ.get("BENCH_ONLY") != "ours":
            sides.append(Side(THEIRS, stack.enter_context(their_broker(overrides))))
    return sides


class Pair:
    """The pair of brokers with default settings, warm, which scenarios after one another share."""

    def __init__(self):
        self.stack, self.sides = contextlib.ExitStack(), None

    def get(self):
        if self.sides is None:
            self.sides = start_brokers(self.stack, (), BROKER_CORE)
            for side in self.sides:
                warm(side)
        return self.sides

    def close(self):
        self.sides = None
        self.stack.close()


PAIR = Pair()


@contextlib.contextmanager
def brokers(overrides=(), core=BROKER_CORE, warm_up=True):
    """Both brokers, running and warm. What is idle beside a measurement that has all cores, or
    other settings, is ended first."""
    if not overrides and core is not None:
        yield PAIR.get()
        return
    PAIR.close()
    with contextlib.ExitStack() as stack:
        sides = start_brokers(stack, overrides, core)
        for side in sides if warm_up else ():
            warm(side)
        yield sides


def alternate(sides, work, pairs=None):
    """work(side, number of the pair), sides by turns: A B B A."""
    for number in range(pairs or PAIRS):
        for side in sides if number % 2 == 0 else reversed(sides):
            work(side, number)


def spread_latency(sheet, cell, side, latency, what=""):
    for name, key in (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us")):
        sheet.note(cell, f"{what}{name}, us", side, latency[key])


__all__ = ["FLOOR", "OURS", "THEIRS"]
