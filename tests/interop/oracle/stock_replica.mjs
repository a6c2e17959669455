// stet-replica's line protocol on top of stock Yjs: the driver is tested against it, without a fault (no mismatch may be
// reported) and with one (it must be found). `node stock_replica.mjs [FAULT]`.
import { createInterface } from 'node:readline'
import * as Y from 'yjs'
import { plainTextOf } from './content.mjs'
import { storeLines } from './dump.mjs'
import { shown, shownDeltas } from './edits_script.mjs'
import { Receiver, playStep } from './history.mjs'
import { roots } from './player.mjs'

const fault = process.argv[2]
const docs = new Map()
const bytes = (text = '') => new Uint8Array(Buffer.from(text, 'base64'))
const base64 = (data) => Buffer.from(data ?? []).toString('base64')
const isPending = (doc) => Boolean(doc.store.pendingStructs || doc.store.pendingDs)
const encode = (encoding) => (encoding === 'v1' ? Y.encodeStateAsUpdate : Y.encodeStateAsUpdateV2)

const commands = {
  new: (id, gc, client) => {
    docs.set(id, new Receiver({ gc: gc === 'gc', client: Number(client) }))
    return {}
  },
  apply: (id, encoding, data) => {
    const doc = docs.get(id)
    if (fault === 'lose-second-client' && doc.store.clients.size > 1 && !isPending(doc)) {
      return { changed: false, exact: false, pending: false, update: '' }
    }
    const emitted = playStep(doc, { kind: 'apply', encoding, update: bytes(data) })
    return { changed: emitted !== null, exact: false, pending: isPending(doc), update: base64(emitted) }
  },
  state: (id, encoding) => ({ data: base64(encode(encoding)(docs.get(id))) }),
  diff: (id, encoding, vector) => ({ data: base64(encode(encoding)(docs.get(id), bytes(vector))) }),
  sv: (id) => ({ data: base64(Y.encodeStateVector(docs.get(id))) }),
  text: (id, name) => ({ text: plainTextOf(docs.get(id), name) }),
  insert: (id, name, position, text) => {
    const step = { kind: 'insert', name, position: Number(position), text: Buffer.from(text, 'base64').toString() }
    return { update: base64(playStep(docs.get(id), step)) }
  },
  erase: (id, name, position, length) => {
    const step = { kind: 'erase', name, position: Number(position), length: Number(length) }
    return { update: base64(playStep(docs.get(id), step)) }
  },
  store: (id) => {
    const lines = storeLines(docs.get(id))
    return { lines: fault === 'misplace' ? lines.map((line) => line.replace(/left \d+/, 'left 1')) : lines }
  },
  json: (id) => ({ json: shown(docs.get(id), roots) }),
  delta: (id, ...path) => ({ delta: shownDeltas(docs.get(id), roots)[path.join(' ')] }),
  check: () => ({ error: '' }),
  drop: (id) => {
    docs.delete(id)
    return {}
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, ...words] = line.split(' ')
  if (fault === 'die' && command === 'erase') process.exit(3)
  process.stdout.write(`${JSON.stringify({ ok: true, ...commands[command](...words) })}\n`)
})
