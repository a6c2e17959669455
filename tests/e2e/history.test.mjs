/** The past of a document in the browser: the timeline, authors, differences, versions, and the way back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Person, editor, eventually, looks, saved, screenshots, shownText, typeAtEnd } from './browser.mjs'
import { activityOf, openHistory, shows, then, timeline, write } from './history_page.mjs'
import { ada, ben, browser, server } from './two_people.mjs'

test('by keyboard through all moments, with the authors in their colours', async () => {
  const [a, b] = [await ada.openDocument('walk'), await ben.openDocument('walk')]
  await write(a, 'First.')
  await eventually(() => shownText(b), 'First.')
  await write(b, ' Second.')
  await eventually(() => shownText(a), 'First. Second.')
  await openHistory(a)
  await shows(a, 'First. Second.')
  const written = then(a).locator('.written')
  assert.deepEqual(await written.allTextContents(), ['First.', ' Second.'])
  const classes = await written.evaluateAll((parts) => parts.map((part) => part.className))
  assert.notEqual(classes[0], classes[1])
  await timeline(a).focus()
  await a.keyboard.press('ArrowLeft')
  await shows(a, 'First.')
  await a.getByText(/Edit 1 of 2 · Ada/).waitFor()
  await a.keyboard.press('Home')
  await shows(a, '')
  await a.getByRole('button', { name: 'Play' }).press('Enter')
  await shows(a, 'First. Second.')
  await a.getByRole('button', { name: 'Play' }).waitFor()
  await a.keyboard.press('Escape')
  await eventually(() => shownText(a), 'First. Second.')
})

test('what somebody changed is shown with what it replaced', async () => {
  const a = await ada.openDocument('compare')
  await write(a, 'An old line.')
  const b = await ben.openDocument('compare')
  await editor(b).focus()
  await b.keyboard.press('Control+A')
  await b.keyboard.insertText('A new line.')
  await saved(b)
  await openHistory(a)
  await activityOf(a, /Ben/).click()
  await eventually(
    () => then(a).locator('ins').allTextContents(),
    (added) => added.join('') === 'A new line.'
  )
  assert.equal((await then(a).locator('del').allTextContents()).join(''), 'An old line.')
  await a.getByLabel('Show what changed since').uncheck()
  await shows(a, 'A new line.')
})

test('a moment is restored after a preview, and what others type meanwhile stays', async () => {
  const [a, b] = [await ada.openDocument('restore'), await ben.openDocument('restore')]
  await write(a, 'Keep this.', ' And not this.')
  await openHistory(a)
  await shows(a, 'Keep this. And not this.')
  await timeline(a).focus()
  await a.keyboard.press('ArrowLeft')
  await shows(a, 'Keep this.')
  await a.getByRole('button', { name: 'Restore this moment' }).click()
  await eventually(
    () => then(a).locator('del').allTextContents(),
    (removed) => removed.join('') === ' And not this.'
  )
  assert.equal(await shownText(b), 'Keep this. And not this.', 'a preview changes nothing')
  await typeAtEnd(b, ' Typed meanwhile.')
  await saved(b)
  await a.getByRole('button', { name: 'Restore', exact: true }).click()
  // Restoring means all edits after the moment: his too, for it is asked for what is there when it happens.
  await eventually(
    () => shownText(b),
    (text) => text.startsWith('Keep this.') && !text.includes('not this')
  )
  await eventually(async () => (await shownText(a)) === (await shownText(b)), true)
})

test('a version is kept by name, and found again', async () => {
  const a = await ada.openDocument('versions')
  await write(a, 'Draft.', ' More.')
  await openHistory(a)
  await shows(a, 'Draft. More.')
  await timeline(a).focus()
  await a.keyboard.press('ArrowLeft')
  await shows(a, 'Draft.')
  await a.getByLabel('Name of the version').fill('first draft')
  await a.keyboard.press('Enter')
  const version = a.getByRole('button', { name: /first draft/ })
  await version.waitFor()
  await timeline(a).focus()
  await a.keyboard.press('End')
  await shows(a, 'Draft. More.')
  await version.click()
  await shows(a, 'Draft.')
})

test('a moment is copied into a new document, by keyboard; a name that is taken is told', async () => {
  const a = await ada.openDocument('original')
  await write(a, 'Early.', ' Late.')
  await openHistory(a)
  await shows(a, 'Early. Late.')
  await timeline(a).focus()
  await a.keyboard.press('ArrowLeft')
  await shows(a, 'Early.')
  await a.getByLabel('Name of the version').fill('original')
  await a.keyboard.press('Tab')
  await a.keyboard.press('Tab')
  await a.keyboard.press('Enter')
  await a.getByText('that name is taken').waitFor()
  await a.getByLabel('Name of the version').fill('copies/early')
  await a.getByRole('button', { name: 'Copy', exact: true }).press('Enter')
  await a.waitForURL(`${server.url}/d/copies%2Fearly`)
  await saved(a)
  await eventually(() => shownText(a), 'Early.')
})

test('the past of a rich text', async () => {
  const a = await ada.openDocument('rich past', '/r/')
  await write(a, 'one')
  await a.keyboard.press('Control+A')
  await a.keyboard.press('Control+B')
  await saved(a)
  await openHistory(a)
  const html = async () => (await then(a).locator('.rich-text').innerHTML()).replaceAll(/<.?span.*?>/g, '')
  await eventually(html, '<p><strong>one</strong></p>')
  await timeline(a).focus()
  await a.keyboard.press('ArrowLeft')
  await eventually(html, '<p>one</p>')
})

for (const [name, options] of Object.entries(looks)) {
  test(`pictures of the history, ${name}`, async () => {
    const viewer = await Person.enter(browser, server, {
      name: 'Cleo',
      color: 3,
      ...options
    })
    const a = await ada.openDocument('letters/To the printer')
    await write(a, 'Dear Mr. Baskerville,\n\nthe second proof has reached us, ', 'and we are delighted with it.\n')
    const b = await ben.openDocument('letters/To the printer')
    await write(b, '\nA few corrections remain, which Ada has marked in the margin.')
    const c = await viewer.openDocument('letters/To the printer')
    await openHistory(c)
    await eventually(
      () => then(c).locator('.written').count(),
      (count) => count >= 2
    )
    assert.equal(await c.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
    await c.screenshot({
      path: `${screenshots}history-${name}.png`,
      animations: 'disabled'
    })
    await activityOf(c, /Ben/).click()
    await then(c).locator('ins').first().waitFor()
    await c.screenshot({
      path: `${screenshots}history-changes-${name}.png`,
      animations: 'disabled'
    })
    await viewer.leave()
  })
}
