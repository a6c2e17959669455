/** "Saved" is shown when an edit is on disk, and never before. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Person,
  editor,
  eventually,
  launch,
  saved,
  shownText,
  state,
  status,
  typeAtEnd,
  watchStates
} from './browser.mjs'
import { Random, runSeed } from '../interop/oracle/random.mjs'
import { Server } from './server.mjs'

let browser
let server

before(async () => (browser = await launch()))
after(() => browser.close())
beforeEach(async () => (server = await Server.start()))
afterEach(() => server.stop())

const enter = (name) => Person.enter(browser, server, { name })

/** What somebody who has never been here reads. */
async function readAfresh(name) {
  const reader = await enter('Reader')
  const text = await shownText(await reader.openDocument(name))
  await reader.leave()
  return text
}

test('while the commit is held back: the others read along, and "Saved" waits for it', async () => {
  const [ada, ben] = [await enter('Ada'), await enter('Ben')]
  const [a, b] = [await ada.openDocument('held'), await ben.openDocument('held')]
  const release = await server.holdCommits()
  const statesOfAda = await watchStates(a)
  await typeAtEnd(a, 'Held back.')
  await eventually(() => state(a), 'saving')
  await eventually(() => shownText(b), 'Held back.')
  for (let i = 0; i < 30; i++) {
    assert.equal(await state(a), 'saving')
    await sleep(50)
  }
  assert.deepEqual(await statesOfAda(), ['saving'])
  await release()
  await saved(a)
  assert.deepEqual(await statesOfAda(), ['saving', 'saved'])
  await Promise.all([ada.leave(), ben.leave()])
})

test('a page that comes while the commit is held back does not vouch for what it sees', async () => {
  const [ada, ben] = [await enter('Ada'), await enter('Ben')]
  const a = await ada.openDocument('joined')
  const release = await server.holdCommits()
  await typeAtEnd(a, 'Not on disk yet.')
  const b = await ben.open('/d/joined')
  await eventually(() => shownText(b), 'Not on disk yet.')
  await typeAtEnd(b, ' Nor this.')
  await eventually(() => shownText(a), 'Not on disk yet. Nor this.')
  for (let i = 0; i < 10; i++) {
    assert.deepEqual([await state(a), await state(b)], ['saving', 'saving'])
    await sleep(50)
  }
  await release()
  await Promise.all([saved(a), saved(b)])
  await Promise.all([ada.leave(), ben.leave()])
})

test('SIGKILL while the commit is held back: not shown as saved, sent again, saved then', async () => {
  const ada = await enter('Ada')
  const a = await ada.openDocument('killed')
  const release = await server.holdCommits()
  const statesOfAda = await watchStates(a)
  await typeAtEnd(a, 'Once more.')
  await eventually(() => state(a), 'saving')
  await server.kill()
  await release()
  await eventually(() => state(a), 'offline')
  assert.match(await status(a).textContent(), /10 edits kept in this browser/)
  assert.ok(!(await statesOfAda()).includes('saved'))
  await server.restart()
  await saved(a)
  await ada.leave()
  await server.kill()
  await server.restart()
  assert.equal(await readAfresh('killed'), 'Once more.')
})

/** Frames from the server wait at the page's door, so that two pages can do the same without knowing of each other. */
function deafen(page) {
  return page.evaluate(() => {
    const socket = globalThis.watched.sockets.at(-1)
    const waiting = { socket, listen: socket.onmessage, frames: [] }
    socket.onmessage = (frame) => waiting.frames.push(frame)
    globalThis.waiting = waiting
  })
}

const heardUpdates = (page) =>
  page.evaluate(() => {
    const isUpdate = ({ data }) => new Uint8Array(data)[0] === 0 && new Uint8Array(data)[1] === 2
    return globalThis.waiting.frames.filter(isUpdate).length
  })

function hearAgain(page) {
  return page.evaluate(() => {
    const { socket, listen, frames } = globalThis.waiting
    socket.onmessage = listen
    frames.forEach((frame) => socket.onmessage(frame))
  })
}

test('deleting the same words at once: the other’s deletion is no receipt for mine', async () => {
  const [ada, ben] = [await enter('Ada'), await enter('Ben')]
  const a = await ada.openDocument('deleted')
  await typeAtEnd(a, 'delete me')
  await saved(a)
  const b = await ben.openDocument('deleted')
  const release = await server.holdCommits()
  const watches = [await watchStates(a), await watchStates(b)]
  await Promise.all([deafen(a), deafen(b)])
  for (const page of [a, b]) {
    await editor(page).focus()
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Delete')
    await eventually(() => shownText(page), '')
  }
  await eventually(
    () => heardUpdates(b),
    (count) => count > 0
  )
  await Promise.all([hearAgain(a), hearAgain(b)])
  for (let i = 0; i < 10; i++) {
    for (const states of watches) assert.ok(!(await states()).includes('saved'))
    await sleep(50)
  }
  await release()
  await Promise.all([saved(a), saved(b)])
  await Promise.all([ada.leave(), ben.leave()])
})

test('SIGKILL at any moment: nothing that was shown as saved is missing', async () => {
  const seed = runSeed()
  console.log(`STET_SEED=${seed}`)
  const random = new Random(seed)
  let kept = ''
  for (let round = 0; round < 5; round++) {
    const ada = await enter('Ada')
    const a = await ada.openDocument('moments')
    await eventually(() => shownText(a), kept)
    const typing = typeAtEnd(a, `round ${round} ${'x'.repeat(60)} `, {
      delay: random.below(12)
    })
    await sleep(random.below(1200))
    await server.kill()
    await typing
    const shownAsSaved = await a.evaluate(() => globalThis.watched.savedText)
    await ada.leave() // with the page goes its copy: only the server's disk is left
    await server.restart()
    kept = await readAfresh('moments')
    const shown = shownAsSaved.replace(/Start writing…$/, '')
    assert.ok(kept.startsWith(shown), `seed ${seed}, round ${round}: saved was\n${shown}\nand kept is\n${kept}`)
  }
})

test('content that the server can never accept ends the connection with a plain word, and no loop', async () => {
  const ada = await enter('Ada')
  const a = await ada.openDocument('refused')
  await typeAtEnd(a, 'kept')
  await saved(a)
  await a.evaluate(() => globalThis.watched.sockets.at(-1).send(Uint8Array.of(0, 2, 3, 1, 1, 255)))
  await eventually(() => state(a), 'refused')
  await a.getByRole('alert').getByText('has ended the connection').waitFor()
  const sockets = () => a.evaluate(() => globalThis.watched.sockets.length)
  const before = await sockets()
  await sleep(1500)
  assert.equal(await sockets(), before)
  await a.getByRole('button', { name: 'Try again' }).click()
  await saved(a)
  await typeAtEnd(a, ' on')
  await saved(a)
  await ada.leave()
  assert.equal(await readAfresh('refused'), 'kept on')
})
