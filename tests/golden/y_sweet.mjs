// Writes y-sweet-0.9.1/ anew: a folder as the real server stores it, and beside it what its own client held.
//   cargo install y-sweet --version 0.9.1 --locked --root SOMEWHERE, npm ci in tests/, node y_sweet.mjs SOMEWHERE/bin/y-sweet
import { YSweetProvider } from '@y-sweet/client'
import { DocumentManager } from '@y-sweet/sdk'
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

const [program] = process.argv.slice(2)
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const folder = here('y-sweet-0.9.1')
const port = 18_000 + Math.floor(Math.random() * 10_000)
const checkpoint_s = 1

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (true_) => {
  while (!(await true_())) await sleep(20)
}

// The edits of each document, in rounds: the server stores it after each.
const documents = {
  typed: [
    (doc) => {
      const text = doc.getText('text')
      for (const letter of 'Hello y-sweet 😀!') text.insert(text.length, letter)
    },
    (doc) => doc.getText('text').delete(5, 8),
    (doc) => doc.getText('text').insert(5, ', second round')
  ],
  'every-type_1': [
    (doc) => {
      const rich = doc.getText('rich')
      rich.insert(0, 'bold and plain')
      rich.format(0, 4, { bold: true })
      rich.insertEmbed(4, { image: 'a.png' })
      doc.getArray('list').push([1, null, 'two', { three: [3.5, true] }, new Uint8Array([1, 2, 3])])
      doc.getMap('map').set('inner', new Y.Map([['key', -1]]))
    },
    (doc) => {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.setAttribute('align', 'left')
      paragraph.insert(0, [new Y.XmlText('in XML')])
      doc.getXmlFragment('prosemirror').insert(0, [paragraph])
      doc.getArray('list').delete(1, 2)
      doc.getMap('map').set('inner', 'replaced')
    }
  ],
  empty: []
}

const stored = async (connection, docId, rounds, clientID) => {
  const manager = new DocumentManager(connection)
  const doc = new Y.Doc()
  doc.clientID = clientID
  const token = () => manager.getOrCreateDocAndToken(docId)
  const provider = new YSweetProvider(token, docId, doc, { WebSocketPolyfill: WebSocket, showDebuggerLink: false })
  await until(() => provider.status === 'connected')
  for (const edit of rounds) {
    edit(doc)
    await until(() => !provider.hasLocalChanges)
    await sleep(2_000 * checkpoint_s)
  }
  return Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64')
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
const options = ['--host', '127.0.0.1', '--port', port, '--checkpoint-freq-seconds', checkpoint_s]
const server = spawn(program, ['serve', folder, ...options], { stdio: 'inherit' })
await until(() =>
  fetch(`http://127.0.0.1:${port}/ready`).then(
    () => true,
    () => false
  )
)
const states = {}
for (const [i, [docId, rounds]] of Object.entries(documents).entries())
  states[docId] = await stored(`ys://127.0.0.1:${port}`, docId, rounds, 1_000 + i)
server.kill()
writeFileSync(here('y-sweet-0.9.1.json'), `${JSON.stringify(states, null, 1)}\n`)
process.exit()
