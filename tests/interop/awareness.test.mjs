// Who is here: stock clients see each other, nobody stays who is gone, nobody is invisible after a reconnect, and quiet
// clients stay connected. The tests that have to wait for half a minute do so at the same time.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Client, emptyUpdate, sleep, until } from './support/client.mjs'
import { RawClient, awarenessFrame, syncFrame, syncStep2 } from './support/raw.mjs'
import { Server } from './support/server.mjs'

// Well below the 15 s after which a stock client renews its state by itself.
const soon_ms = 12_000

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

let rooms = 0
const newRoom = () => `room-${rooms++}`

const person = async (t, room, name, on = server) => {
  const client = await new Client(on, room, { maxBackoffTime: 200 }).synced()
  t.after(() => client.destroy())
  client.provider.awareness.setLocalStateField('user', { name })
  return client
}

const namesSeenBy = ({ provider }) =>
  [...provider.awareness.getStates().values()].flatMap(({ user }) => user?.name ?? []).sort()
const untilSees = (client, names, limit_ms = soon_ms) =>
  until(
    () => `${names} are seen, not ${namesSeenBy(client)}`,
    () => namesSeenBy(client).join() === names.join(),
    limit_ms
  )

describe('awareness', { concurrency: true }, () => {
  test('stock clients see each other and what changes', async (t) => {
    const room = newRoom()
    const ann = await person(t, room, 'Ann')
    const bob = await person(t, room, 'Bob')
    for (const client of [ann, bob]) await untilSees(client, ['Ann', 'Bob'])
    bob.provider.awareness.setLocalStateField('cursor', { anchor: 3, head: 5 })
    await until(
      'the cursor moves',
      () => ann.provider.awareness.getStates().get(bob.doc.clientID)?.cursor?.head === 5,
      soon_ms
    )
    const late = await person(t, room, 'Late')
    for (const client of [ann, bob, late]) await untilSees(client, ['Ann', 'Bob', 'Late'])
  })

  test('who leaves, or whose socket is cut, is gone at once', async (t) => {
    const room = newRoom()
    const ann = await person(t, room, 'Ann')
    const bob = await person(t, room, 'Bob')
    const eve = await person(t, room, 'Eve')
    await untilSees(ann, ['Ann', 'Bob', 'Eve'])
    bob.destroy()
    await untilSees(ann, ['Ann', 'Eve'])
    eve.provider.shouldConnect = false
    eve.cut()
    await untilSees(ann, ['Ann'])
    const late = await person(t, room, 'Late')
    await untilSees(late, ['Ann', 'Late'])
  })

  test('nobody is invisible after a fast reconnect', async (t) => {
    const room = newRoom()
    const ann = await person(t, room, 'Ann')
    const bob = await person(t, room, 'Bob')
    await untilSees(ann, ['Ann', 'Bob'])
    for (let n = 0; n < 3; n++) {
      bob.cut()
      await until('the cut is noticed', () => !bob.connected)
      await until('back again', () => bob.provider.synced)
      await untilSees(ann, ['Ann', 'Bob'])
      bob.provider.awareness.setLocalStateField('round', n)
      await until(
        'a change after it',
        () => ann.provider.awareness.getStates().get(bob.doc.clientID)?.round === n,
        soon_ms
      )
    }
  })

  // Stock clients say who they are first. This one keeps its clock, too, whatever the server says.
  test('who answers step 1 before it says who it is, is seen again after a fast reconnect', async (t) => {
    const room = newRoom()
    const ann = await person(t, room, 'Ann')
    const awareness = new Awareness(new Y.Doc())
    t.after(() => awareness.destroy())
    awareness.setLocalState({ user: { name: 'Raw' } })
    for (let n = 0; n < 3; n++) {
      const raw = await RawClient.open(server, room)
      t.after(() => raw.close())
      raw.send(syncFrame(syncStep2, emptyUpdate))
      raw.send(awarenessFrame(encodeAwarenessUpdate(awareness, [awareness.clientID])))
      await untilSees(ann, ['Ann', 'Raw'])
      raw.close()
      await untilSees(ann, ['Ann'])
    }
  })

  // The stock client of who returns has forgotten the others, but not their clocks: it ignores what it knew.
  test('who returns after a fast reconnect sees the others', async (t) => {
    const room = newRoom()
    const ann = await person(t, room, 'Ann')
    const bob = await person(t, room, 'Bob')
    await untilSees(bob, ['Ann', 'Bob'])
    bob.cut()
    await until('the cut is noticed', () => !bob.connected)
    await untilSees(bob, ['Ann', 'Bob'])
    ann.provider.awareness.setLocalStateField('cursor', 7)
    await until(
      'a change after it',
      () => bob.provider.awareness.getStates().get(ann.doc.clientID)?.cursor === 7,
      soon_ms
    )
  })

  test('a new connection takes over while the old one is not known to be dead', async (t) => {
    const room = newRoom()
    const ann = await person(t, room, 'Ann')
    const bob = await person(t, room, 'Bob')
    await untilSees(ann, ['Ann', 'Bob'])
    const old = bob.provider.ws
    Object.assign(old, { onmessage: null, onclose: null, onerror: () => {} })
    Object.assign(bob.provider, { ws: null, wsconnected: false })
    bob.provider.disconnect() // forgets the old socket, which stays open
    bob.provider.connect()
    await until('back again', () => bob.provider.synced)
    bob.provider.awareness.setLocalStateField('after', 'reconnect')
    const seesChange = () => ann.provider.awareness.getStates().get(bob.doc.clientID)?.after === 'reconnect'
    await until('the change is seen', seesChange, soon_ms)
    old.terminate()
    const eve = await person(t, room, 'Eve') // comes after the server has noticed the end of the old socket
    await untilSees(eve, ['Ann', 'Bob', 'Eve'])
    await untilSees(ann, ['Ann', 'Bob', 'Eve'])
    assert.ok(seesChange())
  })

  test('all are back after the server was killed', async (t) => {
    const own = await Server.start()
    t.after(() => own.stop())
    const ann = await person(t, 'room', 'Ann', own)
    const bob = await person(t, 'room', 'Bob', own)
    await untilSees(ann, ['Ann', 'Bob'])
    await own.killAndRestart()
    for (const client of [ann, bob]) {
      await until('back again', () => client.provider.synced)
      await untilSees(client, ['Ann', 'Bob'])
    }
  })

  test('a peer that vanished without a word is no ghost', async (t) => {
    const room = newRoom()
    const ghost = await RawClient.open(server, room)
    t.after(() => ghost.close())
    const awareness = new Awareness(new Y.Doc())
    awareness.setLocalState({ user: { name: 'Ghost' } })
    ghost.send(syncFrame(syncStep2, emptyUpdate))
    ghost.send(awarenessFrame(encodeAwarenessUpdate(awareness, [awareness.clientID])))
    awareness.destroy()
    const ann = await person(t, room, 'Ann')
    await untilSees(ann, ['Ann', 'Ghost'])
    ghost.socket.pause() // reads nothing and answers nothing, not even a ping
    // Whoever joins now and then learns what the server knows; stock clients forget a silent peer by themselves.
    const late = async () => {
      const watcher = await RawClient.open(server, room)
      await watcher.state()
      watcher.close()
      return watcher.messages
        .filter(({ type }) => type === 1)
        .map(({ payload }) => Buffer.from(payload).toString())
        .join()
    }
    assert.match(await late(), /Ghost/)
    await until(
      'the ghost is gone',
      async () => {
        await sleep(1_000)
        return !(await late()).includes('Ghost')
      },
      90_000
    )
  })

  test('a quiet client alone in its room stays connected', async (t) => {
    const client = await new Client(server, newRoom()).synced()
    t.after(() => client.destroy())
    client.provider.awareness.setLocalState(null)
    let closed = false
    client.provider.on('connection-close', () => {
      closed = true
    })
    await sleep(34_500) // a stock client gives up 30 s after the last message, and looks every 3 s
    assert.ok(!closed && client.connected)
  })
})
