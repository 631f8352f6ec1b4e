# SPDX-License-Identifier: Apache-2.0
"""confluent-kafka (librdkafka in Python) for the matrix; harness.py says what a program is."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness  # noqa: E402
from confluent_kafka import Consumer, Producer, TopicPartition  # noqa: E402
from confluent_kafka.admin import (  # noqa: E402
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, OffsetSpec)
from harness import plain, same  # noqa: E402

READ_COMMITTED = {"isolation.level": "read_committed"}


def producer(bootstrap, **settings):
    settings = {name.replace("_", "."): value for name, value in settings.items()}
    return Producer({"bootstrap.servers": bootstrap, **settings})


def consumer(bootstrap, settings=None):
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "none",
                     "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     **(settings or {})})


def write(to, topic, pairs, **fields):
    failed = []
    for key, value in pairs:
        to.produce(topic, value=value, key=key, **fields,
                   on_delivery=lambda error, _: failed.append(error) if error else None)
    assert to.flush(30) == 0 and not failed, f"not delivered: {failed[:1]}"


def poll(from_, count, more_s=0.2):
    """At least that many, and what comes within a moment more."""
    got, end, enough = [], time.monotonic() + 20, None
    while time.monotonic() < min(end, enough or end):
        got += from_.consume(count, 0.05)
        for each in got:
            assert each.error() is None, each.error()
        if len(got) >= count and enough is None:
            enough = time.monotonic() + more_s
    return got


def pairs_of(messages):
    return [(each.key(), each.value()) for each in messages]


def read(bootstrap, topic, count, settings=None, offset=0, partitions=1):
    from_ = consumer(bootstrap, settings)
    from_.assign([TopicPartition(topic, at, offset) for at in range(partitions)])
    try:
        return poll(from_, count)
    finally:
        from_.close()


def codec(bootstrap, topic, name):
    write(producer(bootstrap, compression_type=name, linger_ms=20), topic, plain(0, 100))
    for each in (topic, f"source.{name}"):
        same(pairs_of(read(bootstrap, each, 100)), plain(0, 100))


def consume(bootstrap, _topic):
    got = read(bootstrap, "source.parts", 100, partitions=4)
    same({each.partition() for each in got}, {0, 1, 2, 3})
    same(sorted(pairs_of(got)), sorted(plain(0, 100)))
    same(pairs_of(read(bootstrap, "source.none", 50, offset=50)), plain(50, 100))


def group(bootstrap, topic, **settings):
    settings = {"group.id": topic, **{k.replace("_", "."): v for k, v in settings.items()}}
    members, end = [consumer(bootstrap, settings) for _ in range(2)], time.monotonic() + 30
    for each in members:
        each.subscribe([topic])
    got = []
    while any(len(each.assignment()) != 2 for each in members):
        assert time.monotonic() < end, [each.assignment() for each in members]
        for each in members:
            assert each.poll(0.05) is None
    write(producer(bootstrap), topic, plain(0, 100))
    while len(got) < 100:
        assert time.monotonic() < end, f"{len(got)} records"
        for each in members:
            got += each.consume(100, 0.05)
    same(sorted(pairs_of(got)), sorted(plain(0, 100)))
    for each in members:
        each.commit(asynchronous=False)
        each.close()


def group_classic(bootstrap, topic):
    group(bootstrap, topic)


def group_consumer(bootstrap, topic):
    group(bootstrap, topic, group_protocol="consumer")


def commit(bootstrap, topic):
    for first, count in ((0, 50), (50, 50)):
        member = consumer(bootstrap, {"group.id": topic})
        member.subscribe(["source.none"])
        got = []
        while len(got) < count:
            got += member.consume(count - len(got), 1)
        same(pairs_of(got), plain(first, first + count))
        if first == 0:
            member.commit(message=got[-1], asynchronous=False)
        member.close()


def transactions(bootstrap, topic):
    to = producer(bootstrap, transactional_id=topic)
    to.init_transactions(30)
    to.begin_transaction()
    write(to, topic, plain(0, 10))
    to.abort_transaction(30)
    to.begin_transaction()
    write(to, topic, plain(10, 20))
    to.commit_transaction(30)
    same(pairs_of(read(bootstrap, topic, 10, READ_COMMITTED)), plain(10, 20))


def txn_offsets(bootstrap, topic):
    member = consumer(bootstrap, {"group.id": topic})
    to = producer(bootstrap, transactional_id=topic)
    member.subscribe(["source.none"])
    to.init_transactions(30)
    got = []
    while len(got) < 10:
        got += member.consume(10 - len(got), 1)
    to.begin_transaction()
    write(to, topic, pairs_of(got))
    to.send_offsets_to_transaction([TopicPartition("source.none", 0, 10)],
                                   member.consumer_group_metadata(), 30)
    to.commit_transaction(30)
    member.close()
    same(pairs_of(read(bootstrap, topic, 10, READ_COMMITTED)), plain(0, 10))


def read_committed(bootstrap, _topic):
    for level, first in (("read_committed", 10), ("read_uncommitted", 0)):
        got = read(bootstrap, "source.txn", 20 - first, {"isolation.level": level})
        same([each.value() for each in got], [value for _, value in plain(first, 20)])


def admin(bootstrap, topic):
    client = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [NewTopic(topic, 3, 1, config={"retention.ms": "1000000"}),
              NewTopic(f"{topic}-gone", 1, 1)]
    for done in client.create_topics(wanted).values():
        done.result(30)
    same(len(client.list_topics(topic, 30).topics[topic].partitions), 3)
    setting = ConfigEntry("retention.ms", "2000000",
                          incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[setting])
    client.incremental_alter_configs([resource])[resource].result(30)
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    same(client.describe_configs([asked])[asked].result(30)["retention.ms"].value, "2000000")
    client.delete_topics([f"{topic}-gone"])[f"{topic}-gone"].result(30)
    assert f"{topic}-gone" not in client.list_topics(timeout=30).topics


def list_offsets(bootstrap, _topic):
    client = AdminClient({"bootstrap.servers": bootstrap})
    partition = TopicPartition("source.none", 0)
    for spec, wanted in ((OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 100)):
        same(client.list_offsets({partition: spec})[partition].result(30).offset, wanted)


def headers(bootstrap, topic):
    write(producer(bootstrap), topic, plain(0, 1), headers=harness.HEADERS)
    same(read(bootstrap, topic, 1)[0].headers(), harness.HEADERS)


def create_time(bootstrap, topic):
    write(producer(bootstrap), topic, plain(0, 1), timestamp=harness.TIME + 123)
    same(read(bootstrap, topic, 1)[0].timestamp(), (1, harness.TIME + 123))


def offsets_for_time(bootstrap, _topic):
    from_ = consumer(bootstrap)
    for time_ms, wanted in ((harness.TIME + 4500, 5), (harness.TIME + 99999, -1)):
        found = from_.offsets_for_times([TopicPartition("source.times", 0, time_ms)], 30)
        same((found[0].error, found[0].offset), (None, wanted))
    from_.close()


def large(bootstrap, topic):
    pair = (harness.key(0), harness.LARGE.encode())
    write(producer(bootstrap, message_max_bytes=8000000), topic, [pair])
    same(pairs_of(read(bootstrap, topic, 1, {"fetch.message.max.bytes": 8000000})), [pair])


def idempotence(bootstrap, topic):
    to = producer(bootstrap, enable_idempotence=True)
    write(to, topic, plain(0, 50))
    write(to, topic, plain(50, 100))


def nulls(bootstrap, topic):
    write(producer(bootstrap), topic, harness.NULLS)
    same(pairs_of(read(bootstrap, topic, 3)), harness.NULLS)


harness.main(globals())
