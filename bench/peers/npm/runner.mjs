// node --expose-gc runner.mjs PEER OPERATION FILE ARGUMENTS…: as stet-bench, with a JavaScript peer in its place.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import { gunzipSync } from 'node:zlib'

// The module and the package of each peer. Every module exports operations: NAME(files, ...words) → { run, check }.
const peers = {
  yjs: ['./yjs.mjs', 'yjs'],
  '@y/y': ['./yjs.mjs', '@y/y'],
  ywasm: ['./ywasm.mjs', 'ywasm'],
  'loro-crdt': ['./loro.mjs', 'loro-crdt'],
  '@automerge/automerge': ['./automerge.mjs', '@automerge/automerge'],
  'json-joy': ['./json_joy.mjs', 'json-joy'],
}

const setting = (name, otherwise) => Number(process.env[name] ?? otherwise)
const sha256 = (data) => createHash('sha256').update(data).digest('hex')

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const files = {
  bytes(path) {
    const data = readFileSync(path)
    return new Uint8Array(path.endsWith('.gz') ? gunzipSync(data) : data)
  },
  // Transactions of [position, deleted, inserted] in UTF-16 units, and the text at the end.
  trace(path) {
    const { txns, endContent } = JSON.parse(Buffer.from(files.bytes(path)).toString())
    const transactions = txns.map((txn) => txn.patches)
    if (/[\u{10000}-\u{10ffff}]/u.test(JSON.stringify(transactions))) throw new Error(`${path}: not only 16-bit characters`)
    return { transactions, end: endContent }
  },
  log(path) {
    const data = Buffer.from(files.bytes(path).buffer)
    const updates = []
    for (let at = 4; updates.length < data.readUInt32LE(0); ) {
      const length = data.readUInt32LE(at)
      updates.push(new Uint8Array(data.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    return updates
  },
}

function heapBytes() {
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// Processor time of the process, with the engine's own threads: on a busy machine the better measure.
function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function timed(run) {
  const parts = {}
  const beginCpu = cpuMs()
  let last = performance.now()
  const begin = last
  const lap = (part) => {
    const now = performance.now()
    parts[part] = now - last
    last = now
  }
  const made = run(lap)
  return { made, ms: performance.now() - begin, cpu: cpuMs() - beginCpu, parts }
}

function describe(made, report) {
  if (made.text !== undefined) {
    const utf8 = Buffer.from(made.text)
    Object.assign(report, { sha256: sha256(utf8), len16: made.text.length, len8: utf8.length })
  }
  if (made.bytes) report.bytes = made.bytes()
  if (made.out) Object.assign(report, { out_bytes: made.out.length, out_sha256: sha256(made.out) })
  if (made.updates) {
    report.updates = made.updates.length
    report.update_bytes = made.updates.reduce((sum, update) => sum + update.length, 0)
  }
}

const [peer, operation, ...words] = process.argv.slice(2)
if (!peers[peer]) throw new Error(`no peer '${peer}'`)
const [module, name] = peers[peer]
const operations = await (await import(module)).operations(name)
if (!operations[operation]) process.exit(3)

const { run, check } = await operations[operation](files, ...words)
const report = { peer: name, version: packageVersion(name) }
{
  const before = heapBytes()
  const first = timed(run)
  report.cold_ms = first.ms
  report.cold_cpu_ms = first.cpu
  if (process.env.BENCH_MEM) report.retained_kb = retainedKb(first.made, before)
  report.ok = !check || check(first.made)
  describe(first.made, report)
  first.made.free?.()
}

const runs = setting('BENCH_RUNS', 5)
if (runs > 0) {
  const times = []
  const cpuTimes = []
  const parts = {}
  // Returns processor time, so that code is warm after it on a busy machine too.
  const once = (keep) => {
    const { made, ms, cpu, parts: laps } = timed(run)
    made.free?.()
    if (!keep) return cpu
    times.push(ms)
    cpuTimes.push(cpu)
    for (const [part, lap] of Object.entries(laps)) (parts[part] ??= []).push(lap)
    return cpu
  }
  for (let spent = 0; spent < setting('BENCH_WARM_MS', 500); ) spent += once(false)
  for (let spent = 0; times.length < runs || spent < setting('BENCH_MEASURE_MS', 500); ) spent += once(true)
  report.median_ms = median(times)
  report.min_ms = Math.min(...times)
  report.max_ms = Math.max(...times)
  report.parts_ms = Object.fromEntries(Object.entries(parts).map(([part, laps]) => [part, median(laps)]))
  report.runs_ms = times
  report.runs_cpu_ms = cpuTimes
}
report.maxrss_kb = process.resourceUsage().maxRSS
console.log(JSON.stringify(report))
process.exit(report.ok ? 0 : 1)

// What the document keeps, without the text and the bytes that the caller was given.
function retainedKb(made, before) {
  const { text, out } = made
  delete made.text
  delete made.out
  const kept = Math.max(0, heapBytes() - before - (text ? text.length : 0) - (out ? out.length : 0))
  Object.assign(made, { ...(text !== undefined && { text }), ...(out && { out }) })
  return Math.round(kept / 1024)
}

// Some packages do not export their package.json.
function packageVersion(name) {
  const lock = createRequire(import.meta.url)('./package-lock.json')
  return lock.packages[`node_modules/${name}`].version
}
