/** Two people in one document: typing at once, cursors, names, reloads, offline phases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Person, editor, eventually, saved, shownText, state, status, typeAtEnd } from './browser.mjs'
import { ada, ben, browser, server } from './two_people.mjs'

const sorted = (text) => [...text].sort().join('')
/** Closes a page as a careful person does: not as long as it asks whether to leave. */
async function closeWithoutLoss(page) {
  page.on('dialog', (dialog) => dialog.dismiss())
  const closed = page.waitForEvent('close')
  await eventually(async () => {
    // A page that is just going refuses to be closed once more.
    await page.close({ runBeforeUnload: true }).catch(() => {})
    return page.isClosed()
  }, true)
  await closed
}

const carets = (page) => page.locator('.peer-caret')

test('both type at the same time and end with the same text', async () => {
  const [a, b] = [await ada.openDocument('together'), await ben.openDocument('together')]
  const [fromAda, fromBen] = ['abcdefghijklmnopqrstuvwxyz'.repeat(3), '0123456789'.repeat(8)]
  await Promise.all([typeAtEnd(a, fromAda, { delay: 4 }), typeAtEnd(b, fromBen, { delay: 4 })])
  const text = await eventually(
    () => shownText(a),
    (text) => sorted(text) === sorted(fromAda + fromBen)
  )
  await eventually(() => shownText(b), text)
  await Promise.all([saved(a), saved(b)])
  assert.equal(text.replace(/[0-9]/g, ''), fromAda, 'each one’s letters stay in their order')
  assert.equal(text.replace(/[a-z]/g, ''), fromBen)
})

test('each sees the other’s name, cursor and selection, and sees them move and go', async () => {
  const a = await ada.openDocument('cursors')
  await typeAtEnd(a, 'one two three')
  const b = await ben.openDocument('cursors')
  await eventually(() => carets(b).textContent(), 'Ada')
  await a.getByRole('button', { name: '2 people here: you, Ben' }).waitFor()
  await b.getByRole('button', { name: '2 people here: you, Ada' }).waitFor()

  // NaN while the caret is being drawn anew.
  const place = async () => Math.round((await carets(b).boundingBox())?.x)
  const atEnd = await eventually(place, Number.isFinite)
  await a.keyboard.press('Home')
  const atStart = await eventually(place, (x) => x < atEnd)
  await a.keyboard.press('Control+ArrowRight')
  await eventually(place, (x) => x > atStart)

  await a.keyboard.press('Control+Shift+ArrowRight')
  await eventually(
    () => b.locator('.peer-selection').allTextContents(),
    (texts) => texts.join('').trim() === 'two'
  )

  await a.close()
  await eventually(() => carets(b).count(), 0)
  await b.getByRole('button', { name: '1 person here: you' }).waitFor()
})

test('a new name is seen by others and kept', async () => {
  const [a, b] = [await ada.openDocument('names'), await ben.openDocument('names')]
  await typeAtEnd(a, 'x')
  await a.getByRole('button', { name: /people here/ }).click()
  await a.getByLabel('Your name').fill('  Countess\tLovelace ')
  await a.keyboard.press('Enter')
  await eventually(
    () => carets(b).allTextContents(),
    (names) => names.join() === 'Countess Lovelace'
  )
  await saved(a)
  await a.reload()
  await b.getByRole('button', { name: '2 people here: you, Countess Lovelace' }).waitFor()
  await a.getByRole('button', { name: /people here/ }).click()
  assert.equal(await a.getByLabel('Your name').inputValue(), 'Countess Lovelace')
})

test('two people never have the same colour', async () => {
  const twin = await Person.enter(browser, server, {
    name: 'Ada’s twin',
    color: 1
  })
  const [a, c] = [await ada.openDocument('colours'), await twin.openDocument('colours')]
  for (const page of [a, c]) {
    await eventually(
      () => page.locator('.avatars .avatar').evaluateAll((avatars) => avatars.map((avatar) => avatar.className)),
      ([first, second]) => second !== undefined && first !== second
    )
  }
  await twin.leave()
})

test('the text survives a reload', async () => {
  const a = await ada.openDocument('reload')
  await typeAtEnd(a, 'It stands.')
  await saved(a)
  await a.reload()
  await eventually(() => shownText(a), 'It stands.')
  await saved(a)
})

test('undo takes back my own edits only', async () => {
  const [a, b] = [await ada.openDocument('undo'), await ben.openDocument('undo')]
  await typeAtEnd(a, 'mine ')
  await eventually(() => shownText(b), 'mine ')
  await typeAtEnd(b, 'yours')
  await eventually(() => shownText(a), 'mine yours')
  await a.keyboard.press('Control+z')
  await eventually(() => shownText(b), 'yours')
  await a.keyboard.press('Control+y')
  await eventually(() => shownText(b), 'mine yours')
})

test('what is typed on both sides while the server is away merges when it is back', async () => {
  const [a, b] = [await ada.openDocument('away'), await ben.openDocument('away')]
  await typeAtEnd(a, 'middle')
  await saved(a)
  await eventually(() => shownText(b), 'middle')
  await server.kill()
  await Promise.all([eventually(() => state(a), 'offline'), eventually(() => state(b), 'offline')])
  await editor(a).focus()
  await a.keyboard.press('Control+Home')
  await a.keyboard.type('start ')
  await typeAtEnd(b, ' end')
  assert.match(await status(a).textContent(), /6 edits kept in this browser/)
  assert.match(await status(b).textContent(), /4 edits kept in this browser/)
  await server.restart()
  await Promise.all([a, b].map((page) => eventually(() => shownText(page), 'start middle end')))
  await Promise.all([saved(a), saved(b)])
  // Neither is invisible to the other after the quick return.
  await a.getByRole('button', { name: '2 people here: you, Ben' }).waitFor()
  await b.getByRole('button', { name: '2 people here: you, Ada' }).waitFor()
})

test('one goes offline, both go on writing, and nothing is lost on return', async () => {
  const [a, b] = [await ada.openDocument('train'), await ben.openDocument('train')]
  await typeAtEnd(a, 'middle')
  await eventually(() => shownText(b), 'middle')
  await saved(a)
  await ada.context.setOffline(true)
  await a.evaluate(() => globalThis.watched.sockets.at(-1).close())
  await eventually(() => state(a), 'offline')
  await typeAtEnd(a, ' from the train')
  await editor(b).focus()
  await b.keyboard.press('Control+Home')
  await b.keyboard.type('from home ')
  await saved(b)
  assert.equal(await shownText(a), 'middle from the train')
  assert.equal(await shownText(b), 'from home middle')
  assert.equal(await state(a), 'offline')
  await ada.context.setOffline(false)
  await Promise.all([a, b].map((page) => eventually(() => shownText(page), 'from home middle from the train')))
  await saved(a)
})

test('offline edits outlive the page: closed, opened again later, and saved then', async () => {
  const a = await ada.openDocument('closed')
  await typeAtEnd(a, 'first')
  await saved(a)
  await server.kill()
  await eventually(() => state(a), 'offline')
  await typeAtEnd(a, ' second')
  await eventually(
    () => status(a).textContent(),
    (text) => text.includes('7 edits kept in this browser')
  )
  await closeWithoutLoss(a)
  await server.restart()
  await ada.openDocument('closed')
  const b = await ben.openDocument('closed')
  await eventually(() => shownText(b), 'first second')
})

test('without storage in the browser the page says so, and asks before it loses edits', async () => {
  await ada.context.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }))
  const a = await ada.openDocument('no storage')
  await server.kill()
  await eventually(() => state(a), 'offline')
  await typeAtEnd(a, 'abc')
  assert.match(await status(a).textContent(), /3 edits only in this tab/)
  const question = a.waitForEvent('dialog')
  await a.close({ runBeforeUnload: true })
  const dialog = await question
  assert.equal(dialog.type(), 'beforeunload')
  await dialog.dismiss()
  await server.restart()
  await saved(a)
  await closeWithoutLoss(a)
})
