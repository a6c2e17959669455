// A server of its own for each test, and stock clients that end with it. To import this is to set it up.
import { afterEach, beforeEach } from 'node:test'
import { Client } from './client.mjs'
import { Server } from './server.mjs'

export let server
const closing = []

beforeEach(async () => {
  server = await Server.start()
})
afterEach(async () => {
  for (const close of closing.splice(0)) close()
  await server.kill()
})

export const closeAfterTest = (close) => closing.push(close)

// A stock client of y-websocket, synced.
export const stock = async (name) => {
  const client = new Client(server, name, { maxBackoffTime: 200 })
  closeAfterTest(() => client.destroy())
  return client.synced()
}
