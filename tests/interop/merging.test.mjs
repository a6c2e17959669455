// Stock clients edit in bursts while others read slowly: the server merges what a socket waits for. In the end all show
// the same, frames are far fewer than edits, and every edit is still acknowledged to its maker. STET_SEED plays the same
// edits again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { contentOf } from './oracle/content.mjs'
import { openRoots, profiles, randomEdit } from './oracle/edits.mjs'
import { Random, runSeed } from './oracle/random.mjs'
import { Client, sleep, until } from './support/client.mjs'
import { open, openSocket, synced } from './support/hocuspocus.mjs'
import { Server } from './support/server.mjs'

const room = 'merging'
const rounds = 60

test('bursts of edits, slow readers: all end equal, in fewer frames than edits', async (t) => {
  const seed = runSeed()
  console.log(`seed ${seed}`)
  const random = new Random(seed)
  // So little waits unmerged, and so little at all, that readers who stop reading for a moment pass both bounds.
  const server = await Server.start({ args: ['--merge_bytes', '10000', '--queue_bytes', '60000'] })
  t.after(() => server.stop())

  let frames = 0
  const clients = Array.from({ length: 5 }, () => new Client(server, room, { clientId: random.uint32() }))
  const foreign = open(t, 3, openSocket(t, 3, server), room)
  t.after(() => clients.forEach((client) => client.destroy()))
  const docs = [...clients.map(({ doc }) => doc), foreign.document]
  for (const doc of docs) openRoots(doc)
  const made = docs.map(() => [])
  docs.forEach((doc, index) => {
    const provider = clients[index]?.provider ?? foreign
    doc.on('update', (update, origin) => (origin === provider ? (frames += 1) : made[index].push(update)))
  })
  for (const client of clients) await client.synced()
  await synced(foreign)

  for (let round = 0; round < rounds; round++) {
    docs.forEach((doc, index) => {
      // One after another without a pause, and in one write: they arrive together.
      const socket = clients[index]?.provider.ws._socket
      socket?.cork()
      for (let n = random.below(30); n > 0; n--) doc.transact(() => randomEdit(random, doc, profiles.everything))
      socket?.uncork()
    })
    for (const { provider } of clients.slice(0, 2)) {
      if (random.chance(0.3)) provider.ws._socket.pause()
      else provider.ws._socket.resume()
    }
    await sleep(random.below(20))
  }
  for (const { provider } of clients.slice(0, 2)) provider.ws._socket.resume()

  const edits = made.flat().length
  for (const client of clients) await client.durable()
  clients.forEach((client, index) => {
    assert.ok(
      made[index].every((update) => client.acknowledged(update)),
      `editor ${index}: every edit came back`
    )
  })
  await synced(foreign)
  const contents = () => docs.map((doc) => contentOf(openRoots(doc)))
  await until('all show the same', () => new Set(contents()).size === 1).catch((error) => {
    throw new Error([error.message, ...contents()].join('\n'))
  })
  console.log(`${edits} edits, ${frames} frames to ${docs.length - 1} others each`)
  assert.ok(frames < (edits * (docs.length - 1)) / 3, 'they were merged')
})
