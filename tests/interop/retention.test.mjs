// What becomes of old history and of deleted documents, through the real program and SIGKILL.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client, sleep, until } from './support/client.mjs'
import { RawClient } from './support/raw.mjs'
import { runProgram, Server, temporaryFolder } from './support/server.mjs'

const ask = async (server, method, name, path = '', body) => {
  const response = await fetch(`${server.http}/api/docs/${encodeURIComponent(name)}${path}`, { method, body })
  return { status: response.status, ...(await response.json()) }
}
const names = async (server, query = '') =>
  (await (await fetch(`${server.http}/api/docs${query}`)).json()).docs.map(({ name }) => name)

const open = async (server, name, user = 'Ann') => {
  const client = new Client(server, name, { params: { user } })
  await client.synced()
  return client
}
const type = async (client, ...texts) => {
  for (const text of texts) {
    client.doc.getText('text').insert(client.doc.getText('text').length, text)
    await client.durable()
  }
}
const filesHave = (folder, marker) =>
  readdirSync(folder).some((file) => readFileSync(join(folder, file)).includes(marker))

test('a deleted document sends its people away, and comes back as it was', async (t) => {
  const server = await Server.start()
  t.after(() => server.stop())
  const ann = await open(server, 'plan')
  await type(ann, 'kept')
  const reader = await RawClient.open(server, 'plan')
  const { status, deleted_ms, seq } = await ask(server, 'DELETE', 'plan')
  assert.equal(status, 200)
  assert.equal(seq, 1)
  assert.ok(Math.abs(deleted_ms - Date.now()) < 60_000)
  assert.equal(await reader.closed, 4410)
  assert.equal(await (await RawClient.open(server, 'plan')).closed, 4410)
  assert.deepEqual(await names(server), [])
  assert.deepEqual(await names(server, '?deleted=true'), ['plan'])
  for (const path of ['', '/at', '/activity', '/versions']) {
    const { status, error } = await ask(server, 'GET', 'plan', path)
    assert.equal(status, 410, path)
    assert.match(error, /'plan': deleted at \d{4}-/)
  }
  const text = await ask(server, 'GET', 'plan', '/text')
  assert.deepEqual(text, { status: 410, error: 'the document was deleted' })
  assert.equal((await ask(server, 'DELETE', 'plan')).status, 410)
  const taken = await fetch(`${server.http}/api/docs`, { method: 'POST', body: '{"name":"plan"}' })
  assert.equal(taken.status, 409)
  assert.equal((await ask(server, 'DELETE', 'nothing')).status, 404)
  assert.equal((await ask(server, 'POST', 'nothing', '/undelete')).status, 404)
  ann.destroy()

  await server.kill()
  await server.restart()
  assert.equal((await ask(server, 'POST', 'plan', '/undelete')).status, 200)
  assert.equal((await ask(server, 'POST', 'plan', '/undelete')).status, 409)
  const ben = await open(server, 'plan', 'Ben')
  assert.equal(ben.doc.getText('text').toString(), 'kept')
  assert.deepEqual(await names(server), ['plan'])
  ben.destroy()
})

test('nothing of a document is left in any file once it was deleted for long enough', async (t) => {
  const server = await Server.start({ args: ['--upkeep_interval_ms', '50', '--keep_deleted_days', '0.00001'] })
  t.after(() => server.stop())
  const secret = 'a secret that nobody may find'
  const ann = await open(server, 'secret name', 'secret author')
  const ben = await open(server, 'other')
  for (let i = 0; i < 20; ++i) {
    await type(ann, `${secret} ${i}. `)
    await type(ben, `public ${i}. `)
  }
  await ask(server, 'POST', 'secret name', '/versions', '{"name":"secret version"}')
  const text = ben.doc.getText('text').toString()
  ann.destroy()
  ben.destroy()
  assert.ok(filesHave(server.data, secret))
  assert.equal((await ask(server, 'DELETE', 'secret name')).status, 200)
  await until('it has left the files', () => server.stderr.includes('purged documents have left the files'))
  for (const marker of [secret, 'secret name', 'secret author', 'secret version']) {
    assert.ok(!filesHave(server.data, marker), marker)
  }
  await server.kill()
  assert.ok(!filesHave(server.data, 'secret'))
  await server.restart()
  assert.deepEqual(await names(server), ['other'])
  assert.deepEqual(await names(server, '?deleted=true'), [])
  assert.equal((await ask(server, 'GET', 'other', '/at')).text, text)
  assert.equal((await ask(server, 'GET', 'secret name', '/at')).status, 404)
  const carl = await open(server, 'secret name', 'Carl')
  assert.equal(carl.doc.getText('text').toString(), '')
  carl.destroy()
})

test('a log is the same before it is packed, while SIGKILL hits the packing, and after', async (t) => {
  const edits = 6_000
  const server = await Server.start({ args: ['--upkeep_interval_ms', '3600000'] })
  t.after(() => server.stop())
  const ann = await open(server, 'long')
  const text = ann.doc.getText('text')
  for (let i = 0; i < edits; ++i) {
    text.insert((i * 7) % (text.length + 1), String.fromCharCode(97 + (i % 26)))
    if (i % 500 === 0) await ann.durable()
  }
  await ann.durable()
  const end = text.toString()
  ann.destroy()
  await server.stop()
  const told = async (...args) => {
    const { code, stdout, stderr } = await runProgram([...args, '--data', server.data])
    assert.equal(code, 0, stderr)
    return stdout
  }
  const before = await told('export', 'long')
  const log = await told('log', 'long', '--json')
  server.args = ['--upkeep_interval_ms', '1']
  for (let life = 0; life < 5; ++life) {
    await server.restart()
    await sleep(life * 40)
    await server.kill()
    assert.equal(await told('export', 'long'), before, `after SIGKILL ${life}`)
  }
  await server.restart()
  // One of those that were killed may have done it, and not have said so.
  const packed = ['-readonly', join(server.data, 'stet.db'), 'SELECT count(*) FROM segments WHERE packed = 1']
  await until('the log is packed', async () => {
    const { status } = await ask(server, 'GET', 'long', '/at?seq=1')
    assert.equal(status, 200)
    assert.equal((await runProgram(['log', 'long', '--data', server.data])).code, 0)
    return execFileSync('sqlite3', packed, { encoding: 'utf8' }) !== '0\n'
  })
  assert.equal(await told('export', 'long'), before, 'beside a server')
  assert.equal(await told('log', 'long', '--json'), log)
  const { activity, head_seq } = await ask(server, 'GET', 'long', '/activity')
  assert.equal(head_seq, edits)
  assert.equal(activity[0].edits, edits)
  assert.equal((await ask(server, 'GET', 'long', `/at?seq=${edits}`)).text, end)
  assert.equal((await ask(server, 'GET', 'long', '/at?seq=27')).text.length, 27)
  assert.match(await told('replay', 'long', '--verify', '--speed', 'max', '--print', 'stats'), /6000|6,000/)
})

test('history that is too old is pruned; versions, the text and later moments stay', async (t) => {
  const server = await Server.start({ args: ['--prune_interval_ms', '3600000'] })
  t.after(() => server.stop())
  const ann = await open(server, 'plan')
  await type(ann, 'one ', 'two ', 'three ', 'four ')
  assert.equal((await ask(server, 'POST', 'plan', '/versions', '{"name":"draft","seq":2}')).status, 201)
  ann.destroy()
  await server.stop()
  const { code, stdout, stderr } = await runProgram(['prune', 'plan', '--before', '3', '--data', server.data])
  assert.equal(code, 0, stderr)
  assert.equal(stdout, 'plan: history begins at 3\n')
  await server.restart()
  const at = (seq) => ask(server, 'GET', 'plan', `/at?seq=${seq}`)
  assert.equal((await at(1)).status, 410)
  assert.match(
    (await at(1)).error,
    /'plan': its history begins at sequence 3 \(\d{4}-.*\); what was before has been pruned/
  )
  assert.equal((await at(2)).text, 'one two ', 'a version keeps its state')
  assert.equal((await at(3)).text, 'one two three ')
  assert.equal((await at(4)).text, 'one two three four ')
  assert.deepEqual((await ask(server, 'GET', 'plan', '/diff?from=2&to=4')).delta, [
    { retain: 8 },
    { insert: 'three four ' }
  ])
  const { parts } = await ask(server, 'GET', 'plan', '/blame')
  assert.deepEqual(
    parts.map(({ text, author }) => [text, author]),
    [
      ['one two three ', undefined],
      ['four ', 'Ann']
    ]
  )
  const { activity } = await ask(server, 'GET', 'plan', '/activity')
  assert.deepEqual(
    activity.map(({ first_seq, edits }) => [first_seq, edits]),
    [[4, 1]]
  )
  assert.equal((await ask(server, 'POST', 'plan', '/revert', '{"after_seq":1}')).status, 410)
  assert.equal((await ask(server, 'POST', 'plan', '/revert', '{"after_seq":3}')).status, 200)
  const ben = await open(server, 'plan', 'Ben')
  assert.equal(ben.doc.getText('text').toString(), 'one two three ')
  ben.destroy()

  // By age, in the background.
  await server.stop()
  server.args = ['--prune_interval_ms', '50', '--keep_history_days', '0.00001']
  await server.restart()
  await until('all of it is old', async () => (await at(4)).status === 410)
  const carl = await open(server, 'plan', 'Carl')
  assert.equal(carl.doc.getText('text').toString(), 'one two three ')
  carl.destroy()
  assert.equal((await at(2)).text, 'one two ')
})

test('a pruned log is exported with its base, and imported from there', async (t) => {
  const server = await Server.start()
  t.after(() => server.stop())
  const ann = await open(server, 'plan')
  await type(ann, 'one ', 'two ', 'three ')
  ann.destroy()
  await server.stop()
  const stet = (...args) => runProgram([...args, '--data', server.data])
  assert.equal((await stet('prune', 'plan', '--before', '2')).code, 0)
  assert.match((await stet('prune', 'plan', '--before', '2')).stderr, /begins at sequence 2 already/)
  assert.match((await stet('diff', 'plan', '1', '3')).stderr, /its history begins at sequence 2/)
  assert.match((await stet('blame', 'plan')).stdout, /\? {2}before the log {2}\|one two \n.*Ann.*\|three /)
  assert.match((await stet('replay', 'plan', '--speed', 'max', '--print', 'text')).stdout, /one two three /)
  assert.match((await stet('prune', 'plan', '--before', 'noon')).stderr, /neither a sequence nor a time/)
  assert.match((await stet('prune', 'none', '--before', '2')).stderr, /there is no document 'none'/)
  const folder = temporaryFolder()
  assert.match(
    (await runProgram(['prune', 'plan', '--before', '2', '--data', join(folder, 'x')])).stderr,
    /no data folder/
  )

  assert.equal((await stet('delete', 'plan')).code, 0)
  assert.match((await stet('log', 'plan')).stderr, /'plan': deleted at/)
  assert.match((await stet('delete', 'plan')).stderr, /'plan': deleted at/)
  assert.equal((await stet('undelete', 'plan')).code, 0)
  assert.equal((await stet('log', 'plan')).code, 0)
})
