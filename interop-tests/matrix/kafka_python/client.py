# SPDX-License-Identifier: Apache-2.0
"""kafka-python for the matrix; harness.py says what a program is."""
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness  # noqa: E402
from harness import plain, same  # noqa: E402
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition  # noqa: E402
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec  # noqa: E402
from kafka.structs import OffsetAndMetadata  # noqa: E402

SOURCE = TopicPartition("source.none", 0)
# kafka-python 3.0 forgets an assignment that arrives just as a poll's time is over.
POLL_MS = 2000


def consumer(bootstrap, **settings):
    return KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest",
                         enable_auto_commit=False, **settings)


def write(bootstrap, topic, pairs, settings=None, **fields):
    to = KafkaProducer(bootstrap_servers=bootstrap, **(settings or {}))
    send(to, topic, pairs, **fields)
    to.close()


def send(to, topic, pairs, **fields):
    sent = [to.send(topic, key=key, value=value, **fields) for key, value in pairs]
    for each in sent:
        each.get(30)


def poll(from_, count):
    """At least that many, and what comes within a moment more."""
    got, end, enough = [], time.monotonic() + 20, None
    while time.monotonic() < min(end, enough or end):
        got += [each for some in from_.poll(50).values() for each in some]
        if len(got) >= count and enough is None:
            enough = time.monotonic() + 0.2
    return got


def pairs_of(records):
    return [(each.key, each.value) for each in records]


def read(bootstrap, topic, count, offset=0, partitions=1, **settings):
    from_ = consumer(bootstrap, **settings)
    all_partitions = [TopicPartition(topic, at) for at in range(partitions)]
    from_.assign(all_partitions)
    for each in all_partitions:
        from_.seek(each, offset)
    got = poll(from_, count)
    from_.close()
    return got


def codec(bootstrap, topic, name):
    kind = None if name == "none" else name
    write(bootstrap, topic, plain(0, 100), {"compression_type": kind, "linger_ms": 20})
    for each in (topic, f"source.{name}"):
        same(pairs_of(read(bootstrap, each, 100)), plain(0, 100))


def consume(bootstrap, _topic):
    got = read(bootstrap, "source.parts", 100, partitions=4)
    same({each.partition for each in got}, {0, 1, 2, 3})
    same(sorted(pairs_of(got)), sorted(plain(0, 100)))
    same(pairs_of(read(bootstrap, "source.none", 50, offset=50)), plain(50, 100))


class Member(threading.Thread):
    def __init__(self, bootstrap, topic):
        super().__init__(daemon=True)
        self.bootstrap, self.topic = bootstrap, topic
        self.owned, self.got, self.closed = 0, [], False

    def run(self):
        from_ = consumer(self.bootstrap, group_id=self.topic)
        from_.subscribe([self.topic])
        while not self.closed:
            self.got += [each for some in from_.poll(POLL_MS).values() for each in some]
            self.owned = len(from_.assignment())
        from_.commit()
        from_.close()


def group_classic(bootstrap, topic):
    members, end = [Member(bootstrap, topic) for _ in range(2)], time.monotonic() + 40
    for each in members:
        each.start()
    while any(each.owned != 2 for each in members):
        assert time.monotonic() < end, [each.owned for each in members]
        time.sleep(0.05)
    write(bootstrap, topic, plain(0, 100))
    while sum(len(each.got) for each in members) < 100:
        assert time.monotonic() < end, [len(each.got) for each in members]
        time.sleep(0.05)
    for each in members:
        each.closed = True
        each.join(20)
    same(sorted(pairs_of(members[0].got + members[1].got)), sorted(plain(0, 100)))


def group_consumer(_bootstrap, _topic):
    assert "group_id" in KafkaConsumer.DEFAULT_CONFIG
    if "group_protocol" not in KafkaConsumer.DEFAULT_CONFIG:
        raise harness.Cannot("no config group_protocol")
    raise RuntimeError("it has group_protocol: write this test")


def commit(bootstrap, topic):
    for first in (0, 50):
        member = consumer(bootstrap, group_id=topic, max_poll_records=50)
        member.subscribe(["source.none"])
        got = []
        while not got:
            got = [each for some in member.poll(POLL_MS).values() for each in some]
        same(pairs_of(got), plain(first, first + 50))
        if first == 0:
            member.commit()
        member.close(autocommit=False)


def transactional(bootstrap, name):
    to = KafkaProducer(bootstrap_servers=bootstrap, transactional_id=name)
    to.init_transactions()
    to.begin_transaction()
    return to


def transactions(bootstrap, topic):
    to = transactional(bootstrap, topic)
    send(to, topic, plain(0, 10))
    to.abort_transaction()
    to.begin_transaction()
    send(to, topic, plain(10, 20))
    to.commit_transaction()
    to.close()
    same(pairs_of(read(bootstrap, topic, 10, isolation_level="read_committed")), plain(10, 20))


def txn_offsets(bootstrap, topic):
    member = consumer(bootstrap, group_id=topic, max_poll_records=10)
    member.subscribe(["source.none"])
    got = []
    while not got:
        got = [each for some in member.poll(POLL_MS).values() for each in some]
    to = transactional(bootstrap, topic)
    send(to, topic, pairs_of(got))
    to.send_offsets_to_transaction({SOURCE: OffsetAndMetadata(10, "", -1)}, member.group_metadata())
    to.commit_transaction()
    to.close()
    member.close(autocommit=False)
    same(pairs_of(read(bootstrap, topic, 10, isolation_level="read_committed")), plain(0, 10))


def read_committed(bootstrap, _topic):
    for level, first in (("read_committed", 10), ("read_uncommitted", 0)):
        got = read(bootstrap, "source.txn", 20 - first, isolation_level=level)
        same([each.value for each in got], [value for _, value in plain(first, 20)])


def admin(bootstrap, topic):
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    client.create_topics({topic: {"num_partitions": 3, "replication_factor": 1,
                                  "configs": {"retention.ms": "1000000"}},
                          f"{topic}-gone": {"num_partitions": 1, "replication_factor": 1}})
    same(len(client.describe_topics([topic])[0]["partitions"]), 3)
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic,
                                         {"retention.ms": "2000000"})])
    told = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    same(told["topic"][topic]["retention.ms"]["value"], "2000000")
    client.delete_topics([f"{topic}-gone"])
    assert f"{topic}-gone" not in client.list_topics()
    client.close()


def list_offsets(bootstrap, _topic):
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    for spec, wanted in ((OffsetSpec.EARLIEST, 0), (OffsetSpec.LATEST, 100)):
        same(client.list_partition_offsets({SOURCE: spec})[SOURCE].offset, wanted)
    client.close()


def headers(bootstrap, topic):
    write(bootstrap, topic, plain(0, 1), headers=harness.HEADERS)
    same(list(read(bootstrap, topic, 1)[0].headers), harness.HEADERS)


def create_time(bootstrap, topic):
    write(bootstrap, topic, plain(0, 1), timestamp_ms=harness.TIME + 123)
    same(read(bootstrap, topic, 1)[0].timestamp, harness.TIME + 123)


def offsets_for_time(bootstrap, _topic):
    from_, partition = consumer(bootstrap), TopicPartition("source.times", 0)
    same(from_.offsets_for_times({partition: harness.TIME + 4500})[partition].offset, 5)
    same(from_.offsets_for_times({partition: harness.TIME + 99999})[partition], None)
    from_.close()


def large(bootstrap, topic):
    pair = (harness.key(0), harness.LARGE.encode())
    write(bootstrap, topic, [pair], {"max_request_size": 8000000})
    same(pairs_of(read(bootstrap, topic, 1, max_partition_fetch_bytes=8000000)), [pair])


def idempotence(bootstrap, topic):
    to = KafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    send(to, topic, plain(0, 50))
    send(to, topic, plain(50, 100))
    to.close()


def nulls(bootstrap, topic):
    write(bootstrap, topic, harness.NULLS)
    same(pairs_of(read(bootstrap, topic, 3)), harness.NULLS)


harness.main(globals())
