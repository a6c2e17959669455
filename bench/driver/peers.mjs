// Who is measured, and how a measurement is started.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
export const work = join(root, 'build/bench')

const native = join(root, 'build/bench-rust/release/peers')
const runner = join(root, 'bench/peers/npm/runner.mjs')
const rust = (name) => ({ command: [native, name], native: true, missing: () => !existsSync(native) && 'not built: no cargo here?' })
const npm = (name) => ({
  command: [process.execPath, '--expose-gc', runner, name],
  native: false,
  missing: () => !existsSync(join(dirname(runner), 'node_modules', name)) && 'not installed',
})
export const stet = (binary) => ({ command: [binary], native: true, missing: () => !existsSync(binary) && 'not built' })

// In the order of the table's columns.
export const peers = {
  stet: stet(join(root, 'build/release/stet-bench')),
  yrs: rust('yrs'),
  'diamond-types': rust('diamond-types'),
  loro: rust('loro'),
  yjs: npm('yjs'),
  '@y/y': npm('@y/y'),
  ywasm: npm('ywasm'),
  'loro-crdt': npm('loro-crdt'),
  'json-joy': npm('json-joy'),
  '@automerge/automerge': npm('@automerge/automerge'),
}

let running = null
process.on('SIGINT', () => {
  running?.kill('SIGKILL')
  process.stderr.write('\ninterrupted; nothing was written\n')
  process.exit(130)
})

// Runs a program and collects what it prints. `status` is null where it took longer than `limit_ms`.
export function execute([program, ...words], { env = {}, limit_ms }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr']) child[stream].on('data', (data) => (output[stream] += data))
    const timer = setTimeout(() => child.kill('SIGKILL'), limit_ms)
    running = child
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      running = null
      resolve({ status, ...output })
    })
  })
}

// Whether glibc gives memory back when a document is freed depends on the sizes that it has met, and a page that has to be
// had anew costs more than a microsecond. So it keeps what it has, in all native programs alike.
const keep_memory = { GLIBC_TUNABLES: `glibc.malloc.mmap_threshold=${8 << 20}:glibc.malloc.trim_threshold=${64 << 20}` }

// One process of `peer`. Returns its report; { missing } where it lacks the operation; { slow } or { failed }.
export async function measure(peer, words, env, limit_ms) {
  const all_env = { ...(peer.native && keep_memory), ...env }
  const { status, stdout, stderr } = await execute([...peer.command, ...words], { env: all_env, limit_ms })
  if (status === 3) return { missing: true }
  if (status === null) return { slow: limit_ms }
  const line = stdout.trimEnd().split('\n').pop()
  if (!line?.startsWith('{')) return { failed: (stderr.trim().split('\n').pop() || `exit status ${status}`).slice(0, 200) }
  return JSON.parse(line)
}

// Instructions that the timed part of one cold run takes.
export async function instructions(peer, words) {
  const callgrind = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', '--collect-atstart=no', '--toggle-collect=*timed_run*']
  const { stderr } = await execute([...callgrind, ...peer.command, ...words], { env: { BENCH_RUNS: '0' }, limit_ms: 300_000 })
  const collected = /Collected\s*:\s*(\d+)/.exec(stderr)
  return collected ? Number(collected[1]) : null
}
