// The same edits on a stock document and on a stet replica: the same updates, values, deltas and events. And both editing
// beside each other until all have the same. For some seconds, with a new seed each time:
//   node tests/interop/edits.test.mjs [--seed N] [--count N]
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArgs } from 'node:util'
import * as Y from 'yjs'
import {
  eventsOf,
  openRoots,
  randomScript,
  roots,
  runScript,
  shown,
  shownDeltas,
  sorted,
  withoutCleanUp
} from './oracle/edits_script.mjs'
import { Random, runSeed } from './oracle/random.mjs'
import { Replica } from './oracle/replica.mjs'

const { values: options } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' } },
  strict: false
})
const seed = Number(options.seed ?? runSeed())
const seconds = Number(process.env.STET_SECONDS ?? 28) / 4 // for each test

const base64 = (bytes) => (bytes.length > 0 ? Buffer.from(bytes).toString('base64') : '-')
const fromBase64 = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const json = JSON.stringify

// A stet replica; every answer that is not ok is an error.
class Stet {
  constructor(process, id, clientID, gc) {
    Object.assign(this, { process, id, clientID, gc })
  }
  async ask(verb, ...words) {
    const answer = await this.process.request(verb, this.id, ...words)
    if (!answer.ok) throw new Error(`${verb}: ${answer.error}`)
    return answer
  }
  async open() {
    await this.ask('new', this.gc ? 'gc' : 'nogc', this.clientID)
    await this.ask('events', json(roots))
    return this
  }
  async state() {
    return fromBase64((await this.ask('state', 'v1')).data)
  }
  async compareEvents(before, answer, change) {
    assert.deepEqual(sorted(answer.events ?? []), eventsOf(before, this.clientID, this.gc, change), 'events')
  }
  async compareContent(doc) {
    assert.deepEqual((await this.ask('json', json(roots))).json, shown(doc), 'JSON')
    for (const [path, delta] of Object.entries(shownDeltas(doc))) {
      assert.deepEqual((await this.ask('delta', path)).delta, delta, `delta of ${path}`)
    }
  }
  async edit(script) {
    const before = await this.state()
    const answer = await this.ask('edit', json(script))
    if (!this.waits) await this.compareEvents(before, answer, (doc) => runScript(doc, script))
    return { v1: fromBase64(answer.update), v2: fromBase64(answer.updateV2) }
  }
  async apply(update, encoding) {
    const before = await this.state()
    const answer = await this.ask(
      'apply',
      encoding,
      base64(encoding === 'v1' ? update : Y.convertUpdateFormatV1ToV2(update))
    )
    // What waits in a document comes in earlier where the document is loaded anew: no events to compare with.
    const waited = this.waits
    this.waits = answer.pending
    if (!waited && !answer.pending) await this.compareEvents(before, answer, (doc) => Y.applyUpdate(doc, update))
  }
}

const stock = (clientID, gc) => {
  const doc = new Y.Doc({ gc })
  doc.clientID = clientID
  openRoots(doc)
  return doc
}

async function alone(process, seed) {
  const random = new Random(seed)
  const gc = random.chance(0.5)
  const doc = stock(7, gc)
  const stet = await new Stet(process, 'a', 7, gc).open()
  let made = {}
  doc.on('update', (update) => (made.v1 ??= update))
  doc.on('updateV2', (update) => (made.v2 ??= update))
  for (let n = random.between(5, 25); n > 0; n--) {
    const script = randomScript(random, doc)
    made = {}
    runScript(doc, script)
    const updates = await stet.edit(script)
    for (const encoding of ['v1', 'v2']) {
      assert.equal(base64(updates[encoding]), base64(made[encoding] ?? []), `update of ${json(script)} in ${encoding}`)
    }
    await stet.compareContent(doc)
  }
}

async function together(process, seed) {
  const random = new Random(seed)
  const members = []
  for (let i = 0; i < random.between(2, 4); i++) {
    const gc = random.chance(0.5)
    const doc = stock(i + 1, gc)
    const isStet = i === 0 || random.chance(0.4)
    const member = {
      doc: isStet ? null : doc,
      stet: isStet ? await new Stet(process, `m${i}`, i + 1, gc).open() : null,
      inbox: [],
      taken: []
    }
    members.push(member)
    if (!isStet) doc.on('update', (update, _, __, transaction) => transaction.local && send(member, update))
  }
  const send = (from, update) =>
    update.length > 0 && members.forEach((member) => member !== from && member.inbox.push(update))
  const view = async ({ doc, stet }) => {
    if (doc) return doc
    const copy = withoutCleanUp(stock(1000, false))
    Y.applyUpdate(copy, await stet.state())
    return copy
  }
  const receive = async (member) => {
    const [update] = member.inbox.splice(random.below(member.inbox.length), 1)
    member.taken.push(update)
    if (member.doc) Y.applyUpdate(member.doc, update)
    else await member.stet.apply(update, random.pick(['v1', 'v2']))
  }
  for (let n = random.between(10, 30); n > 0; n--) {
    const member = random.pick(members)
    if (member.inbox.length > 0 && random.chance(0.5)) {
      await receive(member)
    } else if (member.doc) {
      runScript(member.doc, randomScript(random, member.doc))
    } else {
      const { v1 } = await member.stet.edit(randomScript(random, await view(member)))
      if (v1.length > 0) member.taken.push(v1)
      send(member, v1)
    }
  }
  while (members.some(({ inbox }) => inbox.length > 0))
    await receive(random.pick(members.filter(({ inbox }) => inbox.length > 0)))
  // Parts that wait for each other are not tried again before a client that they miss has something new: Yjs does so, and
  // stet with it (for instance seed 677233286245). The state of another, as a sync brings it, ends that.
  const waits = ({ doc, stet }) => (doc ? doc.store.pendingStructs !== null : stet.waits)
  const stateOf = ({ doc, stet }) => (doc ? Y.encodeStateAsUpdate(doc) : stet.state())
  for (const member of members.filter(waits)) {
    const right = new Y.Doc({ gc: false })
    for (const update of member.taken) Y.applyUpdate(right, update)
    assert.ok(!member.stet || waits({ doc: right }), 'stet waits, and stock does not')
    for (const other of members.filter((one) => one !== member)) {
      member.inbox.push(await stateOf(other))
      await receive(member)
    }
  }
  const expected = await view(members[0])
  for (const { doc, stet } of members) {
    if (doc) {
      assert.deepEqual(shown(doc), shown(expected), 'JSON of stock')
      assert.deepEqual(shownDeltas(doc), shownDeltas(expected), 'deltas of stock')
      assert.deepEqual(
        Y.decodeStateVector(Y.encodeStateVector(doc)),
        Y.decodeStateVector(Y.encodeStateVector(expected))
      )
    } else {
      await stet.compareContent(expected)
      assert.equal((await stet.ask('check')).error, '')
    }
  }
}

const many = async (history) => {
  const process = new Replica()
  const end = Date.now() + seconds * 1000
  let n = 0
  try {
    for (; options.count ? n < Number(options.count) : Date.now() < end || n === 0; n++) {
      try {
        await history(process, seed + n)
      } catch (error) {
        error.message = `--seed ${seed + n} --count 1: ${error.message}`
        throw error
      }
    }
  } finally {
    await process.close()
  }
  console.log(`${n} histories from seed ${seed}`)
}

test('the same edits make the same updates, values and events', () => many(alone))
test('stock and stet edit together and converge', () => many(together))
