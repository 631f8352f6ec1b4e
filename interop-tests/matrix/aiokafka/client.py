# SPDX-License-Identifier: Apache-2.0
"""aiokafka for the matrix; harness.py says what a program is."""
import asyncio
import contextlib
import inspect
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness  # noqa: E402
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # noqa: E402
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # noqa: E402
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # noqa: E402
from harness import plain, same  # noqa: E402

SOURCE = TopicPartition("source.none", 0)


@contextlib.asynccontextmanager
async def consumer(bootstrap, *topics, **settings):
    made = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest",
                            enable_auto_commit=False, **settings)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@contextlib.asynccontextmanager
async def producer(bootstrap, **settings):
    made = AIOKafkaProducer(bootstrap_servers=bootstrap, **settings)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def send(to, topic, pairs, **fields):
    sent = [await to.send(topic, value=value, key=key, **fields) for key, value in pairs]
    await asyncio.gather(*sent)


async def write(bootstrap, topic, pairs, settings=None, **fields):
    async with producer(bootstrap, **(settings or {})) as to:
        await send(to, topic, pairs, **fields)


async def poll(from_, count):
    """At least that many, and what comes within a moment more."""
    got, end, enough = [], time.monotonic() + 20, None
    while time.monotonic() < min(end, enough or end):
        got += [each for some in (await from_.getmany(timeout_ms=50)).values() for each in some]
        if len(got) >= count and enough is None:
            enough = time.monotonic() + 0.2
    return got


def pairs_of(records):
    return [(each.key, each.value) for each in records]


async def read(bootstrap, topic, count, offset=0, partitions=1, **settings):
    async with consumer(bootstrap, **settings) as from_:
        all_partitions = [TopicPartition(topic, at) for at in range(partitions)]
        from_.assign(all_partitions)
        for each in all_partitions:
            from_.seek(each, offset)
        return await poll(from_, count)


async def codec(bootstrap, topic, name):
    kind = None if name == "none" else name
    await write(bootstrap, topic, plain(0, 100), {"compression_type": kind, "linger_ms": 20})
    for each in (topic, f"source.{name}"):
        same(pairs_of(await read(bootstrap, each, 100)), plain(0, 100))


async def consume(bootstrap, _topic):
    got = await read(bootstrap, "source.parts", 100, partitions=4)
    same({each.partition for each in got}, {0, 1, 2, 3})
    same(sorted(pairs_of(got)), sorted(plain(0, 100)))
    same(pairs_of(await read(bootstrap, "source.none", 50, offset=50)), plain(50, 100))


async def group_classic(bootstrap, topic):
    end, got = time.monotonic() + 40, []
    async with consumer(bootstrap, topic, group_id=topic) as first, \
            consumer(bootstrap, topic, group_id=topic) as second:
        members = (first, second)
        while any(len(each.assignment()) != 2 for each in members):
            assert time.monotonic() < end, [each.assignment() for each in members]
            await asyncio.sleep(0.05)
        await write(bootstrap, topic, plain(0, 100))
        while len(got) < 100:
            assert time.monotonic() < end, f"{len(got)} records"
            for member in members:
                some = await member.getmany(timeout_ms=50)
                got += [each for part in some.values() for each in part]
        for member in members:
            await member.commit()
    same(sorted(pairs_of(got)), sorted(plain(0, 100)))


async def group_consumer(_bootstrap, _topic):
    names = inspect.signature(AIOKafkaConsumer.__init__).parameters
    assert "group_id" in names
    if "group_protocol" not in names:
        raise harness.Cannot("no config group_protocol")
    raise RuntimeError("it has group_protocol: write this test")


async def commit(bootstrap, topic):
    for first in (0, 50):
        async with consumer(bootstrap, "source.none", group_id=topic) as member:
            got = []
            while len(got) < 50:
                some = await member.getmany(timeout_ms=100, max_records=50 - len(got))
                got += [each for part in some.values() for each in part]
            same(pairs_of(got), plain(first, first + 50))
            if first == 0:
                await member.commit({SOURCE: 50})


async def transactions(bootstrap, topic):
    async with producer(bootstrap, transactional_id=topic) as to:
        await to.begin_transaction()
        await send(to, topic, plain(0, 10))
        await to.abort_transaction()
        await to.begin_transaction()
        await send(to, topic, plain(10, 20))
        await to.commit_transaction()
    same(pairs_of(await read(bootstrap, topic, 10, isolation_level="read_committed")),
         plain(10, 20))


async def txn_offsets(bootstrap, topic):
    async with producer(bootstrap, transactional_id=topic) as to:
        got = (await read(bootstrap, "source.none", 100))[:10]
        await to.begin_transaction()
        await send(to, topic, pairs_of(got))
        await to.send_offsets_to_transaction({SOURCE: 10}, topic)
        await to.commit_transaction()
    same(pairs_of(await read(bootstrap, topic, 10, isolation_level="read_committed")),
         plain(0, 10))


async def read_committed(bootstrap, _topic):
    for level, first in (("read_committed", 10), ("read_uncommitted", 0)):
        got = await read(bootstrap, "source.txn", 20 - first, isolation_level=level)
        same([each.value for each in got], [value for _, value in plain(first, 20)])


async def admin(bootstrap, topic):
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        told = await client.create_topics([
            NewTopic(topic, 3, 1, topic_configs={"retention.ms": "1000000"}),
            NewTopic(f"{topic}-gone", 1, 1)])
        same([each[1] for each in told.topic_errors], [0, 0])
        same(len((await client.describe_topics([topic]))[0]["partitions"]), 3)
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "2000000"})
        same([each[0] for each in (await client.alter_configs([resource]))[0].resources], [0])
        asked = ConfigResource(ConfigResourceType.TOPIC, topic)
        configs = (await client.describe_configs([asked]))[0].resources[0][4]
        same({each[0]: each[1] for each in configs}["retention.ms"], "2000000")
        await client.delete_topics([f"{topic}-gone"])
        assert f"{topic}-gone" not in await client.list_topics()
    finally:
        await client.close()


async def list_offsets(bootstrap, _topic):
    async with consumer(bootstrap) as from_:
        same((await from_.beginning_offsets([SOURCE]))[SOURCE], 0)
        same((await from_.end_offsets([SOURCE]))[SOURCE], 100)


async def headers(bootstrap, topic):
    await write(bootstrap, topic, plain(0, 1), headers=harness.HEADERS)
    same(list((await read(bootstrap, topic, 1))[0].headers), harness.HEADERS)


async def create_time(bootstrap, topic):
    await write(bootstrap, topic, plain(0, 1), timestamp_ms=harness.TIME + 123)
    same((await read(bootstrap, topic, 1))[0].timestamp, harness.TIME + 123)


async def offsets_for_time(bootstrap, _topic):
    partition = TopicPartition("source.times", 0)
    async with consumer(bootstrap) as from_:
        found = await from_.offsets_for_times({partition: harness.TIME + 4500})
        same(found[partition].offset, 5)
        found = await from_.offsets_for_times({partition: harness.TIME + 99999})
        same(found[partition], None)


async def large(bootstrap, topic):
    pair = (harness.key(0), harness.LARGE.encode())
    await write(bootstrap, topic, [pair], {"max_request_size": 8000000})
    same(pairs_of(await read(bootstrap, topic, 1, max_partition_fetch_bytes=8000000)), [pair])


async def idempotence(bootstrap, topic):
    async with producer(bootstrap, enable_idempotence=True) as to:
        await send(to, topic, plain(0, 50))
        await send(to, topic, plain(50, 100))


async def nulls(bootstrap, topic):
    await write(bootstrap, topic, harness.NULLS)
    same(pairs_of(await read(bootstrap, topic, 3)), harness.NULLS)


def blocking(function):
    return lambda *arguments: asyncio.run(function(*arguments))


harness.main({name: blocking(each) for name, each in globals().items()
              if inspect.iscoroutinefunction(each)})
