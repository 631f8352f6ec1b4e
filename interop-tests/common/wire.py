# SPDX-License-Identifier: Apache-2.0
"""A few requests of the group protocol as bytes, for suites that must look at a broker without a
client library's retries and caches in between: one connection, one request at a time, old
(not flexible) versions. Answers come as plain tuples and dictionaries; errors are Kafka's codes."""

import socket
import struct
import time

LOADING, NOT_AVAILABLE, NOT_COORDINATOR, MEMBER_ID_REQUIRED = 14, 15, 16, 79
UNKNOWN_TOPIC_OR_PARTITION, CONCURRENT_TRANSACTIONS = 3, 51


class Writer:
    def __init__(self):
        self.parts = []

    def pack(self, form, *values):
        self.parts.append(struct.pack(">" + form, *values))
        return self

    def text(self, value):
        if value is None:
            return self.pack("h", -1)
        raw = value.encode()
        self.parts += [struct.pack(">h", len(raw)), raw]
        return self

    def blob(self, value):
        self.parts += [struct.pack(">i", len(value)), value]
        return self

    def bytes(self):
        return b"".join(self.parts)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0] if len(values) == 1 else values

    def text(self):
        length = self.take("h")
        if length < 0:
            return None
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def blob(self):
        length = self.take("i")
        self.at += max(length, 0)
        return self.data[self.at - max(length, 0) : self.at]

    def unsigned(self):
        """Of seven bits a byte, as flexible versions have it."""
        number = shift = 0
        while True:
            byte = self.take("B")
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def compact_text(self):
        length = self.unsigned() - 1
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def array(self, element):
        return [element() for _ in range(self.take("i"))]


class Connection:
    """One connection; `ask` gives a Reader behind the correlation id."""

    def __init__(self, port, client_id="wire", timeout_s=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client_id, self.correlation = client_id, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, key, version, body):
        self.correlation += 1
        head = Writer().pack("hhi", key, version, self.correlation).text(self.client_id).bytes()
        self.socket.sendall(struct.pack(">i", len(head) + len(body)) + head + body)

    def receive(self):
        size = struct.unpack(">i", self.exactly(4))[0]
        answer = Reader(self.exactly(size))
        answer.take("i")
        return answer

    def ask(self, key, version, body):
        self.send(key, version, body)
        return self.receive()

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("closed by the broker")
            data += part
        return data

    def create_topic(self, name, partitions, configs=None):
        """The error code."""
        configs = configs or {}
        body = Writer().pack("i", 1).text(name).pack("ihii", partitions, 1, 0, len(configs))
        for key, value in configs.items():
            body.text(key).text(str(value))
        answer = self.ask(19, 4, body.pack("i?", 30000, False).bytes())
        answer.take("ii")
        answer.text()
        return answer.take("h")

    def committed(self, group, topic, partitions):
        """(error, {partition: offset}) by OffsetFetch v5; -1 where nothing is committed."""
        body = Writer().text(group).pack("i", 1).text(topic).pack("i", partitions)
        body.pack(f"{partitions}i", *range(partitions))
        answer = self.ask(9, 5, body.bytes())
        answer.take("i")
        offsets, errors = {}, []

        def partition():
            index, offset, _ = answer.take("iqi")
            answer.text()
            errors.append(answer.take("h"))
            offsets[index] = offset

        answer.array(lambda: (answer.text(), answer.array(partition)))
        errors.append(answer.take("h"))
        return next((error for error in errors if error), 0), offsets

    def end_offsets(self, topic, partitions):
        """{partition: end offset} by ListOffsets v1."""
        body = Writer().pack("ii", -1, 1).text(topic).pack("i", partitions)
        for partition in range(partitions):
            body.pack("iq", partition, -1)
        answer, ends = self.ask(2, 1, body.bytes()), {}

        def partition():
            index, error, _, offset = answer.take("ihqq")
            assert error == 0, f"ListOffsets: error {error} for {topic}-{index}"
            ends[index] = offset

        answer.array(lambda: (answer.text(), answer.array(partition)))
        return ends

    def find_coordinator(self, name, kind=0):
        """The error code of FindCoordinator v1 for a group, or (1) for a transactional id."""
        answer = self.ask(10, 1, Writer().text(name).pack("b", kind).bytes())
        answer.take("i")
        return answer.take("h")

    def describe(self, group):
        """(error, state, protocol, [(member id, client id)]) by DescribeGroups v1."""
        answer = self.ask(15, 1, Writer().pack("i", 1).text(group).bytes())
        answer.take("ii")
        error, _, state = answer.take("h"), answer.text(), answer.text()
        _, protocol = answer.text(), answer.text()

        def member():
            found = answer.text(), answer.text()
            answer.text(), answer.blob(), answer.blob()
            return found

        return error, state, protocol, answer.array(member)

    def join(self, group, member_id="", session_ms=6000, metadata=b"\0\0\0\0\0\0\xff\xff\xff\xff"):
        """(error, generation, leader, member id, [member ids]) by JoinGroup v4."""
        body = Writer().text(group).pack("ii", session_ms, session_ms).text(member_id)
        body.text("consumer").pack("i", 1).text("range").blob(metadata)
        answer = self.ask(11, 4, body.bytes())
        answer.take("i")
        error, generation = answer.take("hi")
        _, leader, member_id = answer.text(), answer.text(), answer.text()
        return (
            error,
            generation,
            leader,
            member_id,
            answer.array(lambda: (answer.text(), answer.blob())[0]),
        )

    def sync(self, group, generation, member_id, assignments):
        """The error code and the assignment by SyncGroup v1."""
        body = (
            Writer().text(group).pack("i", generation).text(member_id).pack("i", len(assignments))
        )
        for member, assignment in assignments.items():
            body.text(member).blob(assignment)
        answer = self.ask(14, 1, body.bytes())
        answer.take("i")
        return answer.take("h"), answer.blob()

    def heartbeat(self, group, generation, member_id):
        """The error code of Heartbeat v1."""
        answer = self.ask(12, 1, Writer().text(group).pack("i", generation).text(member_id).bytes())
        answer.take("i")
        return answer.take("h")

    def leave(self, group, member_id):
        """The error code of LeaveGroup v1."""
        answer = self.ask(13, 1, Writer().text(group).text(member_id).bytes())
        answer.take("i")
        return answer.take("h")

    def commit(self, group, topic, offsets, generation=-1, member_id=""):
        """{partition: error code} by OffsetCommit v2."""
        body = Writer().text(group).pack("i", generation).text(member_id).pack("q", -1)
        body.pack("i", 1).text(topic).pack("i", len(offsets))
        for partition, offset in offsets.items():
            body.pack("iq", partition, offset).text("")
        answer, errors = self.ask(8, 2, body.bytes()), {}

        def partition():
            index, error = answer.take("ih")
            errors[index] = error

        answer.array(lambda: (answer.text(), answer.array(partition)))
        return errors

    def init_producer(self, transactional_id, timeout_ms=60000):
        """(error, producer id, epoch) by InitProducerId v0."""
        answer = self.ask(22, 0, Writer().text(transactional_id).pack("i", timeout_ms).bytes())
        answer.take("i")
        return answer.take("hqh")

    def add_to_transaction(self, transactional_id, producer, topic, partition=0):
        """By AddPartitionsToTxn v0; again while the transaction before is still being ended."""
        body = Writer().text(transactional_id).pack("qhi", *producer, 1).text(topic)
        body.pack("ii", 1, partition)
        for _ in range(200):
            answer = self.ask(24, 0, body.bytes())
            answer.take("ii")
            answer.text()
            _, _, error = answer.take("iih")
            if error != CONCURRENT_TRANSACTIONS:
                break
            time.sleep(0.05)
        assert error == 0, f"AddPartitionsToTxn: error {error}"

    def end_transaction(self, transactional_id, producer, commit):
        body = Writer().text(transactional_id).pack("qh?", *producer, commit)
        answer = self.ask(26, 0, body.bytes())
        _, error = answer.take("ih")
        assert error == 0, f"EndTxn: error {error}"

    def produce(self, topic, records, transactional_id=None, partition=0):
        """The first offset, by Produce v3."""
        body = Writer().text(transactional_id).pack("hii", -1, 30000, 1).text(topic)
        answer = self.ask(0, 3, body.pack("ii", 1, partition).blob(records).bytes())
        answer.take("i")
        answer.text()
        _, _, error, offset = answer.take("iihq")
        assert error == 0, f"Produce: error {error}"
        return offset

    def fetch(self, topic, offset, partition=0, max_bytes=16 << 20):
        """Whole and cut batches from that offset on, as they are stored, by Fetch v4."""
        body = Writer().pack("iiiibi", -1, 100, 1, max_bytes, 0, 1).text(topic)
        answer = self.ask(1, 4, body.pack("iiqi", 1, partition, offset, max_bytes).bytes())
        answer.take("ii")
        answer.text()
        _, _, error, _, _, aborted = answer.take("iihqqi")
        assert error == 0, f"Fetch: error {error}"
        for _ in range(aborted):
            answer.take("qq")
        return answer.blob()

    def config(self, topic, name):
        """The value of a topic's config by DescribeConfigs v1; None where the topic is not."""
        body = Writer().pack("ib", 1, 2).text(topic).pack("i", 1).text(name).pack("?", False)
        answer = self.ask(32, 1, body.bytes())
        answer.take("ii")
        error = answer.take("h")
        answer.text()
        answer.take("b")
        answer.text()
        if error == UNKNOWN_TOPIC_OR_PARTITION or not answer.take("i"):
            return None
        assert error == 0, f"DescribeConfigs: error {error}"
        answer.text()
        return answer.text()

    def group_types(self):
        """{group: type} by ListGroups v5, which is flexible."""
        self.correlation += 1
        head = Writer().pack("hhi", 16, 5, self.correlation).text(self.client_id).bytes()
        request = head + b"\0\x01\x01\0"  # no tags; every state, every type, no tags
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        answer = self.receive()
        answer.take("b")
        _, error = answer.take("ih")
        assert error == 0, f"ListGroups: error {error}"
        found = {}
        for _ in range(answer.unsigned() - 1):
            name, *_, kind = [answer.compact_text() for _ in range(4)]
            answer.take("b")
            found[name] = kind
        return found
