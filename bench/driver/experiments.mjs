// What is measured of servers: experiments, each a run of the load, and the figures that each gives.
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'

import { work } from './peers.mjs'
import { new_folder, remove_folder, start } from './servers.mjs'

const all = ['stet', 'y-websocket', 'hocuspocus', 'relay']
const with_beast = [...all, 'beast relay']
const edits = ['--log', join(work, 'automerge-paper.log')]
const whole = ['--bytes', 300_000]

// Hocuspocus keeps a document as one update, and needs minutes to take 260,000 from one client: it gets the whole in one.
function whole_history(name) {
  if (name !== 'hocuspocus') return edits
  const update = readFileSync(join(work, 'automerge-paper.v1'))
  const file = join(work, 'automerge-paper.whole.log')
  const head = Buffer.alloc(8)
  head.writeUInt32LE(1, 0)
  head.writeUInt32LE(update.length, 4)
  writeFileSync(file, Buffer.concat([head, update]))
  return ['--log', file]
}

// One scenario of stet-load on a server of its own. `words` may depend on the server.
const one = (...given) => async (name) => {
  const words = given.flatMap((word) => (typeof word === 'function' ? word(name) : [word]))
  const folder = new_folder()
  const server = await start(name, folder)
  try {
    return await server.load(...words)
  } finally {
    await server.stop()
    remove_folder(folder)
  }
}

// A document that 260,000 single edits have made: written, joined, and joined first after a restart.
const history = (joins) => async (name) => {
  const folder = new_folder()
  let server = await start(name, folder, true)
  try {
    const written = name === 'relay' ? {} : await server.load('write', ...whole_history(name))
    await server.load('join', '--count', 3, ...whole)
    const joined = await server.load('join', '--count', joins, ...whole)
    const storm = await server.load('storm', '--count', 200, ...whole)
    const figures = { join_p50_ms: joined.p50_ms, storm_ms: storm.last_ms, written }
    if (name === 'relay') return figures
    await sleep(3000) // Hocuspocus stores what has not changed for two seconds
    await server.stop('SIGTERM')
    server = await start(name, folder, true)
    const again = await server.load('join', '--count', 1, ...whole)
    return { ...figures, first_ms: again.first_ms, resident_mb: again.resident_bytes / 1e6 }
  } finally {
    await server.stop()
    remove_folder(folder)
  }
}

// SIGKILLs while somebody types: what had been delivered to another, or confirmed, and is not there after the restart.
const kills = (count) => async (name) => {
  const folder = new_folder()
  let server = await start(name, folder, true)
  const sum = { delivered: 0, lost: 0, lost_saved: 0, lost_old: 0 }
  try {
    for (let i = 0; i < count; ++i) {
      const doc = ['--doc', `bench-${i}`]
      const before = await server.load('killed', ...doc, '--seconds', 3 + i * 0.7)
      await server.stop()
      server = await start(name, folder, true)
      const { letters } = await server.load('kept', ...doc)
      sum.delivered += before.delivered
      sum.lost += Math.max(0, before.delivered - letters)
      sum.lost_saved += Math.max(0, before.saved - letters)
      sum.lost_old += Math.max(0, before.delivered_20_ms_before - letters)
    }
    return sum
  } finally {
    await server.stop()
    remove_folder(folder)
  }
}

const per_delivered = (result) => result.cpu_us / result.delivered

// Experiments { name, servers, run(server), rows }; a row is { name, unit, of(result), and where there is a target
// target (the words) and met(stet, relay) of two such values }. `as_multiple`: shown as a multiple of the relay's.
export function experiments(quick) {
  const seconds = quick ? 3 : 8
  const list = []
  const add = (name, run, rows, servers = all) => list.push({ name, servers, run, rows })

  for (const [docs, each, rate] of [[10, 20, 5], [1, 100, 2], [200, 3, 15]]) {
    const name = `open loop, ${docs} × ${each}`
    add(name, one('open', '--docs', docs, '--each', each, '--rate', rate, '--seconds', seconds), [
      { name: 'CPU per delivered edit', unit: 'µs', of: per_delivered, as_multiple: true, target: '≤ ×1.6, then ×1.3', met: (stet, relay) => stet <= 1.6 * relay },
      { name: 'latency p50', unit: 'ms', of: (result) => result.p50_us / 1000 },
      { name: 'latency p99', unit: 'ms', of: (result) => result.p99_us / 1000, target: '≤ the relay’s + 1', met: (stet, relay) => stet <= relay + 1 },
    ], with_beast)
  }
  for (const [docs, each, count, target] of [[20, 10, 300, 1.2], [1, 50, 400, 0.9]]) {
    add(`saturated, ${docs} × ${each}`, one('saturated', '--docs', docs, '--each', each, '--count', quick ? Math.round(count / 3) : count), [
      { name: 'CPU per delivered edit', unit: 'µs', of: per_delivered, target: `≤ ${target}`, met: (stet) => stet <= target },
      { name: 'frames per delivered edit', unit: '', of: (result) => result.messages / result.delivered },
    ], with_beast)
  }
  add('pair', one('pair', '--count', quick ? 1000 : 5000), [
    { name: 'round trip p50', unit: 'ms', of: (result) => result.p50_us / 1000, target: '≤ 0.13', met: (stet) => stet <= 0.13 },
  ])
  add('single edits, one writer', one('write', ...edits, (name) => (name === 'hocuspocus' ? ['--count', 50_000] : [])), [
    { name: 'accepted a second', unit: '', of: (result) => result.edits / result.seconds, target: '≥ 150,000', met: (stet) => stet >= 150_000 },
    { name: 'CPU each', unit: 'µs', of: (result) => result.cpu_us / result.edits, target: '≤ 6', met: (stet) => stet <= 6 },
  ])
  add('presence, 50 cursors at 10 Hz', one('presence', '--each', 50, '--rate', 10, '--seconds', seconds), [
    { name: 'CPU per second', unit: 'ms', of: (result) => result.cpu_us / 1000 / result.seconds, as_multiple: true, target: '≤ ×0.5', met: (stet, relay) => stet <= 0.5 * relay },
    { name: 'age of what is shown, p99', unit: 'ms', of: (result) => result.age_p99_ms, target: '≤ 100', met: (stet) => stet <= 100 },
  ])
  add('idle connections', one('idle', '--count', quick ? 2000 : 10_000, '--docs', quick ? 100 : 500), [
    { name: 'memory each', unit: 'KiB', of: (result) => result.bytes_each / 1024, target: '≤ 7', met: (stet) => stet <= 7 },
    { name: 'connects a second', unit: '', of: (result) => result.connections / result.seconds, target: '≥ 8,000', met: (stet) => stet >= 8000 },
  ])
  add('a document of 260,000 edits', history(quick ? 21 : 41), [
    { name: 'join p50', unit: 'ms', of: (result) => result.join_p50_ms, target: '≤ 0.6', met: (stet) => stet <= 0.6 },
    { name: '200 join at once', unit: 'ms', of: (result) => result.storm_ms, target: '≤ 200', met: (stet) => stet <= 200 },
    { name: 'first join after a restart', unit: 'ms', of: (result) => result.first_ms, target: '≤ 10', met: (stet) => stet <= 10 },
    { name: 'resident memory after it', unit: 'MB', of: (result) => result.resident_mb, target: '≤ 20', met: (stet) => stet <= 20 },
  ])
  add('SIGKILLs at 100 edits a second', kills(quick ? 2 : 5), [
    { name: 'delivered', unit: '', of: (result) => result.delivered },
    { name: 'of them lost', unit: '', of: (result) => result.lost },
    { name: 'confirmed and lost', unit: '', of: (result) => result.lost_saved, target: '0', met: (stet) => stet === 0 },
    { name: 'delivered 20 ms before and lost', unit: '', of: (result) => result.lost_old, target: '0', met: (stet) => stet === 0 },
  ], all.slice(0, 3))
  return list
}
