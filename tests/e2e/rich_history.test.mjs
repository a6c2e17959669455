/** The past of a rich text: its authors in colour, what became of its blocks and formats, and the way back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { Client } from '../interop/support/client.mjs'
import { Person, editor, eventually, looks, screenshots } from './browser.mjs'
import { activityOf, openHistory, shows, then, timeline, write } from './history_page.mjs'
import { ada, ben, browser, server } from './two_people.mjs'

const parts = (page, selector) => then(page).locator(selector).allTextContents()
const picture = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

/** An element of a rich text: its content is elements or a text, and at the end there may be attributes. */
function element(name, ...content) {
  const made = new Y.XmlElement(name)
  const attributes = content.at(-1)?.constructor === Object ? content.pop() : {}
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.insert(
    0,
    content.filter(Boolean).map((part) => (typeof part === 'string' ? new Y.XmlText(part) : part))
  )
  return made
}

/** One edit of somebody with another program, of a document that is a rich text. */
async function edit(name, user, change) {
  await fetch(`${server.url}/api/docs`, { method: 'POST', body: JSON.stringify({ name, kind: 'rich' }) })
  const client = new Client({ ws: `${server.url.replace('http', 'ws')}/ws` }, name, { params: { user } })
  await client.synced()
  client.doc.transact(() => change(client.doc.getXmlFragment('default')))
  await client.durable()
  client.destroy()
}

test('authors in their colours, moment by moment', async () => {
  const [a, b] = [await ada.openDocument('rich/authors', '/r/'), await ben.openDocument('rich/authors', '/r/')]
  await write(a, 'First. ')
  await eventually(
    () => editor(b).textContent(),
    (text) => text.includes('First.')
  )
  await write(b, 'Second.')
  await openHistory(a)
  await shows(a, 'First. Second.')
  await eventually(
    () => parts(a, '.written'),
    (written) => written.length === 2
  )
  assert.deepEqual(await parts(a, '.written'), ['First. ', 'Second.'])
  const written = then(a).locator('.written')
  const [one, other] = await written.evaluateAll((spans) => spans.map((span) => span.className))
  assert.notEqual(one, other)
  assert.match(await written.last().getAttribute('title'), /^Ben, /)
  await timeline(a).focus()
  await a.keyboard.press('ArrowLeft')
  await shows(a, 'First. ')
  assert.deepEqual(await parts(a, '.written'), ['First. '])
})

test('what came, what went, and what became bold or a heading', async () => {
  await edit('rich/changes', 'Ada', (root) =>
    root.push([element('paragraph', 'Title'), element('paragraph', 'plain words here')])
  )
  await edit('rich/changes', 'Ben', (root) => {
    root.get(1).get(0).format(12, 4, { bold: true })
    root.get(1).get(0).delete(0, 6)
    root.delete(0)
    root.insert(0, [element('heading', 'Title', { level: 1 })])
    root.push([element('paragraph', 'a new paragraph'), element('image', '', { src: picture })])
  })
  const a = await ada.openDocument('rich/changes', '/r/')
  await openHistory(a)
  await activityOf(a, /Ben/).click()
  await eventually(
    () => parts(a, 'ins'),
    (added) => added.join('') === 'a new paragraph'
  )
  assert.deepEqual(await parts(a, 'del'), ['plain '])
  assert.deepEqual(await parts(a, 'h1.changed'), ['Title'])
  assert.equal(await then(a).locator('h1.changed').getAttribute('title'), 'was paragraph')
  assert.deepEqual(await parts(a, 'strong .changed, .changed strong'), ['here'])
  assert.equal(await then(a).locator('img.added').count(), 1)
  await a.getByLabel('Show what changed since').uncheck()
  await eventually(
    () => then(a).locator('img.written').count(),
    (count) => count === 1
  )
  assert.match(await then(a).locator('img.written').getAttribute('title'), /^Ben, /)
})

test('what one person did is taken back from a rich text, with a preview', async () => {
  const [a, b] = [await ada.openDocument('rich/back', '/r/'), await ben.openDocument('rich/back', '/r/')]
  await write(a, 'Keep this sentence.')
  await eventually(
    () => editor(b).textContent(),
    (text) => text.includes('sentence')
  )
  await write(b, ' And lose this one.')
  await eventually(
    () => editor(a).textContent(),
    (text) => text.includes('lose')
  )
  await openHistory(a)
  await shows(a, 'Keep this sentence. And lose this one.')
  await a.getByRole('button', { name: 'Take back…' }).press('Enter')
  await a.getByLabel('Take back', { exact: true }).selectOption('everything by')
  await a.getByLabel('Whose').selectOption('Ben')
  await a.getByLabel('Whose').press('Tab')
  await a.getByRole('button', { name: 'Preview' }).press('Enter')
  await eventually(
    () => parts(a, 'del'),
    (removed) => removed.join('') === ' And lose this one.'
  )
  assert.match(await editor(b).textContent(), /lose/, 'a preview changes nothing')
  await a.keyboard.press('Enter')
  for (const page of [a, b]) {
    await eventually(
      () => editor(page).textContent(),
      (text) => text.startsWith('Keep this sentence.') && !text.includes('lose')
    )
  }
})

for (const [name, options] of Object.entries(looks)) {
  test(`pictures of the history of a rich text, ${name}`, async () => {
    const viewer = await Person.enter(browser, server, { name: 'Cleo', color: 3, ...options })
    await edit('letters/The specimen', 'Ada', (root) =>
      root.push([
        element('heading', 'A specimen of types', { level: 1 }),
        element('paragraph', 'The italics are as good as the roman, and the figures stand on the line.'),
        element('paragraph', 'We print it in March, on the old press.'),
        element('paragraph', 'This paragraph is not needed any more.')
      ])
    )
    await edit('letters/The specimen', 'Ben', (root) => {
      root.get(2).get(0).format(12, 8, { bold: true })
      root.get(2).get(0).delete(29, 3)
      root.get(2).get(0).insert(29, 'new')
      root.delete(3)
      const items = ['Paper: laid, two hundred sheets', 'Ink: black and red']
      root.push([element('bulletList', ...items.map((text) => element('listItem', element('paragraph', text))))])
    })
    const c = await viewer.openDocument('letters/The specimen', '/r/')
    await openHistory(c)
    await eventually(
      () => then(c).locator('.written').count(),
      (count) => count >= 3
    )
    assert.equal(await c.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    await c.screenshot({ path: `${screenshots}rich-history-${name}.png`, animations: 'disabled' })
    await activityOf(c, /Ben/).click()
    await then(c).locator('ins').first().waitFor()
    await c.screenshot({ path: `${screenshots}rich-history-changes-${name}.png`, animations: 'disabled' })
    await c.getByRole('button', { name: 'Take back…' }).click()
    await c.screenshot({ path: `${screenshots}rich-history-take-back-${name}.png`, animations: 'disabled' })
    assert.equal(await c.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    await viewer.leave()
  })
}
