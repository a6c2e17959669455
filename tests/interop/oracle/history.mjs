// Seeded histories of a group of replicas on an unreliable network. Editors are stock Yjs documents that clients would
// hold. Receivers are stock documents that only merge, as a server does, and now and then edit a plain text; what each
// receiver went through is recorded as a script that player.mjs plays on any replica.
import * as Y from 'yjs'
import { openRoots, profiles, randomEdit, splitsPair, typeOn } from './edits.mjs'
import { Random } from './random.mjs'
import { randomString } from './values.mjs'

// A stock document that merges and nothing else: Yjs' clean-up of redundant formats after a remote transaction is the
// business of clients and switched off.
export class Receiver extends Y.Doc {
  // `client`: the id under which it edits.
  constructor({ client, gc }) {
    super({ gc })
    this.editClient = client
    this.on('afterTransaction', (transaction) => {
      transaction._needFormattingCleanup = false
    })
  }

  // Yjs draws a new id when its own one comes back from elsewhere; so the id is its own only while it edits.
  edit(change) {
    const other = this.clientID
    this.clientID = this.editClient
    change()
    this.clientID = other
  }
}

// One step of a script on a Receiver. Returns the update that Yjs emitted for it (v1), or null.
export const playStep = (doc, step) => {
  let emitted = null
  const take = (update) => {
    emitted = update
  }
  doc.on('update', take)
  if (step.kind === 'apply') (step.encoding === 'v1' ? Y.applyUpdate : Y.applyUpdateV2)(doc, step.update)
  if (step.kind === 'insert') doc.edit(() => doc.getText(step.name).insert(step.position, step.text))
  if (step.kind === 'erase') doc.edit(() => doc.getText(step.name).delete(step.position, step.length))
  doc.off('update', take)
  return emitted
}

// A state vector somewhere in the past of `doc`, or with clients unknown to it. Never inside a surrogate pair: what is
// ahead of `doc` is so far ahead that it does not cut what waits in it.
const randomStateVector = (random, doc) => {
  const vector = new Map()
  for (const [client, end] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    random.weighted([
      [2, () => {}],
      [2, () => vector.set(client, end)],
      [1, () => vector.set(client, end + random.between(1_000_000, 1_000_009))],
      [3, () => vector.set(client, wholeCharacterClock(doc, client, random.below(end + 1)))]
    ])()
  }
  if (random.chance(0.1)) vector.set(random.below(2 ** 31), random.below(9))
  return Y.encodeStateVector(vector)
}

const wholeCharacterClock = (doc, client, clock) => {
  const structs = doc.store.clients.get(client)
  if (clock >= Y.getState(doc.store, client)) return clock
  const struct = structs[Y.findIndexSS(structs, clock)]
  const isText = struct.content instanceof Y.ContentString
  if (struct.deleted && !isText) return struct.id.clock // what was there is not known any more
  const inside = isText && splitsPair(struct.content.str, clock - struct.id.clock)
  return inside ? clock - 1 : clock
}

const randomClient = (random, width) => {
  if (width === 'small') return random.between(1, 200)
  return width === 'v13' ? random.uint32() : random.below(2 ** 21) * 2 ** 32 + random.uint32()
}

export class History {
  constructor(seed) {
    this.seed = seed
    const random = (this.random = new Random(seed))
    this.profileName = random.weighted([
      [12, 'everything'],
      [6, 'text'],
      [6, 'plain'],
      [3, 'maps'],
      [6, 'nested'],
      [3, 'erasing'],
      [1, 'typing']
    ])
    this.profile = profiles[this.profileName]
    this.lossy = random.pick([0, 0, 0.05, 0.2])
    this.editing = random.chance(0.5)
    const width = random.pick(['small', 'v13', 'v13', 'v14'])
    const gc = random.pick([() => true, () => false, () => random.chance(0.5)])
    const clients = new Set()
    const drawClient = () => {
      let client = randomClient(random, width)
      while (clients.has(client)) client = randomClient(random, width)
      clients.add(client)
      return client
    }
    this.editors = Array.from({ length: random.between(1, 3) }, () => this.#openEditor(drawClient(), gc()))
    this.receivers = Array.from({ length: random.between(1, 2) }, () => {
      const options = { client: drawClient(), gc: gc() }
      return { doc: new Receiver(options), options, steps: [], inbox: [] }
    })
    this.members = [...this.editors, ...this.receivers]
  }

  #openEditor(client, gc) {
    const doc = new Y.Doc({ gc })
    doc.clientID = client
    const roots = openRoots(doc)
    const undo = this.random.chance(0.3) ? new Y.UndoManager(roots, { captureTimeout: 0 }) : null
    const member = { doc, undo, inbox: [], cursor: {} }
    doc.on('update', (update, origin) => {
      if (origin !== 'network') this.#send(member, update)
    })
    return member
  }

  // What a client edits goes to everybody; what it got from others does not.
  #send(sender, update) {
    for (const member of this.members) {
      if (member !== sender && !this.random.chance(this.lossy)) member.inbox.push(update)
    }
  }

  #edit(editor) {
    if (this.profile.types && this.random.chance(0.9)) return typeOn(this.random, editor.doc, editor.cursor)
    if (editor.undo && this.random.chance(0.15)) {
      if (this.random.chance(0.6)) editor.undo.undo()
      else editor.undo.redo()
      return undefined
    }
    const count = this.random.chance(0.7) ? 1 : this.random.between(2, 5)
    editor.doc.transact(() => {
      for (let i = 0; i < count; i++) randomEdit(this.random, editor.doc, this.profile)
    })
    return undefined
  }

  #editPlainText(receiver) {
    const text = receiver.doc.getText('plain')
    const position = this.random.below(text.length + 1)
    const shown = text.toString()
    if (splitsPair(shown, position)) return
    if (this.random.chance(this.profile.remove)) {
      const length = Math.min(text.length - position, this.random.between(1, 6))
      if (length === 0 || splitsPair(shown, position + length)) return
      this.#record(receiver, { kind: 'erase', name: 'plain', position, length })
    } else {
      this.#record(receiver, { kind: 'insert', name: 'plain', position, text: randomString(this.random) })
    }
  }

  #record(receiver, step) {
    receiver.steps.push(step)
    const update = playStep(receiver.doc, step)
    if (step.kind !== 'apply' && update) this.#send(receiver, update)
    if (this.random.chance(0.3))
      receiver.steps.push({ kind: 'diff', vector: randomStateVector(this.random, receiver.doc) })
  }

  #deliver(member, update) {
    const random = this.random
    const encoding = random.chance(0.75) ? 'v1' : 'v2'
    const bytes = encoding === 'v1' ? update : Y.convertUpdateFormatV1ToV2(update)
    if (member.steps) this.#record(member, { kind: 'apply', encoding, update: bytes })
    else (encoding === 'v1' ? Y.applyUpdate : Y.applyUpdateV2)(member.doc, bytes, 'network')
  }

  #deliverFromInbox(member) {
    const random = this.random
    const inbox = member.inbox
    const inOrder = random.chance(0.6)
    if (random.chance(0.15)) {
      // Several messages merged by a relay that holds no document: this is where Skip structs come from.
      const messages = inbox.splice(inOrder ? 0 : random.below(inbox.length), random.between(2, 6))
      this.#deliver(member, Y.mergeUpdates(random.chance(0.3) ? messages.reverse() : messages))
      return
    }
    const index = inOrder ? 0 : random.below(inbox.length)
    const update = inbox[index]
    if (!random.chance(0.1)) inbox.splice(index, 1)
    this.#deliver(member, update)
  }

  // A part of what `from` has: what `to` lacks, or a piece cut at random.
  #sync(from, to) {
    const random = this.random
    const vector = random.chance(0.6) ? Y.encodeStateVector(to.doc) : randomStateVector(random, from.doc)
    this.#deliver(to, Y.encodeStateAsUpdate(from.doc, vector))
  }

  step() {
    const random = this.random
    random.weighted([
      [8, () => this.#edit(random.pick(this.editors))],
      [this.editing ? 3 : 0, () => this.#editPlainText(random.pick(this.receivers))],
      [
        10,
        () => {
          const member = random.pick(this.members)
          if (member.inbox.length > 0) this.#deliverFromInbox(member)
        }
      ],
      [
        6,
        () => {
          const member = random.pick(this.receivers)
          if (member.inbox.length > 0) this.#deliverFromInbox(member)
        }
      ],
      [
        2,
        () => {
          const from = random.pick(this.members)
          const to = random.pick(this.members)
          if (from !== to) this.#sync(from, to)
        }
      ]
    ])()
  }

  // Everybody gets everything, until nobody lacks anything.
  settle() {
    for (const member of this.members) {
      while (member.inbox.length > 0) this.#deliverFromInbox(member)
    }
    for (let round = 0; round < 5; round++) {
      for (const from of this.members) {
        for (const to of this.members) {
          if (from !== to) this.#deliver(to, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)))
        }
      }
      for (const member of this.members) member.inbox.length = 0
    }
  }

  run() {
    const steps = this.profile.types ? 800 : this.random.pick([10, 30, 60, 60, 100, 200])
    for (let n = 0; n < steps; n++) this.step()
    if (this.random.chance(0.7)) {
      this.settle()
      this.settled = true
    }
    return this
  }
}
