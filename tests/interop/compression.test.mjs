// permessage-deflate: off where nobody turned it on; on, stock clients that offer it get and send compressed messages,
// and others in the same document are none the wiser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { Client, until, within } from './support/client.mjs'
import { open, openSocket, synced, textOf } from './support/hocuspocus.mjs'
import { Server } from './support/server.mjs'

// Node's WebSocket offers compression unless it is told not to.
class PlainSocket extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { perMessageDeflate: false })
  }
}

const start = async (t, args) => {
  const server = await Server.start({ args })
  t.after(() => server.stop())
  return server
}
const client = async (t, server, room, options) => {
  const made = await new Client(server, room, options).synced()
  t.after(() => made.destroy())
  return made
}
const text = (one) => one.doc.getText('text').toString()
const received = (one) => one.provider.ws._socket.bytesRead
const paragraph = 'The same words again and again, as people write them. '.repeat(400)

test('compression is off by default', async (t) => {
  const server = await start(t, [])
  const one = await client(t, server, 'off')
  assert.equal(one.provider.ws.extensions, '')
})

test('on: stock clients write and read compressed and plain in one document, and after a restart', async (t) => {
  const server = await start(t, ['--deflate_from_bytes', '128'])
  const writer = await client(t, server, 'on')
  const reader = await client(t, server, 'on')
  const plain = await client(t, server, 'on', { WebSocketPolyfill: PlainSocket })
  assert.match(writer.provider.ws.extensions, /^permessage-deflate/)
  assert.equal(plain.provider.ws.extensions, '')

  // Above the size from which ws compresses what it sends.
  writer.edit(() => writer.doc.getText('text').insert(0, paragraph))
  await within('the echo', writer.durable())
  for (const one of [reader, plain]) await until('the text is there', () => text(one) === paragraph)
  assert.ok(received(plain) > paragraph.length)
  assert.ok(received(reader) < paragraph.length / 10, `${received(reader)} bytes`)

  plain.edit(() => plain.doc.getText('text').insert(0, 'plain: '))
  await until('the edit is there', () => text(writer) === text(plain) && text(reader) === text(plain))
  await server.killAndRestart()
  await until('all are back', () => [writer, reader, plain].every((one) => one.connected && one.provider.synced))
  const later = await client(t, server, 'on')
  assert.equal(text(later), `plain: ${paragraph}`)
  assert.ok(received(later) < paragraph.length / 10, `${received(later)} bytes`)
})

for (const version of [2, 3, 4]) {
  test(`on: provider ${version} of Hocuspocus`, async (t) => {
    const server = await start(t, ['--deflate_from_bytes', '128'])
    const one = await synced(open(t, version, openSocket(t, version, server), 'deflated'))
    const other = await synced(open(t, version, openSocket(t, version, server), 'deflated'))
    one.document.getText('text').insert(0, paragraph)
    await until('the text is there', () => textOf(other) === paragraph)
    await synced(one)
  })
}
