// SPDX-License-Identifier: Apache-2.0
// What the Node programs of the matrix share: the records, and a line of JSON for each feature.
'use strict'
const util = require('node:util')

class Cannot extends Error {}

const TIME = 1_600_000_000_000
const LARGE = Buffer.alloc(5_000_000, 'x')
// An object's names are each there once; two of one name are an array.
const HEADERS = { a: [Buffer.from('1'), Buffer.from('2')], b: Buffer.from([0, 0xff, 0x10]), empty: Buffer.alloc(0) }
const NULLS = [[null, 'no key'], ['no value', null], ['', '']]

const key = n => `k${n}`
const value = n => `v${n} ${'barnabas '.repeat(20)}`

function plain(first, end) {
  return Array.from({ length: end - first }, (_, at) => [key(first + at), value(first + at)])
}

const text = data => (data === null || data === undefined ? null : data.toString())
const pairsOf = records => records.map(each => [text(each.key), text(each.value)])
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const byNumber = (one, other) => Number(one[0].slice(1)) - Number(other[0].slice(1))

function expect(holds, otherwise) {
  if (!holds) throw new Error(typeof otherwise === 'string' ? otherwise : util.inspect(otherwise))
}

function same(found, wanted) {
  expect(util.isDeepStrictEqual(found, wanted), `${util.inspect(found).slice(0, 300)} instead of ${util.inspect(wanted).slice(0, 200)}`)
}

async function waitFor(what, holds) {
  for (const end = Date.now() + 40_000; !(await holds()); await sleep(50)) expect(Date.now() < end, `not in 40 s: ${what}`)
}

// At least that many of `got`, and what comes within a moment more.
async function settled(got, count) {
  await waitFor(`${count} records, there are ${got.length}`, () => got.length >= count)
  await sleep(200)
  return got
}

// `features` are functions (bootstrap, topic) by name; a codec's is `codec`.
async function main(codec, features) {
  const [bootstrap, prefix, ...names] = process.argv.slice(2)
  for (const feature of names) {
    let outcome = 'pass', detail = ''
    try {
      const run = features[feature] ?? ((...words) => codec(...words, feature))
      await run(bootstrap, `${prefix}.${feature}`)
    } catch (problem) {
      outcome = problem instanceof Cannot ? 'cannot' : 'fail'
      detail = String(problem.message ?? problem)
    }
    process.stdout.write(JSON.stringify({ feature, outcome, detail }) + '\n')
  }
  process.exit(0)
}

module.exports = { Cannot, TIME, LARGE, HEADERS, NULLS, plain, pairsOf, sleep, byNumber, expect, same, waitFor, settled, main }
