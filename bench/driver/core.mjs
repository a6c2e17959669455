// ./dev bench core [--quick] [--instructions] [--cpu] [--only PATTERN] [--compare REV]: stet-bench beside its peers,
// interleaved. docs/BENCHMARKS.md says what each option is for.
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { compare } from './compare.mjs'
import { median, say, write_section } from './document.mjs'
import { instructions, measure, peers, root, work } from './peers.mjs'
import { plan } from './plan.mjs'
import { machine, prepare } from './prepare.mjs'
import { markdown } from './table.mjs'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, instructions: { type: 'boolean' }, cpu: { type: 'boolean' }, only: { type: 'string' }, compare: { type: 'string' } },
})
const data = process.env.STET_TRACES ?? join(root, '../shared/data')

// Milliseconds for one process, by how much it does.
function settings(effort, native) {
  if (effort === 'once') return { BENCH_RUNS: '0' }
  if (effort === 'few') return { BENCH_RUNS: '1', BENCH_WARM_MS: '0', BENCH_MEASURE_MS: '0' }
  const long = options.quick ? 1 : 2
  const [warm_ms, measure_ms] = native ? [30, 60] : [250, 100]
  return { BENCH_RUNS: '3', BENCH_WARM_MS: String(warm_ms * long), BENCH_MEASURE_MS: String(measure_ms * long) }
}

// Adds what one process reported to what is known of the peer.
function collect(known = { values: [] }, report, row, effort, words) {
  if (!report.peer) return { ...known, ...report }
  const [cold, warm] = options.cpu ? ['cold_cpu_ms', 'runs_cpu_ms'] : ['cold_ms', 'runs_ms']
  const values = row.group === 'memory' ? [report.retained_kb] : effort === 'once' ? [report[cold]] : report[warm]
  known.values.push(...values)
  const own_format = words[0] === 'snapshot' && report.peer !== 'stet'
  const { ok, sha256, out_sha256, out_bytes, bytes, version } = report
  return Object.assign(known, { ok, sha256, out_sha256, out_bytes, bytes, version, own_format, once: effort === 'once' && row.group !== 'memory' })
}

// Everybody must have the same text; except for a peer that orders some concurrent inserts in its own way.
function check(row) {
  const expected = row.results.stet?.sha256
  for (const [peer, result] of Object.entries(row.results)) {
    if (!result.values?.length) continue
    result.value = median(result.values)
    if (expected && result.sha256 !== expected && !row.own_order?.includes(peer)) result.ok = false
    if (!result.ok) say(`WRONG: ${peer} in ${row.group}: ${row.name}`)
  }
  const [ours, theirs] = [row.results.stet, row.results.yjs].map((result) => result?.out_sha256)
  row.bytes_of_yjs = ours && theirs ? ours === theirs : undefined
  if (row.bytes_of_yjs === false) say(`other bytes than Yjs: ${row.group}: ${row.name}`)
}

// Rounds are left out where they would take too long: then the machine is busy, and processor time does not need many.
async function run(rows) {
  const [rounds, limit_s] = options.quick ? [2, 150] : [3, 13 * 60]
  const started = performance.now()
  for (let round = 1; round <= rounds; ++round) {
    const spent_s = (performance.now() - started) / 1000
    if (round > 1 && (spent_s * round) / (round - 1) > limit_s) {
      say(`no round ${round}: it would be over ${limit_s} s`)
      break
    }
    for (const row of rows) {
      const shown = []
      for (const [peer, words] of Object.entries(row.words)) {
        const effort = row.effort(peer)
        const known = row.results[peer]
        if ((effort === 'once' && round > 1) || (known && !known.values?.length)) continue
        const env = { ...settings(effort, peers[peer].native), ...(row.group === 'memory' && { BENCH_MEM: '1' }) }
        const report = await measure(peers[peer], words, env, row.limit_ms ?? 120_000)
        row.results[peer] = collect(known, report, row, effort, words)
        const values = row.results[peer].values
        shown.push(`${peer} ${values?.length ? median(values).toFixed(2) : (report.failed ?? (report.slow ? 'too slow' : '–'))}`)
      }
      if (shown.length) say(`${round}/${rounds} ${row.group}: ${row.name}: ${shown.join(', ')}`)
    }
  }
  rows.forEach(check)
}

async function count_instructions(rows) {
  for (const row of rows.filter((candidate) => candidate.callgrind)) {
    row.instructions = await instructions(peers.stet, row.words.stet)
    say(`instructions ${row.group}: ${row.name}: ${row.instructions}`)
  }
}

await prepare(data).catch((error) => {
  say(error.message)
  process.exit(1)
})
let rows = plan(data, options.quick).map((row) => ({ ...row, results: {} }))
if (options.only) rows = rows.filter((row) => `${row.group}: ${row.name}`.match(options.only))
// What takes seconds is not compared: memory aside, a single run says too little.
if (options.compare) process.exit(await compare(options.compare, rows.filter((row) => row.group === 'memory' || row.effort('stet') !== 'once'), say))

for (const [peer, { missing }] of Object.entries(peers)) {
  const reason = missing()
  if (!reason) continue
  say(`without ${peer}: ${reason}`)
  for (const row of rows) delete row.words[peer]
}
const about = machine()
await run(rows)
if (options.instructions) await count_instructions(rows)
about.clock = options.cpu ? 'processor time' : 'time'
about.load_end = os.loadavg()[0].toFixed(1)

const versions = { stet: about.commit }
for (const row of rows) for (const [peer, { version }] of Object.entries(row.results)) if (version) versions[peer] ??= version
const text = markdown(rows, about, versions)
writeFileSync(join(work, 'core.json'), JSON.stringify({ about, versions, rows }, null, 1))
say('every value is in build/bench/core.json')
if (options.quick || options.only) process.stdout.write(text)
else {
  write_section('core', './dev bench core', text)
  say('written to docs/BENCHMARKS.md')
}
process.exit(rows.some((row) => Object.values(row.results).some((result) => result.ok === false)) ? 1 : 0)
