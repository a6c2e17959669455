// Plays a receiver's script on a replica and on stock Yjs side by side, and compares everything after each step: encoded
// state byte for byte, now and then the store struct by struct with the order in which they stand, at the end the JSON
// and the deltas.
import { isDeepStrictEqual } from 'node:util'
import * as Y from 'yjs'
import { contentOf, plainTextOf } from './content.mjs'
import { explainDifference, storeLines } from './dump.mjs'
import { openRoots } from './edits.mjs'
import { shown, shownDeltas } from './edits_script.mjs'
import { Receiver, playStep } from './history.mjs'

export class Mismatch extends Error {
  constructor(step, kind, detail) {
    super(`step ${step}: ${kind}: ${detail}`)
    this.step = step
    this.kind = kind
  }
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64')
const fromBase64 = (text) => new Uint8Array(Buffer.from(text, 'base64'))

// Which clocks an update brings, as one string; Skip brings none.
const structRanges = (update) => {
  const ranges = new Map()
  for (const struct of Y.decodeUpdate(update).structs) {
    if (struct instanceof Y.Skip) continue
    const of = ranges.get(struct.id.client) ?? []
    const last = of[of.length - 1]
    if (last && last[1] === struct.id.clock) last[1] += struct.length
    else of.push([struct.id.clock, struct.id.clock + struct.length])
    ranges.set(struct.id.client, of)
  }
  return JSON.stringify([...ranges].sort(([a], [b]) => a - b))
}

// The roots that histories edit.
export const roots = [
  ['text', 'text'],
  ['text', 'plain'],
  ['array', 'list'],
  ['map', 'map'],
  ['fragment', 'xml']
]

// A copy without what waits, which `doc` loses, too.
const integratedPart = (doc) => {
  const copy = new Y.Doc()
  Object.assign(doc.store, { pendingStructs: null, pendingDs: null })
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return copy
}

let nextId = 0

// `script`: {options: {client, gc}, steps}. Throws a Mismatch where the replica and stock Yjs part.
export const play = async (script, replica) => {
  const id = `d${nextId++}`
  const doc = new Receiver(script.options)
  const follower = new Receiver({ gc: script.options.gc })
  const checks = []
  let step = -1

  const ask = (words, verify) => {
    const at = step
    checks.push({
      at,
      words,
      verify,
      answer: replica.request(...words).then(
        (value) => ({ value }),
        (error) => ({ error })
      )
    })
  }
  const suffix = () => (doc.store.pendingStructs || doc.store.pendingDs ? ' while parts are pending' : '')
  const askBytes = (kind, words, field, expected, encoding) => {
    const name = kind + suffix()
    ask(words, (answer, fail) => {
      const actual = fromBase64(answer[field])
      if (Buffer.compare(actual, expected) !== 0) fail(name, explainDifference(expected, actual, encoding))
    })
  }
  const askEqual = (kind, words, field, expected) => {
    const name = kind + suffix()
    ask(words, (answer, fail) => {
      if (answer[field] !== expected)
        fail(name, `expected ${JSON.stringify(expected)}, got ${JSON.stringify(answer[field])}`)
    })
  }

  const askStore = () => {
    const name = `store${suffix()}`
    const expected = storeLines(doc)
    ask(['store', id], ({ lines }, fail) => {
      const differing = (here, there, sign) =>
        here.filter((line) => !there.includes(line)).map((line) => `${sign} ${line}`)
      if (lines.join('\n') !== expected.join('\n'))
        fail(name, ['', ...differing(expected, lines, '-'), ...differing(lines, expected, '+')].join('\n'))
    })
  }

  const askApply = ({ encoding, update }, emitted) => {
    const pending = Boolean(doc.store.pendingStructs || doc.store.pendingDs)
    ask(['apply', id, encoding, base64(update)], (answer, fail) => {
      if (answer.changed !== (emitted !== null)) fail('changed', `expected ${emitted !== null}`)
      if (answer.pending !== pending) fail('pending', `expected ${pending}`)
      const relayed = fromBase64(answer.update)
      if (!answer.changed || answer.exact) {
        if (relayed.length > 0) fail('update', 'an update although the bytes given say all or nothing')
      } else if (Buffer.compare(relayed, emitted) !== 0) {
        fail('update', explainDifference(emitted, relayed, 'v1'))
      }
      if (!answer.changed) return
      const given = encoding === 'v1' ? update : Y.convertUpdateFormatV2ToV1(update)
      if (answer.exact && structRanges(given) !== structRanges(emitted)) {
        fail('exact', `given ${structRanges(given)}, integrated ${structRanges(emitted)}`)
      }
      Y.applyUpdate(follower, answer.exact ? given : relayed)
    })
  }

  ask(['new', id, script.options.gc ? 'gc' : 'nogc', script.options.client], () => {})
  for (const action of script.steps) {
    step++
    if (action.kind === 'diff') {
      const encoding = step % 2 ? 'v1' : 'v2'
      const expected = (encoding === 'v1' ? Y.encodeStateAsUpdate : Y.encodeStateAsUpdateV2)(doc, action.vector)
      askBytes('diff', ['diff', id, encoding, base64(action.vector)], 'data', expected, encoding)
      continue
    }
    const emitted = playStep(doc, action)
    if (action.kind === 'apply') {
      askApply(action, emitted)
    } else {
      const words =
        action.kind === 'insert'
          ? ['insert', id, action.name, action.position, base64(Buffer.from(action.text))]
          : ['erase', id, action.name, action.position, action.length]
      askBytes(action.kind, words, 'update', emitted ?? new Uint8Array(), 'v1')
      ask(['sv', id], () => {
        if (emitted) Y.applyUpdate(follower, emitted)
      })
    }
    askEqual('check', ['check', id], 'error', '')
    askBytes('state vector', ['sv', id], 'data', Y.encodeStateVector(doc))
    for (const name of ['plain', 'text']) askEqual('text', ['text', id, name], 'text', plainTextOf(doc, name))
    askBytes('state', ['state', id, 'v1'], 'data', Y.encodeStateAsUpdate(doc), 'v1')
    if (step % 4 === 0 || step === script.steps.length - 1) {
      askBytes('state v2', ['state', id, 'v2'], 'data', Y.encodeStateAsUpdateV2(doc), 'v2')
      askStore()
    }
  }
  const copy = integratedPart(doc)
  const askJson = (kind, words, field, expected) =>
    ask(words, (answer, fail) => {
      if (!isDeepStrictEqual(answer[field], expected))
        fail(kind, `expected ${JSON.stringify(expected)}, got ${JSON.stringify(answer[field])}`)
    })
  askJson('JSON', ['json', id, JSON.stringify(roots)], 'json', shown(copy, roots))
  for (const [path, delta] of Object.entries(shownDeltas(copy, roots)))
    askJson(`delta of ${path}`, ['delta', id, path], 'delta', delta)
  ask(['drop', id], () => {})

  for (const { at, words, verify, answer } of checks) {
    const fail = (kind, detail) => {
      throw new Mismatch(at, kind, detail)
    }
    const { value, error } = await answer
    if (error) fail('crash', `${words.join(' ').slice(0, 300)}: ${error.message}`)
    if (!value.ok) fail('refused', `${words.join(' ').slice(0, 300)}: ${JSON.stringify(value)}`)
    verify(value, fail)
  }
  // Whoever got only what the replica would relay shows the same document; nothing of what waits in it.
  if (contentOf(openRoots(copy)) !== contentOf(openRoots(follower))) {
    throw new Mismatch(step, 'relay', 'a document that was sent only what was to be relayed shows something else')
  }
}
