// Hocuspocus, frame by frame: what no provider sends, and what it must be answered.
import * as encoding from 'lib0/encoding'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { until, within } from './support/client.mjs'
import { open, openSocket, synced } from './support/hocuspocus.mjs'
import { Server } from './support/server.mjs'

let server
before(async () => {
  server = await Server.start({ args: ['--documents_per_socket', '10'] })
})
after(() => server.stop())

let rooms = 0
const newRoom = () => `raw-${rooms++}`

const connect = async (t) => {
  const socket = new WebSocket(`${server.http.replace('http', 'ws')}/hocuspocus`)
  const frames = []
  socket.on('message', (data) => frames.push(Buffer.from(data).toString('latin1')))
  socket.on('error', () => {})
  const closed = once(socket, 'close').then(([code]) => code)
  t.after(() => socket.terminate())
  await within('the connection', once(socket, 'open'))
  return { socket, frames, closed, send: (...bytes) => socket.send(Uint8Array.from(bytes)) }
}

// name, type and the rest: numbers, strings (with their length) and byte arrays (with theirs)
const frame = (name, ...rest) => {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, name)
  for (const part of rest) {
    if (typeof part === 'number') encoding.writeVarUint(encoder, part)
    else if (typeof part === 'string') encoding.writeVarString(encoder, part)
    else encoding.writeVarUint8Array(encoder, part)
  }
  return encoding.toUint8Array(encoder)
}
const text = (bytes) => Buffer.from(bytes).toString('latin1')
const brokenUpdate = (name) => frame(name, 0, 2, new Uint8Array([1, 2, 3]))
const answer = (client, bytes) =>
  until(`an answer like ${JSON.stringify(text(bytes))}`, () => client.frames.includes(text(bytes)))

test('a bare ping is answered by a bare pong, a bare pong by nothing', async (t) => {
  const client = await connect(t)
  client.send(10)
  client.send(9)
  await answer(client, [10])
  assert.equal(client.frames.length, 1)
})

test('a frame that cannot be decoded closes the socket with 4400', async (t) => {
  for (const bytes of [[], [0], [3, 100], [255, 255, 255, 255, 255, 255, 255, 15, 1]]) {
    const client = await connect(t)
    client.send(...bytes)
    assert.equal(await client.closed, 4400)
  }
})

for (const [version, auth, told] of [
  [4, ['', '4.8.0'], (name) => frame(name, 7, 'unexpected end')],
  [3, [''], (name) => frame(name, 7, 'unexpected end')],
  [2, ['token'], (name) => frame(name, 2, 1, 'unexpected end')]
]) {
  test(`bad content of provider ${version} closes its document and no other`, async (t) => {
    const client = await connect(t)
    const [bad, good] = [newRoom(), newRoom()]
    for (const name of [bad, good]) {
      client.socket.send(frame(name, 2, 0, ...auth))
      await answer(client, frame(name, 2, 2, 'read-write'))
    }
    client.socket.send(brokenUpdate(bad))
    await until('it is told', () =>
      client.frames.some((bytes) => bytes.slice(0, -1).startsWith(text(told(bad)).slice(0, bad.length + 2)))
    )
    client.socket.send(frame(bad, 0, 0, new Uint8Array([0]))) // not answered
    client.socket.send(frame(good, 0, 0, new Uint8Array([0])))
    await until('the other is answered', () => client.frames.some((bytes) => bytes.startsWith(text(frame(good, 0, 1)))))
    assert.ok(!client.frames.some((bytes) => bytes.startsWith(text(frame(bad, 0)))))
    client.socket.send(frame(bad, 2, 0, ...auth)) // it may ask again
    client.socket.send(frame(bad, 0, 0, new Uint8Array([0])))
    await until('it is answered', () => client.frames.some((bytes) => bytes.startsWith(text(frame(bad, 0, 1)))))
  })
}

test('a document is joined by its first frame, whatever that is: provider 2 sends no auth without a token', async (t) => {
  const client = await connect(t)
  const name = newRoom()
  client.socket.send(frame(name, 0, 0, new Uint8Array([0])))
  await answer(client, frame(name, 0, 0, new Uint8Array([0])))
  assert.ok(!client.frames.some((bytes) => bytes.startsWith(text(frame(name, 2)))))
})

test('44 more documents than one socket may have close it with 1008', async (t) => {
  const client = await connect(t)
  for (let i = 0; i < 11; ++i) client.socket.send(frame(newRoom(), 2, 0, ''))
  assert.equal(await client.closed, 1008)
})

test('a provider whose content is refused does not come back for ever', async (t) => {
  const socket = openSocket(t, 4, server)
  const provider = await synced(open(t, 4, socket, newRoom()))
  let opened = 0
  let closed = 0
  socket.on('open', () => ++opened)
  provider.on('close', () => ++closed)
  socket.webSocket.send(brokenUpdate(provider.configuration.name))
  await until('it is told', () => closed === 1)
  provider.document.getText('text').insert(0, 'ignored')
  const other = await synced(open(t, 4, socket, newRoom())) // comes behind it
  other.document.getText('text').insert(0, 'x')
  await synced(other)
  assert.equal(opened, 0)
})

test('SIGTERM: what was sent is saved, then the socket is closed with 1001', async (t) => {
  const own = await Server.start()
  const socket = openSocket(t, 4, own)
  const provider = await synced(open(t, 4, socket, 'doc'))
  const closed = within('the close', new Promise((resolve) => socket.on('close', ({ event }) => resolve(event.code))))
  provider.document.getText('text').insert(0, 'last words')
  const reader = await synced(open(t, 3, openSocket(t, 3, own), 'doc'))
  await until('the server has it', () => reader.document.getText('text').toString() === 'last words')
  const ended = own.stop()
  assert.equal(await closed, 1001)
  socket.disconnect()
  reader.configuration.websocketProvider.disconnect()
  assert.equal((await ended).code, 0)
  assert.equal(provider.unsyncedChanges, 0)
  const again = await Server.start({ data: own.data })
  t.after(() => again.stop())
  const late = await synced(open(t, 4, openSocket(t, 4, again), 'doc'))
  assert.equal(late.document.getText('text').toString(), 'last words')
  assert.ok(Y.encodeStateAsUpdate(late.document).length > 2)
})
