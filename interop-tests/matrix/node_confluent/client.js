// SPDX-License-Identifier: Apache-2.0
// @confluentinc/kafka-javascript (librdkafka in Node, with kafkajs's interface) for the matrix;
// harness.js says what a program is.
'use strict'
const { Kafka, logLevel } = require('@confluentinc/kafka-javascript').KafkaJS
const { Cannot, TIME, LARGE, HEADERS, NULLS, plain, pairsOf, byNumber, expect, same, waitFor, settled, main } = require('./harness.js')

const kafka = bootstrap => new Kafka({ kafkaJS: { brokers: [bootstrap], logLevel: logLevel.NOTHING } })
const messages = pairs => pairs.map(([key, value]) => ({ key, value }))

async function write(bootstrap, topic, all, settings = {}) {
  const producer = kafka(bootstrap).producer({ 'linger.ms': 20, ...settings })
  await producer.connect()
  await producer.send({ topic, messages: all })
  await producer.disconnect()
}

async function member(bootstrap, groupId, topic, take, settings = {}) {
  const consumer = kafka(bootstrap).consumer({ 'group.id': groupId, 'auto.offset.reset': 'earliest', 'enable.auto.commit': false,
    'fetch.wait.max.ms': 100, ...settings })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  await consumer.run({ eachMessage: async each => take({ ...each.message, partition: each.partition }) })
  return consumer
}

// It has no consumer without a group.
async function read(bootstrap, topic, count, settings = {}, offset = null) {
  const got = []
  const consumer = await member(bootstrap, `reader-${topic}-${Math.random()}`, topic, each => got.push(each), settings)
  if (offset !== null) {
    await settled(got, count)
    got.length = 0
    consumer.seek({ topic, partition: 0, offset: String(offset) })
  }
  await settled(got, count)
  await consumer.disconnect()
  return got
}

async function codec(bootstrap, topic, name) {
  await write(bootstrap, topic, messages(plain(0, 100)), { 'compression.codec': name })
  for (const each of [topic, `source.${name}`]) same(pairsOf(await read(bootstrap, each, 100)), plain(0, 100))
}

async function consume(bootstrap) {
  const got = await read(bootstrap, 'source.parts', 100)
  same(new Set(got.map(each => each.partition)).size, 4)
  same(pairsOf(got).sort(byNumber), plain(0, 100))
  same(pairsOf(await read(bootstrap, 'source.none', 50, {}, 50)), plain(50, 100))
}

async function group(bootstrap, topic, settings = {}) {
  const got = [], both = []
  const highest = [new Map(), new Map()]
  for (const each of highest)
    both.push(await member(bootstrap, topic, topic, one => { got.push(one); each.set(one.partition, Number(one.offset) + 1) }, settings))
  await waitFor('both have two partitions', () => both.every(each => each.assignment().length === 2))
  await write(bootstrap, topic, messages(plain(0, 100)))
  await settled(got, 100)
  for (const [at, consumer] of both.entries()) {
    await consumer.commitOffsets([...highest[at]].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })))
    await consumer.disconnect()
  }
  same(pairsOf(got).sort(byNumber), plain(0, 100))
}

async function commit(bootstrap, topic) {
  for (const first of [0, 50]) {
    const got = [], consumer = await member(bootstrap, topic, 'source.none', each => got.push(each))
    await settled(got, 100 - first)
    same(pairsOf(got), plain(first, 100))
    if (first === 0) await consumer.commitOffsets([{ topic: 'source.none', partition: 0, offset: '50' }])
    await consumer.disconnect()
  }
}

async function transactional(bootstrap, id) {
  const producer = kafka(bootstrap).producer({ 'transactional.id': id })
  await producer.connect()
  return producer
}

async function transactions(bootstrap, topic) {
  const producer = await transactional(bootstrap, topic)
  for (const [first, end] of [[0, 'abort'], [10, 'commit']]) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: messages(plain(first, first + 10)) })
    await transaction[end]()
  }
  await producer.disconnect()
  same(pairsOf(await read(bootstrap, topic, 10)), plain(10, 20))
}

async function transactionOffsets(bootstrap, topic) {
  const got = [], consumer = await member(bootstrap, topic, 'source.none', each => got.push(each))
  await settled(got, 100)
  const producer = await transactional(bootstrap, topic), transaction = await producer.transaction()
  await transaction.send({ topic, messages: messages(pairsOf(got.slice(0, 10))) })
  await transaction.sendOffsets({ consumer, topics: [{ topic: 'source.none', partitions: [{ partition: 0, offset: '10' }] }] })
  await transaction.commit()
  await producer.disconnect()
  await consumer.disconnect()
  same(pairsOf(await read(bootstrap, topic, 10)), plain(0, 10))
}

async function readCommitted(bootstrap) {
  for (const [level, first] of [['read_committed', 10], ['read_uncommitted', 0]]) {
    const got = await read(bootstrap, 'source.txn', 20 - first, { 'isolation.level': level })
    same(got.map(each => each.value.toString()), plain(first, 20).map(pair => pair[1]))
  }
}

async function admin(bootstrap, topic) {
  const of = kafka(bootstrap).admin()
  await of.connect()
  expect(await of.createTopics({ topics: [
    { topic, numPartitions: 3, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '1000000' }] },
    { topic: `${topic}-gone`, numPartitions: 1, replicationFactor: 1 }] }), 'not created')
  same((await of.fetchTopicMetadata({ topics: [topic] })).topics?.[0].partitions.length ?? (await of.fetchTopicMetadata({ topics: [topic] }))[0].partitions.length, 3)
  await of.deleteTopics({ topics: [`${topic}-gone`] })
  expect(!(await of.listTopics()).includes(`${topic}-gone`), 'still listed')
  await of.disconnect()
  expect(!of.alterConfigs && !of.incrementalAlterConfigs, 'it alters configs: write this test')
  throw new Cannot('creates, describes and deletes topics; has nothing that alters configs')
}

async function listOffsets(bootstrap) {
  const of = kafka(bootstrap).admin()
  await of.connect()
  const [found] = await of.fetchTopicOffsets('source.none')
  same([found.low, found.high], ['0', '100'])
  await of.disconnect()
}

async function headers(bootstrap, topic) {
  await write(bootstrap, topic, [{ ...messages(plain(0, 1))[0], headers: HEADERS }])
  same({ ...(await read(bootstrap, topic, 1))[0].headers }, HEADERS)
}

async function createTime(bootstrap, topic) {
  await write(bootstrap, topic, [{ ...messages(plain(0, 1))[0], timestamp: String(TIME + 123) }])
  same((await read(bootstrap, topic, 1))[0].timestamp, String(TIME + 123))
}

async function offsetsForTime(bootstrap) {
  const of = kafka(bootstrap).admin()
  await of.connect()
  same((await of.fetchTopicOffsetsByTimestamp('source.times', TIME + 4500))[0].offset, '5')
  // It asks for the end where there is none.
  same((await of.fetchTopicOffsetsByTimestamp('source.times', TIME + 99999))[0].offset, '10')
  await of.disconnect()
}

async function large(bootstrap, topic) {
  await write(bootstrap, topic, [{ key: 'k0', value: LARGE }], { 'message.max.bytes': 8_000_000 })
  const [got] = await read(bootstrap, topic, 1, { 'fetch.message.max.bytes': 8_000_000 })
  expect(LARGE.equals(got.value), 'another value')
}

async function idempotence(bootstrap, topic) {
  await write(bootstrap, topic, messages(plain(0, 100)), { 'enable.idempotence': true })
}

async function nulls(bootstrap, topic) {
  await write(bootstrap, topic, messages(NULLS))
  same(pairsOf(await read(bootstrap, topic, 3)), NULLS)
}

main(codec, { consume, 'group-classic': group,
  'group-consumer': (bootstrap, topic) => group(bootstrap, topic, { 'group.protocol': 'consumer' }), commit, transactions,
  'txn-offsets': transactionOffsets, 'read-committed': readCommitted, admin, 'list-offsets': listOffsets, headers,
  'create-time': createTime, 'offsets-for-time': offsetsForTime, large, idempotence, nulls })
