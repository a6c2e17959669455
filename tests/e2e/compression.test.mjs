/** A browser offers compression by itself. Where the server has it on, everything is as without. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Person, eventually, launch, saved, shownText, typeAtEnd } from './browser.mjs'
import { Server } from './server.mjs'

test('two browsers edit over compressed sockets', async (t) => {
  const server = await Server.start({ args: ['--deflate_from_bytes', '16'] })
  t.after(() => server.stop())
  const browser = await launch()
  t.after(() => browser.close())
  const ada = await Person.enter(browser, server, { name: 'Ada', color: 1 })
  const ben = await Person.enter(browser, server, { name: 'Ben', color: 2 })
  const [a, b] = [await ada.openDocument('compressed'), await ben.openDocument('compressed')]
  assert.match(await a.evaluate(() => globalThis.watched.sockets[0].extensions), /^permessage-deflate/)
  await typeAtEnd(a, 'over and over and over and over again. '.repeat(3))
  await eventually(() => shownText(b), await shownText(a))
  await saved(a)
  await b.reload()
  await saved(b)
  assert.equal(await shownText(b), await shownText(a))
  await ada.leave()
  await ben.leave()
})
