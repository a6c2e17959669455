/** How it looks: phone, no layout shift, light and dark. The pictures go to screenshots/ for people to look at. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Person, editor, eventually, launch, saved, screenshots, shownText, state, typeAtEnd } from './browser.mjs'
import { Server } from './server.mjs'

let browser
let server

before(async () => (browser = await launch()))
after(() => browser.close())
beforeEach(async () => (server = await Server.start()))
afterEach(() => server.stop())

const letter = `Letter to the printer

Dear Mr. Baskerville,

the second proof has reached us, and we are delighted with the evenness of the page. A few corrections remain, which Ada and I have marked in the margin.

Where you find dots under a word that was struck out, please let it stand: the word “always” in the first line stays.
`
const phone = {
  viewport: { width: 375, height: 720 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2
}

async function writeLetter(person) {
  const page = await person.openDocument('letters/To the printer')
  await editor(page).focus()
  await page.keyboard.insertText(letter)
  await saved(page)
  return page
}

/** Puts a cursor into the text: so many lines down from the top, and so many words into the line. */
async function moveTo(page, lines, words, key = 'Control+ArrowRight') {
  await editor(page).focus()
  await page.keyboard.press('Control+Home')
  for (let i = 0; i < lines; i++) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Home')
  for (let i = 0; i < words; i++) await page.keyboard.press(key)
}

/** Three people in a letter. The pages: hers who looks, and the two others'. */
async function company(options) {
  const ada = await Person.enter(browser, server, {
    name: 'Ada Lovelace',
    color: 1,
    ...options
  })
  const ben = await Person.enter(browser, server, {
    name: 'Ben Okri',
    color: 0
  })
  const cleo = await Person.enter(browser, server, { name: 'Cleo', color: 3 })
  const b = await writeLetter(ben)
  const c = await cleo.openDocument('letters/To the printer')
  const a = await ada.openDocument('letters/To the printer')
  await moveTo(c, 2, 2, 'Control+Shift+ArrowRight')
  await moveTo(b, 4, 3)
  await eventually(() => a.locator('.peer-caret').count(), 2)
  return { people: [ada, ben, cleo], pages: [a, b, c] }
}

/** No part of the page has moved, and the text only by what was typed. */
async function assertCalm(page) {
  const { shifts, moved } = await page.evaluate(() => globalThis.watched)
  assert.deepEqual(moved, [])
  assert.ok(shifts < 0.001, `${shifts}`)
}

test('on a phone nothing scrolls sideways, and fingers find their targets', async () => {
  const ada = await Person.enter(browser, server, { name: 'Ada', ...phone })
  const ben = await Person.enter(browser, server, {
    name: 'Ben with a rather long name, as some have'
  })
  const name = 'notes/' + 'a-very-long-name-'.repeat(20)
  const b = await ben.openDocument(name)
  await typeAtEnd(b, 'x'.repeat(300) + ' and words that go to the very end of the line and beyond it')
  const [page, list] = [await ada.openDocument(name), await ada.open('/')]
  await eventually(() => page.locator('.peer-caret').count(), 1)
  await eventually(() => list.locator('.document').count(), 1)
  for (const shown of [page, list]) {
    const [width, room] = await shown.evaluate(() => [
      document.scrollingElement.scrollWidth,
      document.scrollingElement.clientWidth
    ])
    assert.ok(width <= room, `${width} > ${room}`)
    const small = await shown
      .locator('a, button, input')
      .evaluateAll((targets) =>
        targets
          .filter(
            (target) =>
              target.checkVisibility() && !target.matches('.skip') && target.getBoundingClientRect().height < 44
          )
          .map((target) => target.outerHTML)
      )
    assert.deepEqual(small, [])
  }
  await list.screenshot({ path: screenshots + 'phone-list.png' })
  await Promise.all([ada.leave(), ben.leave()])
})

test('nothing moves while connecting, typing, and while others come, type and go', async () => {
  const ada = await Person.enter(browser, server, { name: 'Ada' })
  const ben = await Person.enter(browser, server, { name: 'Ben' })
  const a = await writeLetter(ada)
  await a.reload()
  await saved(a)
  await typeAtEnd(a, 'With kind regards')
  const b = await ben.openDocument('letters/To the printer')
  await typeAtEnd(b, ', Ben')
  await eventually(
    () => shownText(a),
    (text) => text.endsWith('With kind regards, Ben')
  )
  await ben.leave()
  await a.getByRole('button', { name: '1 person here: you' }).waitFor()
  await server.kill()
  await eventually(() => state(a), 'offline')
  await server.restart()
  await saved(a)
  await assertCalm(a)
  await ada.leave()
})

test('the list does not move either', async () => {
  const ada = await Person.enter(browser, server, { name: 'Ada' })
  await (await writeLetter(ada)).close()
  const list = await ada.open('/')
  await eventually(() => list.locator('.document').count(), 1)
  await list.getByRole('searchbox').fill('letter')
  await list.getByText('1 document found').waitFor()
  await assertCalm(list)
  await ada.leave()
})

for (const colorScheme of ['light', 'dark']) {
  test(`pictures, ${colorScheme}`, async () => {
    const { people, pages } = await company({ colorScheme })
    await pages[0].screenshot({
      path: `${screenshots}document-${colorScheme}.png`
    })
    await pages[0].getByRole('button', { name: /people here/ }).click()
    await pages[0].locator('#people-panel').waitFor()
    await pages[0].screenshot({
      path: `${screenshots}people-${colorScheme}.png`
    })
    const list = await people[0].open('/')
    await eventually(() => list.locator('.document').count(), 1)
    await list.screenshot({ path: `${screenshots}list-${colorScheme}.png` })
    for (const person of people) await person.leave()
  })
}

test('pictures, phone', async () => {
  const { people, pages } = await company(phone)
  await pages[0].screenshot({ path: screenshots + 'phone.png' })
  for (const person of people) await person.leave()
})

test('the theme that was chosen is kept, and there from the first paint', async () => {
  const ada = await Person.enter(browser, server, {
    name: 'Ada',
    colorScheme: 'light'
  })
  const page = await ada.open('/')
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const light = await paper()
  await page.getByRole('button', { name: 'Use the dark theme' }).click()
  const dark = await paper()
  assert.notEqual(dark, light)
  await page.reload({ waitUntil: 'commit' })
  await eventually(paper, dark)
  await page.goto(server.url + '/d/theme')
  assert.equal(await paper(), dark)
  await page.getByRole('button', { name: 'Use the light theme' }).click()
  assert.equal(await paper(), light)
  await ada.leave()
})

test('the picture in the README', { skip: !process.env.STET_DOCS_SCREENSHOT }, async () => {
  const { people, pages } = await company({
    viewport: { width: 1120, height: 640 },
    deviceScaleFactor: 2
  })
  await pages[0].screenshot({
    path: fileURLToPath(new URL('../../docs/screenshot.png', import.meta.url))
  })
  for (const person of people) await person.leave()
})
