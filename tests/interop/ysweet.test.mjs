// Stock clients and SDK of y-sweet, among themselves and beside y-websocket.
import { YSweetProvider } from '@y-sweet/client'
import { DocumentManager } from '@y-sweet/sdk'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { Client, until } from './support/client.mjs'
import { RawClient, syncFrame, syncStep2 } from './support/raw.mjs'
import { Server } from './support/server.mjs'
import { WriteLock } from './support/write_lock.mjs'

let server
let manager
before(async () => {
  server = await Server.start()
  manager = new DocumentManager(server.http.replace('http:', 'ys:'))
})
after(() => server.stop())

const tokenFor = (docId) => manager.getOrCreateDocAndToken(docId)

const connect = async (t, docId, token = tokenFor(docId)) => {
  const doc = new Y.Doc()
  const provider = new YSweetProvider(() => token, docId, doc, {
    WebSocketPolyfill: WebSocket,
    showDebuggerLink: false
  })
  t.after(() => {
    provider.connect = () => {} // it would come back
    provider.destroy()
    provider.awareness.destroy()
  })
  await until('it is connected', () => provider.status === 'connected')
  return provider
}
const textOf = (provider) => provider.doc.getText('text').toString()
const saved = (provider) => until('it is saved', () => !provider.hasLocalChanges)

test('edits go both ways, to y-websocket too, and presence with them', async (t) => {
  const docId = 'shared doc ä'
  const [one, two] = [await connect(t, docId), await connect(t, docId)]
  const other = await new Client(server, encodeURI(docId)).synced()
  t.after(() => other.destroy())
  one.doc.getText('text').insert(0, 'one ')
  await until('two has it', () => textOf(two) === 'one ')
  two.doc.getText('text').insert(4, 'two')
  await until('the other has it', () => other.doc.getText('text').toString() === 'one two')
  await Promise.all([one, two].map(saved))
  one.awareness.setLocalStateField('user', 'one')
  const users = (awareness) => [...awareness.getStates().values()].flatMap(({ user }) => user ?? []).join()
  for (const awareness of [two.awareness, other.provider.awareness]) {
    await until('one is present', () => users(awareness) === 'one')
  }
})

test('saved is said after the commit, and the client stays while it waits', async (t) => {
  const token = await tokenFor('held')
  const one = await connect(t, 'held', token)
  await saved(one)
  const lock = await WriteLock.take(server)
  t.after(() => lock.release())
  let closed = false
  one.on('connection-close', () => {
    closed = true
  })
  one.doc.getText('text').insert(0, 'held')
  const two = await connect(t, 'held', token)
  assert.equal(textOf(two), 'held')
  // It reconnects 3 s after a 102 without any message.
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  assert.ok(one.hasLocalChanges, 'saved was said before the commit')
  assert.ok(!closed, 'the client has reconnected')
  await lock.release()
  await saved(one)
  await server.killAndRestart()
  assert.equal(textOf(await connect(t, 'held')), 'held')
})

test('102 before the answer to step 1 vouches for nothing', async (t) => {
  const raw = await RawClient.open({ ws: server.ws.replace(/\/ws$/, '/d') }, 'early/ws/early')
  t.after(() => raw.close())
  const marker = (version) => new Uint8Array([102, 1, version])
  const echo = (version) =>
    raw.message(`102 of ${version}`, ({ type, payload }) => type === 102 && payload[0] === version)
  raw.send(marker(7))
  await raw.state()
  assert.ok(!raw.messages.some(({ type }) => type === 102), 'offline edits may not have arrived yet')
  assert.ok(
    raw.messages.some(({ type, payload }) => type === 1 && payload[0] === 0),
    'and yet the client hears of us'
  )
  const offline = new Y.Doc()
  offline.getText('text').insert(0, 'offline')
  raw.send(syncFrame(syncStep2, Y.encodeStateAsUpdate(offline)))
  await echo(7)
  raw.send(marker(8))
  await echo(8)
})

test('the SDK reads and writes documents without a socket', async (t) => {
  const { docId } = await manager.createDoc()
  assert.deepEqual(await manager.createDoc(docId), { docId })
  const written = new Y.Doc()
  written.getText('text').insert(0, 'by hand')
  await manager.updateDoc(docId, Y.encodeStateAsUpdate(written))
  await server.killAndRestart()
  const read = new Y.Doc()
  Y.applyUpdate(read, await manager.getDocAsUpdate(docId))
  assert.equal(read.getText('text').toString(), 'by hand')
  assert.equal(textOf(await connect(t, docId)), 'by hand')
  assert.deepEqual(await manager.checkStore(), { ok: true })
})

test('45 a client with a read-only token reads, and what it writes stays its own', async (t) => {
  const docId = 'read-only'
  const writer = await connect(t, docId)
  writer.doc.getText('text').insert(0, 'given')
  await saved(writer)
  const token = await manager.getOrCreateDocAndToken(docId, { authorization: 'read-only' })
  assert.equal(token.authorization, 'read-only')
  const reader = await connect(t, docId, token)
  await until('it has the text', () => textOf(reader) === 'given')
  reader.doc.getText('text').insert(0, 'not ')
  writer.doc.getText('text').insert(5, '!')
  await saved(writer)
  await until('the reader has that, too', () => textOf(reader) === 'not given!')
  assert.equal(textOf(writer), 'given!')
  assert.ok(reader.hasLocalChanges)
})

test('the SDK is told of what cannot be', async () => {
  await assert.rejects(manager.getClientToken('never made'), /404/)
  await assert.rejects(manager.createDoc('..'), /400/)
  const { docId } = await manager.createDoc()
  await assert.rejects(manager.updateDoc(docId, new Uint8Array([1, 2, 3])), /400/)
})
