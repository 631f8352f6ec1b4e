// SPDX-License-Identifier: Apache-2.0
// @platformatic/kafka for the matrix; harness.js says what a program is.
'use strict'
const { Producer, Consumer, Admin } = require('@platformatic/kafka')
const { TIME, LARGE, NULLS, plain, pairsOf, byNumber, expect, same, waitFor, settled, main } = require('./harness.js')

const READ_UNCOMMITTED = 0, READ_COMMITTED = 1, TOPIC = 2, SET = 0
const HEADERS = [['a', '1'], ['a', '2'], ['b', Buffer.from([0, 0xff, 0x10])], ['empty', '']].map(pair => pair.map(each => Buffer.from(each)))
const common = bootstrap => ({ bootstrapBrokers: [bootstrap], clientId: 'matrix' })
const buffer = text => (text === null ? null : Buffer.from(text))
const messages = (topic, pairs) => pairs.map(([key, value]) => ({ topic, key: buffer(key), value: buffer(value) }))

async function write(bootstrap, all, settings = {}) {
  const producer = new Producer({ ...common(bootstrap), ...settings })
  for (const some of [all.slice(0, 50), all.slice(50)]) if (some.length) await producer.send({ messages: some, acks: -1 })
  await producer.close()
}

async function member(bootstrap, groupId, topic, take, settings = {}, where = { mode: 'earliest' }) {
  const consumer = new Consumer({ ...common(bootstrap), groupId, ...settings })
  const stream = await consumer.consume({ topics: [topic], autocommit: false, maxWaitTime: 100, ...where })
  stream.on('data', take)
  return { consumer, stream, close: async () => { await stream.close(); await consumer.close(true) },
    owned: () => (consumer.assignments ?? []).reduce((sum, each) => sum + each.partitions.length, 0) }
}

async function read(bootstrap, topic, count, where) {
  const got = []
  const reader = await member(bootstrap, `reader-${topic}-${Math.random()}`, topic, each => got.push(each), {}, where)
  await settled(got, count)
  await reader.close()
  return got
}

async function codec(bootstrap, topic, name) {
  await write(bootstrap, messages(topic, plain(0, 100)), { compression: name })
  for (const each of [topic, `source.${name}`]) same(pairsOf(await read(bootstrap, each, 100)), plain(0, 100))
}

async function consume(bootstrap) {
  const got = await read(bootstrap, 'source.parts', 100)
  same(new Set(got.map(each => each.partition)).size, 4)
  same(pairsOf(got).sort(byNumber), plain(0, 100))
  const middle = { mode: 'manual', offsets: [{ topic: 'source.none', partition: 0, offset: 50n }] }
  same(pairsOf(await read(bootstrap, 'source.none', 50, middle)), plain(50, 100))
}

async function group(bootstrap, topic, settings = {}) {
  const got = []
  const where = { mode: 'committed', fallbackMode: 'earliest' }
  const both = []
  for (let n = 0; n < 2; n++) both.push(await member(bootstrap, topic, topic, each => got.push(each), settings, where))
  await waitFor('both have two partitions', () => both.every(each => each.owned() === 2))
  await write(bootstrap, messages(topic, plain(0, 100)))
  await settled(got, 100)
  for (const each of got) await each.commit()
  for (const each of both) await each.close()
  same(pairsOf(got).sort(byNumber), plain(0, 100))
}

async function commit(bootstrap, topic) {
  for (const first of [0, 50]) {
    const got = [], where = { mode: 'committed', fallbackMode: 'earliest' }
    const one = await member(bootstrap, topic, 'source.none', each => got.push(each), {}, where)
    await settled(got, 100 - first)
    same(pairsOf(got), plain(first, 100))
    if (first === 0) await one.consumer.commit({ offsets: [{ topic: 'source.none', partition: 0, offset: 50n, leaderEpoch: 0 }] })
    await one.close()
  }
}

const transactional = (bootstrap, transactionalId) => new Producer({ ...common(bootstrap), transactionalId, idempotent: true })

async function transactions(bootstrap, topic) {
  const producer = transactional(bootstrap, topic)
  for (const [first, end] of [[0, 'abort'], [10, 'commit']]) {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: messages(topic, plain(first, first + 10)) })
    await transaction[end]()
  }
  await producer.close()
  same(pairsOf(await read(bootstrap, topic, 10, { mode: 'earliest', isolationLevel: READ_COMMITTED })), plain(10, 20))
}

async function transactionOffsets(bootstrap, topic) {
  const got = [], producer = transactional(bootstrap, topic)
  const one = await member(bootstrap, topic, 'source.none', each => got.push(each))
  await settled(got, 100)
  const transaction = await producer.beginTransaction()
  await transaction.addConsumer(one.consumer)
  await transaction.send({ messages: messages(topic, pairsOf(got.slice(0, 10))) })
  await transaction.addOffset(got[9])
  await transaction.commit()
  await one.close()
  await producer.close()
  same(pairsOf(await read(bootstrap, topic, 10, { mode: 'earliest', isolationLevel: READ_COMMITTED })), plain(0, 10))
}

async function readCommitted(bootstrap) {
  for (const [isolationLevel, first] of [[READ_COMMITTED, 10], [READ_UNCOMMITTED, 0]]) {
    const got = await read(bootstrap, 'source.txn', 20 - first, { mode: 'earliest', isolationLevel })
    same(got.map(each => each.value.toString()), plain(first, 20).map(pair => pair[1]))
  }
}

async function admin(bootstrap, topic) {
  const of = new Admin(common(bootstrap)), resource = { resourceType: TOPIC, resourceName: topic }
  await of.createTopics({ topics: [topic], partitions: 3, replicas: 1, configs: [{ name: 'retention.ms', value: '1000000' }] })
  await of.createTopics({ topics: [`${topic}-gone`], partitions: 1, replicas: 1 })
  same((await of.metadata({ topics: [topic] })).topics.get(topic).partitions.length, 3)
  await of.incrementalAlterConfigs({ resources: [{ ...resource, configs: [{ name: 'retention.ms', configOperation: SET, value: '2000000' }] }] })
  const [told] = await of.describeConfigs({ resources: [{ ...resource, configurationKeys: ['retention.ms'] }] })
  same(told.configs.find(each => each.name === 'retention.ms').value, '2000000')
  await of.deleteTopics({ topics: [`${topic}-gone`] })
  expect(!(await of.listTopics()).includes(`${topic}-gone`), 'still listed')
  await of.close()
}

async function offsetAt(bootstrap, topic, timestamp) {
  const of = new Admin(common(bootstrap))
  const [found] = await of.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }] })
  await of.close()
  return found.partitions[0].offset
}

async function listOffsets(bootstrap) {
  same([await offsetAt(bootstrap, 'source.none', -2n), await offsetAt(bootstrap, 'source.none', -1n)], [0n, 100n])
}

async function offsetsForTime(bootstrap) {
  same(await offsetAt(bootstrap, 'source.times', BigInt(TIME + 4500)), 5n)
  same(await offsetAt(bootstrap, 'source.times', BigInt(TIME + 99999)), -1n)
}

async function headers(bootstrap, topic) {
  await write(bootstrap, [{ ...messages(topic, plain(0, 1))[0], headers: new Map(HEADERS) }]) // by identity: two of one name
  same((await read(bootstrap, topic, 1))[0].headerEntries, HEADERS)
}

async function createTime(bootstrap, topic) {
  await write(bootstrap, [{ ...messages(topic, plain(0, 1))[0], timestamp: BigInt(TIME + 123) }])
  same((await read(bootstrap, topic, 1))[0].timestamp, BigInt(TIME + 123))
}

async function large(bootstrap, topic) {
  await write(bootstrap, [{ topic, key: buffer('k0'), value: LARGE }])
  const [got] = await read(bootstrap, topic, 1, { mode: 'earliest', maxBytes: 8_000_000 })
  expect(LARGE.equals(got.value), 'another value')
}

async function idempotence(bootstrap, topic) {
  await write(bootstrap, messages(topic, plain(0, 100)), { idempotent: true })
}

async function nulls(bootstrap, topic) {
  await write(bootstrap, messages(topic, NULLS))
  same(pairsOf(await read(bootstrap, topic, 3)), NULLS)
}

main(codec, { consume, 'group-classic': group,
  'group-consumer': (bootstrap, topic) => group(bootstrap, topic, { groupProtocol: 'consumer' }), commit, transactions,
  'txn-offsets': transactionOffsets, 'read-committed': readCommitted, admin, 'list-offsets': listOffsets, headers,
  'create-time': createTime, 'offsets-for-time': offsetsForTime, large, idempotence, nulls })
