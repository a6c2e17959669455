// What released writers wrote (tests/golden/) is merged and encoded as today's stock Yjs does it, and shows what its
// writer showed.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import * as Y from 'yjs'
import { joined, shownBy } from '../golden/shown.mjs'
import { play } from './oracle/player.mjs'
import { Replica } from './oracle/replica.mjs'

const folder = new URL('../golden/', import.meta.url)
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))

let replica
before(() => {
  replica = new Replica()
})
after(() => replica.close())

const shownByReplica = async (updates, encoding = 'v1') => {
  await replica.request('new', 'golden', 'gc', 0)
  for (const update of updates) {
    const { ok } = await replica.request('apply', 'golden', encoding, Buffer.from(update).toString('base64'))
    assert.ok(ok)
  }
  const { data } = await replica.request('state', 'golden', 'v1')
  const { data: vector } = await replica.request('sv', 'golden')
  await replica.request('drop', 'golden')
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bytes(data))
  return { shown: shownBy(doc), vector: new Map(Y.decodeStateVector(bytes(vector))) }
}

const normal = (shown) => ({ ...shown, ...(shown.text ? { text: joined(shown.text) } : {}) })

for (const name of readdirSync(folder).filter((file) => /^(yjs|ywasm).*\.json$/.test(file))) {
  const golden = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
  test(`written by ${golden.writer}`, async (t) => {
    const updates = golden.updates.map(bytes)
    const script = (deliveries, gc) => ({
      options: { client: 7, gc },
      steps: deliveries.map((update) => ({ kind: 'apply', encoding: 'v1', update }))
    })
    for (const gc of [true, false]) {
      await t.test(`in order, backwards and as a whole, as stock Yjs merges it, ${gc ? '' : 'no '}gc`, async () => {
        await play(script(updates, gc), replica)
        await play(script([...updates].reverse(), gc), replica)
        await play(script([bytes(golden.state), ...updates], gc), replica)
      })
    }
    await t.test('shows what its writer showed', async () => {
      const vector = new Map(Y.decodeStateVector(bytes(golden.state_vector)))
      const sources = [[updates], [[...updates].reverse()], [[bytes(golden.state)]]]
      if (golden.state_v2) sources.push([[bytes(golden.state_v2)], 'v2'])
      for (const [deliveries, encoding] of sources) {
        const seen = await shownByReplica(deliveries, encoding)
        assert.deepEqual(seen.vector, vector)
        for (const root of Object.keys(golden.shown))
          assert.deepEqual(normal(seen.shown)[root], normal(golden.shown)[root], root)
      }
    })
  })
}
