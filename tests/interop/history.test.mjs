// The past of a document over HTTP: any moment, who wrote what, versions, and taking back, with stock clients that look on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { Client, sleep, until } from './support/client.mjs'
import { Server } from './support/server.mjs'

const server = await Server.start()
test.after(() => server.stop())

let documents = 0
// A new document: its name, and requests about its past.
const fresh = () => {
  const name = `history/${++documents}`
  const url = `${server.http}/api/docs/${encodeURIComponent(name)}`
  const answer = async (response) => ({ status: response.status, ...(await response.json()) })
  return {
    name,
    get: async (path) => answer(await fetch(`${url}/${path}`)),
    raw: (path) => fetch(`${url}/${path}`),
    post: async (path, body) => answer(await fetch(`${url}/${path}`, { method: 'POST', body: JSON.stringify(body) }))
  }
}

const open = async (name, user) => {
  const client = new Client(server, name, { params: { user } })
  await client.synced()
  return client
}
// Runs the edit and waits until it is saved.
const edit = async (client, change) => {
  client.doc.transact(() => change(client.doc.getText('text')))
  await client.durable()
}

test('any moment, the difference of two, and who wrote what', async () => {
  const doc = fresh()
  const ann = await open(doc.name, 'Ann')
  const ben = await open(doc.name, 'Ben')
  await edit(ann, (text) => text.insert(0, 'Hello world'))
  await until('Ben has it', () => ben.doc.getText('text').length === 11)
  const noon = Date.now()
  await sleep(5)
  await edit(ben, (text) => text.insert(5, ' big 😀'))
  await edit(ben, (text) => text.delete(0, 1))

  assert.deepEqual(await doc.get('at?seq=1'), { status: 200, seq: 1, head_seq: 3, text: 'Hello world' })
  assert.equal((await doc.get(`at?time=${noon}`)).text, 'Hello world')
  assert.equal((await doc.get('at?time=0')).text, '')
  assert.equal((await doc.get('at')).text, 'ello big 😀 world')
  assert.deepEqual((await doc.get('at?seq=2&as=json')).roots, { text: 'Hello big 😀 world' })
  assert.deepEqual((await doc.get('at?seq=2&as=delta')).delta, [{ insert: 'Hello big 😀 world' }])
  const update = await doc.raw('at?seq=2&as=update')
  assert.equal(update.headers.get('stet-seq'), '2')
  const then = new Y.Doc()
  Y.applyUpdate(then, new Uint8Array(await update.arrayBuffer()))
  assert.equal(then.getText('text').toString(), 'Hello big 😀 world')

  const difference = await doc.get('diff?from=1')
  assert.deepEqual(difference.delta, [{ delete: 1 }, { retain: 4 }, { insert: ' big 😀' }])
  assert.deepEqual(difference.activity.map((group) => group.author), ['Ben'])
  const { parts } = await doc.get('blame')
  assert.deepEqual(
    parts.map((part) => [part.author, part.text, part.length]),
    [['Ann', 'ello', 4], ['Ben', ' big 😀', 7], ['Ann', ' world', 6]]
  )
  const { activity } = await doc.get('activity')
  assert.deepEqual(
    activity.map(({ author, edits, inserted, deleted }) => [author, edits, inserted, deleted]),
    [['Ben', 2, 7, 1], ['Ann', 1, 11, 0]]
  )
  assert.deepEqual((await doc.get('activity?author=Ann')).activity.length, 1)
  assert.deepEqual((await doc.get(`activity?session=${activity[0].sessions[0]}`)).activity.map((group) => group.author), ['Ben'])
  ann.destroy()
  ben.destroy()
})

test('versions keep their moment', async () => {
  const doc = fresh()
  const ann = await open(doc.name, 'Ann')
  await edit(ann, (text) => text.insert(0, 'first'))
  const made = await doc.post('versions?user=Ann', { name: 'draft' })
  assert.equal(made.status, 201)
  assert.equal(made.seq, 1)
  await edit(ann, (text) => text.insert(5, ' second'))
  assert.equal((await doc.post('versions', { name: 'draft' })).status, 409)
  assert.equal((await doc.post('versions', { name: 'early', seq: 1 })).status, 201)
  const { versions } = await doc.get('versions')
  assert.deepEqual(versions.map(({ name, seq, author }) => [name, seq, author]), [['draft', 1, 'Ann'], ['early', 1, '']])
  ann.destroy()
})

test('one author is taken back while another types, with a preview first', async () => {
  const doc = fresh()
  const ann = await open(doc.name, 'Ann')
  const eve = await open(doc.name, 'Eve')
  await edit(ann, (text) => text.insert(0, 'A good sentence.'))
  await until('Eve has it', () => eve.doc.getText('text').length === 16)
  await edit(eve, (text) => text.delete(0, 7))
  await edit(eve, (text) => text.insert(0, 'BAD '))
  await until('Ann has it', () => ann.doc.getText('text').toString() === 'BAD sentence.')
  await edit(ann, (text) => text.insert(13, ' And more.'))

  const preview = await doc.post('revert', { author: 'Eve', preview: true })
  assert.equal(preview.changed, true)
  const shown = new Y.Doc()
  shown.getText('text').insert(0, 'BAD sentence. And more.')
  shown.getText('text').applyDelta(preview.delta)
  assert.equal(shown.getText('text').toString(), 'A good sentence. And more.')
  assert.equal((await doc.get('at')).text, 'BAD sentence. And more.')

  const [done] = await Promise.all([
    doc.post('revert?user=Ann', { author: 'Eve' }),
    edit(ann, (text) => text.insert(text.length, ' Typed meanwhile.'))
  ])
  assert.equal(done.status, 200)
  const right = 'A good sentence. And more. Typed meanwhile.'
  await until('all have it', () => [ann, eve].every((client) => client.doc.getText('text').toString() === right))
  assert.equal((await doc.post('revert', { author: 'Eve' })).changed, false)
  const { activity } = await doc.get('activity?tag=revert')
  assert.deepEqual(activity.map(({ author, tags }) => [author, tags]), [['Ann', ['revert']]])

  assert.equal((await doc.post('revert', { after_seq: 1 })).status, 200)
  await until('the first moment is back', () => ann.doc.getText('text').toString() === 'A good sentence.')
  ann.destroy()
  eve.destroy()
})

test('a moment is copied into a new document', async () => {
  const doc = fresh()
  const ann = await open(doc.name, 'Ann')
  await edit(ann, (text) => text.insert(0, 'first'))
  await edit(ann, (text) => text.insert(5, ' second'))
  const name = `${doc.name}/copy`
  assert.deepEqual(await doc.post('copy?user=Ben', { name, seq: 1 }), { status: 200, name, seq: 1 })
  assert.equal((await doc.post('copy', { name })).status, 409)
  const ben = await open(name, 'Ben')
  assert.equal(ben.doc.getText('text').toString(), 'first')
  const { activity } = await (await fetch(`${server.http}/api/docs/${encodeURIComponent(name)}/activity`)).json()
  assert.deepEqual(activity.map(({ author, tags }) => [author, tags]), [['Ben', ['copy']]])
  ann.destroy()
  ben.destroy()
})

test('what cannot be answered is told in a sentence', async () => {
  const doc = fresh()
  for (const path of ['at', 'blame', 'activity', 'diff']) assert.equal((await doc.get(path)).status, 404, path)
  assert.equal((await doc.post('revert', { author: 'x' })).status, 404)
  const ann = await open(doc.name, 'Ann')
  await edit(ann, (text) => text.insert(0, 'x'))
  for (const path of ['at?seq=-1', 'at?seq=x', 'at?time=1e3', 'at?as=pdf', 'diff?from=3&to=2', 'activity?session=x', 'activity?limit=-1']) {
    const { status, error } = await doc.get(path)
    assert.equal(status, 400, path)
    assert.ok(error.length > 0)
  }
  for (const body of [null, {}, [], 'x', { author: 5 }, { after_seq: -1 }, { after_seq: 'x' }, { session: 5 }, { author: 'x', preview: 1 }]) {
    assert.equal((await doc.post('revert', body)).status, 400, JSON.stringify(body))
  }
  for (const body of [{}, { name: '' }, { name: 'a\u0000' }, { name: 'x', seq: 'y' }]) {
    assert.equal((await doc.post('versions', body)).status, 400, JSON.stringify(body))
  }
  assert.equal((await doc.post('copy', { name: '..' })).status, 400)
  assert.equal((await doc.raw('at/more')).status, 404)
  assert.equal((await fetch(`${server.http}/api/docs/x/at`, { method: 'PUT' })).status, 405)
  ann.destroy()
})
