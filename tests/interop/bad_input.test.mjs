// What cannot be accepted closes the connection it came on, for good, and harms nobody else. The numbers in brackets are
// the cases of the list of hostile inputs.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as Y from 'yjs'
import { Client, within } from './support/client.mjs'
import { RawClient, awarenessFrame, syncFrame, syncStep1, syncStep2, syncUpdate, upgrade } from './support/raw.mjs'
import { Server } from './support/server.mjs'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

const bytes = (...values) => Uint8Array.from(values)
const joined = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))))
const repeated = (length, value) => new Uint8Array(length).fill(value)
const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f] // 2^53 - 1 as a varuint

// A client 1 that inserts one struct of the given bytes into root `t`.
const oneStruct = (...struct) => bytes(1, 1, 1, 0, ...struct, 0)
const rootText = [1, 1, 0x74]

const hello = (() => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'hello')
  return Y.encodeStateAsUpdate(doc)
})()

const refusedUpdates = {
  'an empty payload (47)': bytes(),
  'an endless varint (47)': repeated(20, 0xff),
  'an overlong varint (47)': bytes(0x80, 0x00, 0x00),
  'a count of structs of 2^53 - 1 (48)': bytes(1, ...huge, 1, 0),
  'a count of clients of 2^53 - 1 (48)': bytes(...huge),
  'a count of delete ranges of 2^53 - 1 (48)': bytes(0, 1, 1, ...huge),
  'a GC of length zero (49)': oneStruct(0, 0),
  'a Skip of length zero (49)': oneStruct(10, 0),
  'a Deleted of length zero (49)': oneStruct(1, ...rootText, 0),
  'a GC of length 2^53 - 1 (50)': oneStruct(0, ...huge),
  'a content kind that nobody knows (55)': oneStruct(11, ...rootText, 1),
  'a type kind that nobody knows (55)': oneStruct(7, ...rootText, 9),
  'an Any nested 200 deep (56)': oneStruct(8, ...rootText, 1, ...Array(200).fill([117, 1]).flat(), 126),
  'JSON nested 200 deep (56)': oneStruct(
    5,
    ...rootText,
    0x90,
    0x03,
    ...Array(200).fill(0x5b),
    ...Array(200).fill(0x5d)
  ),
  'text that is not UTF-8 (58)': oneStruct(4, ...rootText, 2, 0xc3, 0x28),
  'a valid prefix and a bad tail (61)': joined(hello.slice(0, -1), [7]),
  'a truncated update': hello.slice(0, -2),
  'trailing bytes (41)': joined(hello, [1]),
  'a client id over 2^53 - 1 (64)': bytes(
    1,
    1,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0x7f,
    0,
    4,
    ...rootText,
    1,
    0x61,
    0
  )
}

const refusedFrames = {
  'an empty frame': bytes(),
  'a sync message without a kind': bytes(0),
  'a sync kind that nobody knows': bytes(0, 9, 0),
  'a payload that is longer than its frame': bytes(0, 2, 100, 1),
  'bytes after a sync message (41)': joined(syncFrame(syncUpdate, hello), [0]),
  'a state vector that claims 2^53 - 1 entries (42)': syncFrame(syncStep1, bytes(...huge)),
  'a truncated state vector': syncFrame(syncStep1, bytes(2, 1, 5)),
  'a truncated awareness': bytes(1, 5, 1),
  'an awareness clock over 2^32 (69)': awarenessFrame(bytes(1, 1, 0x80, 0x80, 0x80, 0x80, 0x20, 2, 0x7b, 0x7d)),
  'an awareness of 100,000 states (70)': awarenessFrame(
    joined([0xa0, 0x8d, 0x06], Buffer.alloc(500_000, bytes(1, 1, 2, 0x7b, 0x7d)))
  ),
  'an awareness of broken JSON (71)': awarenessFrame(bytes(1, 1, 1, 2, 0x7b, 0x7b)),
  'an awareness of 1 MB (71)': awarenessFrame(
    joined([1, 1, 1, 0xc2, 0x84, 0x3d, 0x22], repeated(1_000_000, 0x61), [0x22])
  )
}

for (const [name, update] of Object.entries(refusedUpdates)) {
  refusedFrames[`update: ${name}`] = syncFrame(syncUpdate, update)
}
refusedFrames['step 2: a truncated update'] = syncFrame(syncStep2, hello.slice(0, -2))

test('what does not parse closes that connection with 4400 and harms nothing', async (t) => {
  const room = 'attacked'
  const witness = await new Client(server, room).synced()
  t.after(() => witness.destroy())
  let disturbed = false
  witness.provider.on('connection-close', () => {
    disturbed = true
  })
  witness.doc.getText('text').insert(0, 'unharmed')
  await within('the echo', witness.durable())
  const reader = await RawClient.open(server, room)
  t.after(() => reader.close())
  const state = await reader.state()

  for (const [name, frame] of Object.entries(refusedFrames)) {
    await t.test(name, async () => {
      const attacker = await RawClient.open(server, room)
      attacker.send(frame)
      assert.equal(await within('the close', attacker.closed), 4400)
      assert.deepEqual(await reader.state(), state)
    })
  }
  await t.test('a text frame (34)', async () => {
    const attacker = await RawClient.open(server, room)
    attacker.send('hello')
    assert.equal(await within('the close', attacker.closed), 1003)
  })
  await t.test('an unknown message type is ignored (40)', async () => {
    const client = await RawClient.open(server, room)
    t.after(() => client.close())
    client.send(bytes(77, 1, 2, 3))
    assert.deepEqual(await client.state(), state)
  })
  await t.test('the document and its other members are as before', async () => {
    witness.doc.getText('text').insert(0, 'still ')
    await within('the echo', witness.durable())
    assert.ok(!disturbed && witness.connected)
    await server.killAndRestart()
    const later = await new Client(server, room).synced()
    t.after(() => later.destroy())
    assert.equal(later.doc.getText('text').toString(), 'still unharmed')
  })
})

test('an item that is its own origin is refused or waits for ever (53)', async (t) => {
  const attacker = await RawClient.open(server, 'own origin')
  t.after(() => attacker.close())
  attacker.sendUpdate(oneStruct(0x80 | 4, 1, 0, 1, 0x61))
  const answer = await Promise.race([attacker.closed, attacker.state()])
  if (answer instanceof Uint8Array) assert.equal(Y.encodeStateVectorFromUpdate(answer).length, 1)
  else assert.equal(answer, 4400)
})

test('a stock client whose content is refused does not come back for ever', async (t) => {
  const client = await new Client(server, 'refused').synced()
  t.after(() => client.destroy())
  const closed = new Promise((resolve) => client.provider.once('closed', resolve))
  client.sendUpdate(refusedUpdates['a truncated update'])
  assert.equal((await within('the end', closed)).code, 4400)
})

const refusedNames = {
  'an empty name': '',
  'over 512 bytes': 'x'.repeat(513),
  'over 512 bytes, encoded': '%C3%A9'.repeat(257),
  NUL: 'a%00b',
  '..': '..',
  '.. encoded': '%2e%2e',
  '.. as a segment': 'a/../b',
  '.. as an encoded segment': 'a%2F..%2Fb',
  'not UTF-8': '%ff'
}
for (const [what, name] of Object.entries(refusedNames)) {
  test(`a document name with ${what} is refused (46)`, async () => {
    const { status, closeCode } = await upgrade(server, `/ws/${name}`)
    assert.deepEqual({ status, closeCode }, { status: 101, closeCode: 4403 })
  })
}

test('a long name of any letters is one document however it is encoded', async (t) => {
  const name = 'é/ü%'.repeat(85) // 510 bytes
  const writer = await new Client(server, encodeURIComponent(name)).synced()
  t.after(() => writer.destroy())
  writer.doc.getText('text').insert(0, 'one')
  await within('the echo', writer.durable())
  const reader = await new Client(server, name.split('/').map(encodeURIComponent).join('/')).synced()
  t.after(() => reader.destroy())
  assert.equal(reader.doc.getText('text').toString(), 'one')
})

test('a foreign Origin is refused, the own one and a named one are not (15)', async (t) => {
  const open = await Server.start({ args: ['--allow-origin', 'https://app.example'] })
  t.after(() => open.stop())
  const statusFor = async (origin) => {
    const { status } = await upgrade(open, '/ws/..', origin === undefined ? {} : { Origin: origin })
    return status
  }
  for (const origin of [
    'https://evil.example',
    'null',
    'https://app.example.evil.example',
    `http://127.0.0.1:${open.port + 1}`
  ]) {
    assert.equal(await statusFor(origin), 403, origin)
  }
  for (const origin of ['https://app.example', open.http, undefined]) assert.equal(await statusFor(origin), 101, origin)
})
