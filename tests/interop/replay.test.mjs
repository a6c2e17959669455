// Editing traces of real people, replayed to the text that they ended with.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runProgram } from './support/server.mjs'

const folder = join(process.env.STET_TRACES ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)), 'editing-traces')
const skip = existsSync(folder) ? false : `no traces: ${folder} is absent`

for (const name of ['sveltecomponent', 'concurrent-friendsforever', 'concurrent-clownschool']) {
  test(`${name} ends as it was recorded`, { skip }, async () => {
    const { code, stdout, stderr } = await runProgram(['replay', join(folder, `${name}.json.gz`), '--verify', '--print', 'stats'])
    assert.equal(code, 0, stderr)
    assert.ok(JSON.parse(stdout).edits > 10_000)
  })
}
