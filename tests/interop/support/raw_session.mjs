// A client of one document on one server, frame by frame as stock providers speak, which writes down what it is told.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { until, within } from './client.mjs'

const sync = 0
const awareness = 1
const auth = 2
const stateless = 5
const syncStatus = 8
const [step1, step2, update] = [0, 1, 2]

// What differs between the protocols: the address before each frame, and whether saving is told by SyncStatus.
export const protocols = {
  hocuspocus: { path: () => '/hocuspocus', address: (doc) => doc, tellsStatus: true },
  'y-websocket': { path: (doc) => `/ws/${doc}`, address: () => undefined, tellsStatus: false }
}

export class RawSession {
  // `url`: of the server, without a path.
  constructor(url, protocol, docName, clientId) {
    Object.assign(this, { url, protocol, docName })
    this.doc = new Y.Doc()
    this.doc.clientID = clientId
    this.awareness = new Awareness(this.doc)
    this.doc.on('update', (bytes, origin) => {
      if (origin !== this && this.isOpen) this.#sync(update, bytes)
    })
    this.awareness.on('update', ({ added, updated, removed }, origin) => {
      if (origin !== this && this.isOpen) this.#presence([...added, ...updated, ...removed])
    })
    this.#reset()
  }

  #reset() {
    this.told = [] // {kind, bytes, isNew}, but for presence, which shows in `awareness`
    this.saved = 0 // SyncStatus 1
    this.counts = { step1Sent: 0, step2Received: 0, toBeSaved: 0 }
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN
  }

  // As a provider opens: who it is, then step 1 and its presence.
  async open() {
    this.#reset()
    this.socket = new WebSocket(this.url + this.protocol.path(this.docName))
    this.socket.binaryType = 'nodebuffer'
    this.socket.on('message', (data) => this.#onFrame(new Uint8Array(data)))
    const opened = once(this.socket, 'open')
    this.socket.once('open', () => this.#introduce()) // before anything that the server says first is answered
    await within('the connection', opened)
  }

  #introduce() {
    if (this.protocol.tellsStatus) {
      this.#send(auth, (to) => {
        encoding.writeVarUint(to, 0)
        encoding.writeVarString(to, 'a token')
      })
    }
    this.ask()
    this.#presence([this.doc.clientID])
  }

  async close() {
    if (!this.socket || this.socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.socket, 'close')
    this.socket.close()
    await within('the end of the connection', closed)
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.doc.clientID)
    removeAwarenessStates(this.awareness, others, this)
  }

  destroy() {
    this.socket?.terminate()
    this.awareness.destroy()
    this.doc.destroy()
  }

  // Sends the update once more.
  repeat(bytes) {
    this.#sync(update, bytes)
  }

  say(text) {
    this.#send(stateless, (to) => encoding.writeVarString(to, text))
  }

  ask() {
    this.counts.step1Sent++
    this.#sync(step1, Y.encodeStateVector(this.doc))
  }

  // All that was asked is answered, and all that was sent is saved where the protocol tells that.
  get isSettled() {
    const { step1Sent, step2Received, toBeSaved } = this.counts
    return step1Sent === step2Received && (!this.protocol.tellsStatus || this.saved === toBeSaved)
  }

  settled() {
    return until(
      () => `it is settled: ${JSON.stringify(this.counts)}, ${this.saved} saved`,
      () => this.isSettled
    )
  }

  #send(type, write) {
    const to = encoding.createEncoder()
    const address = this.protocol.address(this.docName)
    if (address !== undefined) encoding.writeVarString(to, address)
    encoding.writeVarUint(to, type)
    write(to)
    this.socket.send(encoding.toUint8Array(to))
  }

  #sync(kind, bytes) {
    if (kind !== step1) this.counts.toBeSaved++
    this.#send(sync, (to) => {
      encoding.writeVarUint(to, kind)
      encoding.writeVarUint8Array(to, bytes)
    })
  }

  #presence(clients) {
    this.#send(awareness, (to) => encoding.writeVarUint8Array(to, encodeAwarenessUpdate(this.awareness, clients)))
  }

  #onFrame(frame) {
    const from = decoding.createDecoder(frame)
    const address = this.protocol.address(this.docName)
    if (address !== undefined && decoding.readVarString(from) !== address) this.told.push({ kind: 'a wrong address' })
    const type = decoding.readVarUint(from)
    if (type === awareness) {
      applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(from), this)
    } else if (type === syncStatus) {
      this.saved += decoding.readVarUint(from)
    } else if (type === sync) {
      this.#onSync(decoding.readVarUint(from), decoding.readVarUint8Array(from))
    } else {
      this.told.push({ kind: `type ${type}`, bytes: decoding.readTailAsUint8Array(from) })
    }
  }

  #onSync(kind, bytes) {
    const told = { kind: ['step 1', 'step 2', 'update'][kind], bytes, isNew: false }
    this.told.push(told)
    if (kind === step1) return this.#sync(step2, Y.encodeStateAsUpdate(this.doc, bytes))
    if (kind === step2) this.counts.step2Received++
    const note = () => (told.isNew = true)
    this.doc.on('update', note)
    Y.applyUpdate(this.doc, bytes, this)
    this.doc.off('update', note)
  }
}
