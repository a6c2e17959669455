// Server-sent events: documents for those who only listen, resumed without gap or repeat; the server's own state.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { splice } from '../../web/thin/dist/index.js'
import { Random, runSeed } from './oracle/random.mjs'
import { sleep, until, within } from './support/client.mjs'
import { closeAfterTest, server, stock } from './support/server_each.mjs'

// What a browser's EventSource does, and all that came.
class Stream {
  events = []
  lastId = ''
  texts = new Map()
  isOpen = false

  constructor(path, lastId = '') {
    this.lastId = lastId
    const headers = lastId === '' ? {} : { 'Last-Event-ID': lastId }
    this.request = request(`${server.http}${path}`, { headers })
    this.request.on('error', () => {})
    this.response = new Promise((resolve) => this.request.once('response', resolve))
    this.response.then((response) => this.#read(response))
    this.request.end()
    closeAfterTest(() => this.close())
  }

  #read(response) {
    this.isOpen = true
    let rest = ''
    response.setEncoding('utf8')
    response.on('error', () => {})
    response.on('close', () => (this.isOpen = false))
    response.on('data', (chunk) => {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop()
      for (const block of blocks)
        this.#take(Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2))))
    })
  }

  #take({ event, id, data }) {
    if (id !== undefined) this.lastId = id
    if (event === undefined) return
    const body = JSON.parse(data)
    this.events.push({ event, ...body })
    if (event === 'text') this.texts.set(body.doc, body.text)
    if (event === 'delta') this.texts.set(body.doc, splice(this.texts.get(body.doc), body.splices))
  }

  kinds() {
    return this.events.map(({ event }) => event)
  }

  close() {
    this.request.destroy()
  }
}

test('text, deltas, who is there, and what is durable', async () => {
  const yjs = await stock('notes/a')
  const text = yjs.doc.getText('text')
  yjs.edit(() => text.insert(0, 'one\r\n\ntwo'))
  const stream = new Stream('/api/docs/notes%2Fa/events')
  const response = await stream.response
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers['content-type'], 'text/event-stream')
  await until('the text is there', () => stream.texts.get('notes/a') === 'one\r\n\ntwo')
  yjs.edit(() => text.insert(3, '😀'))
  await until('the change is there', () => stream.texts.get('notes/a') === 'one😀\r\n\ntwo')
  assert.equal(stream.kinds().filter((kind) => kind === 'text').length, 1)
  await until('it is durable', () => stream.events.some(({ event, version }) => event === 'durable' && version === 2))
  yjs.provider.awareness.setLocalStateField('user', { name: 'Ada\r\n\ndata: x', color: '#117f49' })
  yjs.provider.awareness.setLocalStateField('user', { name: 'Ada', color: '#117f49' })
  await until('Ada is there', () => stream.events.at(-1).people?.[0]?.name === 'Ada')
})

test('several documents on one stream, each resumed where it was', async () => {
  const [a, b] = [await stock('a'), await stock('b')]
  a.edit(() => a.doc.getText('text').insert(0, 'a1'))
  b.edit(() => b.doc.getText('text').insert(0, 'b1'))
  const stream = new Stream('/api/events?doc=a&doc=b')
  await until('both are there', () => stream.texts.get('a') === 'a1' && stream.texts.get('b') === 'b1')
  stream.close()
  a.edit(() => a.doc.getText('text').insert(2, 'a2'))
  await a.durable()
  const again = new Stream('/api/events?doc=a&doc=b', stream.lastId)
  again.texts = stream.texts
  await until('the change is there', () => again.texts.get('a') === 'a1a2')
  assert.ok(!again.kinds().includes('text'))
})

test('resumed at random moments, over restarts too, a stream has neither gap nor repeat', async () => {
  const seed = runSeed()
  const random = new Random(seed)
  const yjs = await stock('random')
  const text = yjs.doc.getText('text')
  let stream = new Stream('/api/docs/random/events')
  let whole = 0
  for (let step = 0; step < 150; step++) {
    yjs.edit(() => {
      const at = random.between(0, text.length)
      if (random.between(0, 3) > 0) text.insert(at, 'abc'.slice(random.between(0, 2)))
      else if (at < text.length) text.delete(at, 1)
    })
    if (random.between(0, 10) === 0) {
      stream.close()
      const next = new Stream('/api/docs/random/events', stream.lastId)
      whole += stream.kinds().filter((kind) => kind === 'text').length
      next.texts = stream.texts
      stream = next
    }
    if (step % 50 === 49) {
      await server.killAndRestart()
      const next = new Stream('/api/docs/random/events', stream.lastId)
      whole += stream.kinds().filter((kind) => kind === 'text').length
      next.texts = stream.texts
      stream = next
    }
    await sleep(random.between(0, 10))
  }
  await until('the stock client is back', () => yjs.connected && yjs.provider.synced)
  await within('durable', yjs.durable())
  await until(`the stream has all (seed ${seed})`, () => stream.texts.get('random') === text.toString())
  assert.ok(whole >= 1)
})

test('a position that was durable is resumed by a difference after SIGKILL', async () => {
  const yjs = await stock('kept')
  const text = yjs.doc.getText('text')
  yjs.edit(() => text.insert(0, 'one'))
  await yjs.durable()
  const stream = new Stream('/api/docs/kept/events')
  await until('it is durable', () => stream.events.some(({ event, version }) => event === 'durable' && version === 1))
  stream.close()
  yjs.edit(() => text.insert(3, ' two'))
  await yjs.durable()
  await server.killAndRestart()
  const again = new Stream('/api/docs/kept/events', stream.lastId)
  again.texts = stream.texts
  await until('the change is there', () => again.texts.get('kept') === 'one two')
  assert.ok(!again.kinds().includes('text'))
})

test('97 a Last-Event-ID from the future, and ones that are none, get the text anew', async () => {
  const yjs = await stock('future')
  yjs.edit(() => yjs.doc.getText('text').insert(0, 'now'))
  await yjs.durable()
  for (const id of ['999.1.999', '1.2', 'x', '18446744073709551616.1.1', ',,,', '1.5.0']) {
    const stream = new Stream('/api/docs/future/events', id)
    await until(`the text is there after ${id}`, () => stream.texts.get('future') === 'now')
    stream.close()
  }
})

test('33 96 a listener that does not read has all in the end; a name with line ends stays one field', async () => {
  const yjs = await stock('slow')
  const text = yjs.doc.getText('text')
  const stream = new Stream('/api/docs/slow/events')
  const response = await stream.response
  await until('it is open', () => stream.kinds().includes('text'))
  response.pause()
  for (let n = 0; n < 200; n++) {
    yjs.edit(() => {
      text.delete(0, text.length)
      text.insert(0, 'x'.repeat(60_000) + n)
    })
    if (n % 10 === 0) await within('durable', yjs.durable())
  }
  await within('durable', yjs.durable())
  response.resume()
  await until('it has all', () => stream.texts.get('slow') === text.toString())
})

test('the server tells of itself', async () => {
  const stream = new Stream('/api/events')
  await until('it has told', () => stream.kinds().includes('state'))
  const yjs = await stock('state')
  yjs.edit(() => yjs.doc.getText('text').insert(0, 'x'))
  await yjs.durable()
  await until('it has told of the edit', () => stream.events.at(-1).edits === 1)
  const { connections, websockets, rooms, members, commits } = stream.events.at(-1)
  assert.deepEqual(
    { connections, websockets, rooms, members, commits },
    {
      connections: 2,
      websockets: 1,
      rooms: 1,
      members: 1,
      commits: 1
    }
  )
})

test('plain text for scripts', async () => {
  const yjs = await stock('plain text/ä')
  yjs.edit(() => {
    yjs.doc.getText('text').insert(0, 'text')
    yjs.doc.getText('other').insert(0, 'another root')
  })
  await yjs.durable()
  const path = `${server.http}/api/docs/${encodeURIComponent('plain text/ä')}/text`
  const answer = await fetch(path)
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(answer.headers.get('stet-version'), '1')
  assert.equal(await answer.text(), 'text')
  assert.equal(await (await fetch(`${path}?root=other`)).text(), 'another root')
  assert.equal((await fetch(`${server.http}/api/docs/a%2F..%2Fb/text`)).status, 400)
  assert.equal((await fetch(`${server.http}/api/docs/a/b/text`)).status, 404)
})

test('requests for streams that are refused', async () => {
  const status = async (path, options) => (await fetch(server.http + path, options)).status
  assert.equal(await status('/api/docs/%00/events'), 400)
  assert.equal(await status('/api/docs/a%2/events'), 400)
  assert.equal(await status('/api/events?doc=a&doc=a'), 400)
  assert.equal(await status('/api/events?' + Array.from({ length: 51 }, (_, n) => `doc=${n}`).join('&')), 400)
  assert.equal(await status('/api/events', { method: 'POST' }), 405)
})
