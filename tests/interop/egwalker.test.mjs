// The seven histories of the eg-walker paper: pushed by one stock client, they come back to another one, and
// `stet inspect` finds in them what stock Yjs decodes.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as Y from 'yjs'
import { Client, within } from './support/client.mjs'
import { inspected } from './support/inspected.mjs'
import { Server, runProgram } from './support/server.mjs'
import { skipWithout, tracePath } from './support/traces.mjs'

const skip = skipWithout('egwalker/EXPECTED.sha1')
const expected = skip
  ? []
  : readFileSync(tracePath('egwalker/EXPECTED.sha1'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
const update = (name) => new Uint8Array(readFileSync(tracePath(`egwalker/${name}.yjs`)))
const sha1 = (doc) => createHash('sha1').update(doc.getText('text').toString()).digest('hex')

const seenByAnother = async (server, name) => {
  const reader = await new Client(server, name).synced()
  reader.destroy()
  return sha1(reader.doc)
}

test('pushed by one client, they come back to another', { skip }, async (t) => {
  const server = await Server.start()
  t.after(() => server.stop())
  for (const [hash, name] of expected) {
    await t.test(name, async () => {
      const writer = await new Client(server, name).synced()
      Y.applyUpdate(writer.doc, Y.convertUpdateFormatV2ToV1(update(name)))
      await within('the acknowledgement', writer.durable())
      writer.destroy()
      assert.equal(await seenByAnother(server, name), hash)
    })
  }
  await t.test('all of them after SIGKILL and a restart', async () => {
    await server.killAndRestart()
    for (const [hash, name] of expected) assert.equal(await seenByAnother(server, name), hash, name)
  })
})

test('stet inspect counts what stock Yjs decodes', { skip }, async (t) => {
  for (const [, name] of expected) {
    await t.test(name, async () => {
      const { code, stdout, stderr } = await runProgram([
        'inspect',
        tracePath(`egwalker/${name}.yjs`),
        '--v2',
        '--json'
      ])
      assert.equal(code, 0, stderr)
      assert.deepEqual(JSON.parse(stdout), inspected('v2', update(name)))
    })
  }
})
