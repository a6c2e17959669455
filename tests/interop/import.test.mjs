// `stet import`: what other servers stored comes into the data folder, and stock clients get it from there.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as Y from 'yjs'
import { History } from './oracle/history.mjs'
import { runSeed } from './oracle/random.mjs'
import { Client } from './support/client.mjs'
import { writeHocuspocus, writeYSweet, writeYWebsocket, ySweetData } from './support/foreign_stores.mjs'
import { Server, runProgram, temporaryFolder } from './support/server.mjs'

// Documents of several kinds of content, made by a history that the seed replays.
const seed = runSeed()
console.log(`seed ${seed}`)

// A document that somebody typed, with every update on the way.
const typed = (text) => {
  const doc = new Y.Doc()
  const updates = []
  doc.on('update', (update) => updates.push(update))
  for (const letter of text) doc.getText('text').insert(doc.getText('text').length, letter)
  doc.getText('text').delete(0, 1)
  doc.getMap('m').set('k', { deep: [1, null, text] })
  return { doc, updates, state: Y.encodeStateAsUpdate(doc) }
}

const fresh = () => join(temporaryFolder(), 'store')
const importing = (path, data, ...args) => runProgram(['import', path, '--data', data, ...args])

const servers = []
after(() => Promise.all(servers.map((server) => server.stop())))

// What a stock client gets of `name` from a server on `data`.
const served = async (data, names) => {
  const server = await Server.start({ data })
  servers.push(server)
  const docs = {}
  for (const name of names) {
    const client = new Client(server, encodeURIComponent(name))
    await client.synced()
    docs[name] = client.doc
    client.destroy()
  }
  await server.stop()
  return docs
}

const assertSame = (actual, expected, what) =>
  assert.deepEqual(Y.encodeStateAsUpdate(actual), Y.encodeStateAsUpdate(expected), `${what}, seed ${seed}`)

// [kind, writer of {name: typed()}]
const kinds = [
  [
    'Hocuspocus',
    (path, docs) =>
      writeHocuspocus(path, Object.fromEntries(Object.entries(docs).map(([name, { state }]) => [name, state])))
  ],
  [
    'y-websocket',
    async (path, docs) => {
      const store = await writeYWebsocket(
        path,
        Object.fromEntries(Object.entries(docs).map(([name, { updates }]) => [name, updates]))
      )
      await store.setMeta(Object.keys(docs)[0], 'title', 'of no interest')
      await store.flushDocument(Object.keys(docs)[1]) // all its updates become one
      await store.destroy()
    }
  ],
  [
    'y-sweet',
    (path, docs) =>
      writeYSweet(
        path,
        Object.fromEntries(
          Object.entries(docs).map(([name, { state, updates }], i) => [
            name,
            ySweetData(i === 0 ? { state } : { state: updates[0], updates: updates.slice(1) })
          ])
        )
      )
  ]
]

for (const [kind, write] of kinds) {
  test(`${kind}: every document, and a second time nothing new`, async () => {
    const names = kind === 'y-sweet' ? ['room', 'with-dash_1', 'x'] : ['room', 'with space, ä/😀', 'x'.repeat(200)]
    const docs = Object.fromEntries(names.map((name, i) => [name, typed(`Hello ${i} 😀`)]))
    const [path, data] = [fresh(), fresh()]
    await write(path, docs)
    const first = await importing(path, data)
    assert.equal(first.code, 0, first.stderr)
    for (const name of names) assert.match(first.stdout, new RegExp(`^${name}: new, \\d+ bytes$`, 'm'))
    assert.match(first.stdout, /^documents imported: 3, refused: 0$/m)
    const second = await importing(path, data)
    assert.equal(second.code, 0, second.stderr)
    for (const name of names) assert.match(second.stdout, new RegExp(`^${name}: nothing new$`, 'm'))
    const got = await served(data, names)
    for (const name of names) assertSame(got[name], docs[name].doc, name)
  })
}

test('a folder of y-sweet as the real server wrote it', async () => {
  const golden = new URL('../golden/', import.meta.url)
  const states = JSON.parse(readFileSync(new URL('y-sweet-0.9.1.json', golden)))
  const data = fresh()
  const first = await importing(fileURLToPath(new URL('y-sweet-0.9.1', golden)), data)
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /^documents imported: 3, refused: 0$/m)
  const names = Object.keys(states)
  for (const name of names) assert.match(first.stdout, new RegExp(`^${name}: new, \\d+ bytes$`, 'm'))
  const got = await served(data, names)
  for (const [name, state] of Object.entries(states))
    assert.equal(Buffer.from(Y.encodeStateAsUpdate(got[name])).toString('base64'), state, name)
})

test('every kind of content comes over', async () => {
  const docs = Object.fromEntries(
    [...Array(8).keys()].map((i) => [`history-${i}`, { doc: new History(seed + i).run().receivers[0].doc }])
  )
  for (const made of Object.values(docs)) made.state = Y.encodeStateAsUpdate(made.doc)
  const [path, data] = [fresh(), fresh()]
  writeHocuspocus(path, Object.fromEntries(Object.entries(docs).map(([name, { state }]) => [name, state])))
  const { code, stderr } = await importing(path, data, '--from', 'hocuspocus')
  assert.equal(code, 0, stderr)
  const got = await served(data, Object.keys(docs))
  for (const [name, { state }] of Object.entries(docs)) {
    const expected = new Y.Doc()
    Y.applyUpdate(expected, state)
    assert.deepEqual(Y.encodeStateVector(got[name]), Y.encodeStateVector(expected), `${name}, seed ${seed}`)
  }
})

test('a document that is there is merged with, not overwritten', async () => {
  const data = fresh()
  const server = await Server.start({ data })
  const client = new Client(server, 'room')
  await client.synced()
  client.doc.getText('text').insert(0, 'ours ')
  await client.durable()
  client.destroy()
  await server.stop()
  const theirs = typed('Theirs')
  const path = fresh()
  writeHocuspocus(path, { room: theirs.state })
  const { code, stdout, stderr } = await importing(path, data)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^room: merged, /m)
  const { room } = await served(data, ['room'])
  const text = room.getText('text').toString()
  assert.ok(text.includes('ours ') && text.includes('heirs'), text)
})

test('what is damaged is named, and the rest is imported', async () => {
  const good = typed('good')
  const [hocuspocus, sweet, data] = [fresh(), fresh(), fresh()]
  writeHocuspocus(hocuspocus, { bad: Buffer.from([1, 2, 3]), 'no\nname': good.state, room: good.state })
  const first = await importing(hocuspocus, data)
  assert.equal(first.code, 1)
  assert.match(first.stderr, /"bad" is not imported: update 1 of 1 is damaged: .* at byte \d/)
  assert.match(first.stderr, /"no\\nname" is not imported: /)
  assert.match(first.stdout, /^room: new/m)
  assert.match(first.stdout, /^documents imported: 1, refused: 2$/m)
  const whole = ySweetData({ state: good.state })
  writeYSweet(sweet, {
    cut: whole.subarray(0, whole.length - 1),
    empty: new Uint8Array(),
    huge: Buffer.alloc(24, 0xff),
    longer: Buffer.concat([whole, Buffer.from([0])]),
    room2: whole
  })
  const second = await importing(sweet, data)
  assert.equal(second.code, 1)
  for (const name of ['cut', 'empty', 'huge', 'longer'])
    assert.match(second.stderr, new RegExp(`"${name}" is not imported: not a file of y-sweet: .* at byte \\d+`))
  assert.match(second.stdout, /^room2: new/m)
  assertSame((await served(data, ['room'])).room, good.doc, 'room')
})

test('what cannot be read is refused in one line', async () => {
  const refused = async (path, data, line, ...args) => {
    const { code, stdout, stderr } = await importing(path, data, ...args)
    assert.equal(code, 1)
    assert.match(stderr, line)
    assert.doesNotMatch(stdout, /: (new|merged)/)
  }
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'empty'))
  writeFileSync(join(folder, 'text'), 'not a store')
  writeFileSync(join(folder, 'damaged'), 'SQLite format 3\0 and no more')
  await refused(join(folder, 'nowhere'), fresh(), /nowhere: no such file/)
  await refused(join(folder, 'empty'), fresh(), /empty: neither a database of Hocuspocus/)
  await refused(join(folder, 'text'), fresh(), /text: neither/)
  await refused(join(folder, 'text'), fresh(), /text: not readable as a database of Hocuspocus/, '--from', 'hocuspocus')
  await refused(join(folder, 'damaged'), fresh(), /damaged: not readable as a database of Hocuspocus/)
  await refused(join(folder, 'empty'), fresh(), /empty: not readable as a LevelDB folder/, '--from', 'y-websocket')
  await refused(join(folder, 'empty'), fresh(), /empty: no DOC\/data.ysweet/, '--from', 'y-sweet')

  const path = fresh()
  const open = await writeYWebsocket(path, { room: typed('open').updates })
  await refused(path, fresh(), /in use by a server that runs/)
  await open.destroy()
  const server = await Server.start()
  servers.push(server)
  await refused(path, server.data, /in use|another/)
})
