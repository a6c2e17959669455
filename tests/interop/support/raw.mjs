// A client without a document: sends what it is told to, keeps all that comes.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { once } from 'node:events'
import { request } from 'node:http'
import { WebSocket } from 'ws'
import { deferred, within } from './client.mjs'

export const syncStep1 = 0
export const syncStep2 = 1
export const syncUpdate = 2

export const syncFrame = (kind, payload) => {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 0)
  encoding.writeVarUint(encoder, kind)
  encoding.writeVarUint8Array(encoder, payload)
  return encoding.toUint8Array(encoder)
}

export const awarenessFrame = (payload) => {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint8Array(encoder, payload)
  return encoding.toUint8Array(encoder)
}

const parse = (frame) => {
  const decoder = decoding.createDecoder(new Uint8Array(frame))
  const type = decoding.readVarUint(decoder)
  const kind = type === 0 ? decoding.readVarUint(decoder) : null
  return { type, kind, payload: decoding.readVarUint8Array(decoder) }
}

export class RawClient {
  static async open(server, room, options = {}) {
    const client = new RawClient()
    client.messages = [] // {type, kind, payload}, oldest first
    client.watchers = []
    client.socket = new WebSocket(`${server.ws}/${room}`, options)
    client.socket.on('message', (data) => {
      client.messages.push(parse(data))
      client.#look()
    })
    client.socket.on('error', () => {}) // a close follows
    client.closed = once(client.socket, 'close').then(([code]) => {
      for (const { found } of client.watchers.splice(0)) found.reject(new Error(`closed with ${code}`))
      return code
    })
    await within('the connection', once(client.socket, 'open'))
    return client
  }

  #look() {
    this.watchers = this.watchers.filter(({ wanted, found }) => {
      const message = this.messages.find(wanted)
      if (message) found.resolve(message)
      return !message
    })
  }

  // The first message that `wanted` accepts, of those that came and those that will.
  message(what, wanted) {
    const found = deferred()
    this.watchers.push({ wanted, found })
    this.#look()
    return within(what, found.promise)
  }

  update(bytes) {
    return this.message('an update', (message) => this.#isUpdate(message, bytes))
  }

  has(bytes) {
    return this.messages.some((message) => this.#isUpdate(message, bytes))
  }

  #isUpdate({ type, kind, payload }, bytes) {
    return type === 0 && kind === syncUpdate && Buffer.compare(payload, bytes) === 0
  }

  send(bytes) {
    this.socket.send(bytes)
  }

  sendUpdate(update) {
    this.send(syncFrame(syncUpdate, update))
  }

  // Asks for the whole state and returns it. Whatever was sent before has been taken in then.
  async state() {
    const seen = this.messages.length
    this.send(syncFrame(syncStep1, new Uint8Array([0])))
    const answer = await this.message(
      'step 2',
      (message) => message.kind === syncStep2 && this.messages.indexOf(message) >= seen
    )
    return answer.payload
  }

  close() {
    this.socket.terminate()
  }
}

// Upgrades with exactly this request target, which URL parsers would tidy up. Resolves to {status, closeCode}:
// closeCode of the close frame that comes after a 101.
export const upgrade = (server, path, headers = {}) =>
  within(
    'an answer to the upgrade',
    new Promise((resolve, reject) => {
      const asked = request({
        host: '127.0.0.1',
        port: server.port,
        path,
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
          ...headers
        }
      })
      asked.on('error', reject)
      asked.on('response', (response) => {
        response.resume()
        resolve({ status: response.statusCode })
      })
      asked.on('upgrade', (response, socket, head) => {
        let received = head
        const look = () => {
          const close = received.indexOf(0x88) // FIN and opcode 8; no frame with other content comes before it
          if (close >= 0 && received.length >= close + 4) {
            socket.destroy()
            resolve({ status: 101, closeCode: received.readUInt16BE(close + 2) })
          }
        }
        socket.on('data', (data) => {
          received = Buffer.concat([received, data])
          look()
        })
        socket.on('error', reject)
        socket.on('close', () => resolve({ status: 101 }))
        look()
      })
      asked.end()
    })
  )
