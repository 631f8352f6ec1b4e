# SPDX-License-Identifier: Apache-2.0
"""A few requests of the group protocol as bytes, for suites that must look at a broker without a
client library's retries and caches in between: one connection, one request at a time, old
(not flexible) versions. Answers come as plain tuples and dictionaries; errors are Kafka's codes."""

import socket
import struct

LOADING, NOT_AVAILABLE, NOT_COORDINATOR, MEMBER_ID_REQUIRED = 14, 15, 16, 79


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

    def create_topic(self, name, partitions):
        """The error code."""
        body = (
            Writer()
            .pack("i", 1)
            .text(name)
            .pack("ihii", partitions, 1, 0, 0)
            .pack("i?", 30000, False)
        )
        answer = self.ask(19, 4, body.bytes())
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

    def find_coordinator(self, group):
        """The error code of FindCoordinator v1."""
        answer = self.ask(10, 1, Writer().text(group).pack("b", 0).bytes())
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
