// 45: sessions that asked to be read-only. What they write is not applied, and their clients can tell.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { Client, until, within } from './support/client.mjs'
import { open, synced, textOf, versions } from './support/hocuspocus.mjs'
import { Server } from './support/server.mjs'
import { openThin } from './support/thin.mjs'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

// A writer whose text is there and durable.
const writing = async (t, room) => {
  const writer = await new Client(server, room).synced()
  t.after(() => writer.destroy())
  writer.edit(() => writer.doc.getText('text').insert(0, 'given'))
  await within('the echo', writer.durable())
  return writer
}
const text = (client) => client.doc.getText('text').toString()

test('45 y-websocket: told by its message of a denial, and never by an echo', async (t) => {
  const writer = await writing(t, 'read-only yws')
  const reader = await new Client(server, 'read-only yws', { params: { readonly: 'true' } }).synced()
  t.after(() => reader.destroy())
  assert.equal(text(reader), 'given')
  await within('the echo of one who wrote nothing', reader.durable())
  const denied = new Promise((resolve) => {
    reader.provider.messageHandlers[2] = (...[, decoder]) => resolve(decoder)
  })
  const edit = reader.edit(() => reader.doc.getText('text').insert(0, 'not '))
  await within('the denial', denied)
  writer.edit(() => writer.doc.getText('text').insert(5, '!'))
  await until('the reader goes on reading', () => text(reader) === 'not given!')
  assert.ok(!reader.acknowledged(edit))
  assert.equal(text(writer), 'given!')
})

for (const version of [2, 3, 4]) {
  test(`45 Hocuspocus, provider ${version}: the scope is readonly, and its changes stay unsynced`, async (t) => {
    const room = `read-only ${version}`
    const writer = await writing(t, room)
    const socket = new versions[version].HocuspocusProviderWebsocket({
      url: `${server.http.replace('http', 'ws')}/hocuspocus?readonly`,
      WebSocketPolyfill: WebSocket
    })
    t.after(() => socket.destroy())
    const reader = await synced(open(t, version, socket, room, { token: 'any' }))
    await until('its scope is known', () => reader.authorizedScope === 'readonly')
    assert.equal(textOf(reader), 'given')
    reader.document.getText('text').insert(0, 'not ')
    writer.edit(() => writer.doc.getText('text').insert(5, '!'))
    await until('the reader goes on reading', () => textOf(reader) === 'not given!')
    assert.ok(reader.hasUnsyncedChanges)
    assert.equal(text(writer), 'given!')
  })
}

test('45 a thin client: the edit is refused as read_only', async (t) => {
  const writer = await writing(t, 'read-only thin')
  const { client, document } = await openThin(server, 'read-only thin', { readOnly: true })
  t.after(() => client.close())
  await assert.rejects(within('the refusal', document.append('not ').accepted), /read-only/)
  assert.equal(document.text, 'given')
  assert.equal(text(writer), 'given')
})
