// Edits that say what program made them, and for whom: kept, told apart from others, and taken back by that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { Client, until, within } from './support/client.mjs'
import { Server, runProgram } from './support/server.mjs'
import { openThin } from './support/thin.mjs'

const server = await Server.start()
test.after(() => server.stop())
const url = (doc, what) => `${server.http}/api/docs/${encodeURIComponent(doc)}/${what}`
const post = (doc, what, body) => fetch(url(doc, what), { method: 'POST', body })
const activity = async (doc, query = '') => (await (await fetch(url(doc, `activity${query}`))).json()).activity
const revert = async (doc, filter) => (await post(doc, 'revert', JSON.stringify(filter))).json()
const log = async (doc, ...args) => {
  const { code, stdout, stderr } = await runProgram(['log', doc, '--json', '--data', server.data, ...args])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}
const brief = (groups) => groups.map(({ author, tags, edits }) => [author, tags, edits])
/** The update of an insertion at the end, as a program without a connection makes it from the document's state. */
const appended = async (doc, text) => {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, new Uint8Array(await (await fetch(url(doc, 'at?as=update'))).arrayBuffer()))
  const before = Y.encodeStateVector(copy)
  copy.getText('text').insert(copy.getText('text').length, text)
  return Y.encodeStateAsUpdate(copy, before)
}

test('over HTTP and the thin protocol: kept, filtered by, reverted by', async () => {
  const ann = new Client(server, 'plan', { params: { user: 'Ann' } })
  await ann.synced()
  const text = ann.doc.getText('text')
  text.insert(0, 'typed ')
  await ann.durable()
  const made = await post('plan', 'update?user=Robot&agent=writer&asked_by=Ann', await appended('plan', 'over HTTP '))
  assert.deepEqual([made.status, await made.json()], [200, {}])
  const { client, document } = await openThin(server, 'plan', { user: 'Robot' })
  const options = { agent: 'fixer', askedBy: 'Bén 😀' }
  for (const word of ['thin ', 'client ']) await within('durable', document.append(word, options).durable)
  await within('durable', document.append('bare ').durable)
  client.close()
  await until('Ann has all', () => text.toString() === 'typed over HTTP thin client bare ')

  const all = [
    ['Robot', [], 1],
    ['Robot', ['agent=fixer', 'asked-by=Bén 😀'], 2],
    ['Robot', ['agent=writer', 'asked-by=Ann'], 1],
    ['Ann', [], 1]
  ]
  assert.deepEqual(brief(await activity('plan')), all)
  assert.deepEqual(brief(await log('plan')), all)
  for (const [tag, group] of [
    ['agent=fixer', 1],
    ['asked-by=Bén 😀', 1],
    ['agent=writer', 2],
    ['asked-by=Ann', 2]
  ]) {
    assert.deepEqual(brief(await activity('plan', `?tag=${encodeURIComponent(tag)}`)), [all[group]], tag)
    assert.deepEqual(brief(await log('plan', '--tag', tag)), [all[group]], tag)
  }
  assert.deepEqual(await log('plan', '--tag', 'agent=nobody'), [])
  const { parts } = await (await fetch(url('plan', 'blame'))).json()
  assert.deepEqual(
    parts.map(({ text, tags }) => [text, tags]),
    [
      ['typed ', []],
      ['over HTTP ', all[2][1]],
      ['thin client ', all[1][1]],
      ['bare ', []]
    ]
  )

  await server.killAndRestart()
  await revert('plan', { tag: 'agent=fixer' })
  await until('that of the one agent is gone', () => text.toString() === 'typed over HTTP bare ')
  await revert('plan', { tag: 'asked-by=Ann', author: 'Robot' })
  await until('what Ann asked for is gone', () => text.toString() === 'typed bare ')
  assert.equal((await revert('plan', { tag: 'agent=nobody' })).changed, false)
  ann.destroy()
})

test('tags cannot be forged, and what is no update is refused', async () => {
  const { client, document } = await openThin(server, 'forged', { user: 'Eve' })
  await within('durable', document.append('x', { agent: 'a\nrestores=1:0:5', askedBy: 'b\u0000' }).durable)
  client.close()
  const forged = await post('forged', `update?agent=${encodeURIComponent('a\nrevert')}`, await appended('forged', 'y'))
  assert.equal(forged.status, 200)
  for (const { tags } of await activity('forged')) assert.deepEqual(tags, [])
  const bad = await post('forged', 'update', new Uint8Array([1, 2, 3]))
  assert.equal(bad.status, 400)
  assert.ok((await bad.json()).error.length > 0)
  assert.equal((await post('a\u0000', 'update', new Uint8Array([0, 0]))).status, 404)
})
