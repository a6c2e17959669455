// Edit logs: exported, read by another language, imported exactly; damaged ones; and the commands that tell the past.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as Y from 'yjs'
import { Client, until } from './support/client.mjs'
import { Server, runProgram, serverBinary, temporaryFolder } from './support/server.mjs'

const folder = temporaryFolder()
const path = (name) => join(folder, name)
const stet = (...args) => runProgram(args)
const stetBytes = (...args) => execFileSync(serverBinary(), args, { maxBuffer: 1 << 28 })

const server = await Server.start()
test.after(() => server.stop())
const open = async (user) => {
  const client = new Client(server, 'plan', { params: { user } })
  await client.synced()
  return client
}
const edit = async (client, change) => {
  client.doc.transact(() => change(client.doc.getText('text')))
  await client.durable()
}
const ann = await open('Ann')
const ben = await open('Bén')
await edit(ann, (text) => text.insert(0, 'Hello\nworld'))
await until('Ben has it', () => ben.doc.getText('text').length === 11)
await edit(ben, (text) => text.insert(5, ' big 😀'))
await edit(ben, (text) => text.delete(0, 1))
const right = 'ello big 😀\nworld'
await until('Ann has it', () => ann.doc.getText('text').toString() === right)
ann.destroy()
ben.destroy()
const data = ['--data', server.data]

const log = stetBytes('export', 'plan', ...data)
writeFileSync(path('plan.log'), log)

test('the past is told while a server runs', async () => {
  const told = async (...args) => {
    const { code, stdout, stderr } = await stet(...args, ...data)
    assert.equal(code, 0, stderr)
    return stdout
  }
  assert.deepEqual(JSON.parse(await told('log', 'plan', '--json')).map(({ author, edits }) => [author, edits]), [['Bén', 2], ['Ann', 1]])
  assert.match(await told('log', 'plan', '--author', 'Ann'), /1-1 {2}Ann {2}1 edits {2}\+11 -0/)
  assert.deepEqual(JSON.parse(await told('blame', 'plan', '--json')).map(({ author, text }) => [author, text]), [['Ann', 'ello'], ['Bén', ' big 😀'], ['Ann', '\nworld']])
  assert.match(await told('blame', 'plan', '--at', '1'), /Ann .*\|Hello\nAnn .*\|world\n$/)
  assert.equal(await told('diff', 'plan', '1', '3'), '-H\n+ big 😀\n')
  assert.deepEqual(JSON.parse(await told('diff', 'plan', '2', '--json')).delta, [{ delete: 1 }])
  const versions = `${server.http}/api/docs/plan/versions`
  await fetch(versions, { method: 'POST', body: JSON.stringify({ name: 'first draft', seq: 1 }) })
  assert.equal(await told('diff', 'plan', 'first draft', '3'), '-H\n+ big 😀\n')
  assert.match(await told('blame', 'plan', '--at', 'first draft'), /\|Hello\n/)
  const today = new Date().toISOString()
  assert.equal(await told('diff', 'plan', '0', today.slice(0, 10)), '+ello big 😀\n+world\n')
  assert.equal(await told('diff', 'plan', '0', '2020-01-01T12:30Z'), '')
  assert.match((await stet('diff', 'plan', 'draft', ...data)).stderr, /nor a version of the document; it has these: first draft\n/)
  assert.equal(await told('replay', 'plan', '--print', 'text', '--verify', '--check'), `${right}\n`)
  assert.equal(await told('replay', 'plan', '--print', 'text', '--to', '1'), 'Hello\nworld\n')
  const lines = (await told('replay', 'plan')).trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(lines.map(({ seq, author, delta }) => [seq, author, delta]), [
    [1, 'Ann', [{ insert: 'Hello\nworld' }]],
    [2, 'Bén', [{ retain: 5 }, { insert: ' big 😀' }]],
    [3, 'Bén', [{ delete: 1 }]]
  ])
  assert.deepEqual(JSON.parse(await told('replay', 'plan', '--print', 'json')), { text: right })
})

test('the document of a moment comes as an update', async () => {
  const update = (...args) => stetBytes('replay', 'plan', ...data, '--print', 'update', ...args)
  assert.ok(update().equals(Y.encodeStateAsUpdate(ben.doc)))
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update('--to', '1'))
  assert.equal(doc.getText('text').toString(), 'Hello\nworld')
  Y.applyUpdate(doc, update('--to', '2'))
  assert.equal(doc.getText('text').toString(), `H${right}`)
  assert.ok(update('--to', '0').equals(Buffer.from([0, 0])))
  writeFileSync(path('plan.update'), update())
  assert.equal((await stet('replay', path('plan.update'), '--print', 'text')).stdout, `${right}\n`)
})

test('what is not there is told in one line', async () => {
  for (const args of [['log', 'none'], ['blame', 'none'], ['diff', 'none', '0'], ['export', 'none'], ['replay', 'none'], ['diff', 'plan', '3', '1'], ['diff', 'plan', 'x'], ['blame', 'plan', '--at', '-5'], ['replay', 'plan', '--to', 'then'], ['replay', 'plan', '--speed', 'fast']]) {
    const { code, stderr } = await stet(...args, ...data)
    assert.equal(code, 1, args.join(' '))
    assert.match(stderr, /^stet: [^\n]+\n$/, args.join(' '))
  }
  assert.equal((await stet('log', 'plan', '--data', path('nowhere'))).code, 1)
})

test('another language reads an edit log with the script of the documentation', () => {
  const docs = readFileSync(fileURLToPath(new URL('../../docs/EDITLOG.md', import.meta.url)), 'utf8')
  writeFileSync(path('read.py'), docs.match(/```python\n(.*?)```/s)[1])
  const read = (file) => spawnSync('/usr/bin/python3', [path('read.py'), path(file)], { encoding: 'utf8' })
  const { stdout, status, stderr } = read('plan.log')
  assert.equal(status, 0, stderr)
  const lines = stdout.trim().split('\n')
  assert.equal(lines.length, 4)
  assert.equal(lines[0], 'plan')
  assert.match(lines[2], /^2 \d{13} Bén \d+ \d+$/)
  writeFileSync(path('cut.log'), log.subarray(0, log.length - 20))
  assert.notEqual(read('cut.log').status, 0)
})

test('import is exact, and never overwrites', async () => {
  const copy = ['--data', path('copy')]
  const imported = await stet('import', path('plan.log'), ...copy)
  assert.equal(imported.code, 0, imported.stderr)
  assert.equal(imported.stdout, 'plan: 3 edits\n')
  assert.ok(stetBytes('export', 'plan', ...copy).equals(log))
  const again = await stet('import', path('plan.log'), ...copy)
  assert.equal(again.code, 1)
  assert.match(again.stderr, /there is a document 'plan': --merge/)
  const merged = await stet('import', path('plan.log'), ...copy, '--merge')
  assert.equal(merged.stdout, 'plan: 0 edits added\n')
  assert.ok(stetBytes('export', 'plan', ...copy).equals(log))
  assert.equal((await stet('import', path('plan.log'), ...copy, '--as', 'other')).code, 0)
  assert.equal((await stet('replay', 'other', ...copy, '--print', 'text')).stdout, `${right}\n`)
  writeFileSync(path('ten.log'), execFileSync('/usr/bin/python3', [fileURLToPath(new URL('support/long_log.py', import.meta.url)), '10']))
  const both = await stet('import', path('ten.log'), ...copy, '--as', 'other', '--merge')
  assert.equal(both.stdout, 'other: 10 edits added\n', both.stderr)
  const authors = JSON.parse((await stet('log', 'other', ...copy, '--json')).stdout).map(({ author }) => author)
  assert.deepEqual(authors, ['Ben', 'Bén', 'Ann'])
  const text = (await stet('replay', 'other', ...copy, '--print', 'text')).stdout
  assert.ok(text.includes(right) && text.includes('xxxxxxxxx'), text)
  assert.match((await stet('import', path('plan.log'), ...data)).stderr, /in use by another process/)
  for (const file of ['plan.log', 'plan.log.gz']) {
    if (file.endsWith('gz')) writeFileSync(path(file), gzipSync(log))
    assert.equal((await stet('replay', path(file), '--print', 'text')).stdout, `${right}\n`)
  }
})

// The log with its second record changed by a line of Python, and its checksum right.
const rewritten = (line) => {
  const script = `
import sys, zlib, msgpack
for number, value in enumerate(msgpack.Unpacker(sys.stdin.buffer)):
    if number == 2:
        fields = msgpack.unpackb(value[1])
        ${line}
        payload = msgpack.packb(fields)
        value = [zlib.crc32(payload), payload]
    sys.stdout.buffer.write(msgpack.packb(value))
`
  return execFileSync('/usr/bin/python3', ['-c', script], { input: log })
}

test('damage is told with its record and offset, and what is before it can be salvaged', async () => {
  // Where each value begins: found by cutting.
  const starts = []
  let at = 0
  for (const size of [log.indexOf(Buffer.from([0x92])), 0, 0, 0]) {
    at = starts.length === 0 ? size : log.indexOf(Buffer.from([0x92, 0xce]), starts.at(-1) + 1)
    starts.push(at)
  }
  const cases = {
    flipped: [Buffer.from(log), /record 2 at byte \d+: its checksum does not hold/, 1],
    cut: [log.subarray(0, starts[1] + 20), /record 2 at byte \d+: the file ends within it/, 1],
    torn: [log.subarray(0, starts[2]), /record 3 at byte \d+: the file ends without its end/, 2],
    missing: [Buffer.concat([log.subarray(0, starts[1]), log.subarray(starts[2])]), /record 2 at byte \d+: the record with sequence 2 is missing/, 1],
    twice: [Buffer.concat([log.subarray(0, starts[1]), log.subarray(starts[0])]), /record 2 at byte \d+: sequence 1 comes again/, 1],
    future: [rewritten('fields[1] += 3 * 86_400_000'), /record 2 at byte \d+: its time lies in the future: \d+/, 1],
    type: [rewritten('fields[4] = "text"'), /record 2 at byte \d+: its update is not binary/, 1],
    followed: [Buffer.concat([log, log]), /record 4 at byte \d+: something follows the end/, 3]
  }
  cases.flipped[0][starts[1] + 30] ^= 4
  for (const [name, [bytes, message, salvaged]] of Object.entries(cases)) {
    writeFileSync(path(`${name}.log`), bytes)
    const to = ['--data', path(`data-${name}`)]
    const refused = await stet('import', path(`${name}.log`), ...to)
    assert.equal(refused.code, 1, name)
    assert.match(refused.stderr, message)
    assert.match(refused.stderr, new RegExp(`--salvage takes the ${salvaged} record`))
    const replayed = await stet('replay', path(`${name}.log`))
    assert.equal(replayed.code, 1)
    assert.match(replayed.stderr, message)
    assert.equal(replayed.stdout.split('\n').length - 1, salvaged)
    const saved = await stet('import', path(`${name}.log`), ...to, '--salvage')
    assert.equal(saved.code, 1)
    assert.equal(saved.stdout, `plan: ${salvaged} edits\n`, saved.stderr)
  }
  const newer = Buffer.from(log)
  newer[1 + 14] = 2 // the version, behind an array of 3 and a string of 13
  writeFileSync(path('newer.log'), newer)
  for (const args of [['import', path('newer.log'), '--data', path('x')], ['import', path('newer.log'), '--data', path('x'), '--salvage'], ['replay', path('newer.log')]]) {
    const { code, stderr } = await stet(...args)
    assert.equal(code, 1)
    assert.match(stderr, /header at byte 0: version 2 was made by a newer Stet; this one knows version 1/)
  }
  writeFileSync(path('none'), 'this is no history')
  assert.match((await stet('replay', path('none'))).stderr, /is no edit log, no editing trace, and no Yjs update/)
})

test('a packed log is imported; one that is cut off or damaged is told with its record, and salvaged', async () => {
  const long = execFileSync('/usr/bin/python3', [fileURLToPath(new URL('support/long_log.py', import.meta.url)), '3000'])
  const packed = gzipSync(long)
  writeFileSync(path('long.log.gz'), packed)
  const whole = await stet('import', path('long.log.gz'), '--data', path('data-packed'))
  assert.equal(whole.stdout, 'long: 3000 edits\n', whole.stderr)
  assert.ok(stetBytes('export', 'long', '--data', path('data-packed')).equals(long))
  const flipped = Buffer.from(packed)
  flipped[packed.length >> 1] ^= 16
  for (const [name, bytes] of Object.entries({ cut: packed.subarray(0, packed.length >> 1), flipped })) {
    const file = path(`long-${name}.log.gz`)
    writeFileSync(file, bytes)
    const to = ['--data', path(`data-packed-${name}`)]
    const refused = await stet('import', file, ...to)
    assert.equal(refused.code, 1, name)
    const told = /record (\d+) at byte \d+: .*; --salvage takes the (\d+) records before it/.exec(refused.stderr)
    assert.ok(told, refused.stderr)
    if (name === 'cut') assert.match(refused.stderr, /the file ends within it \(the packed file is cut off or damaged at byte \d+: /)
    assert.ok(Number(told[2]) > 1000 && Number(told[2]) === told[1] - 1, refused.stderr)
    assert.match((await stet('replay', file, '--print', 'stats')).stderr, new RegExp(`record ${told[1]} at byte`))
    const salvaged = await stet('import', file, ...to, '--salvage')
    assert.equal(salvaged.code, 1)
    assert.equal(salvaged.stdout, `long: ${told[2]} edits\n`)
  }
})

test('a replay follows a document', async () => {
  const { spawn } = await import('node:child_process')
  const child = spawn(serverBinary(), ['replay', 'plan', ...data, '--follow'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let lines = 0
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    lines += chunk.split('\n').length - 1
  })
  try {
    await until('all is played', () => lines === 3)
    const cat = await open('Cat')
    await edit(cat, (text) => text.insert(0, 'H'))
    await until('the new edit is played', () => lines === 4)
    cat.destroy()
  } finally {
    child.kill()
  }
})
