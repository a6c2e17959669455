// Who wrote what, for Yjs 14: its own decoder reads the attributions, and its own manager finds them at each run.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import * as Y from 'yjs'
import * as Y14 from 'yjs-14'
import { Random, runSeed } from './oracle/random.mjs'
import { Client, sleep, until } from './support/client.mjs'
import { Server, serverBinary } from './support/server.mjs'

const server = await Server.start()
test.after(() => server.stop())

const open = async (doc, user) => {
  const client = new Client(server, doc, { doc: new Y.Doc({ gc: false }), params: { user } })
  await client.synced()
  return client
}
const edit = async (client, change) => {
  client.doc.transact(() => change(client.doc.getText('text')))
  await client.durable()
  await sleep(3) // each edit has a time of its own
}
const about = async (doc, what) => {
  const response = await fetch(`${server.http}/api/docs/${encodeURIComponent(doc)}/${what}`)
  assert.equal(response.status, 200)
  return response
}
const timesOf = async (doc) => {
  const { activity } = await (await about(doc, 'activity?pause_ms=0&limit=1000')).json()
  return Object.fromEntries(activity.map(({ first_seq, first_ms }) => [first_seq, first_ms]))
}

test('each run has its author and its time, what was deleted too', async () => {
  const ann = await open('runs', 'Ann')
  const ben = await open('runs', 'Bén 😀')
  const nobody = await open('runs', '')
  const arrived = (...clients) =>
    until('all have the same', () =>
      clients.every((client) => client.doc.getText('text').toString() === ann.doc.getText('text').toString())
    )
  await edit(ann, (text) => text.insert(0, 'Hello world'))
  await arrived(ben, nobody)
  await edit(ben, (text) => text.insert(5, ' big'))
  await arrived(nobody)
  await edit(ben, (text) => text.delete(0, 1))
  await until('Ann has it', () => ann.doc.getText('text').toString() === 'ello big world')
  await edit(ann, (text) => text.delete(4, 4))
  await until('nobody has it', () => nobody.doc.getText('text').length === 10)
  await edit(nobody, (text) => text.insert(10, '!'))
  await until('Ann has it', () => ann.doc.getText('text').toString() === 'ello world!')
  const time = await timesOf('runs')
  assert.equal(Object.keys(time).length, 5)

  const doc = new Y14.Doc({ gc: false })
  Y14.applyUpdate(doc, Y.encodeStateAsUpdate(ann.doc))
  const runs = (map) => {
    const { inserts, deletes } = Y14.decodeContentMap(map)
    const delta = doc.get('text').toDelta(new Y14.TwosetAttributionManager(inserts, deletes)).toJSON()
    return delta.children.map(({ insert, attribution }) => [insert, attribution])
  }
  const inserted = (author, seq) => ({ insert: author, insertedAt: time[seq] })
  const deleted = (author, seq) => ({ delete: author, deletedAt: time[seq] })
  const response = await about('runs', 'attributions')
  assert.equal(response.headers.get('stet-seq'), '5')
  const map = new Uint8Array(await response.arrayBuffer())
  assert.deepEqual(runs(map), [
    ['H', deleted(['Bén 😀'], 3)],
    ['ello', inserted(['Ann'], 1)],
    [' big', deleted(['Ann'], 4)],
    [' world', inserted(['Ann'], 1)],
    ['!', inserted([], 5)]
  ])
  const printed = execFileSync(serverBinary(), ['blame', 'runs', '--yjs14', '--data', server.data])
  assert.deepEqual(new Uint8Array(printed), map)
  const again = Y14.encodeContentMap(Y14.decodeContentMap(map))
  assert.deepEqual(runs(again), runs(map))

  const early = new Uint8Array(await (await about('runs', 'attributions?seq=2')).arrayBuffer())
  assert.ok(Y14.decodeContentMap(early).deletes.isEmpty())
  const printedEarly = execFileSync(serverBinary(), ['blame', 'runs', '--at', '2', '--yjs14', '--data', server.data])
  assert.deepEqual(new Uint8Array(printedEarly), early)
  for (const client of [ann, ben, nobody]) client.destroy()
})

test('a random history has the attributions that Yjs 14 makes of its updates', async () => {
  const users = ['Ann', 'Ben', 'Cat']
  const clients = await Promise.all(users.map((user) => open('random', user)))
  const seed = runSeed()
  const random = new Random(seed)
  const draw = (below) => random.below(below)
  const made = [] // [author, update], in the order of the log
  for (let step = 0; step < 120; step++) {
    const who = draw(users.length)
    const client = clients[who]
    const note = (update) => made.push([users[who], update])
    client.doc.once('update', note)
    await edit(client, (text) => {
      const at = draw(text.length + 1)
      if (draw(3) === 0 && text.length > at) text.delete(at, 1 + draw(Math.min(5, text.length - at)))
      else text.insert(at, 'abcdefgh'.slice(draw(8)))
    })
    const right = client.doc.getText('text').toString()
    await until('all have it', () => clients.every(({ doc }) => doc.getText('text').toString() === right))
  }
  const time = await timesOf('random')
  const attributes = ([author], seq, by, at) => [
    Y14.createContentAttribute(by, author),
    Y14.createContentAttribute(at, time[seq])
  ]
  const maps = made.map((edit, i) =>
    Y14.createContentMapFromContentIds(
      Y14.createContentIdsFromUpdate(edit[1]),
      attributes(edit, i + 1, 'insert', 'insertedAt'),
      attributes(edit, i + 1, 'delete', 'deletedAt')
    )
  )
  const plain = (map) => {
    const ranges = []
    map.forEach(({ clock, len, attrs }, client) =>
      ranges.push([client, clock, len, attrs.map(({ name, val }) => [name, val])])
    )
    return ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  }
  const right = Y14.mergeContentMaps(maps)
  const ours = Y14.decodeContentMap(new Uint8Array(await (await about('random', 'attributions')).arrayBuffer()))
  assert.deepEqual(plain(ours.inserts), plain(right.inserts), `STET_SEED=${seed}`)
  assert.deepEqual(plain(ours.deletes), plain(right.deletes), `STET_SEED=${seed}`)
  for (const client of clients) client.destroy()
})
