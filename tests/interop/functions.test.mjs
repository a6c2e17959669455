// Functions of the core against stock Yjs, byte for byte: encoded updates merged, cut, converted and asked; snapshots;
// relative positions; undo and redo. The material are the seeded histories of the differential test.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as Y from 'yjs'
import { openRoots, profiles, randomEdit } from './oracle/edits.mjs'
import { randomScript, runScript, shown } from './oracle/edits_script.mjs'
import { History, Receiver } from './oracle/history.mjs'
import { Random, runSeed } from './oracle/random.mjs'
import { Replica } from './oracle/replica.mjs'

const seconds = Number(process.env.STET_FUNCTION_SECONDS ?? 3) // for each of the tests
const firstSeed = runSeed()
const roots = ['text', 'plain', 'list', 'map', 'xml']
const kinds = ['text', 'text', 'array', 'map', 'fragment']

let replica
before(() => {
  replica = new Replica()
})
after(() => replica.close())

const hex = (bytes) => (bytes.length === 0 ? '-' : Buffer.from(bytes).toString('hex'))
let nextId = 0

// A document of the replica beside a stock one.
class Beside {
  static async open(options) {
    const beside = new Beside()
    beside.id = `f${nextId++}`
    const answer = await replica.request('new', beside.id, options.gc ? 'gc' : 'nogc', options.client ?? 0)
    assert(answer.ok)
    return beside
  }

  async ask(name, ...words) {
    const answer = await replica.request('fn', this.id, name, ...words)
    assert(answer.ok, `${name} ${words.join(' ').slice(0, 300)}: ${JSON.stringify(answer)}`)
    return answer
  }

  async askBytes(expected, name, ...words) {
    const { data } = await this.ask(name, ...words)
    assert.equal(data, Buffer.from(expected).toString('hex'), `${name} ${words.join(' ').slice(0, 2000)}`)
  }

  drop() {
    return replica.request('drop', this.id)
  }
}

// Plays `check(random, seed)` with one seed after the other until the time is over.
const forSeeds = async (check) => {
  const end = Date.now() + seconds * 1000
  let seed = firstSeed
  do {
    try {
      await check(new Random(seed), seed)
    } catch (error) {
      console.log(`STET_SEED=${seed}`)
      throw error
    }
    seed++
  } while (Date.now() < end)
  console.log(`seeds ${firstSeed} to ${seed - 1}`)
}

// The updates (v1) that the members of a history were sent or would send.
const updatesOf = (history) => [
  ...history.receivers.flatMap(({ steps }) =>
    steps
      .filter((step) => step.kind === 'apply')
      .map(({ encoding, update }) => (encoding === 'v1' ? update : Y.convertUpdateFormatV2ToV1(update)))
  ),
  ...history.members.map(({ doc }) => Y.encodeStateAsUpdate(doc))
]

// Whether two of the updates (v1) begin a struct at the same unit, one a GC struct and the other an item. Which of them
// Yjs then writes is up to its JavaScript engine: its comparison says of both that they come first.
const isMixed = (updates) => {
  const kinds = new Map()
  return updates.some((update) =>
    Y.decodeUpdate(update).structs.some(({ id, constructor: kind }) => {
      const unit = `${id.client}:${id.clock}`
      const known = kinds.get(unit) ?? kind
      kinds.set(unit, kind)
      return known !== kind
    })
  )
}

// What a document shows that applied the update (v1), and which units it knows and has deleted.
const shownBy = (update) => {
  const doc = new Receiver({ client: 1, gc: true })
  Y.applyUpdate(doc, update)
  openRoots(doc)
  return { roots: shown(doc, []), units: hex(Y.encodeSnapshot(Y.snapshot(doc))) }
}

const encodings = [
  {
    name: 'v1',
    other: 'v2',
    from: (update) => update,
    toV1: (update) => update,
    merge: Y.mergeUpdates,
    diff: Y.diffUpdate,
    convert: Y.convertUpdateFormatV1ToV2,
    vector: Y.encodeStateVectorFromUpdate,
    meta: Y.parseUpdateMeta
  },
  {
    name: 'v2',
    other: 'v1',
    from: Y.convertUpdateFormatV1ToV2,
    toV1: Y.convertUpdateFormatV2ToV1,
    merge: Y.mergeUpdatesV2,
    diff: Y.diffUpdateV2,
    convert: Y.convertUpdateFormatV2ToV1,
    vector: Y.encodeStateVectorFromUpdateV2,
    meta: Y.parseUpdateMetaV2
  }
]

test('updates are merged, cut, converted and asked as by stock Yjs', async () => {
  const beside = await Beside.open({ gc: true })
  await forSeeds(async (random, seed) => {
    const history = new History(seed).run()
    const updates = updatesOf(history)
    const vectors = history.members.map(({ doc }) => Y.encodeStateVector(doc))
    for (const encoding of encodings) {
      const some = Array.from({ length: random.pick([0, 1, 2, 3, 8, 20]) }, () => encoding.from(random.pick(updates)))
      const merged = encoding.merge(some)
      if (isMixed(some.map(encoding.toV1))) {
        const { data } = await beside.ask('merge', encoding.name, ...some.map(hex))
        assert.deepEqual(shownBy(encoding.toV1(Buffer.from(data, 'hex'))), shownBy(encoding.toV1(merged)))
      } else if (some.length > 0) {
        await beside.askBytes(merged, 'merge', encoding.name, ...some.map(hex))
      }
      for (const update of [merged, ...some].slice(0, 4)) {
        const vector = random.pick(vectors)
        await beside.askBytes(encoding.diff(update, vector), 'diff', encoding.name, hex(update), hex(vector))
        await beside.askBytes(encoding.convert(update), 'convert', encoding.name, encoding.other, hex(update))
        await beside.askBytes(encoding.vector(update), 'state_vector', encoding.name, hex(update))
        const { from, to } = encoding.meta(update)
        const { meta } = await beside.ask('meta', encoding.name, hex(update))
        assert.deepEqual(
          meta,
          [...from].map(([client, clock]) => [client, clock, to.get(client)])
        )
      }
    }
  })
  await beside.drop()
})

test('a Skip at the beginning stays when an update is converted', async () => {
  const beside = await Beside.open({ gc: true })
  const update = new Uint8Array([1, 2, 7, 0, 10, 3, 0, 2, 0]) // client 7: three units skipped, two of GC
  const v2 = Y.convertUpdateFormatV1ToV2(update)
  await beside.askBytes(v2, 'convert', 'v1', 'v2', hex(update))
  await beside.askBytes(update, 'convert', 'v2', 'v1', hex(v2))
  await beside.drop()
})

// --- snapshots -------------------------------------------------------------------------------------------------------

test('snapshots have the bytes of stock Yjs, and the documents restored from them too', async () => {
  await forSeeds(async (random, seed) => {
    const updates = updatesOf(new History(seed).run())
    const gc = random.chance(0.2)
    const doc = new Receiver({ client: 1, gc })
    const beside = await Beside.open({ gc })
    const snapshots = []
    for (const update of updates.slice(-40)) {
      Y.applyUpdate(doc, update)
      await beside.ask('apply', 'v1', 'other', hex(update))
      if (!random.chance(0.2)) continue
      const snapshot = Y.snapshot(doc)
      snapshots.push(snapshot)
      await beside.askBytes(Y.encodeSnapshot(snapshot), 'snapshot', 'v1')
      await beside.askBytes(Y.encodeSnapshotV2(snapshot), 'snapshot', 'v2')
      await beside.askBytes(Y.encodeSnapshot(snapshot), 'recode', 'v2', 'v1', hex(Y.encodeSnapshotV2(snapshot)))
      await beside.askBytes(Y.encodeSnapshotV2(snapshot), 'recode', 'v1', 'v2', hex(Y.encodeSnapshot(snapshot)))
    }
    for (const snapshot of snapshots.slice(0, 4)) {
      const update = random.pick(updates)
      const { contains } = await beside.ask('contains', 'v1', hex(Y.encodeSnapshot(snapshot)), hex(update))
      assert.equal(contains, Y.snapshotContainsUpdate(snapshot, update))
      if (gc) continue
      const restored = Y.createDocFromSnapshot(doc, snapshot, new Receiver({ client: 2, gc: true }))
      await beside.askBytes(Y.encodeStateAsUpdate(restored), 'restore', 'gc', hex(Y.encodeSnapshot(snapshot)))
    }
    await beside.drop()
  })
})

// --- relative positions ----------------------------------------------------------------------------------------------

// Types of a document that hold lists, any depth.
const listsOf = (doc) => {
  const found = openRoots(doc)
  for (const type of found) {
    for (let item = type._start; item !== null; item = item.right) {
      if (!item.deleted && item.content instanceof Y.ContentType) found.push(item.content.type)
    }
  }
  return found.filter((type) => !(type instanceof Y.Map))
}

const endOf = (type) => hex(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(type, 1e9, 0)))

const comparePosition = async (beside, doc, position, followUndone) => {
  const expected = Y.createAbsolutePositionFromRelativePosition(position, doc, followUndone)
  const words = [hex(Y.encodeRelativePosition(position)), followUndone ? 1 : 0]
  const { found, index, type } = await beside.ask('absolute', ...words)
  assert.equal(found, expected !== null, `absolute ${words.join(' ')}`)
  if (expected)
    assert.deepEqual(
      { index, type },
      { index: expected.index, type: endOf(expected.type) },
      `absolute ${words.join(' ')}`
    )
}

const makePosition = async (random, beside, doc) => {
  const type = random.pick(listsOf(doc))
  const index = random.below(type.length + 2)
  const assoc = random.pick([0, 0, -1, 1, -3])
  const position = Y.createRelativePositionFromTypeIndex(type, index, assoc)
  const words = [endOf(type), index, assoc]
  const answer = await beside.ask('position', ...words)
  assert.equal(answer.data, hex(Y.encodeRelativePosition(position)), `position ${words.join(' ')}`)
  assert.equal(answer.json, JSON.stringify(Y.relativePositionToJSON(position)))
  return position
}

test('relative positions have the bytes of stock Yjs and come to the same place', async () => {
  await forSeeds(async (random, seed) => {
    const updates = updatesOf(new History(seed).run()).slice(-60)
    const gc = random.chance(0.5)
    const doc = new Receiver({ client: 1, gc })
    const beside = await Beside.open({ gc })
    const positions = []
    for (const update of updates) {
      Y.applyUpdate(doc, update)
      await beside.ask('apply', 'v1', 'other', hex(update))
      if (random.chance(0.5)) positions.push(await makePosition(random, beside, doc))
      if (positions.length > 0 && random.chance(0.5)) await comparePosition(beside, doc, random.pick(positions), true)
    }
    for (const position of positions) await comparePosition(beside, doc, position, random.chance(0.5))
    await beside.drop()
  })
})

// --- undo ------------------------------------------------------------------------------------------------------------

// Editors that write at once; their updates reach a stock document and a replica, which are edited, too: under an origin
// that the undo managers of both record, or under another one.
class UndoHistory {
  static async open(random) {
    const history = new UndoHistory()
    history.random = random
    history.profile = profiles[random.pick(['everything', 'text', 'plain', 'maps', 'nested', 'erasing'])]
    const gc = random.chance(0.7)
    const own = random.between(1, 60)
    history.doc = new Receiver({ client: own, gc })
    history.doc.clientID = own
    history.beside = await Beside.open({ gc, client: own })
    history.editors = Array.from({ length: random.between(1, 3) }, (_, i) => {
      const doc = new Receiver({ client: 0, gc: random.chance(0.5) })
      doc.clientID = random.between(1, 50) * 4 + 100 + i
      openRoots(doc)
      return { doc, sent: Y.encodeStateVector(doc) }
    })
    const { doc } = history
    const options = {
      roots: random.chance(0.6) ? roots : roots.filter(() => random.chance(0.5)),
      joined: random.chance(0.4),
      origins: ['me'],
      ignore: random.chance(0.2)
    }
    const types = openRoots(doc).filter((_, i) => options.roots.includes(roots[i]))
    history.undo = new Y.UndoManager(types, {
      doc,
      trackedOrigins: new Set(options.origins),
      captureTimeout: options.joined ? 1e9 : 0,
      ignoreRemoteMapChanges: options.ignore
    })
    history.events = ''
    const note =
      (what) =>
      ({ type }) => {
        history.events += what + type[0]
      }
    history.undo.on('stack-item-added', note('+'))
    history.undo.on('stack-item-updated', note('='))
    history.undo.on('stack-item-popped', note('-'))
    history.undo.on('stack-cleared', ({ undoStackCleared: u, redoStackCleared: r }) => {
      history.events += `!${u ? 'u' : ''}${r ? 'r' : ''}`
    })
    const scope = options.roots.map((name) => [kinds[roots.indexOf(name)], name])
    await history.beside.ask('undo_manager', JSON.stringify({ ...options, roots: scope }))
    return history
  }

  // Does the same on both sides and compares the update, the events and the stacks.
  async both(act, words) {
    let made = new Uint8Array()
    const take = (update) => {
      made = update
    }
    this.doc.on('update', take)
    const result = act()
    this.doc.off('update', take)
    const answer = await this.beside.ask(...words)
    const expected = {
      data: Buffer.from(made).toString('hex'),
      events: this.events,
      can_undo: this.undo.canUndo(),
      can_redo: this.undo.canRedo()
    }
    this.events = ''
    const { data, events, can_undo, can_redo } = answer
    assert.deepEqual({ data, events, can_undo, can_redo }, expected, words.join(' ').slice(0, 500))
    if (words[0] === 'undo' || words[0] === 'redo') assert.equal(answer.done, result !== null)
    const { error } = await replica.request('check', this.beside.id)
    assert.equal(error, '')
  }

  async edit() {
    const { random } = this
    const editor = random.pick(this.editors)
    const count = random.pick([1, 1, 1, 2, 4])
    editor.doc.transact(() => {
      for (let i = 0; i < count; i++) randomEdit(random, editor.doc, this.profile)
    })
    if (random.chance(0.2)) return
    const update = Y.encodeStateAsUpdate(editor.doc, Y.encodeStateVector(this.doc))
    const origin = this.origin()
    await this.both(() => Y.applyUpdate(this.doc, update, origin), ['apply', 'v1', origin, hex(update)])
  }

  origin() {
    return this.random.chance(0.75) ? 'me' : 'other'
  }

  async editHere() {
    const script = randomScript(this.random, this.doc)
    const origin = this.origin()
    await this.both(() => runScript(this.doc, script, origin), ['edit', origin, JSON.stringify(script)])
  }

  async step() {
    const { random, undo } = this
    await random.weighted([
      [7, () => this.edit()],
      [5, () => this.editHere()],
      [5, () => this.both(() => undo.undo(), ['undo'])],
      [3, () => this.both(() => undo.redo(), ['redo'])],
      [2, () => this.both(() => undo.stopCapturing(), ['stop'])],
      [0.2, () => this.both(() => undo.clear(), ['clear'])],
      [
        3,
        async () => {
          const editor = random.pick(this.editors)
          Y.applyUpdate(editor.doc, Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(editor.doc)))
        }
      ],
      [1, async () => comparePosition(this.beside, this.doc, await makePosition(random, this.beside, this.doc), true)]
    ])()
  }
}

test('undo and redo make the updates of stock Yjs', async () => {
  await forSeeds(async (random) => {
    const history = await UndoHistory.open(random)
    for (let n = random.pick([15, 40, 80]); n > 0; n--) await history.step()
    const { data } = await replica.request('state', history.beside.id, 'v1')
    assert.equal(Buffer.from(data, 'base64').toString('hex'), hex(Y.encodeStateAsUpdate(history.doc)))
    await history.beside.drop()
  })
})
