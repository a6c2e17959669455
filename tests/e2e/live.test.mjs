/** The live page: a document for reading only, as it is being written, by server-sent events. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { Person, editor, eventually, launch, saved, screenshots, state, typeAtEnd } from './browser.mjs'
import { Server } from './server.mjs'

let browser
let server

before(async () => (browser = await launch()))
after(() => browser.close())
beforeEach(async () => (server = await Server.start()))
afterEach(() => server.stop())

const live = (page) => page.locator('.live-text').textContent()
const name = 'letters/To the printer'
const path = '/live/' + encodeURIComponent(name)
const letter = `Dear Mr. Baskerville,

the second proof has reached us, and we are delighted with the evenness of the page. A few corrections remain, which Ada and I have marked in the margin.
`

test('a reader sees the text, who writes, and what is saved, as it happens', async () => {
  const ada = await Person.enter(browser, server, { name: 'Ada Lovelace', color: 1 })
  const reader = await Person.enter(browser, server)
  const page = await ada.openDocument(name)
  const shown = await reader.open(path)
  await shown.getByText('Nothing is written here yet.').waitFor()
  await typeAtEnd(page, 'Dear <b>Mr.</b> Baskerville 😀')
  await eventually(() => live(shown), 'Dear <b>Mr.</b> Baskerville 😀')
  await eventually(() => state(shown), 'saved')
  await shown.getByRole('img', { name: 'Here: Ada Lovelace' }).waitFor()
  assert.equal(await shown.locator('[contenteditable], .cm-editor, b').count(), 0)
  assert.equal(await shown.title(), 'To the printer · live · Stet')
  const release = await server.holdCommits()
  await typeAtEnd(page, '!')
  await eventually(() => live(shown), 'Dear <b>Mr.</b> Baskerville 😀!')
  await eventually(() => state(shown), 'saving')
  await release()
  await eventually(() => state(shown), 'saved')
  await ada.leave()
  await shown.getByRole('img', { name: 'Nobody is writing' }).waitFor({ state: 'attached' })
  await reader.leave()
})

test('it comes back by itself after the server was away, with what came meanwhile', async () => {
  const ada = await Person.enter(browser, server, { name: 'Ada' })
  const reader = await Person.enter(browser, server)
  const page = await ada.openDocument(name)
  await typeAtEnd(page, 'one')
  await saved(page)
  const shown = await reader.open(path)
  await eventually(() => live(shown), 'one')
  await server.kill()
  await eventually(() => state(shown), 'offline')
  await typeAtEnd(page, ' two')
  await server.restart()
  await eventually(() => live(shown), 'one two')
  await eventually(() => state(shown), 'saved')
  await Promise.all([ada.leave(), reader.leave()])
})

test('the document leads to its live page, and back', async () => {
  const ada = await Person.enter(browser, server, { name: 'Ada' })
  const page = await ada.openDocument(name)
  await page.getByRole('button', { name: /person here/ }).click()
  await page.getByRole('link', { name: 'Live page' }).click()
  await page.waitForURL(server.url + path)
  await page.getByRole('link', { name: 'Edit' }).click()
  await page.waitForURL(`${server.url}/d/${encodeURIComponent(name)}`)
  await ada.leave()
})

for (const colorScheme of ['light', 'dark']) {
  test(`pictures of the live page, ${colorScheme}`, async () => {
    const people = []
    for (const [n, who] of ['Ada Lovelace', 'Ben Okri', 'Cleo'].entries()) {
      const person = await Person.enter(browser, server, { name: who, color: n })
      const page = await person.openDocument(name)
      if (n === 0) {
        await editor(page).focus()
        await page.keyboard.insertText(letter)
      }
      people.push(person)
    }
    for (const [kind, options] of [
      ['live', { colorScheme }],
      ['live-phone', { colorScheme, viewport: { width: 375, height: 720 }, isMobile: true, deviceScaleFactor: 2 }]
    ]) {
      const reader = await Person.enter(browser, server, options)
      const shown = await reader.open(path)
      await eventually(() => live(shown), letter)
      await eventually(() => shown.locator('.live-people .avatar').count(), 3)
      await eventually(() => state(shown), 'saved')
      const [width, room] = await shown.evaluate(() => [
        document.scrollingElement.scrollWidth,
        document.scrollingElement.clientWidth
      ])
      assert.ok(width <= room, `${width} > ${room}`)
      await shown.screenshot({ path: `${screenshots}${kind}-${colorScheme}.png` })
      await reader.leave()
    }
    for (const person of people) await person.leave()
  })
}
