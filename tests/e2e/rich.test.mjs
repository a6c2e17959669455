/** Rich texts: two people with TipTap and the stock Hocuspocus provider. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Person, editor, eventually, looks, saved, screenshots, state, typeAtEnd, watchStates } from './browser.mjs'
import { ada, ben, browser, server } from './two_people.mjs'

const open = (person, name) => person.openDocument(name, '/r/')
const tool = (page, name) => page.getByRole('toolbar').getByRole('button', { name, exact: true })
/** What the page shows, without the cursors of others and what the editor keeps for itself. */
const shownHtml = (page) =>
  editor(page).evaluate((content) => {
    const copy = content.cloneNode(true)
    for (const extra of copy.querySelectorAll('.peer-caret, .ProseMirror-trailingBreak, .ProseMirror-separator')) {
      extra.remove()
    }
    for (const mark of copy.querySelectorAll('.peer-selection')) mark.replaceWith(...mark.childNodes)
    return copy.innerHTML.replaceAll('\u2060', '')
  })
const shows = (page, html) => eventually(() => shownHtml(page), html)

test('created as a rich text, found in the list, and never opened as a plain one', async () => {
  const page = await ada.open('/')
  await page.getByRole('button', { name: 'New document' }).click()
  await page.getByLabel('Name').fill('minutes/May')
  await page.getByLabel('Rich text').check()
  await page.keyboard.press('Enter')
  await page.waitForURL(server.url + '/r/minutes%2FMay')
  await saved(page)
  const list = await ben.open('/')
  await list.getByRole('link', { name: /May/ }).click()
  await list.waitForURL(server.url + '/r/minutes%2FMay')
  const direct = await ben.open('/d/minutes%2FMay')
  await direct.waitForURL(server.url + '/r/minutes%2FMay')
  await saved(direct)
})

test('formats, headings and lists reach the other, and survive a restart', async () => {
  const [a, b] = [await open(ada, 'formats'), await open(ben, 'formats')]
  await editor(a).focus()
  await tool(a, 'Heading 1').click()
  await a.keyboard.type('Plan')
  await a.keyboard.press('Enter')
  await tool(a, 'Bulleted list').click()
  await a.keyboard.type('one')
  await a.keyboard.press('Enter')
  await a.keyboard.press('Control+B')
  await a.keyboard.type('two')
  assert.equal(await tool(a, 'Bold').getAttribute('aria-pressed'), 'true')
  const html = '<h1>Plan</h1><ul><li><p>one</p></li><li><p><strong>two</strong></p></li></ul>'
  await shows(b, html)
  await saved(a)
  await server.kill()
  await server.restart()
  await Promise.all([saved(a), saved(b)])
  await b.reload()
  await saved(b)
  await shows(b, html)
})

test('both type and format at the same time and end with the same text', async () => {
  const [a, b] = [await open(ada, 'together'), await open(ben, 'together')]
  await typeAtEnd(a, 'middle')
  await shows(b, '<p>middle</p>')
  const format = async () => {
    await a.keyboard.press('Control+A')
    await a.keyboard.press('Control+I')
  }
  await Promise.all([format(), typeAtEnd(b, ' and the end of it', { delay: 5 })])
  await saved(b)
  const html = await eventually(
    () => shownHtml(a),
    (html) => html.replace(/<\/?em>/g, '') === '<p>middle and the end of it</p>'
  )
  await shows(b, html)
})

test('a picture becomes part of the document', async () => {
  const [a, b] = [await open(ada, 'pictures'), await open(ben, 'pictures')]
  await editor(a).focus()
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
  const chooser = a.waitForEvent('filechooser')
  await tool(a, 'Picture').click()
  await (
    await chooser
  ).setFiles({
    name: 'dot.png',
    mimeType: 'image/png',
    buffer: Buffer.from(png, 'base64')
  })
  const picture = b.getByRole('img', { name: 'dot' })
  await picture.waitFor()
  assert.match(await picture.getAttribute('src'), /^data:image\/webp;base64,/)
  await eventually(() => picture.evaluate((image) => image.complete && image.naturalWidth), 1)
})

test('a link is set, and undone', async () => {
  const a = await open(ada, 'links')
  await typeAtEnd(a, 'Stet')
  await sleep(600) // what is typed later than that is undone by itself
  await a.keyboard.press('Control+A')
  await tool(a, 'Link').click()
  await a.getByLabel('Address').fill('https://example.org/')
  await a.keyboard.press('Enter')
  await eventually(
    () => shownHtml(a),
    (html) => html.includes('href="https://example.org/"') && html.includes('>Stet</a>')
  )
  await tool(a, 'Undo').click()
  await shows(a, '<p>Stet</p>')
})

test('undo takes back my own edits only', async () => {
  const [a, b] = [await open(ada, 'undo'), await open(ben, 'undo')]
  assert.equal(await tool(a, 'Undo').getAttribute('aria-disabled'), 'true')
  await typeAtEnd(a, 'hers')
  await shows(b, '<p>hers</p>')
  await typeAtEnd(b, ' his')
  await shows(a, '<p>hers his</p>')
  await a.keyboard.press('Control+Z')
  await shows(b, '<p> his</p>')
  await tool(a, 'Redo').click()
  await shows(b, '<p>hers his</p>')
})

test('each sees the other’s cursor, selection and new name', async () => {
  const [a, b] = [await open(ada, 'cursors'), await open(ben, 'cursors')]
  await typeAtEnd(a, 'one two')
  const carets = b.locator('.peer-caret')
  await eventually(
    () => carets.allTextContents(),
    (names) => names.join().replaceAll('\u2060', '') === 'Ada'
  )
  await a.keyboard.press('Control+Shift+ArrowLeft')
  await eventually(
    () => b.locator('.peer-selection').allTextContents(),
    (texts) => texts.join('') === 'two'
  )
  await a.getByRole('button', { name: /people here/ }).click()
  await a.getByLabel('Your name').fill('Countess')
  await a.keyboard.press('Enter')
  await b.getByRole('button', { name: '2 people here: you, Countess' }).waitFor()
  await editor(a).focus()
  await eventually(
    () => carets.allTextContents(),
    (names) => names.join().replaceAll('\u2060', '') === 'Countess'
  )
  await a.close()
  await eventually(() => carets.count(), 0)
})

test('“Saved” waits for the commit, and what is typed offline is saved on return', async () => {
  const [a, b] = [await open(ada, 'held'), await open(ben, 'held')]
  const release = await server.holdCommits()
  const states = await watchStates(a)
  await typeAtEnd(a, 'Held back.')
  await shows(b, '<p>Held back.</p>')
  await sleep(1000)
  assert.deepEqual(await states(), ['saving'])
  await release()
  await saved(a)
  await server.kill()
  await eventually(() => state(a), 'offline')
  await typeAtEnd(a, ' Offline.')
  await server.restart()
  await saved(a)
  await shows(b, '<p>Held back. Offline.</p>')
})

test('by keyboard: one stop for all tools, the arrows go through them', async () => {
  const a = await open(ada, 'keys')
  await editor(a).focus()
  await a.keyboard.press('Shift+Tab')
  const focused = () => a.evaluate(() => document.activeElement.getAttribute('aria-label'))
  assert.equal(await focused(), 'Bold')
  await a.keyboard.press('ArrowRight')
  assert.equal(await focused(), 'Italic')
  await a.keyboard.press('End')
  assert.equal(await focused(), 'Redo')
  await a.keyboard.press('ArrowRight')
  assert.equal(await focused(), 'Bold')
  await a.keyboard.press('Enter')
  await eventually(() => tool(a, 'Bold').getAttribute('aria-pressed'), 'true')
})

for (const [name, options] of Object.entries(looks)) {
  test(`pictures of the page, ${name}`, async () => {
    const viewer = await Person.enter(browser, server, {
      name: 'Cleo',
      color: 3,
      ...options
    })
    const [a, c] = [await open(ada, 'letters/To the printer'), await open(viewer, 'letters/To the printer')]
    await editor(a).focus()
    await tool(a, 'Heading 1').click()
    await a.keyboard.type('Letter to the printer\nDear Mr. Baskerville, the second proof has ')
    await a.keyboard.press('Control+I')
    await a.keyboard.type('reached')
    await a.keyboard.press('Control+I')
    await a.keyboard.type(' us. What remains:\n- the margin of page 3\nthe word “always” in the first line: ')
    await a.keyboard.press('Control+B')
    await a.keyboard.type('let it stand')
    await a.keyboard.press('Control+B')
    await a.keyboard.type('\n\n> We are delighted with the evenness of the page.')
    await saved(a)
    await eventually(
      () => shownHtml(c),
      (html) => html.includes('evenness of the page.</p></blockquote>')
    )
    assert.equal(await c.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    await c.screenshot({
      path: `${screenshots}rich-${name}.png`,
      animations: 'disabled'
    })
    await viewer.leave()
  })
}
