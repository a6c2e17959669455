// Peers get an update at once; its sender gets it back when it is durable, and not before. Commits are held back from
// outside. Whether something has not come is judged by what came after it on the same connection, never by a clock.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as Y from 'yjs'
import { Client, emptyUpdate, until, within } from './support/client.mjs'
import { RawClient, syncFrame, syncStep2 } from './support/raw.mjs'
import { Server } from './support/server.mjs'
import { WriteLock } from './support/write_lock.mjs'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

let rooms = 0
const newRoom = () => `room-${rooms++}`

// An update of a client of its own, unlike any other.
const newUpdate = (text = 'hello') => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

// A raw client that has answered the server's step 1 with nothing.
const joined = async (t, room) => {
  const client = await RawClient.open(server, room)
  t.after(() => client.close())
  client.send(syncFrame(syncStep2, emptyUpdate))
  await client.state()
  return client
}

// All that the server had for `receiver` when `sender`'s message arrived has come: the message goes behind it.
const flush = async (sender, receiver) => {
  const update = newUpdate('flush')
  sender.sendUpdate(update)
  await receiver.update(update)
}

const hold = async (t) => {
  const lock = await WriteLock.take(server)
  t.after(() => lock.release())
  return lock
}

for (const end of ['COMMIT', 'ROLLBACK']) {
  test(`no echo while the commit is held, byte for byte after ${end}`, async (t) => {
    const room = newRoom()
    const [sender, peer] = [await joined(t, room), await joined(t, room)]
    const lock = await hold(t)
    const updates = [newUpdate('one'), newUpdate('two'), newUpdate('three')]
    for (const update of updates) {
      sender.sendUpdate(update)
      await peer.update(update) // before the next is sent, lest they are merged into one
    }
    await flush(peer, sender)
    for (const update of updates) assert.ok(!sender.has(update), 'an echo came before the commit')
    await lock.release(end)
    for (const update of updates) await sender.update(update)
    const echoes = sender.messages.filter(({ payload }) =>
      updates.some((update) => Buffer.compare(update, payload) === 0)
    )
    assert.deepEqual(
      echoes.map(({ payload }) => Buffer.from(payload)),
      updates.map((update) => Buffer.from(update)),
      'once each, in order'
    )
  })
}

test('a stock client gets its echo after the commit', async (t) => {
  const room = newRoom()
  const writer = await new Client(server, room).synced()
  const reader = await new Client(server, room).synced()
  t.after(() => [writer, reader].forEach((client) => client.destroy()))
  const lock = await hold(t)
  const update = writer.edit(() => writer.doc.getText('text').insert(0, 'held'))
  await until('the reader has it', () => reader.doc.getText('text').toString() === 'held')
  reader.doc.getMap('map').set('flush', true)
  await until('the writer has what was sent after it', () => writer.doc.getMap('map').has('flush'))
  assert.ok(!writer.acknowledged(update))
  await lock.release()
  await within('the echo', writer.echo(update))
})

test('an update with nothing new waits for the latest log sequence', async (t) => {
  const room = newRoom()
  const [sender, peer] = [await joined(t, room), await joined(t, room)]
  const lock = await hold(t)
  const update = newUpdate()
  sender.sendUpdate(update)
  await peer.update(update)
  peer.messages.length = 0
  peer.sendUpdate(update) // nothing new, but its first copy is not durable yet
  peer.sendUpdate(emptyUpdate)
  sender.sendUpdate(emptyUpdate)
  await flush(peer, sender)
  await flush(sender, peer)
  assert.ok(!peer.has(update) && !peer.has(emptyUpdate) && !sender.has(emptyUpdate), 'acknowledged before the commit')
  await lock.release()
  await Promise.all([peer.update(update), peer.update(emptyUpdate), sender.update(update), sender.update(emptyUpdate)])
})

test('no acknowledgement before the client has answered step 1', async (t) => {
  const room = newRoom()
  const peer = await joined(t, room)
  const sender = await RawClient.open(server, room)
  t.after(() => sender.close())
  const update = newUpdate('sent before step 2')
  sender.sendUpdate(update)
  await peer.update(update)
  peer.sendUpdate(emptyUpdate)
  await peer.update(emptyUpdate) // all that was logged is durable now
  await flush(peer, sender)
  assert.ok(!sender.has(update), 'offline edits may not have arrived yet')

  const lock = await hold(t)
  const offline = newUpdate('written offline')
  sender.send(syncFrame(syncStep2, offline))
  await peer.update(offline)
  await flush(peer, sender)
  assert.ok(!sender.has(update), 'the offline edits are not durable yet')
  await lock.release()
  await Promise.all([sender.update(update), sender.update(offline)])
})

test('a step 2 with nothing new is an answer too, and is not echoed', async (t) => {
  const room = newRoom()
  const sender = await joined(t, room)
  const update = newUpdate()
  sender.sendUpdate(update)
  await sender.update(update)
  assert.ok(!sender.has(emptyUpdate))
})

test('killed while the commit is held: not acknowledged, and delivered by the reconnected client', async (t) => {
  const room = newRoom()
  const writer = await new Client(server, room, { maxBackoffTime: 200 }).synced()
  t.after(() => writer.destroy())
  await within('the answer', writer.durable())
  const lock = await hold(t)
  const update = writer.edit(() => writer.doc.getText('text').insert(0, 'survivor'))
  const peer = await RawClient.open(server, room)
  t.after(() => peer.close())
  await until('the server has it', async () => Buffer.from(await peer.state()).includes('survivor'))
  await server.kill()
  await lock.release()
  assert.ok(!writer.acknowledged(update))
  await server.restart()
  await until('the client is back', () => writer.provider.synced)
  await within('the answer', writer.durable())
  await server.killAndRestart()
  const reader = await new Client(server, room).synced()
  t.after(() => reader.destroy())
  assert.equal(reader.doc.getText('text').toString(), 'survivor')
})
