// stet replay in a terminal: the film, its keys, sizes of the window, and the terminal afterwards.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { Client } from './support/client.mjs'
import { Server, serverBinary, temporaryFolder } from './support/server.mjs'
import { Terminal } from './support/terminal.mjs'

const server = await Server.start()
test.after(() => server.stop())
const data = ['--data', server.data]
const ann = new Client(server, 'film', { params: { user: 'Ann' } })
await ann.synced()
test.after(() => ann.destroy())
const write = async (text) => {
  ann.doc.getText('text').insert(ann.doc.getText('text').length, text)
  await ann.durable()
}
const edits = 40
for (let i = 1; i <= edits; i++) await write(`line ${i}\n`)

let terminals = []
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.close()
})
const play = (size, ...args) => {
  const terminal = new Terminal(size, serverBinary(), 'replay', ...args)
  terminals.push(terminal)
  return terminal
}
const slow = ['--speed', '0.001x'] // two seconds between any two edits: whatever comes sooner came by a key
const [left, right] = ['\x1b[D', '\x1b[C']
const isAsBefore = ({ alternate, cursor, echo, lines }) => !alternate && cursor && echo && lines

test('progress, seek, pause, speed and quit', async () => {
  const film = play([24, 100], 'film', ...data, ...slow)
  await film.until(
    ({ alternate, cursor, echo }, { status }) => alternate && !cursor && !echo && /^edit \d of 40/.test(status)
  )
  assert.equal(film.state.screen.at(-1), 'space: pause   left, right: seek   +, -: speed   q: quit')
  film.press(' ')
  await film.until((_, { status }) => /^edit \d of 40 {2}paused/.test(status))
  film.press(left + left + left + left + left) // each is a twentieth of the whole
  await film.until((_, { status }) => /^edit 0 of 40 {2}paused/.test(status))
  film.press(right + right + right)
  await film.until((_, { status }) => /^edit 6 of 40 {2}paused at 0\.001x {2}Ann {2}2\d{3}-/.test(status))
  assert.deepEqual(film.state.screen.slice(0, 7), ['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 6', ''])
  assert.equal(film.state.screen.at(-3), '='.repeat(15) + '-'.repeat(85))
  film.press(left)
  await film.until(({ screen }, { status }) => /^edit 4 of/.test(status) && screen[4] === '')
  film.press('+'.repeat(12))
  await film.until((_, { status }) => / paused at 4\.096x /.test(status))
  film.press('-x-')
  await film.until((_, { status }) => / paused at 1\.024x /.test(status))
  film.press('-'.repeat(20))
  await film.until((_, { status }) => / paused at 0\.125x /.test(status))
  film.press(' ')
  await film.until((_, { status }) => / {2}0\.125x /.test(status))
  film.press('+'.repeat(40))
  await film.until((_, { status }) => /^edit 40 of 40 {2}the end/.test(status))
  assert.equal(film.state.screen.at(-3), '='.repeat(100))
  assert.ok(film.text.includes('line 40') && !film.text.includes('line 1\n'), 'it shows what changed last')
  film.press('q')
  assert.equal(await film.end(), 0)
  assert.ok(isAsBefore(film.state))
  assert.deepEqual(film.state.faults, [])
})

for (const [name, end, status] of [
  ['Ctrl-C', (film) => film.press('\x03'), -2],
  ['SIGTERM', (film) => film.signal(15), -15],
  ['SIGHUP', (film) => film.signal(1), -1],
  ['Escape', (film) => film.press('\x1b'), 0]
]) {
  test(`the terminal is as before after ${name}`, async () => {
    const film = play([24, 80], 'film', ...data, ...slow)
    await film.until(({ alternate, echo }, { status }) => alternate && !echo && /^edit/.test(status))
    end(film)
    assert.equal(await film.end(), status)
    assert.ok(isAsBefore(film.state), JSON.stringify(film.state))
  })
}

test('Ctrl-Z gives the terminal back, and fg takes it again', async () => {
  const film = play([24, 80], 'film', ...data, ...slow)
  await film.until(({ alternate }, { status }) => alternate && /^edit/.test(status))
  film.press('\x1a')
  await film.until(isAsBefore)
  film.signal(18) // SIGCONT
  await film.until(({ alternate, echo }, { status }) => alternate && !echo && /^edit/.test(status))
  film.press('q')
  assert.equal(await film.end(), 0)
})

test('any size of the window, and any text', async () => {
  await write(
    'A long line of prose that has to be broken between its words to be read at all in a window like this one. '
  )
  await write('汉字和假名かなは幅が二つ分 \u0065\u0301 and 👩‍👩‍👧 families 🇫🇷.\n')
  await write('\u001b[31mno \u001b]0;colours\u0007\u009b2J here\ttab\n' + 'x'.repeat(300))
  const film = play([24, 80], 'film', ...data, '--speed', 'max')
  await film.until((_, { status }) => /^edit 43 of 43 {2}the end/.test(status))
  assert.ok(film.state.screen.every((line) => !/\x1b|\u009b/.test(line)))
  assert.ok(
    film.text.includes('A long line of prose that has to be broken between its words to be read at all\n'),
    film.text
  )
  for (const [rows, columns] of [
    [24, 30],
    [10, 7],
    [3, 80],
    [2, 12],
    [1, 5],
    [5, 1],
    [50, 200]
  ]) {
    film.resize(rows, columns)
    const status = 'edit 43 of 43  the end'.slice(0, columns).trim()
    await film.until(({ screen }) => screen.length === rows && screen.some((line) => line.startsWith(status)))
    await film.pressAndWait(left + right) // drawn anew, from another moment too
  }
  await film.until((_, { status }) => /^edit 43 of 43 {2}the end/.test(status))
  film.press('q')
  assert.equal(await film.end(), 0)
  assert.deepEqual(film.state.faults, [])
})

test('it follows a document', async () => {
  const film = play([24, 80], 'film', ...data, '--speed', 'max', '--follow')
  await film.until((_, { status }) => /^edit 43 of 43 {2}max/.test(status))
  await write('\nlate')
  await film.until((_, { status, text }) => /^edit 44 of 44 {2}max/.test(status) && text.includes('late'))
  film.press('q')
  assert.equal(await film.end(), 0)
})

test('a damaged log ends the film with one line, and its progress is told in bytes', async () => {
  const log = execFileSync(serverBinary(), ['export', 'film', ...data])
  const file = join(temporaryFolder(), 'film.log')
  writeFileSync(file, log)
  const whole = play([24, 80], file, '--speed', 'max')
  await whole.until(({ screen }, { status }) => /^edit 44 {2}the end/.test(status) && screen.at(-3) === '='.repeat(80))
  whole.press('q')
  assert.equal(await whole.end(), 0)
  writeFileSync(file, log.subarray(0, log.length - 30))
  const cut = play([24, 80], file, '--speed', 'max')
  assert.equal(await cut.end(), 1)
  assert.ok(isAsBefore(cut.state))
  assert.match(cut.text, /record \d+ at byte \d+: the file ends/)
})
