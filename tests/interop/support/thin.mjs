// The client of web/thin, with sockets that a test can cut.
import { WebSocket } from 'ws'
import { ThinClient } from '../../../web/thin/dist/index.js'

export class Thin extends ThinClient {
  #sockets

  constructor(server, options = {}) {
    const sockets = new Set()
    super(`ws://127.0.0.1:${server.port}`, {
      ...options,
      WebSocket: class extends WebSocket {
        constructor(...parameters) {
          super(...parameters)
          sockets.add(this)
          this.on('close', () => sockets.delete(this))
        }
      }
    })
    this.#sockets = sockets
  }

  // Nothing that the server sends over the present connections arrives any more.
  deafen() {
    for (const socket of this.#sockets) socket.onmessage = () => {}
  }

  // As a lost network does; the client comes back by itself.
  cut() {
    for (const socket of this.#sockets) socket.terminate()
  }
}

// An open document of a client of its own.
export const openThin = async (server, name, options) => {
  const client = new Thin(server, options)
  const document = client.open(name)
  await document.opened
  return { client, document }
}
