// The same session, played against Stet and against the server that a protocol comes from: whatever the protocol fixes is
// the same, byte for byte. What differs on purpose is taken out before:
// - When saving is told: Stet's SyncStatus and echo come after the commit. Compared is how many there are.
// - Echoes. The peers send an update back to its sender as one of many; the provider of Hocuspocus has no use for that
//   and gets none, y-websocket gets one for each, also for one that brought nothing new: it is the acknowledgement.
// - How updates are packed: Stet may send several as one. Compared is what they are together.
// - Deletions that follow from what is inserted (of a value that another one of the same key goes before): Yjs tells them,
//   Stet leaves them to the receiver. Compared are the structs of an update, and then the documents that came of all.
// - Presence. The peers may not show for 15 s who has come back. With Stet those are seen who are there.
import { Server as HocuspocusServer } from '@hocuspocus/server'
import { setupWSConnection } from '@y/websocket-server/utils'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WebSocketServer } from 'ws'
import * as Y from 'yjs'
import { Random, runSeed } from './oracle/random.mjs'
import { until } from './support/client.mjs'
import { RawSession, protocols } from './support/raw_session.mjs'
import { Server } from './support/server.mjs'

const startStet = async (t) => {
  const server = await Server.start({ args: ['--requests_per_second', '100000', '--request_burst', '100000'] })
  t.after(() => server.kill())
  return server.http.replace('http', 'ws')
}

const startPeer = {
  hocuspocus: async (t) => {
    const server = new HocuspocusServer({
      address: '127.0.0.1',
      port: 0,
      quiet: true,
      stopOnSignals: false,
      // Without such a hook a stateless message goes to nobody.
      onStateless: async ({ connection, document, payload }) =>
        document.broadcastStateless(payload, (other) => other !== connection)
    })
    await server.listen()
    t.after(() => server.destroy())
    return `ws://127.0.0.1:${server.httpServer.address().port}`
  },
  'y-websocket': async (t) => {
    const http = createServer().listen(0, '127.0.0.1')
    await once(http, 'listening')
    const sockets = new WebSocketServer({ server: http })
    sockets.on('connection', (socket, request) =>
      setupWSConnection(socket, request, { docName: request.url.slice('/ws/'.length) })
    )
    t.after(() => {
      for (const socket of sockets.clients) socket.terminate()
      http.close()
    })
    return `ws://127.0.0.1:${http.address().port}`
  }
}

// Without the values of keys: one that is overwritten already comes from Yjs as deleted.
const structsOf = (update) =>
  JSON.stringify(
    Y.decodeUpdate(update).structs.map(({ id, length, origin, rightOrigin, parent, parentSub, content }) => [
      [id, length, origin, rightOrigin, parent, parentSub],
      parentSub === null && content
    ])
  )

// What the session was told since the last time, without what may differ.
const takeTold = (session) => {
  const out = []
  for (const { kind, bytes, isNew } of session.told.splice(0)) {
    if (kind === 'update' && !isNew) continue
    const last = out.at(-1)
    if (kind === 'update' && last?.kind === 'update') last.bytes = Y.mergeUpdates([last.bytes, bytes])
    else out.push({ kind, bytes })
  }
  return out.map(
    ({ kind, bytes = [] }) => `${kind}: ${kind === 'update' ? structsOf(bytes) : Buffer.from(bytes).toString('hex')}`
  )
}

const shown = ({ awareness }) => JSON.stringify([...awareness.getStates()].sort(([a], [b]) => a - b))

const words = ['a', 'bc', 'def ', '😀', 'ä\n', 'many more words ']
const clients = 3

// Does one thing, the same in each world. `all`: the sessions of one client, one in each world.
const act = async (random, all, mayLeave) => {
  const isOpen = all[0].isOpen
  const draw = random.uint32()
  const each = (change) => all.forEach((session) => change(session, new Random(draw)))
  const edit = () =>
    each(({ doc }, own) => {
      const text = doc.getText('text')
      const at = own.between(0, text.length)
      if (own.chance(0.6) || text.length === 0) text.insert(at, own.pick(words), own.chance(0.2) ? { bold: true } : {})
      else
        text.delete(
          Math.min(at, text.length - 1),
          Math.min(own.between(1, 5), text.length - Math.min(at, text.length - 1))
        )
      if (own.chance(0.2)) doc.getMap('map').set(own.pick(words), own.below(100))
    })
  const kinds = [
    [30, edit],
    [6, () => [1, 2, 3].forEach(edit)],
    [10, () => each((session, own) => session.awareness.setLocalStateField('cursor', own.below(100)))]
  ]
  if (isOpen) {
    kinds.push([6, () => all.forEach((session) => session.ask())])
    kinds.push([4, () => all.forEach((session) => session.repeat(Y.encodeStateAsUpdate(session.doc)))])
    if (all[0].protocol.tellsStatus) kinds.push([4, () => all.forEach((session) => session.say(`said ${draw}`))])
    if (mayLeave) kinds.push([8, () => Promise.all(all.map((session) => session.close()))])
  } else {
    kinds.push([30, () => Promise.all(all.map((session) => session.open()))])
  }
  await random.weighted(kinds)()
}

for (const [name, protocol] of Object.entries(protocols)) {
  test(`${name}: Stet and its own server tell the same in random sessions`, async (t) => {
    const seed = runSeed()
    const random = new Random(seed)
    const sessions = []
    t.after(() => sessions.forEach((session) => session.destroy())) // before the servers, which wait for them
    const urls = [await startStet(t), await startPeer[name](t)]
    for (let round = 0; round < 4; round++) {
      const at = () => `seed ${seed}, round ${round}`
      const people = Array.from({ length: clients }, (_, n) =>
        urls.map((url) => new RawSession(url, protocol, `room-${round}`, 1000 * (round + 1) + n))
      )
      sessions.push(...people.flat())
      const open = () => people.filter(([session]) => session.isOpen)
      // Nothing is on its way any more: what was sent is answered, and so is a question that the one who acted asks then,
      // and one that each of the others asks after that.
      const settle = async (actor) => {
        const others = open().filter((all) => all !== actor)
        for (const asking of [[actor].filter(([session]) => session.isOpen), others]) {
          for (const session of asking.flat()) await session.settled()
          for (const session of asking.flat()) session.ask()
          for (const session of asking.flat()) await session.settled()
        }
      }
      await Promise.all(people[0].map((session) => session.open()))
      for (let step = 0; step < 40; step++) {
        const actor = random.pick(people)
        // One stays: what keeps nothing on disk forgets a document that all have left.
        await act(random, actor, actor !== people[0])
        await settle(actor)
        for (const [ours, theirs] of open()) {
          assert.deepEqual(takeTold(ours), takeTold(theirs), `${at()}, step ${step}, client ${ours.doc.clientID}`)
          assert.deepEqual(Y.encodeStateAsUpdate(ours.doc), Y.encodeStateAsUpdate(theirs.doc), `${at()}, step ${step}`)
        }
      }
      const present = JSON.stringify(open().map(([{ awareness }]) => [awareness.clientID, awareness.getLocalState()]))
      for (const [ours] of open()) {
        await until(
          () => `all who are there are seen (${at()}): ${shown(ours)} and not ${present}`,
          () => shown(ours) === present
        )
      }
      await Promise.all(people.flat().map((session) => session.close()))
    }
  })
}
