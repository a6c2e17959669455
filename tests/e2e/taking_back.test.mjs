/** Taking back in the browser, by keyboard alone: what somebody did, a session, what an agent did, an interval. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openThin } from '../interop/support/thin.mjs'
import { eventually, shownText } from './browser.mjs'
import { openHistory, shows, then, write } from './history_page.mjs'
import { ada, ben, server } from './two_people.mjs'

const focused = (page) => page.evaluate(() => document.activeElement.textContent)

/** From the open history to the preview. `choices` are labels, as somebody types them in the lists; or numbers. */
async function takeBack(page, kind, ...choices) {
  const open = page.getByRole('button', { name: 'Take back…' })
  await open.focus()
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'take-back-kind')
  await page.keyboard.type(kind)
  for (const choice of choices) {
    await page.keyboard.press('Tab')
    await page.keyboard.type(choice)
  }
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  assert.equal(await focused(page), 'Preview')
  await page.keyboard.press('Enter')
}
const removed = async (page) => (await then(page).locator('del').allTextContents()).join('')
const previews = async (page, text) => {
  await eventually(() => removed(page), text)
  await eventually(() => focused(page), 'Take back')
}

/** Ada writes, then Ben, then an agent that Ada asked, then Ada from another window: each a word. */
async function story(name) {
  const [a, b] = [await ada.openDocument(name), await ben.openDocument(name)]
  await write(a, 'ada ')
  await eventually(() => shownText(b), 'ada ')
  await write(b, 'ben ')
  const { client, document } = await openThin({ port: new URL(server.url).port }, name, { user: 'Robot' })
  await document.append('agent ', { agent: 'writer', askedBy: 'Ada' }).durable
  client.close()
  const again = await ada.openDocument(name)
  await write(again, 'later ')
  await eventually(() => shownText(a), 'ada ben agent later ')
  await openHistory(a)
  await shows(a, 'ada ben agent later ')
  await a.getByText(/Edit 4 of 4 · Ada/).waitFor()
  return [a, b]
}

test('everything by one person, after a preview', async () => {
  const [a, b] = await story('back/person')
  await takeBack(a, 'everything by', 'Ben')
  await previews(a, 'ben ')
  assert.equal(await shownText(b), 'ada ben agent later ', 'a preview changes nothing')
  await a.keyboard.press('Enter')
  await eventually(() => shownText(b), 'ada agent later ')
  await openHistory(a)
  await shows(a, 'ada agent later ')
  await takeBack(a, 'everything by', 'Ben')
  await a.getByText('there is nothing to change').waitFor()
  await eventually(() => focused(a), 'Cancel')
})

test('one session, and not what the same person did in another', async () => {
  const [a, b] = await story('back/session')
  await takeBack(a, 'one session', 'Ada, of the edit')
  await previews(a, 'later ')
  await a.keyboard.press('Enter')
  await eventually(() => shownText(b), 'ada ben agent ')
})

test('what was made by an agent, by its tag; and cancelled at first', async () => {
  const [a, b] = await story('back/tag')
  await takeBack(a, 'everything tagged', 'agent=writer')
  await previews(a, 'agent ')
  await a.keyboard.press('Shift+Tab')
  assert.equal(await focused(a), 'Cancel')
  await a.keyboard.press('Enter')
  await eventually(() => focused(a), 'Take back…')
  await shows(a, 'ada ben agent later ')
  await takeBack(a, 'everything tagged', 'asked-by=Ada')
  await previews(a, 'agent ')
  await a.keyboard.press('Enter')
  await eventually(() => shownText(b), 'ada ben later ')
})

test('an interval', async () => {
  const [a, b] = await story('back/interval')
  await takeBack(a, 'edits from', '2', '3')
  await previews(a, 'ben agent ')
  await a.keyboard.press('Enter')
  await eventually(() => shownText(b), 'ada later ')
})
