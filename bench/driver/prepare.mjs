// The files that operations start from, made from the traces by stet-bench itself; and what machine this is.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { execute, peers, root, work } from './peers.mjs'

const editor = 2119614686

function varuint(value) {
  const bytes = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}

// build/bench/automerge-paper.{log,v1,v2}, and .sv: the state vector of one who has half of what was typed;
// hostile.log, and rich.v1 with edits for it.
export async function prepare(data) {
  const paper = join(data, 'editing-traces/automerge-paper.json.gz')
  if (!existsSync(paper)) throw new Error(`no ${paper}; STET_TRACES names the folder with editing-traces/ and egwalker/`)
  mkdirSync(work, { recursive: true })
  prepare_hostile(100_000)
  await prepare_rich()
  const prefix = join(work, 'automerge-paper')
  const env = { BENCH_RUNS: '0', BENCH_SAVE: prefix }
  const { status, stderr } = await execute([...peers.stet.command, 'record', paper], { env, limit_ms: 120_000 })
  if (status !== 0) throw new Error(`stet-bench record: ${stderr}`)
  const { txns } = JSON.parse(gunzipSync(readFileSync(paper)))
  const typed = txns.flatMap((txn) => txn.patches).reduce((sum, [, , inserted]) => sum + inserted.length, 0)
  writeFileSync(`${prefix}.sv`, Buffer.from([1, ...varuint(editor), ...varuint(typed >> 1)]))
}

// Everybody types one letter at the start of the empty text without knowing of the others, and the updates come shuffled:
// hostile.log, and hostile.json with the text at the end, which is in the order of the clients.
function prepare_hostile(clients) {
  const letter = (client) => 'abcdefghijklmnopqrstuvwxyz'[(client * 7) % 26]
  const order = Array.from({ length: clients }, (_, i) => i + 1)
  let state = 1
  for (let i = clients - 1; i > 0; --i) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const other = Math.floor((state / 2 ** 32) * (i + 1))
    ;[order[i], order[other]] = [order[other], order[i]]
  }
  const u32le = (value) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24]
  const name = [...Buffer.from('text')]
  const log = u32le(clients)
  for (const client of order) {
    const update = [1, 1, ...varuint(client), 0, 4, 1, name.length, ...name, 1, letter(client).charCodeAt(0), 0]
    log.push(...u32le(update.length), ...update)
  }
  writeFileSync(join(work, 'hostile.log'), Buffer.from(log))
  const endContent = order.sort((a, b) => a - b).map(letter).join('')
  writeFileSync(join(work, 'hostile.json'), JSON.stringify({ startContent: '', endContent, txns: [] }))
}

// A text of 1 MB with formats (rich.v1), and edits of it: [position, length, text, attributes], of which the last two say
// whether it inserts, formats or deletes (rich.json; rich-medium.json and rich-short.json have the first of them, for peers that need minutes).
async function prepare_rich() {
  let state = 1
  const below = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const words = ['lorem ', 'ipsum ', 'dolor ', 'sit ', 'amet, ', 'consectetur ', 'elit. ', 'sed ', 'do ', 'eiusmod\n']
  const formats = [{ bold: true }, { bold: null }, { italic: true }, { italic: null }, { color: 'red' }, { color: 'blue' }, { color: null }]
  let text = ''
  while (text.length < 1_000_000) text += words[below(words.length)]
  const format = (length) => [below(length - 64), 1 + below(60), '', formats[below(formats.length)]]
  const base = [[0, 0, text, null], ...Array.from({ length: 10_000 }, () => format(text.length))]
  const edits = []
  for (let length = text.length; edits.length < 100_000; ) {
    const kind = below(3)
    const at = below(length - 64)
    const units = 1 + below(8)
    if (kind === 0) {
      const word = words[below(words.length)]
      edits.push([at, 0, word, null])
      length += word.length
    } else if (kind === 1) {
      edits.push([at, units, '', null])
      length -= units
    } else {
      edits.push(format(length))
    }
  }
  const path = (name) => join(work, name)
  for (const [name, list] of [['rich-base', base], ['rich', edits], ['rich-medium', edits.slice(0, 10_000)], ['rich-short', edits.slice(0, 2_000)]]) {
    writeFileSync(path(`${name}.json`), JSON.stringify(list))
  }
  const env = { BENCH_RUNS: '0', BENCH_SAVE: path('rich') }
  const { status, stderr } = await execute([...peers.stet.command, 'rich', path('rich-base.json')], { env, limit_ms: 120_000 })
  if (status !== 0) throw new Error(`stet-bench rich: ${stderr}`)
}

function first_line(command, ...words) {
  try {
    return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0].trim()
  } catch {
    return null
  }
}

export function machine() {
  const release = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: first_line('git', '-C', root, 'describe', '--always', '--dirty'),
    processor: `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores`,
    memory_gib: Math.round(os.totalmem() / 2 ** 30),
    system: `${release}, Linux ${os.release()}`,
    compiler: first_line('c++', '--version'),
    node: process.version,
    rust: first_line('rustc', '--version'),
    load: os.loadavg()[0].toFixed(1),
  }
}
