// SPDX-License-Identifier: Apache-2.0
// kafkajs for the matrix; harness.js says what a program is. It has gzip itself; the other codecs are
// registered, as its documentation tells.
'use strict'
const zlib = require('node:zlib')
const lz4 = require('lz4-napi')
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')
const { Cannot, TIME, LARGE, HEADERS, NULLS, plain, pairsOf, byNumber, expect, same, waitFor, settled, main } = require('./harness.js')

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: encoder => lz4.compressFrame(encoder.buffer), decompress: buffer => lz4.decompressFrame(buffer) })
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ // Node 22 has it
  compress: async encoder => zlib.zstdCompressSync(encoder.buffer), decompress: async buffer => zlib.zstdDecompressSync(buffer) })

const CODECS = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD }
const kafka = bootstrap => new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
const messages = pairs => pairs.map(([key, value]) => ({ key, value }))

async function write(bootstrap, topic, all, settings = {}, compression = CompressionTypes.None) {
  const producer = kafka(bootstrap).producer(settings)
  await producer.connect()
  await producer.send({ topic, messages: all, compression, acks: -1 })
  await producer.disconnect()
}

async function member(bootstrap, groupId, topic, take, settings = {}) {
  const consumer = kafka(bootstrap).consumer({ groupId, maxWaitTimeInMs: 100, ...settings })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let owned = 0
  consumer.on(consumer.events.GROUP_JOIN, event => { owned = (event.payload.memberAssignment[topic] ?? []).length })
  await consumer.run({ autoCommit: false, eachMessage: async each => take({ ...each.message, partition: each.partition }) })
  return { consumer, owned: () => owned }
}

// It has no consumer without a group.
async function read(bootstrap, topic, count, settings = {}, offset = null) {
  const got = []
  const { consumer } = await member(bootstrap, `reader-${topic}-${Math.random()}`, topic, each => got.push(each), settings)
  if (offset !== null) {
    consumer.seek({ topic, partition: 0, offset: String(offset) })
    await settled(got, count)
    got.splice(0, got.findLastIndex(each => each.offset === String(offset))) // what was read before it sought
  }
  await settled(got, count)
  await consumer.disconnect()
  return got
}

async function codec(bootstrap, topic, name) {
  await write(bootstrap, topic, messages(plain(0, 100)), {}, CODECS[name])
  for (const each of [topic, `source.${name}`]) same(pairsOf(await read(bootstrap, each, 100)), plain(0, 100))
}

async function consume(bootstrap) {
  const got = await read(bootstrap, 'source.parts', 100)
  same(new Set(got.map(each => each.partition)).size, 4)
  same(pairsOf(got).sort(byNumber), plain(0, 100))
  same(pairsOf(await read(bootstrap, 'source.none', 50, {}, 50)), plain(50, 100))
}

async function group(bootstrap, topic) {
  const got = [], highest = new Map()
  const take = each => { got.push(each); highest.set(each.partition, Number(each.offset) + 1) }
  const both = [await member(bootstrap, topic, topic, take), await member(bootstrap, topic, topic, take)]
  await waitFor('both have two partitions', () => both.every(each => each.owned() === 2))
  await write(bootstrap, topic, messages(plain(0, 100)))
  await settled(got, 100)
  const offsets = [...highest].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }))
  await both[0].consumer.commitOffsets(offsets)
  for (const each of both) await each.consumer.disconnect()
  same(pairsOf(got).sort(byNumber), plain(0, 100))
}

async function groupConsumer() {
  const keys = require('kafkajs/src/protocol/requests/apiKeys')
  expect(keys.JoinGroup === 11, 'its list of APIs is elsewhere')
  expect(!Object.values(keys).includes(68), 'it has ConsumerGroupHeartbeat: write this test')
  throw new Cannot('no request of KIP-848')
}

async function commit(bootstrap, topic) {
  for (const first of [0, 50]) {
    const got = []
    const { consumer } = await member(bootstrap, topic, 'source.none', each => got.push(each))
    await settled(got, 100 - first)
    same(pairsOf(got), plain(first, 100))
    if (first === 0) await consumer.commitOffsets([{ topic: 'source.none', partition: 0, offset: '50' }])
    await consumer.disconnect()
  }
}

async function transactional(bootstrap, transactionalId) {
  const producer = kafka(bootstrap).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
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
  const got = (await read(bootstrap, 'source.none', 100)).slice(0, 10)
  const producer = await transactional(bootstrap, topic), transaction = await producer.transaction()
  await transaction.send({ topic, messages: messages(pairsOf(got)) })
  await transaction.sendOffsets({ consumerGroupId: topic,
    topics: [{ topic: 'source.none', partitions: [{ partition: 0, offset: '10' }] }] })
  await transaction.commit()
  await producer.disconnect()
  same(pairsOf(await read(bootstrap, topic, 10)), plain(0, 10))
}

async function readCommitted(bootstrap) {
  for (const [readUncommitted, first] of [[false, 10], [true, 0]]) {
    const got = await read(bootstrap, 'source.txn', 20 - first, { readUncommitted })
    same(got.map(each => each.value.toString()), plain(first, 20).map(pair => pair[1]))
  }
}

async function admin(bootstrap, topic) {
  const of = kafka(bootstrap).admin(), resource = { type: 2, name: topic }
  await of.connect()
  expect(await of.createTopics({ topics: [
    { topic, numPartitions: 3, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '1000000' }] },
    { topic: `${topic}-gone`, numPartitions: 1, replicationFactor: 1 }] }), 'not created')
  same((await of.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length, 3)
  await of.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '2000000' }] }] })
  const told = await of.describeConfigs({ includeSynonyms: false, resources: [{ ...resource, configNames: ['retention.ms'] }] })
  same(told.resources[0].configEntries[0].configValue, '2000000')
  await of.deleteTopics({ topics: [`${topic}-gone`] })
  expect(!(await of.listTopics()).includes(`${topic}-gone`), 'still listed')
  await of.disconnect()
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
  same(await of.fetchTopicOffsetsByTimestamp('source.times', TIME + 4500), [{ partition: 0, offset: '5' }])
  // It asks for the end where there is none.
  same(await of.fetchTopicOffsetsByTimestamp('source.times', TIME + 99999), [{ partition: 0, offset: '10' }])
  await of.disconnect()
}

async function large(bootstrap, topic) {
  await write(bootstrap, topic, [{ key: 'k0', value: LARGE }])
  const [got] = await read(bootstrap, topic, 1, { maxBytesPerPartition: 8_000_000, maxBytes: 8_000_000 })
  expect(LARGE.equals(got.value), 'another value')
}

async function idempotence(bootstrap, topic) {
  const producer = kafka(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (const first of [0, 50]) await producer.send({ topic, acks: -1, messages: messages(plain(first, first + 50)) })
  await producer.disconnect()
}

async function nulls(bootstrap, topic) {
  await write(bootstrap, topic, messages(NULLS))
  same(pairsOf(await read(bootstrap, topic, 3)), NULLS)
}

main(codec, { consume, 'group-classic': group, 'group-consumer': groupConsumer, commit, transactions,
  'txn-offsets': transactionOffsets, 'read-committed': readCommitted, admin, 'list-offsets': listOffsets, headers,
  'create-time': createTime, 'offsets-for-time': offsetsForTime, large, idempotence, nulls })
