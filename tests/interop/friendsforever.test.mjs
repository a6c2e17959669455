// A real conversation of two authors who typed at once, played by two stock clients over the server. Each sees exactly
// what its author had seen before each keystroke: what the server sends is held back until then.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'
import { assertSameText } from './support/assertions.mjs'
import { Client, within } from './support/client.mjs'
import { Server } from './support/server.mjs'
import { skipWithout, tracePath } from './support/traces.mjs'

const trace = 'editing-traces/concurrent-friendsforever.json.gz'
const skip = skipWithout(trace)

// For each transaction, how many transactions of each author its author had seen.
const seenCounts = (transactions, authors) => {
  const counts = [] // with the transaction itself
  const own = Array.from({ length: authors }, () => 0)
  return transactions.map(({ parents, agent }, index) => {
    const seen = Array.from({ length: authors }, (_, author) =>
      Math.max(0, ...parents.map((parent) => counts[parent][author]))
    )
    assert.equal(seen[agent], own[agent], 'an author sees all of their own')
    own[agent]++
    counts[index] = seen.map((count, author) => (author === agent ? count + 1 : count))
    return seen
  })
}

class Author extends Client {
  constructor(server, room, clientId) {
    super(server, room, { clientId })
    this.text = this.doc.getText('text')
    this.typed = [] // the update of each transaction
    this.came = 0 // transactions of the other author that have come
    this.seen = 0 // those of them that were let through
    this.held = []
    this.arrived = () => {}
    this.holdUpdate = (update) => {
      this.held.push(update)
      this.arrived()
    }
  }

  type([position, deleted, inserted]) {
    this.typed.push(
      this.edit(() => {
        if (deleted > 0) this.text.delete(position, deleted)
        if (inserted.length > 0) this.text.insert(position, inserted)
      })
    )
  }

  // The next update that was held back: a transaction of `other`, or several that the server merged as Yjs does.
  async take(other) {
    if (this.held.length === 0) {
      await within(
        `transaction ${this.came} of client ${other.doc.clientID}`,
        new Promise((resolve) => {
          this.arrived = resolve
        })
      )
    }
    const update = this.held.shift()
    for (let end = this.came + 1; end <= other.typed.length; ++end) {
      if (Buffer.compare(update, Y.mergeUpdates(other.typed.slice(this.came, end))) !== 0) continue
      this.came = end
      return
    }
    assert.fail(`transaction ${this.came} came in other bytes, or not in order`)
  }

  // Takes in what was held back, up to exactly `count` transactions of `other`.
  async see(other, count) {
    while (this.came < count) await this.take(other)
    for (; this.seen < count; this.seen++) Y.applyUpdate(this.doc, other.typed[this.seen], this.provider)
  }
}

const shownTo = async (server, room) => {
  const reader = await new Client(server, room).synced()
  const text = reader.doc.getText('text').toString()
  reader.destroy()
  return text
}

const breath = 200 // transactions that are sent without waiting for an acknowledgement

test('two authors who typed at once', { skip }, async (t) => {
  const { txns, endContent, numAgents } = JSON.parse(gunzipSync(readFileSync(tracePath(trace))))
  assert.equal(numAgents, 2)
  assert.ok(
    !txns.some(({ patches }) => patches.some(([, , inserted]) => /[\ud800-\udfff]/.test(inserted))),
    'code points are UTF-16 units'
  )
  const server = await Server.start()
  t.after(() => server.stop())
  const room = 'friends/forever'
  const authors = [new Author(server, room, 1), new Author(server, room, 2)]
  t.after(() => authors.forEach((author) => author.destroy()))
  for (const author of authors) await author.synced()

  const seen = seenCounts(txns, numAgents)
  for (const [index, { agent, patches }] of txns.entries()) {
    const author = authors[agent]
    const other = 1 - agent
    await author.see(authors[other], seen[index][other])
    assert.equal(patches.length, 1)
    author.type(patches[0])
    if (author.typed.length % breath === 0) await within('an acknowledgement', author.echo(author.typed.at(-1)))
  }

  await t.test('both end with the content of the trace', async () => {
    for (const [agent, author] of authors.entries()) {
      await author.see(authors[1 - agent], authors[1 - agent].typed.length)
      assertSameText(author.text.toString(), endContent)
    }
  })
  await within('the acknowledgement of all', Promise.all(authors.map((author) => author.durable())))
  await t.test('a third client that joins late sees it', async () =>
    assertSameText(await shownTo(server, room), endContent)
  )
  await t.test('it is there after SIGKILL and a restart', async () => {
    await server.killAndRestart()
    assertSameText(await shownTo(server, room), endContent)
  })
})
