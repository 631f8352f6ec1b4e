// SPDX-License-Identifier: Apache-2.0

// A kafkajs worker for the group suites (interop-tests/common/groups.py tells what it writes down):
// `node worker.js BOOTSTRAP TOPIC JOURNAL NAME LANE...`. Leaves its groups when stdin closes.
// kafkajs tells of an assignment, but neither of its generation nor of what was taken away: all is
// given up when a rebalance begins.
'use strict'

const fs = require('fs')
const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, topic, journalPath, name, ...lanes] = process.argv.slice(2)
const journal = fs.openSync(journalPath, 'a')
const millis = (key, otherwise) => Number(process.env[key] || otherwise)

// Whole lines in one write: kill -9 loses nothing that was said.
function note(...lines) {
  const now = Math.round((performance.timeOrigin + performance.now()) * 1000)
  fs.writeSync(journal, lines.map((line) => `${now} ${line}\n`).join(''))
}

class Member {
  constructor(kafka, lane) {
    const options = Object.fromEntries(lane.split(',').map((part) => part.split('=')))
    this.group = options.group
    this.commits = options.commit !== 'auto'
    this.held = []
    this.id = '-'
    this.consumer = kafka.consumer({
      groupId: this.group,
      sessionTimeout: millis('SESSION_MS', 6000),
      heartbeatInterval: millis('HEARTBEAT_MS', 1000),
      rebalanceTimeout: 10000,
      maxWaitTimeInMs: 100,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1000 },
    })
    const { GROUP_JOIN, REBALANCING, STOP, CRASH } = this.consumer.events
    this.consumer.on(GROUP_JOIN, ({ payload }) => this.joined(payload))
    this.consumer.on(REBALANCING, () => this.release('revoked'))
    this.consumer.on(STOP, () => this.release('revoked'))
    this.consumer.on(CRASH, ({ payload }) => {
      note(`${this.group} problem crash ${payload.error}`)
      this.release('lost')
    })
  }

  joined(payload) {
    this.release('lost')
    this.id = payload.memberId
    this.held = payload.memberAssignment[topic] || []
    if (this.held.length) note(`${this.group} assigned ${this.id} -1 ${this.held.join(',')}`)
  }

  release(how) {
    if (this.held.length) note(`${this.group} ${how} ${this.id} -1 ${this.held.join(',')}`)
    this.held = []
  }

  async batch({ batch, resolveOffset, heartbeat, isRunning, isStale }) {
    if (!isRunning() || isStale()) return
    const lines = batch.messages.map((message) =>
      `${this.group} record ${batch.partition} ${message.offset} ${message.value.toString().split(' ', 1)[0]}`)
    note(...lines)
    resolveOffset(batch.lastOffset())
    if (this.commits) await this.commit(batch.partition, BigInt(batch.lastOffset()) + 1n)
    await heartbeat()
  }

  async commit(partition, offset) {
    await this.consumer.commitOffsets([{ topic, partition, offset: offset.toString() }])
    note(`${this.group} commit ${partition} ${offset}`)
  }

  async start() {
    await this.consumer.connect()
    await this.consumer.subscribe({ topic, fromBeginning: true })
    await this.consumer.run({
      autoCommit: !this.commits,
      autoCommitInterval: millis('COMMIT_MS', 500),
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.batch(payload),
    })
  }
}

async function main() {
  const kafka = new Kafka({
    clientId: name,
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1000 },
  })
  const members = lanes.map((lane) => new Member(kafka, lane))
  await Promise.all(members.map((member) => member.start()))
  await new Promise((resolve) => process.stdin.on('end', resolve).resume())
  await Promise.all(members.map((member) => member.consumer.disconnect()))
  process.exit(0)
}

main().catch((problem) => {
  console.error(problem)
  process.exit(1)
})
