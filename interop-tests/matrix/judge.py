# SPDX-License-Identifier: Apache-2.0
"""What the matrix asks of a client and how it is judged without that client: makes the topics that
programs write to and read from, and looks afterwards, with kcat and with requests of its own, at
what a program says it has done. Never believes a `pass` of a feature that leaves traces."""
import json
import struct
import subprocess
import time

import batches
import wire

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
# (feature, heading of its column or row, what a program does; PREFIX is the client's own)
FEATURES = [
    ("none", "produce", "writes 100 records, reads them and those of another client"),
    ("gzip", "gzip", "the same with that codec"),
    ("snappy", "snappy", "the same with that codec"),
    ("lz4", "lz4", "the same with that codec"),
    ("zstd", "zstd", "the same with that codec"),
    ("consume", "consume", "reads four partitions without a group, and from an offset"),
    ("group-classic", "classic group", "two members share four partitions"),
    ("group-consumer", "KIP-848 group", "the same with group.protocol=consumer"),
    ("commit", "commit", "commits offset 50; the next member of the group begins there"),
    ("transactions", "transactions", "one aborted, one committed; reads what is committed"),
    ("txn-offsets", "offsets in a transaction", "a transaction commits a group's offset"),
    ("read-committed", "read_committed", "reads around aborted records"),
    ("admin", "admin", "creates, describes, alters a config of, and deletes topics"),
    ("list-offsets", "list offsets", "asks for the first and the last offset"),
    ("headers", "headers", "text, bytes, empty, and two of one name"),
    ("create-time", "create time", "a timestamp of its own"),
    ("offsets-for-time", "offsets by time", "asks for the first at a time, and beyond the end"),
    ("large", "5 MB record", "with the limits raised, there and back"),
    ("idempotence", "idempotence", "writes 100 records with a producer id"),
    ("nulls", "nulls", "null is not empty, neither as key nor as value"),
]
STREAMS = [
    ("at-least-once", "at least once", "counts words by key, through a repartition topic"),
    ("exactly-once", "exactly_once_v2", "the same in transactions"),
    ("restore", "state restored", "goes on counting from its changelog where its state is lost"),
]
CONNECT = [
    ("source", "FileStream source", "the lines of a file become records"),
    ("sink", "FileStream sink", "records become the lines of a file"),
    ("resume", "resume", "a worker that is started again goes on where it was"),
]
TIME = 1_600_000_000_000
RECORDS, LARGE = 100, 5_000_000
LINES = [f"line {n}" for n in range(100)]  # what Connect carries


def key(n):
    return f"k{n}"


def value(n):
    return f"v{n} " + "barnabas " * 20


def plain(first, end):
    return [(key(n), value(n)) for n in range(first, end)]


class Judge:
    """Of one broker; `bootstrap` is a port of this machine."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.port = int(bootstrap.rsplit(":", 1)[1])

    def connection(self):
        return wire.Connection(self.port, "matrix")

    def kcat(self, *words, stdin=None):
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-m", "20", *words], input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"kcat {' '.join(words[:3])}: {done.stderr.decode()}")
        return done.stdout.decode(errors="replace")

    def create(self, topic, partitions=1, **configs):
        """Unless it is there; gives it time to be led (Apache Kafka answers before it is)."""
        with self.connection() as connection:
            # Records of years ago are read here, which retention would remove after a while.
            error = connection.create_topic(topic, partitions, {"retention.ms": -1, **configs})
            assert error in (0, 36), f"CreateTopics {topic}: error {error}"
            for _ in range(200):
                try:
                    return connection.end_offsets(topic, partitions)
                except AssertionError:
                    time.sleep(0.05)
        raise RuntimeError(f"{topic} has no leader")

    def prepare_sources(self):
        """What every client reads: written by kcat with each codec, and batch by batch."""
        for codec in CODECS:
            self.create(f"source.{codec}")
            self.write(f"source.{codec}", codec)
        self.create("source.parts", 4)
        self.write("source.parts", "none")
        self.create("source.times")
        self.create("source.txn")
        with self.connection() as connection:
            for n in range(10):
                connection.produce("source.times", batches.batch([str(n)], at_ms=TIME + n * 1000))
            producer = self.begin(connection, "source.txn")
            for commit, first in ((False, 0), (True, 10)):
                connection.add_to_transaction("matrix", producer, "source.txn")
                texts = [value(n) for n in range(first, first + 10)]
                connection.produce("source.txn", batches.batch(texts, *producer, first, True),
                                   "matrix")
                connection.end_transaction("matrix", producer, commit)

    def begin(self, connection, topic):
        """The producer's (id, epoch), once its coordinator is there."""
        for _ in range(400):
            if connection.find_coordinator("matrix", 1) == 0:
                error, *producer = connection.init_producer("matrix")
                if error == 0:
                    return producer
            time.sleep(0.05)
        raise RuntimeError(f"no transaction coordinator for {topic}")

    def write(self, topic, codec):
        lines = "".join(f"{k}\t{v}\n" for k, v in plain(0, RECORDS))
        self.kcat("-P", "-t", topic, "-K", "\t", "-z", codec, stdin=lines.encode())

    def prepare(self, client):
        """The topics that a client writes to."""
        for feature, _, _ in client.features:
            topic = f"{client.name}.{feature}"
            if feature == "large":
                self.create(topic, 1, **{"max.message.bytes": 8_000_000})
            elif feature not in ("admin", "consume", "commit", "list-offsets"):
                shared = feature.startswith("group") or client.name == "streams"
                self.create(topic, 4 if shared else 1)

    def read(self, topic, isolation="read_uncommitted"):
        """Every record, as kcat tells of it."""
        lines = self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J",
                          "-X", f"isolation.level={isolation}", "-X", "check.crcs=true")
        return [json.loads(line) for line in lines.splitlines()]

    def pairs(self, topic, isolation="read_uncommitted"):
        return [(each["key"], each["payload"]) for each in self.read(topic, isolation)]

    def heads(self, topic):
        """(codec, producer id, first sequence number, records) of each batch."""
        found, offset = [], 0
        with self.connection() as connection:
            while data := connection.fetch(topic, offset):
                at = 0
                while at + 61 <= len(data):
                    base, length = struct.unpack_from(">qi", data, at)
                    attributes, last = struct.unpack_from(">hi", data, at + 21)
                    producer, _, sequence, count = struct.unpack_from(">qhii", data, at + 43)
                    found.append((CODECS[attributes & 7], producer, sequence, count))
                    offset, at = base + last + 1, at + 12 + length
        return found

    def check(self, client, feature):
        """Raises where the broker does not hold what that feature should have left there."""
        topic = f"{client.name}.{feature}"
        if feature in CODECS:
            same(self.pairs(topic), plain(0, RECORDS), "records")
            same({codec for codec, *_ in self.heads(topic)}, {feature}, "codecs")
        look = getattr(self, "check_" + feature.replace("-", "_"), None)
        if look:
            look(topic)

    def check_group_classic(self, topic):
        same(sorted(self.pairs(topic)), sorted(plain(0, RECORDS)), "records")
        same(self.group_type(topic), "classic", "type of the group")

    def check_group_consumer(self, topic):
        same(sorted(self.pairs(topic)), sorted(plain(0, RECORDS)), "records")
        same(self.group_type(topic), "consumer", "type of the group")

    def group_type(self, group):
        with self.connection() as connection:
            return connection.group_types().get(group)

    def check_commit(self, topic):
        self.same_offset(topic, 50)

    def same_offset(self, group, offset):
        with self.connection() as connection:
            same(connection.committed(group, "source.none", 1), (0, {0: offset}), "offsets")

    def check_transactions(self, topic):
        same(self.pairs(topic, "read_committed"), plain(10, 20), "committed records")
        same(self.pairs(topic), plain(0, 20), "records")

    def check_txn_offsets(self, topic):
        same(self.pairs(topic, "read_committed"), plain(0, 10), "committed records")
        self.same_offset(topic, 10)

    def check_admin(self, topic):
        with self.connection() as connection:
            same(connection.end_offsets(topic, 3), {0: 0, 1: 0, 2: 0}, "partitions")
            same(connection.config(topic, "retention.ms"), "2000000", "retention.ms")
            gone = connection.config(f"{topic}-gone", "retention.ms")
            same(gone, None, "a deleted topic")

    def check_headers(self, topic):
        names = self.read(topic)[0]["headers"][::2]
        same(names, ["a", "a", "b", "empty"], "names of headers")

    def check_create_time(self, topic):
        record = self.read(topic)[0]
        same((record["tstype"], record["ts"]), ("create", TIME + 123), "timestamp")

    def check_large(self, topic):
        size = self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%S\n")
        same(size, f"{LARGE}\n", "sizes")

    def check_idempotence(self, topic):
        same(self.pairs(topic), plain(0, RECORDS), "records")
        at = 0
        for _, producer, sequence, count in self.heads(topic):
            assert producer >= 0, "a batch without producer id"
            same(sequence, at, "sequence number")
            at += count

    def check_nulls(self, topic):
        same(self.pairs(topic), [(None, "no key"), ("no value", None), ("", "")], "records")

    def check_at_least_once(self, topic):
        newest = dict(self.pairs(f"{topic}-counts", "read_committed"))
        same(newest, {f"w{n}": "20" for n in range(5)}, "counts")

    def check_exactly_once(self, topic):
        self.check_at_least_once(topic)
        with self.connection() as connection:
            end = connection.end_offsets(f"{topic}-counts", 1)[0]
        assert end > len(self.read(f"{topic}-counts")), "no marker of a transaction"

    check_restore = check_at_least_once

    def check_source(self, topic):
        same([each["payload"] for each in self.read(topic)], LINES, "lines")

    def check_sink(self, topic):
        with self.connection() as connection:
            same(connection.committed(f"connect-{topic}", topic, 1), (0, {0: 100}), "offsets")

    def check_resume(self, topic):
        self.check_source(topic)
        self.check_sink(topic)


def same(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {str(found)[:300]} instead of {str(wanted)[:300]}")

