// Five stock clients edit everything at random while their sockets are cut and SIGKILL hits the server again and again.
// In the end all show the same, and no edit is missing whose acknowledgement had come. STET_SEED plays the same edits,
// cuts and pauses again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { contentOf } from './oracle/content.mjs'
import { openRoots, profiles, randomEdit } from './oracle/edits.mjs'
import { Random, runSeed } from './oracle/random.mjs'
import { Client, sleep, until, within } from './support/client.mjs'
import { Server } from './support/server.mjs'

const kills = 30
const group = 5
const room = 'chaos'

// A client that knows which of its edits were acknowledged: their echo came, or the answer to a question that was asked
// later on.
class Editor extends Client {
  constructor(server, name, seed) {
    const random = new Random(seed)
    super(server, name, { clientId: random.uint32(), maxBackoffTime: 200 })
    this.random = random
    this.edits = []
    this.answered = 0 // edits that an answer of the server covers
    openRoots(this.doc)
    this.doc.on('update', (update, origin) => {
      if (origin !== this.provider) this.edits.push(update)
    })
    // An echo that was lost with its connection never comes again.
    this.provider.on('sync', (synced) => {
      if (synced) this.ask()
    })
  }

  async ask() {
    const asked = this.edits.length
    await this.durable()
    this.answered = Math.max(this.answered, asked)
  }

  editAtRandom() {
    this.doc.transact(() => {
      for (let n = this.random.between(1, 3); n > 0; n--) randomEdit(this.random, this.doc, profiles.everything)
    })
  }

  get acknowledgedEdits() {
    return this.edits.filter((update, index) => index < this.answered || this.acknowledged(update))
  }
}

const assertHolds = (doc, updates, message) => {
  const snapshot = Y.snapshot(doc)
  const missing = updates.filter((update) => !Y.snapshotContainsUpdate(snapshot, update)).length
  assert.equal(missing, 0, `${message}: ${missing} of ${updates.length} acknowledged edits are missing`)
}

const contentOfClient = ({ doc }) => contentOf(openRoots(doc))

test('cut sockets and a killed server lose nothing that was acknowledged', async (t) => {
  const seed = runSeed()
  console.log(`seed ${seed}`)
  const random = new Random(seed)
  const server = await Server.start()
  t.after(() => server.stop())

  const editors = Array.from({ length: group }, () => new Editor(server, room, random.uint32()))
  t.after(() => editors.forEach((editor) => editor.destroy()))
  const acknowledged = [] // by clients that are gone
  const forget = (index) => {
    acknowledged.push(...editors[index].acknowledgedEdits)
    editors[index].destroy()
    editors[index] = new Editor(server, room, random.uint32())
  }
  const turns = async (diarist) => {
    for (let n = random.between(20, 80); n > 0; n--) {
      random.weighted([
        [30, () => random.pick(editors).editAtRandom()],
        [10, () => diarist.editAtRandom()],
        [2, () => random.pick(editors).cut()],
        [1, () => diarist.cut()]
      ])()
      await sleep(random.below(12))
    }
  }

  // The diarist is alone in a room and its document is thrown away with each kill: nobody but the server can know.
  let kept = 0
  for (let round = 0; round < kills; round++) {
    const diary = `diary-${round % 7}`
    const diarist = new Editor(server, diary, random.uint32())
    await turns(diarist)
    await server.kill()
    const written = diarist.acknowledgedEdits
    kept += written.length
    diarist.destroy()
    if (random.chance(0.3)) forget(random.below(group))
    await sleep(random.below(60))
    await server.restart()
    const reader = await new Client(server, diary).synced()
    reader.destroy()
    assertHolds(reader.doc, written, `round ${round}, ${diary}`)
  }
  console.log(`${kept} edits acknowledged to diarists`)
  assert.ok(kept > kills, 'acknowledgements arrive at all')

  for (const editor of editors) {
    await until('all are connected', () => editor.provider.synced)
    await within('the last acknowledgement', editor.ask())
  }
  const fresh = await new Client(server, room).synced()
  t.after(() => fresh.destroy())
  const same = () => new Set([...editors, fresh].map(contentOfClient)).size === 1
  await until('all show the same', same).catch((error) => {
    throw new Error([error.message, ...[...editors, fresh].map(contentOfClient)].join('\n'))
  })
  for (const editor of editors) acknowledged.push(...editor.edits)
  console.log(`${acknowledged.length} edits acknowledged to the group`)
  assertHolds(fresh.doc, acknowledged, 'the group')
})
