/** The list of documents: creating, finding, opening; by keyboard; and names that look like HTML. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { Person, editor, eventually, launch, saved, shownText, typeAtEnd } from './browser.mjs'
import { Server } from './server.mjs'

let browser
let server
let ada

before(async () => (browser = await launch()))
after(() => browser.close())
beforeEach(async () => {
  server = await Server.start()
  ada = await Person.enter(browser, server, { name: 'Ada' })
})
afterEach(async () => {
  await ada.leave()
  await server.stop()
})

const names = (page) => page.locator('.document-title').allTextContents()
const search = (page) => page.getByRole('searchbox', { name: 'Search documents' })

async function create(page, name) {
  const answer = await page.request.post(server.url + '/api/docs', {
    data: { name }
  })
  assert.equal(answer.status(), 201)
}

test('an empty list says what this is, and leads to the first document', async () => {
  const page = await ada.open('/')
  await page.getByRole('heading', { name: 'Write together.' }).waitFor()
  await page.getByRole('button', { name: 'Write the first document' }).click()
  await page.getByLabel('Name').fill('notes/first steps')
  await page.keyboard.press('Enter')
  await page.waitForURL(server.url + '/d/notes%2Ffirst%20steps')
  await saved(page)
  assert.equal(await page.title(), 'first steps · Stet')
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'notes/first steps')
})

test('a name that no document can have is explained', async () => {
  const page = await ada.open('/')
  await page.getByRole('button', { name: 'New document' }).click()
  const problem = page.locator('#new-name-problem')
  const complains = async (name, sentence) => {
    await page.getByLabel('Name').fill(name)
    await page.keyboard.press('Enter')
    await eventually(
      () => problem.textContent(),
      (text) => sentence.test(text)
    )
    assert.equal(await page.getByLabel('Name').getAttribute('aria-invalid'), 'true')
  }
  await complains('', /Give the document a name/)
  await complains('a/../b', /between its slashes/)
  await complains('x'.repeat(513), /too long by 1 byte/)
  await create(page, 'taken')
  await complains('taken', /./)
  await page.getByLabel('Name').fill('free')
  assert.equal(await problem.textContent(), '')
  await page.keyboard.press('Enter')
  await page.waitForURL(server.url + '/d/free')
  await saved(page)
})

test('the server refuses bad names too, with a sentence', async () => {
  const page = await ada.open('/')
  for (const name of ['', 'a/../b', 'x'.repeat(513), 'a\0b']) {
    const answer = await page.request.post(server.url + '/api/docs', {
      data: { name }
    })
    assert.ok([400, 403].includes(answer.status()), `${answer.status()} for ${JSON.stringify(name)}`)
    assert.ok((await answer.json()).error.length > 10)
  }
})

test('an address with a bad name says so', async () => {
  const page = await ada.open('/d/' + 'x'.repeat(513))
  await page.getByRole('heading', { name: 'No document can have this name' }).waitFor()
})

test('found while typing, opened by keyboard', async () => {
  const page = await ada.open('/')
  for (const name of ['apple', 'pear', 'pineapple']) await create(page, name)
  await page.keyboard.press('/')
  await page.keyboard.type('apple')
  await eventually(
    () => names(page),
    (found) => [...found].sort().join() === 'apple,pineapple'
  )
  assert.match(page.url(), /\?q=apple$/)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  const second = (await names(page))[1]
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  assert.ok(await search(page).evaluate((field) => field === document.activeElement))
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${server.url}/d/${second}`)
  await saved(page)
  await page.goBack()
  await eventually(
    () => names(page),
    (found) => found.length === 2
  )
  await search(page).fill('plum')
  await page.getByRole('button', { name: 'Create “plum”' }).waitFor()
  await page.keyboard.press('Escape')
  await eventually(
    () => names(page),
    (found) => found.length === 3
  )
})

test('the document edited last comes first, with who is there', async () => {
  const list = await ada.open('/')
  for (const name of ['old', 'new']) await create(list, name)
  const page = await ada.openDocument('old')
  await typeAtEnd(page, 'x')
  await saved(page)
  await list.bringToFront()
  await list.reload()
  await eventually(
    () => names(list),
    (found) => found.join() === 'old,new'
  )
  const facts = list.getByRole('link', { name: /^old/ })
  await eventually(
    () => facts.textContent(),
    (text) => /1 person here.*Edited just now/.test(text)
  )
  await page.close()
  await eventually(
    () => facts.textContent(),
    (text) => !text.includes('here')
  )
})

test('the page says when the server does not answer, and recovers', async () => {
  const page = await ada.open('/')
  await create(page, 'one')
  await page.reload()
  await eventually(
    () => names(page),
    (found) => found.length === 1
  )
  await server.kill()
  await page.getByText('The server does not answer').waitFor()
  await server.restart()
  await page.getByText('The server does not answer').waitFor({ state: 'detached' })
  assert.deepEqual(await names(page), ['one'])
})

test('HTML in names is text everywhere', async () => {
  const nasty = '<img src=x onerror="document.title=1"><b>bold</b>'
  const ben = await Person.enter(browser, server, { name: nasty })
  const [a, b] = [await ada.openDocument(nasty), await ben.openDocument(nasty)]
  await typeAtEnd(b, nasty)
  await eventually(() => shownText(a), nasty)
  const shown = nasty.slice(0, 40)
  await eventually(() => a.locator('.peer-name').textContent(), shown)
  await a.getByRole('button', { name: /2 people here/ }).click()
  await eventually(
    () => a.locator('.people .person-name').allTextContents(),
    (names) => names.includes(shown)
  )
  const list = await ada.open('/')
  await eventually(
    () => names(list),
    (found) => found.join() === nasty
  )
  for (const page of [a, b, list]) {
    assert.equal(await page.locator('img:not(.cm-widgetBuffer)').count(), 0)
    assert.notEqual(await page.title(), '1')
  }
  await ben.leave()
})

test('the pages are served with a strict policy', async () => {
  const page = await ada.open('/')
  for (const path of ['/', '/d/any', '/r/any']) {
    const headers = (await page.request.get(server.url + path)).headers()
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(headers['content-security-policy'], /default-src '(self|none)'(;|$)/)
    // Pictures alone may be their own address: they are part of a rich text.
    const policy = headers['content-security-policy'].replace("img-src 'self' data:;", '')
    assert.doesNotMatch(policy, /unsafe|data:|blob:|https?:|\*/)
  }
})

test('by keyboard: the skip link comes first, and the editor lets go of the focus', async () => {
  const page = await ada.open('/')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
  const doc = await ada.openDocument('keys')
  await editor(doc).focus()
  await doc.keyboard.press('Shift+Tab')
  assert.equal(await doc.evaluate(() => document.activeElement.className), 'icon-button theme-toggle')
  for (const role of ['banner', 'navigation', 'main']) assert.equal(await doc.getByRole(role).count(), 1, role)
})
