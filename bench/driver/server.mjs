// ./dev bench server [--quick] [--only PATTERN]: Stet's server beside its peers and a bare relay, interleaved.
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { median, number, say, table, times, write_section } from './document.mjs'
import { experiments } from './experiments.mjs'
import { root, work } from './peers.mjs'
import { machine, prepare } from './prepare.mjs'
import { servers, versions } from './servers.mjs'

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
await prepare(process.env.STET_TRACES ?? join(root, '../shared/data')).catch((error) => {
  say(error.message)
  process.exit(1)
})

const present = Object.keys(servers).filter((name) => {
  const reason = servers[name].missing()
  if (reason) say(`without ${name}: ${reason}`)
  return !reason
})
const list = experiments(options.quick).filter(({ name }) => !options.only || name.match(options.only))
const about = machine()

// results: server -> reports of its rounds, or why there are none.
for (const experiment of list) experiment.results = Object.fromEntries(experiment.servers.filter((name) => present.includes(name)).map((name) => [name, []]))
// Rounds are left out where they would take too long: then the machine is busy with other work.
const [rounds, limit_s] = options.quick ? [1, 0] : [3, 15 * 60]
const begin = performance.now()
let made = 0
for (let round = 1; round <= rounds; made = round++) {
  const spent_s = (performance.now() - begin) / 1000
  if (made && (spent_s * round) / made > limit_s) {
    say(`no round ${round}: it would be over ${limit_s} s`)
    break
  }
  for (const { name, run, rows, results } of list) {
    for (const server of Object.keys(results)) {
      if (results[server].failed) continue
      try {
        const report = await run(server)
        results[server].push(report)
        say(`${round}/${rounds} ${name}: ${server}: ${rows.map((row) => `${row.name} ${shown(row.of(report))} ${row.unit}`).join(', ')}`)
      } catch (error) {
        results[server].failed = error.message
        say(`${round}/${rounds} ${name}: ${server}: FAILED: ${error.message}`)
      }
    }
  }
}
about.load_end = os.loadavg()[0].toFixed(1)

function shown(value) {
  if (value === undefined || Number.isNaN(value)) return '–'
  return Number.isInteger(value) && value < 100 ? String(value) : number(value)
}

const value_of = (row, reports) => (reports?.length ? median(reports.map(row.of)) : undefined)

function cell(row, reports, floor) {
  if (reports?.failed) return 'failed'
  const value = value_of(row, reports)
  if (value === undefined || Number.isNaN(value)) return '–'
  return row.as_multiple && floor ? `${shown(value)} (×${times(value / floor).slice(0, -1)})` : shown(value)
}

function lines_of({ name, rows, results }) {
  return rows.map((row) => {
    const floor = value_of(row, results.relay)
    const own = value_of(row, results.stet)
    const verdict = !row.target ? '' : own === undefined ? 'not measured' : row.met(own, floor) ? 'yes' : '**no**'
    const title = `${name}: ${row.name}${row.unit && ` (${row.unit})`}`
    return [title, ...present.map((server) => cell(row, results[server], floor)), row.target ?? '', verdict]
  })
}

const text = `Measured ${about.date} on ${about.processor}, ${about.memory_gib} GiB, ${about.system}; ${about.compiler}, node ${about.node.slice(1)}.
Load average at the start ${about.load}, at the end ${about.load_end}. ${Object.entries(versions()).map((pair) => pair.join(' ')).join(', ')}.

${made === 1 ? 'One round' : `Medians of ${made} rounds`}. In brackets: how many times the relay's.

${table(['', ...present, 'target', 'met'], list.flatMap(lines_of))}
`
writeFileSync(join(work, 'server.json'), JSON.stringify({ about, versions: versions(), list }, null, 1))
say('every value is in build/bench/server.json')
if (options.quick || options.only) process.stdout.write(text)
else {
  write_section('server', './dev bench server', text)
  say('written to docs/BENCHMARKS.md')
}
process.exit(list.some(({ results }) => results.stet?.failed) ? 1 : 0)
