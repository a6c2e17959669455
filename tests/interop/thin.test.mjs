// Clients without a CRDT (stet.v1, docs/PROTOCOL.md) beside stock Yjs clients on the real server.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { difference, splice, transform } from '../../web/thin/dist/index.js'
import { Random, runSeed } from './oracle/random.mjs'
import { assertSameText } from './support/assertions.mjs'
import { sleep, until, within } from './support/client.mjs'
import { RawClient, syncFrame, syncStep1, syncStep2 } from './support/raw.mjs'
import { runProgram } from './support/server.mjs'
import { closeAfterTest, server, stock } from './support/server_each.mjs'
import { openThin } from './support/thin.mjs'
import { WriteLock } from './support/write_lock.mjs'

const { decode, encode } = createRequire(new URL('../../web/thin/package.json', import.meta.url))('@msgpack/msgpack')

const thin = async (name, options) => {
  const opened = await openThin(server, name, options)
  closeAfterTest(() => opened.client.close())
  return opened
}
const textOf = (client) => client.doc.getText('text')

test('a thin client reads, edits, and is told what is durable', async () => {
  const yjs = await stock('a/b')
  yjs.edit(() => textOf(yjs).insert(0, 'Hello'))
  await yjs.durable()
  const { document } = await thin('a/b', { user: 'bot' })
  assert.equal(document.text, 'Hello')
  const edit = document.append(' world 😀', { agent: 'test', askedBy: 'Ada' })
  await within('accepted', edit.accepted)
  assert.equal(document.text, 'Hello world 😀')
  await within('durable', edit.durable)
  assert.ok(document.durable >= document.version)
  await until('the stock client has it', () => textOf(yjs).toString() === 'Hello world 😀')
  yjs.edit(() => textOf(yjs).delete(0, 6))
  await until('the thin client has it', () => document.text === 'world 😀')
  assert.throws(() => document.insert(7, 'x'), RangeError) // within the pair
  assert.throws(() => document.erase(6, 3), RangeError)
})

test('what is durable survives SIGKILL, and the client comes back to it', async () => {
  const { document } = await thin('kill')
  await within('durable', document.append('kept').durable)
  await server.killAndRestart()
  await until('it is open again', () => document.state === 'open')
  assert.equal(document.text, 'kept')
  await within('durable again', document.append('!').durable)
  assert.equal(await (await fetch(`${server.http}/api/docs/kill/text`)).text(), 'kept!')
})

test('a document that is deleted is closed with 4410, and no other of the client', async () => {
  const { client, document } = await thin('deleted')
  const other = client.open('stays')
  await within('kept', document.append('kept').durable)
  const change = async (method, path = '') =>
    assert.ok((await fetch(`${server.http}/api/docs/deleted${path}`, { method })).ok)
  const is4410 = (error) => error.code === 4410 && error.message.includes('the document was deleted')
  await change('DELETE')
  await until('it is closed', () => document.state === 'closed')
  await within('an edit of a closed document', assert.rejects(document.append('lost').durable, is4410))
  await within('the other goes on', other.append('goes on').durable)
  await within('it is refused', assert.rejects(client.open('deleted').opened, is4410))
  const late = new WebSocket(`ws://127.0.0.1:${server.port}/thin`, 'stet.v1')
  closeAfterTest(() => late.terminate())
  const answer = new Promise((resolve) => late.on('message', (message) => resolve(decode(message))))
  late.on('open', () => late.send(encode({ t: 'open', doc: 'deleted' })))
  const reason = 'the document was deleted'
  assert.deepEqual(await within('the answer', answer), { t: 'closed', doc: 'deleted', code: 4410, reason })
  await change('POST', '/undelete')
  const again = client.open('deleted')
  await within('it is open', again.opened)
  assert.equal(again.text, 'kept')
})

test('an edit that waits for its commit when the client closes fails, and so does one after it', async () => {
  const { client, document } = await thin('closing')
  const lock = await WriteLock.take(server)
  closeAfterTest(() => lock.release())
  const edit = document.append('waits')
  await within('accepted', edit.accepted)
  client.close()
  for (const { durable } of [edit, document.append('late')])
    await within('the end', assert.rejects(durable, /the document is closed/))
})

test('people: stock editors see thin clients, and the reverse', async () => {
  const { document } = await thin('people')
  const { document: other } = await thin('people')
  const yjs = await stock('people')
  yjs.edit(() => textOf(yjs).insert(0, 'some text'))
  await until('the text is there', () => document.text === 'some text')
  document.announce('Ada', '#c93a3a', [5, 9])
  yjs.provider.awareness.setLocalStateField('user', { name: 'Yves', color: '#117f49' })
  const seen = () => [...yjs.provider.awareness.getStates().values()].map((state) => state.user?.name)
  await until('the stock client sees Ada', () => seen().includes('Ada'))
  const names = () => other.people.map((person) => person.name).sort()
  await until('the other one sees both', () => names().join() === 'Ada,Yves')
  assert.deepEqual(other.people.find((person) => person.name === 'Ada').cursor, [5, 9])
  document.close()
})

test('random edits of thin and stock clients whose sockets are cut: all have the same in the end', async () => {
  const seed = runSeed()
  const random = new Random(seed)
  const yjs = [await stock('random'), await stock('random')]
  const thins = [await thin('random'), await thin('random'), await thin('random')]
  const words = ['a', 'bc', 'def', '😀', 'ä€', '\n']
  const word = () => words[random.between(0, words.length - 1)]
  const between = (text, at) => (/^[\udc00-\udfff]/.test(text.slice(at, at + 1)) ? at - 1 : at)
  for (let step = 0; step < 600; step++) {
    if (random.between(0, 2) === 0) {
      const client = yjs[random.between(0, 1)]
      const text = textOf(client)
      const at = between(text.toString(), random.between(0, text.length))
      client.edit(() => {
        if (random.between(0, 3) > 0 || text.length === 0) text.insert(at, word())
        else {
          const end = between(text.toString(), Math.min(text.length, at + random.between(0, 4)))
          if (end > at) text.delete(at, end - at)
        }
      })
    } else {
      const { document } = thins[random.between(0, 2)]
      const at = between(document.text, random.between(0, document.text.length))
      const end = Math.max(at, between(document.text, Math.min(document.text.length, at + random.between(0, 3))))
      document.edit([[at, end - at, word()]])
    }
    if (random.between(0, 60) === 0) thins[random.between(0, 2)].client.cut()
    if (random.between(0, 120) === 0) yjs[random.between(0, 1)].cut()
    if (random.between(0, 3) === 0) await sleep(random.between(0, 8))
  }
  for (const { document } of thins)
    await within(`the last edit is durable (seed ${seed})`, document.append('.').durable)
  await until(
    () => `all have the same (seed ${seed})`,
    () =>
      yjs.every(({ connected }) => connected) &&
      new Set([...yjs.map((client) => textOf(client).toString()), ...thins.map(({ document }) => document.text)])
        .size === 1
  )
})

// Each edit inserts a character that no other does.
const editOnce = async (seed, isKilled) => {
  const random = new Random(seed)
  const writers = []
  for (let n = 0; n < 3; n++) writers.push(await thin('once'))
  const edits = []
  for (let step = 0; step < 300; step++) {
    const { client, document } = writers[step % 3]
    const marker = String.fromCharCode(0x4e00 + step)
    edits.push({ marker, edit: document.insert(random.between(0, document.text.length), marker) })
    if (random.between(0, 25) === 0) client.cut()
    if (isKilled && step % 75 === 74) await server.killAndRestart()
    await sleep(random.between(0, 6))
  }
  for (const { marker, edit } of edits) await within(`${marker} is durable (seed ${seed})`, edit.durable)
  const yjs = await stock('once')
  await until('all have the same', () => textOf(yjs).toString() === writers[0].document.text)
  for (const { marker } of edits) {
    assert.equal(textOf(yjs).toString().split(marker).length - 1, 1, `${marker} (seed ${seed})`)
  }
}

test('each edit is applied exactly once, through cuts', async () => {
  await stock('once')
  await editOnce(runSeed(), false)
})

test('each edit is applied exactly once, through SIGKILL', () => editOnce(runSeed(), true))

test('an edit that is accepted and lost in a SIGKILL was seen by no stock client, and comes once', async (t) => {
  const { document } = await thin('lost')
  const yjs = await stock('lost')
  await within('durable', document.append('kept ').durable)
  await until('the stock client has it', () => textOf(yjs).toString() === 'kept ')
  const lock = await WriteLock.take(server)
  t.after(() => lock.release())
  const edit = document.append('once')
  await within('accepted', edit.accepted)
  yjs.edit(() => textOf(yjs).insert(0, '> '))
  await until('the thin client sees the others', () => document.text === '> kept once')
  const late = await RawClient.open(server, 'lost')
  t.after(() => late.close())
  late.send(syncFrame(syncStep1, new Uint8Array([0])))
  late.send(new Uint8Array([3])) // asks for the presence of all, behind its step 1
  await until('its step 1 has come', () => late.messages.filter(({ type }) => type === 1).length === 2)
  assert.equal(textOf(yjs).toString(), '> kept ')
  await server.kill()
  await lock.release()
  assert.ok(!late.messages.some(({ kind }) => kind === syncStep2))
  await server.restart()
  await within('durable', edit.durable)
  await until('both have the same', () => textOf(yjs).toString() === document.text)
  assert.equal(document.text, '> kept once')
})

test('an edit that is durable, of which only a new connection was told that it is applied, comes once through SIGKILL', async (t) => {
  const [a, b] = [await thin('told late'), await thin('told late')]
  a.client.deafen()
  const edit = a.document.append('once')
  await until('the other has it on disk', () => b.document.text === 'once' && b.document.durable === b.document.version)
  const lock = await WriteLock.take(server)
  t.after(() => lock.release())
  await within('accepted', b.document.append(', more').accepted)
  a.client.cut()
  await within('it is told that it is applied', edit.accepted)
  await server.kill()
  await lock.release()
  await server.restart()
  await within('durable', edit.durable)
  await within('the last edit is durable', a.document.append('.').durable)
  await until('both have the same', () => a.document.text === b.document.text)
  assert.equal(a.document.text.split('once').length, 2, a.document.text)
})

test('splices in TypeScript do as those in C++: random ones agree', () => {
  const random = new Random(runSeed())
  for (let round = 0; round < 2_000; round++) {
    const text = 'abcdefghij'.slice(0, random.between(0, 10))
    const draw = () => {
      const out = []
      let at = 0
      for (let n = random.between(0, 3); n > 0 && at <= text.length; n--) {
        at = random.between(at, text.length)
        const erased = random.between(0, Math.min(3, text.length - at))
        out.push([at, erased, 'XYZ'.slice(0, random.between(0, 3))])
        at += erased
      }
      return out
    }
    const [a, b] = [draw(), draw()]
    const both = splice(splice(text, a), transform(b, a))
    const gone = (list, unit) => list.some(([at, erased]) => unit >= at && unit < at + erased)
    const kept = [...text].filter((_, unit) => !gone(a, unit) && !gone(b, unit)).join('')
    assert.equal(both.replaceAll(/[XYZ]/g, ''), kept, JSON.stringify({ text, a, b }))
    const inserted = [...a, ...b].reduce((sum, [, , added]) => sum + added.length, 0)
    assert.equal(both.length, kept.length + inserted, JSON.stringify({ text, a, b }))
    assert.equal(splice(text, difference(text, both)), both)
  }
})

test('stet edit returns when its edit is durable, stet tail shows it', async () => {
  const run = (...args) => runProgram([...args, '--server', server.http])
  assert.deepEqual(await run('edit', 'notes', '--append', 'Hello'), {
    code: 0,
    signal: null,
    stdout: 'version 1\n',
    stderr: ''
  })
  assert.equal((await run('edit', 'notes', '--insert', '0', '>> ', '--user', 'Ada')).stdout, 'version 2\n')
  assert.equal((await run('edit', 'notes', '--delete', '0', '1')).stdout, 'version 3\n')
  assert.equal((await run('tail', 'notes', '--once')).stdout, '> Hello')
  const tooFar = await run('edit', 'notes', '--insert', '99', 'x')
  assert.equal(tooFar.code, 1)
  assert.match(tooFar.stderr, /the text has 7 UTF-16 code units only/)
  await server.killAndRestart()
  assert.equal((await run('tail', 'notes', '--once')).stdout, '> Hello')
})

// --- what no well-behaved client sends ---

const connect = async (path = '/thin', protocol = 'stet.v1') => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocol)
  socket.binaryType = 'arraybuffer'
  socket.messages = []
  socket.on('message', (data) => socket.messages.push(decode(data)))
  socket.on('error', () => {})
  socket.ended = new Promise((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  closeAfterTest(() => socket.terminate())
  socket.say = (message) => socket.send(encode(message))
  socket.hears = async (kind) => {
    await until(`a message ${kind}`, () => socket.messages.some(({ t }) => t === kind))
    return socket.messages.find(({ t }) => t === kind)
  }
  return socket
}

test('36 37 38 broken MessagePack closes the socket with 4400, a text message with 1003', async () => {
  const deep = new Uint8Array(100_000).fill(0x91)
  const huge = Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)
  const nan = encode({ t: 'open', doc: NaN })
  for (const bytes of [deep, huge, nan, encode([1]), encode({ t: 'edit', doc: 'a' })]) {
    const socket = await connect()
    socket.send(bytes)
    assert.equal(await within('the close', socket.ended), 4400)
  }
  const socket = await connect()
  socket.send('text')
  assert.equal(await within('the close', socket.ended), 1003)
})

test('43 44 46 a flood of opens, an edit before any, a bad name', async () => {
  const socket = await connect()
  socket.say({ t: 'edit', doc: 'a', id: 1, version: 0, splices: [[0, 0, 'x']] })
  assert.equal((await socket.hears('refused')).code, 'not_open')
  socket.say({ t: 'open', doc: 'a/../b' })
  assert.equal((await socket.hears('closed')).code, 4403)
  for (let n = 0; n < 100; n++) socket.say({ t: 'open', doc: 'a' })
  assert.equal(await within('the close', socket.ended), 1013)
  assert.equal(await (await fetch(`${server.http}/api/docs/a/text`)).text(), '')
})

test('33 a thin client that does not read costs bounded memory and has all when it reads again', async () => {
  const { document } = await thin('slow')
  const socket = await connect()
  socket.say({ t: 'open', doc: 'slow' })
  await socket.hears('opened')
  socket.pause()
  const block = 'x'.repeat(60_000)
  for (let n = 0; n < 200; n++) {
    const edit = document.edit([[0, document.text.length, block + n]])
    await within('accepted', edit.accepted)
  }
  socket.resume()
  const text = () =>
    socket.messages.reduce((before, message) => {
      if (message.text !== undefined) return message.text
      return message.splices === undefined ? before : splice(before, message.splices)
    }, '')
  await until('it has all', () => text().endsWith('x199'))
  assertSameText(text(), document.text)
  const bytes = socket.messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
  assert.ok(bytes < 9_000_000, `${bytes} bytes of 12,000,000 came`)
})
