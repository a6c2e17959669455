// `stet inspect` counts what stock Yjs decodes, whatever kinds of content and holes an update has.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as Y from 'yjs'
import { History } from './oracle/history.mjs'
import { runSeed } from './oracle/random.mjs'
import { inspected } from './support/inspected.mjs'
import { runProgram, temporaryFolder } from './support/server.mjs'

const file = join(temporaryFolder(), 'update')
const inspect = async (encoding, bytes) => {
  writeFileSync(file, bytes)
  return runProgram(['inspect', file, `--${encoding}`, '--json'])
}

test('random documents, with what waits in them', async () => {
  const first = runSeed()
  console.log(`seed ${first}`)
  for (let seed = first; seed < first + 15; seed++) {
    const { doc } = new History(seed).run().receivers[0]
    for (const [encoding, bytes] of [
      ['v1', Y.encodeStateAsUpdate(doc)],
      ['v2', Y.encodeStateAsUpdateV2(doc)]
    ]) {
      const { code, stdout, stderr } = await inspect(encoding, bytes)
      assert.equal(code, 0, stderr)
      assert.deepEqual(JSON.parse(stdout), inspected(encoding, bytes), `seed ${seed}, ${encoding}`)
    }
  }
})

test('for people', async () => {
  writeFileSync(file, new Uint8Array([0, 0]))
  const { code, stdout } = await runProgram(['inspect', file, '--v1'])
  assert.equal(code, 0)
  assert.match(stdout, /structs/)
})

test('what is no update', async () => {
  const { code, stdout, stderr } = await inspect('v1', new Uint8Array([1, 2, 3]))
  assert.notEqual(code, 0)
  assert.equal(stdout, '')
  assert.equal(stderr.trim().split('\n').length, 1, stderr)
})
