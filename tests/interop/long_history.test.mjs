// A history of a million edits: commands read it as a stream, so their memory does not grow with it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { serverBinary, temporaryFolder } from './support/server.mjs'
import { Terminal } from './support/terminal.mjs'

const edits = 1_000_000
const kept = 5_000 // letters of the text
const folder = temporaryFolder()
const log = join(folder, 'long.log')
const data = ['--data', join(folder, 'data')]
const script = (name) => fileURLToPath(new URL(`support/${name}`, import.meta.url))
const python = (args, options = {}) => {
  const run = spawnSync('/usr/bin/python3', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 300_000,
    ...options
  })
  assert.equal(run.status, 0, run.stderr)
  return run
}
/** Runs `stet ARGS` and fails where it takes more memory; gives what it printed. */
const within = (limit_mb, args, options) => {
  const { stdout, stderr } = python([script('peak.py'), serverBinary(), ...args], options)
  const peak_mb = Number(stderr.trim().split('\n').at(-1)) / 1024
  assert.ok(peak_mb < limit_mb, `stet ${args[0]} took ${peak_mb} MB`)
  return stdout
}

python([script('long_log.py'), String(edits)], { stdio: ['ignore', openSync(log, 'w'), 'pipe'] })

test('it is replayed, with progress', async () => {
  const stats = JSON.parse(within(48, ['replay', log, '--print', 'stats']))
  assert.deepEqual([stats.edits, stats.text_length, stats.last_seq], [edits, kept, edits])
  const terminal = new Terminal([24, 80], serverBinary(), 'replay', log, '--print', 'text')
  const shown = new Set()
  await terminal.until(({ screen, status }) => {
    for (const line of screen) if (/^\d+ edits$/.test(line)) shown.add(line)
    return status !== undefined
  })
  terminal.close()
  assert.equal(terminal.state.status, 0)
  assert.ok(shown.size > 0)
})

test('it is imported, told, exported and replayed from a data folder', () => {
  // SQLite has a cache of 64 MiB for writing.
  assert.equal(within(128, ['import', log, ...data]), `long: ${edits} edits\n`)
  const groups = JSON.parse(within(48, ['log', 'long', '--json', ...data]))
  const sum = (field) => groups.reduce((all, group) => all + group[field], 0)
  assert.deepEqual([sum('edits'), sum('inserted'), sum('deleted')], [edits, edits, edits - kept])
  assert.deepEqual(new Set(groups.map(({ author }) => author)), new Set(['Ann', 'Ben']))
  const copy = join(folder, 'copy.log')
  within(48, ['export', 'long', ...data], { stdio: ['ignore', openSync(copy, 'w'), 'pipe'] })
  assert.ok(readFileSync(copy).equals(readFileSync(log)))
  const stats = JSON.parse(within(48, ['replay', 'long', '--verify', '--print', 'stats', ...data]))
  assert.deepEqual([stats.edits, stats.text_length], [edits, kept])
  within(48, ['diff', 'long', String(edits / 2), ...data])
})
