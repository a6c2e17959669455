// Stock providers of Hocuspocus 2, 3 and 4, among themselves and beside y-websocket.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, until, within } from './support/client.mjs'
import { open, openSocket, synced, textOf, versions } from './support/hocuspocus.mjs'
import { Server } from './support/server.mjs'
import { WriteLock } from './support/write_lock.mjs'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

let rooms = 0
const newRoom = () => `hocuspocus ${rooms++}/ä`
const each = Object.keys(versions).map(Number)

for (const version of each) {
  const connect = (t, name, options) => open(t, version, openSocket(t, version, server), name, options)

  test(`provider ${version}: edits go both ways, to y-websocket too, and presence with them`, async (t) => {
    const name = newRoom()
    const [one, two] = [connect(t, name), connect(t, name)]
    await Promise.all([synced(one), synced(two)])
    const other = await new Client(server, encodeURI(name)).synced()
    t.after(() => other.destroy())
    one.document.getText('text').insert(0, 'one ')
    await until('two has it', () => textOf(two) === 'one ')
    two.document.getText('text').insert(4, 'two ')
    await until('the other has it', () => other.doc.getText('text').toString() === 'one two ')
    other.doc.getText('text').insert(8, 'three')
    for (const provider of [one, two]) await until('all have it', () => textOf(provider) === 'one two three')
    await Promise.all([synced(one), synced(two)])

    one.awareness.setLocalStateField('user', 'one')
    other.provider.awareness.setLocalStateField('user', 'three')
    const users = (awareness) => [...awareness.getStates().values()].flatMap(({ user }) => user ?? []).sort()
    for (const awareness of [one.awareness, two.awareness, other.provider.awareness]) {
      await until('everybody is present', () => users(awareness).join() === 'one,three')
    }
    one.destroy()
    await until('who left is gone', () => users(two.awareness).join() === 'three')
  })

  test(`provider ${version}: many documents on one socket`, async (t) => {
    const socket = openSocket(t, version, server)
    const names = Array.from({ length: 20 }, newRoom)
    const providers = names.map((name) => open(t, version, socket, name))
    await Promise.all(providers.map(synced))
    for (const provider of providers) provider.document.getText('text').insert(0, provider.configuration.name)
    await Promise.all(providers.map(synced))
    const again = openSocket(t, version, server)
    for (const name of names) {
      const reader = await synced(open(t, version, again, name))
      assert.equal(textOf(reader), name)
    }
  })

  test(`provider ${version}: saved is said after the commit, once for each change`, async (t) => {
    const name = newRoom()
    const [one, two] = [connect(t, name), connect(t, name)]
    await Promise.all([synced(one), synced(two)])
    const lock = await WriteLock.take(server)
    t.after(() => lock.release())
    for (const character of 'abc') one.document.getText('text').insert(0, character)
    await until('two has it', () => textOf(two) === 'cba')
    two.awareness.setLocalStateField('user', 'two') // comes behind everything that one was sent
    await until('one has seen two', () => [...one.awareness.getStates().values()].some(({ user }) => user === 'two'))
    assert.equal(one.unsyncedChanges, 3)
    await lock.release()
    await until('one is saved', () => one.unsyncedChanges === 0)
  })

  test(`provider ${version}: edits made offline arrive, and are saved only then`, async (t) => {
    const name = newRoom()
    const one = await synced(connect(t, name))
    const own = one.configuration.websocketProvider
    own.disconnect()
    await until('it is offline', () => own.status === 'disconnected')
    one.document.getText('text').insert(0, 'offline')
    await server.killAndRestart()
    own.connect()
    await until('it is saved', () => one.synced && !one.hasUnsyncedChanges)
    await server.killAndRestart()
    assert.equal(textOf(await synced(connect(t, name))), 'offline')
  })

  test(`provider ${version}: 46 a name that no document may have is denied for that document only`, async (t) => {
    const socket = openSocket(t, version, server)
    const good = version === 2 ? null : await synced(open(t, version, socket, newRoom()))
    const denied = within(
      'the denial',
      new Promise((resolve) => {
        open(t, version, socket, 'a/../b', { onAuthenticationFailed: ({ reason }) => resolve(reason) })
      })
    )
    assert.match(await denied, /segment/)
    if (!good) return // provider 2 closes its socket itself when it is denied
    good.document.getText('text').insert(0, 'still here')
    await synced(good)
  })

  test(`provider ${version}: a document that is deleted is closed, and no other on the socket`, async (t) => {
    const socket = openSocket(t, version, server)
    const name = newRoom()
    const change = async (method, path = '') =>
      assert.ok((await fetch(`${server.http}/api/docs/${encodeURIComponent(name)}${path}`, { method })).ok)
    const good = version === 2 ? null : await synced(open(t, version, socket, newRoom()))
    // Provider 2 does not know of closed documents, and throws: it is denied.
    const openAndHear = (on, told) =>
      open(t, version, on, name, {
        onClose: ({ event }) => version > 2 && told(event.reason),
        onAuthenticationFailed: ({ reason }) => version === 2 && told(reason)
      })
    const end = (on) => {
      let provider
      const reason = new Promise((told) => {
        provider = openAndHear(on, told)
      })
      return { provider, reason }
    }
    const { provider, reason } = end(socket)
    provider.document.getText('text').insert(0, 'kept')
    await synced(provider)
    await change('DELETE')
    assert.equal(await within('the end', reason), 'the document was deleted')
    provider.document.getText('text').insert(4, ', not this')
    if (good) {
      good.document.getText('text').insert(0, 'still here')
      await synced(good)
    }
    assert.equal(await within('the denial', end(openSocket(t, version, server)).reason), 'the document was deleted')
    await change('POST', '/undelete')
    assert.equal(textOf(await synced(connect(t, name))), 'kept')
  })

  test(`provider ${version}: stateless messages go to everybody else`, async (t) => {
    const name = newRoom()
    const heard = { one: [], two: [], three: [] }
    const listen = (who) => connect(t, name, { onStateless: ({ payload }) => heard[who].push(payload) })
    const [one, two, three] = [listen('one'), listen('two'), listen('three')]
    await Promise.all([one, two, three].map(synced))
    one.sendStateless('hello ä')
    one.document.getText('text').insert(0, 'behind it')
    for (const other of [two, three]) await until('the others have heard it', () => textOf(other) === 'behind it')
    await synced(one)
    assert.deepEqual(heard, { one: [], two: ['hello ä'], three: ['hello ä'] })
  })
}

for (const version of each.filter((number) => number >= 3)) {
  test(`provider ${version}: a document is left and joined again on the same socket`, async (t) => {
    const socket = openSocket(t, version, server)
    const [stays, name] = [await synced(open(t, version, socket, newRoom())), newRoom()]
    const first = await synced(open(t, version, socket, name))
    first.document.getText('text').insert(0, 'first')
    await synced(first)
    first.destroy()
    const second = await synced(open(t, version, socket, name))
    assert.equal(textOf(second), 'first')
    stays.document.getText('text').insert(0, 'x')
    await synced(stays)
  })

  test(`provider ${version}: with a token it is told what it may do`, async (t) => {
    const provider = open(t, version, openSocket(t, version, server), newRoom(), { token: 'secret' })
    await synced(provider)
    await until('it is authenticated', () => provider.isAuthenticated)
    assert.equal(provider.authorizedScope, 'read-write')
  })
}

test('provider 4: two sessions of one document on one socket', async (t) => {
  const socket = openSocket(t, 4, server)
  const name = newRoom()
  const [one, two] = [1, 2].map(() => open(t, 4, socket, name, { sessionAwareness: true }))
  const plain = open(t, 4, openSocket(t, 4, server), name)
  await Promise.all([one, two, plain].map(synced))
  one.document.getText('text').insert(0, 'x')
  for (const provider of [two, plain]) await until('it arrives', () => textOf(provider) === 'x')
  plain.document.getText('text').insert(1, 'y')
  for (const provider of [one, two]) await until('it arrives', () => textOf(provider) === 'xy')
  two.awareness.setLocalStateField('user', 'two')
  await until('one sees two', () => [...one.awareness.getStates().values()].some(({ user }) => user === 'two'))
  two.destroy()
  one.document.getText('text').insert(2, 'z')
  await synced(one)
  await until('the plain one has it', () => textOf(plain) === 'xyz')
})
