// stet replicas against stock Yjs for some seconds, with a new seed each time (STET_SECONDS, STET_SEED to choose).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differential } from './differential.mjs'
import { runSeed } from './oracle/random.mjs'

test('stet merges and encodes as stock Yjs does', async () => {
  const seed = runSeed()
  console.log(`seed ${seed}`)
  const { histories, steps, failures } = await differential({ seed, seconds: Number(process.env.STET_SECONDS ?? 120) })
  console.log(`${histories} histories, ${steps} steps`)
  assert.deepEqual(
    failures.map(({ seed, path, mismatch }) => `seed ${seed}, ${path}: ${mismatch.message}`),
    []
  )
  assert.ok(histories > 0)
})
