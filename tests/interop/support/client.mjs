// Stock clients: a Y.Doc with y-websocket's WebsocketProvider, and what an application can know about it.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

process.setMaxListeners(0) // each provider listens for the end of the process

export const emptyUpdate = new Uint8Array([0, 0])

export const deferred = () => {
  const handle = {}
  handle.promise = new Promise((resolve, reject) => Object.assign(handle, { resolve, reject }))
  return handle
}

export const sleep = (time_ms) => new Promise((resolve) => setTimeout(resolve, time_ms))

// How long a test waits for what must come, on a machine that may be busy with other things.
const patience_ms = 60_000

// Waits for something that has no event. Fails after `limit_ms`, saying `what` (a text, or a function that makes one).
export const until = async (what, condition, limit_ms = patience_ms) => {
  const end = Date.now() + limit_ms
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${typeof what === 'function' ? what() : what}`)
    await sleep(10)
  }
}

// Fails where `promise` does not settle in time, naming `what` it waited for.
export const within = (what, promise, limit_ms = patience_ms) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), limit_ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const key = (bytes) => Buffer.from(bytes).toString('base64')

export class Client {
  // `options`: as of WebsocketProvider; and `doc`, `clientId`.
  constructor(server, room, { doc = new Y.Doc(), clientId, ...options } = {}) {
    this.doc = doc
    if (clientId !== undefined) doc.clientID = clientId
    this.provider = new WebsocketProvider(server.ws, room, doc, {
      WebSocketPolyfill: WebSocket,
      disableBc: true,
      ...options
    })
    this.echoes = new Map() // how often each update came back to its sender
    this.waiting = [] // [{key, resolve}] in the order in which they were sent
    this.own = new Set()
    doc.on('update', (update, origin) => {
      if (origin !== this.provider) this.own.add(key(update))
    })
    this.provider.on('connection-close', () => {
      this.waiting.length = 0 // what was on its way is lost
    })
    this.#wrapSync()
  }

  // Message type 0 of y-websocket: an update that is one of our own is the server's acknowledgement. `holdUpdate` may
  // take an update from elsewhere and return true; then it is applied only by the function handed to it.
  #wrapSync() {
    const handlers = this.provider.messageHandlers
    const stock = handlers[0]
    handlers[0] = (encoder, decoder, ...rest) => {
      const peek = decoding.clone(decoder)
      const isUpdate = decoding.readVarUint(peek) === 2
      const update = isUpdate ? decoding.readVarUint8Array(peek) : null
      if (isUpdate && this.#isEcho(update)) this.#onEcho(key(update))
      else if (isUpdate && this.holdUpdate) return this.holdUpdate(update)
      return stock(encoder, decoder, ...rest)
    }
  }

  #isEcho(update) {
    const name = key(update)
    return this.own.has(name) || this.waiting.some((wait) => wait.key === name)
  }

  #onEcho(name) {
    this.echoes.set(name, (this.echoes.get(name) ?? 0) + 1)
    const index = this.waiting.findIndex((wait) => wait.key === name)
    if (index >= 0) this.waiting.splice(index, 1)[0].resolve()
  }

  get connected() {
    return this.provider.wsconnected
  }

  acknowledged(update) {
    return this.echoes.has(key(update))
  }

  // Resolves when `update`, which this client sent, comes back.
  echo(update) {
    if (this.acknowledged(update)) return Promise.resolve()
    return this.#await(update)
  }

  #await(update) {
    const wait = deferred()
    this.waiting.push({ key: key(update), resolve: wait.resolve })
    return wait.promise
  }

  sendUpdate(update) {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint(encoder, 2)
    encoding.writeVarUint8Array(encoder, update)
    this.provider.ws.send(encoding.toUint8Array(encoder))
  }

  // Asks the server whether all that this client sent is durable, and waits for the answer. The answer does not come
  // if the connection breaks.
  durable() {
    this.sendUpdate(emptyUpdate)
    return this.#await(emptyUpdate)
  }

  // Edits, and returns the update that came of it.
  edit(change) {
    const updates = []
    const take = (update) => updates.push(update)
    this.doc.on('update', take)
    this.doc.transact(change)
    this.doc.off('update', take)
    return updates.length === 1 ? updates[0] : Y.mergeUpdates(updates)
  }

  async synced() {
    if (!this.provider.synced)
      await within('the first sync', new Promise((resolve) => this.provider.once('sync', resolve)))
    return this
  }

  // Cuts the socket as a lost network does; the provider reconnects by itself.
  cut() {
    this.provider.ws?.terminate()
  }

  destroy() {
    this.provider.destroy()
    this.provider.awareness.destroy()
  }
}
