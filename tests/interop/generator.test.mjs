// The generator of histories is sane: stock replicas converge on what it makes. And the driver of the differential test
// says nothing where nothing is wrong, and finds what is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as Y from 'yjs'
import { differential } from './differential.mjs'
import { contentOf } from './oracle/content.mjs'
import { openRoots } from './oracle/edits.mjs'
import { History } from './oracle/history.mjs'
import { runSeed } from './oracle/random.mjs'

const stockReplica = fileURLToPath(new URL('./oracle/stock_replica.mjs', import.meta.url))

test('stock replicas converge on every history', () => {
  const first = runSeed()
  console.log(`seed ${first}`)
  for (let seed = first; seed < first + 150; seed++) {
    const history = new History(seed).run()
    if (!history.settled) continue
    const shown = history.members.map(({ doc }) => {
      assert.equal(doc.store.pendingStructs, null, `seed ${seed}`)
      const copy = new Y.Doc()
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
      return contentOf(openRoots(copy))
    })
    for (const { doc } of history.editors) shown.push(contentOf(openRoots(doc)))
    assert.equal(new Set(shown).size, 1, `seed ${seed}`)
  }
})

test('a seed names one history', () => {
  const state = () =>
    new History(7).run().receivers.map(({ doc }) => Buffer.from(Y.encodeStateAsUpdate(doc)).toString('hex'))
  assert.deepEqual(state(), state())
})

const run = (fault) => differential({ seed: 1, count: 20, command: ['node', stockReplica, ...fault], log: () => {} })

test('the driver reports nothing where stock Yjs is compared with itself', async () => {
  assert.deepEqual((await run([])).failures, [])
})

for (const [fault, kind] of [
  ['lose-second-client', /changed|pending|state/],
  ['misplace', /store/],
  ['die', /crash/]
]) {
  test(`the driver finds a replica that has the fault ${fault}`, async () => {
    const { failures } = await run([fault])
    assert.equal(failures.length, 1)
    assert.match(failures[0].mismatch.kind, kind)
  })
}
