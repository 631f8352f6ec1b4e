# SPDX-License-Identifier: Apache-2.0
"""Prepared requests, one at a time on each connection: the same number of the same bytes at every
run, so that what they cost can be compared between builds."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from batches import batch  # noqa: E402
from wire import Connection, Writer  # noqa: E402

PRODUCE, FETCH = 0, 1
TOPIC = "cost"
PARTITIONS = 4
AT_MS = 1_700_000_000_000


def produce_body(partition):
    """Produce v7, one record of 100 bytes, acks=all."""
    return (Writer().text(None).pack("hi", -1, 30_000).pack("i", 1).text(TOPIC)
            .pack("ii", 1, partition).blob(batch(["x" * 100], at_ms=AT_MS)).bytes())


def fetch_body(partition):
    """Fetch v11 outside a session: one batch from offset 0, at once."""
    return (Writer().pack("iiiibii", -1, 500, 1, 100, 0, 0, -1).pack("i", 1).text(TOPIC)
            .pack("iiiqqi", 1, partition, -1, 0, -1, 100).pack("i", 0).text("").bytes())


class Load:
    """Connections that ask the same again and again."""

    def __init__(self, port, connections):
        with Connection(port) as first:
            assert first.create_topic(TOPIC, PARTITIONS) in (0, 36)
        self.connections = [Connection(port, timeout_s=60) for _ in range(connections)]

    def close(self):
        for connection in self.connections:
            connection.close()

    def ask(self, key, version, body_of, check, rounds):
        """Each connection asks `rounds` times; gives the number of requests."""
        bodies = [body_of(at % PARTITIONS) for at in range(len(self.connections))]
        for _ in range(rounds):
            for connection, body in zip(self.connections, bodies):
                connection.send(key, version, body)
            for connection in self.connections:
                check(connection.receive())
        return rounds * len(self.connections)

    def produce(self, rounds):
        return self.ask(PRODUCE, 7, produce_body, check_produced, rounds)

    def fetch(self, rounds):
        return self.ask(FETCH, 11, fetch_body, check_fetched, rounds)


def check_produced(answer):
    answer.take("i")
    answer.text()
    _, _, error = answer.take("iih")
    assert error == 0, f"error {error}"


def check_fetched(answer):
    _, error, _, _ = answer.take("ihii")
    answer.text()
    _, _, partition_error = answer.take("iih")
    answer.take("qqq")
    answer.take("i")
    answer.take("i")
    size = answer.take("i")
    assert error == 0 and partition_error == 0 and size > 100, (error, partition_error, size)
    assert struct.unpack_from(">q", answer.data, answer.at)[0] == 0
