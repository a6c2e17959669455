// The program as one starts and stops it: what stands in its way is said in one clear line, and SIGTERM drains.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as Y from 'yjs'
import { Client, emptyUpdate, until, within } from './support/client.mjs'
import { RawClient, syncFrame, syncStep2 } from './support/raw.mjs'
import { Server, runProgram, temporaryFolder } from './support/server.mjs'
import { WriteLock } from './support/write_lock.mjs'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

const assertRefused = async (args, line) => {
  const { code, signal, stdout, stderr } = await runProgram(['serve', ...args])
  assert.equal(signal, null)
  assert.notEqual(code, 0)
  assert.equal(stdout, '')
  assert.equal(stderr.trim().split('\n').length, 1, stderr)
  assert.match(stderr, line)
}

test('a port that is taken', () =>
  assertRefused(['--listen', `127.0.0.1:${server.port}`, '--data', temporaryFolder()], new RegExp(`${server.port}`)))

test('a data folder that another server uses', () =>
  assertRefused(['--listen', '127.0.0.1:0', '--data', server.data], /in use|another/))

test('a data folder that cannot be made', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, 'not a folder')
  for (const data of [file, join(file, 'below')])
    await assertRefused(['--listen', '127.0.0.1:0', '--data', data], /file/)
})

test('a data folder that is not writable', { skip: process.getuid() === 0 && 'root may write anywhere' }, async () => {
  const folder = join(temporaryFolder(), 'closed')
  mkdirSync(folder, { mode: 0o500 })
  await assertRefused(['--listen', '127.0.0.1:0', '--data', folder], /closed/)
})

test('a database that is not one', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'stet.db'), 'not a database at all'.repeat(100))
  await assertRefused(['--listen', '127.0.0.1:0', '--data', folder], /./)
})

test('other addresses than loopback only with --no-auth', () =>
  assertRefused(['--listen', '0.0.0.0:0', '--data', temporaryFolder()], /--no-auth/))

test('healthz', async () => {
  const response = await fetch(`${server.http}/healthz`)
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok' })
})

test('SIGTERM closes the sockets with 1001, finishes what is pending and exits with 0', async (t) => {
  const own = await Server.start()
  t.after(() => own.kill())
  const writer = await new Client(own, 'room').synced()
  t.after(() => writer.destroy())
  const raw = await RawClient.open(own, 'room')
  t.after(() => raw.close())
  await within('the answer', writer.durable())
  const lock = await WriteLock.take(own)
  t.after(() => lock.release())
  const update = writer.edit(() => writer.doc.getText('text').insert(0, 'the last words'))
  await until('the server has it', async () => Buffer.from(await raw.state()).includes('the last words'))
  const closed = new Promise((resolve) => writer.provider.once('connection-close', resolve))
  own.child.kill('SIGTERM')
  await lock.release()
  assert.equal(await within('the close', raw.closed), 1001)
  assert.equal((await within('the close', closed)).code, 1001)
  assert.deepEqual(await within('the exit', own.ended), { code: 0, signal: null })
  assert.ok(writer.acknowledged(update), 'acknowledged before the close')
  writer.destroy()

  await own.restart()
  const reader = await new Client(own, 'room').synced()
  t.after(() => reader.destroy())
  assert.equal(reader.doc.getText('text').toString(), 'the last words')
})

test('SIGTERM while a commit never comes to an end: it ends all the same, and nothing is acknowledged', async (t) => {
  const own = await Server.start()
  t.after(() => own.kill())
  const writer = await new Client(own, 'room').synced()
  t.after(() => writer.destroy())
  await within('the answer', writer.durable())
  const lock = await WriteLock.take(own)
  t.after(() => lock.release())
  const update = writer.edit(() => writer.doc.getText('text').insert(0, 'lost'))
  const peer = await RawClient.open(own, 'room')
  t.after(() => peer.close())
  await until('the server has it', async () => Buffer.from(await peer.state()).includes('lost'))
  own.child.kill('SIGTERM')
  // Members are let go only when the time for the last commit is over; nothing was said to them by then.
  assert.equal(await within('the close', peer.closed), 1001)
  const { signal } = await within('the exit', own.ended)
  assert.equal(signal, null)
  assert.match(own.stderr, /shutting down: SIGTERM[^]*closed before its last commit/)
  assert.ok(!writer.acknowledged(update))
})

test('SIGTERM waits for the last snapshots of rooms that nobody is in: their next join replays no log', async () => {
  const own = await Server.start()
  const rooms = 200
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'x'.repeat(100_000)) // more than leaves memory without a snapshot
  const update = Y.encodeStateAsUpdate(doc)
  const visit = async (_, n) => {
    const visitor = await RawClient.open(own, `room-${n}`)
    visitor.send(syncFrame(syncStep2, emptyUpdate))
    visitor.sendUpdate(update)
    await visitor.update(update)
    visitor.close()
  }
  await Promise.all(Array.from({ length: rooms }, visit))
  await until('everybody is gone', async () => {
    const { docs } = await (await fetch(`${own.http}/api/docs?limit=1000`)).json()
    return docs.length === rooms && docs.every(({ members }) => members === 0)
  })
  await own.stop()
  const whole = 'SELECT count(*) FROM documents JOIN snapshots ON doc = id AND seq = head_seq'
  assert.equal(execFileSync('sqlite3', [join(own.data, 'stet.db'), whole], { encoding: 'utf8' }), `${rooms}\n`)
})

test('SIGINT drains too', async () => {
  const own = await Server.start()
  own.child.kill('SIGINT')
  assert.deepEqual(await within('the exit', own.ended), { code: 0, signal: null })
  assert.ok(existsSync(join(own.data, 'stet.db')))
})
