// What is measured: rows of the table, each with the words that every peer is called with.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { work } from './peers.mjs'

// What is measured of growth, and at how many times the size of automerge-paper.
export const growth_parts = ['local', 'remote', 'load', 'merge']
export const growth_times = [1, 10, 100]

const histories = ['S1', 'S2', 'S3', 'C1', 'C2', 'A1', 'A2']
// With the number of their edits.
const traces = { 'automerge-paper': 259_778, rustcode: 40_173, sveltecomponent: 19_749, 'seph-blog1': 137_993, friendsforever_flat: 26_078, clownschool_flat: 23_182 }

const yjs_family = ['stet', 'yrs', 'yjs', '@y/y', 'ywasm']
const every = (peers, words) => Object.fromEntries(peers.map((peer) => [peer, words]))

// How often a peer is run in one round. `once`: a single cold run, in the first round only: it takes many seconds.
// `few`: one run after a cold one: each takes a good part of a second. Otherwise as long as the mode says.
function effort(row, peer) {
  if (row.operation === 'growth' || row.operation === 'huge' || (row.operation === 'rich' && peer !== 'stet')) return 'once'
  if (row.operation === 'memory' || (row.limit_ms && peer !== 'stet')) return 'once'
  if (peer === 'diamond-types' && /^A/.test(row.name)) return 'once'
  if (row.operation === 'local') {
    if (['yrs', 'ywasm', '@y/y', '@automerge/automerge'].includes(peer)) return 'once'
    return ['stet', 'diamond-types'].includes(peer) ? 'many' : 'few'
  }
  if (row.operation === 'remote') return ['ywasm', '@y/y'].includes(peer) ? 'once' : 'few'
  return peer !== 'stet' && row.name.includes('10,000') ? 'few' : 'many'
}

// Rows { group, operation, name, words: { peer: [...] }, targets: { peer: times }, effort(peer) }; and, where they apply,
// callgrind (count instructions), own_order (peers whose text may differ), at_most_ms (target for Stet), limit_ms (patience
// with its peers).
export function plan(data, quick) {
  const trace = (name) => join(data, 'editing-traces', `${name}.json.gz`)
  const prepared = (extension) => join(work, `automerge-paper.${extension}`)
  const paper = trace('automerge-paper')
  const own_format = { 'diamond-types': ['snapshot', paper], loro: ['snapshot', paper], 'loro-crdt': ['snapshot', paper], 'json-joy': ['snapshot', paper] }
  const rows = []
  const add = (group, operation, name, words, targets = {}, more = {}) => {
    const row = { group, operation, name, words, targets, ...more }
    row.effort = (peer) => effort(row, peer)
    rows.push(row)
  }
  // diamond-types reads the same histories from the paper's own files, which are not ours to hand on. What is published
  // of it (1.0.0; the paper used a later one) needs seconds for A1 and A2 and minutes for C1 and C2.
  const diamond = (name) => {
    if (/^C/.test(name) || (quick && /^A/.test(name))) return {}
    const file = [join(data, 'egwalker', `${name}.dt`), join(work, 'dt', `${name}.dt`)].find(existsSync)
    return file ? { 'diamond-types': ['snapshot', file] } : {}
  }

  for (const name of histories) {
    const words = { ...every(yjs_family, ['load', join(data, 'egwalker', `${name}.yjs`), 'v2']), ...diamond(name) }
    add('load', 'load', name, words, { yrs: 8, 'diamond-types': 3 }, { callgrind: true, own_order: ['diamond-types'] })
  }
  for (const version of ['v1', 'v2']) {
    const words = { ...every(yjs_family, ['load', prepared(version), version]), ...own_format }
    add('load', 'load', `automerge-paper ${version}`, words, { yrs: 6, 'diamond-types': 1, loro: 1, 'loro-crdt': 1 }, { callgrind: true })
  }
  add('load', 'snapshot', 'automerge-paper, own snapshot', { stet: ['snapshot', prepared('v2')], ...own_format }, { loro: 10, 'loro-crdt': 10 })

  for (const [name, edits] of Object.entries(traces)) {
    const words = every(['stet', 'diamond-types', 'loro', 'yjs', 'json-joy', 'yrs', 'loro-crdt'], ['local', trace(name)])
    // These need minutes for the longer traces.
    if (name === 'sveltecomponent') Object.assign(words, every(['@y/y', 'ywasm', '@automerge/automerge'], ['local', trace(name)]))
    add('local', 'local', name, words, { 'diamond-types': 1 / 1.5, yjs: 100 }, { callgrind: true, per: edits })
  }
  const one_by_one = ['remote', paper, prepared('log')]
  const receivers = every([...yjs_family, 'loro', 'loro-crdt', 'json-joy'], one_by_one)
  add('remote', 'remote', 'automerge-paper', receivers, { yrs: 8 }, { callgrind: true, per: traces['automerge-paper'] })

  const rich = (edits) => ['rich', join(work, `${edits}.json`), join(work, 'rich.v1')]
  add('rich', 'rich', '100,000 edits', { stet: rich('rich') }, {}, { callgrind: true, per: 100_000 })
  add('rich', 'rich', '10,000 edits', { stet: rich('rich-medium'), yjs: rich('rich-medium') }, { yjs: 100 }, { limit_ms: 120_000 })
  add('rich', 'rich', '2,000 edits', every(['stet', 'yjs', '@y/y'], rich('rich-short')))

  const hostile = every(['stet', 'yrs', 'yjs', '@y/y'], ['remote', join(work, 'hostile.json'), join(work, 'hostile.log')])
  add('hostile', 'remote', '100,000 clients insert at one place', hostile, {}, { at_most_ms: 1000, limit_ms: 20_000 })

  for (const version of ['v1', 'v2']) {
    add('encode', 'encode', `encode ${version}`, every(yjs_family, ['encode', prepared(version), version]), { yrs: 4 }, { callgrind: true })
  }
  const updates = every(yjs_family.slice(0, -1), null)
  const on_updates = (words) => Object.fromEntries(Object.keys(updates).map((peer) => [peer, words]))
  add('updates', 'mergeupdates', 'merge 1,000', on_updates(['mergeupdates', prepared('log'), '1000']), { '@y/y': 4 })
  add('updates', 'mergeupdates', 'merge 10,000', on_updates(['mergeupdates', prepared('log'), '10000']), { '@y/y': 4 })
  add('updates', 'svfrom', 'state vector', on_updates(['svfrom', prepared('v1')]), { yrs: 5 })
  add('updates', 'diff', 'diff from the middle', on_updates(['diff', prepared('v1'), prepared('sv')]), { yrs: 5 })
  add('encode', 'docdiff', 'diff from the middle', every(yjs_family, ['docdiff', prepared('v1'), prepared('sv')]))

  for (const name of [...histories, 'automerge-paper']) {
    const words = name.length > 2
      ? { ...every(yjs_family, ['load', prepared('v2'), 'v2']), 'diamond-types': own_format['diamond-types'], loro: own_format.loro }
      : { ...every(yjs_family, ['load', join(data, 'egwalker', `${name}.yjs`), 'v2']), ...(/^S/.test(name) && diamond(name)) }
    delete words.ywasm
    add('memory', 'memory', name, words, { yrs: 4 }, { own_order: ['diamond-types'] })
  }

  // What it costs at so many times the size; every part is one cold run. A stall is what takes a user's thread 100 ms.
  for (const part of growth_parts) {
    for (const times of quick ? [1, 10] : growth_times) {
      add('growth', 'growth', `${part} ${times}×`, { stet: ['growth', part, paper, String(times)] }, {}, { part, times })
    }
  }
  for (const [letter, of] of Object.entries({ x: '', é: ', of é' })) {
    for (const [part, name] of Object.entries({ open: 'open and read', load: 'make the document', edit: 'type 1,000 letters at its middle', encode: 'encode the state' })) {
      add('huge', 'huge', name + of, { stet: ['huge', part, '100', letter] }, {}, { at_most_ms: 100 })
    }
  }

  if (quick) {
    const slow = { local: ['yrs', 'loro', 'loro-crdt', 'yjs', 'json-joy'], remote: ['ywasm', '@y/y', 'loro', 'loro-crdt'] }
    for (const row of rows) {
      for (const peer of ['@y/y', 'ywasm', 'loro-crdt', '@automerge/automerge']) if (row.group !== 'updates') delete row.words[peer]
      if (row.name !== 'automerge-paper' || row.operation === 'remote') for (const peer of slow[row.operation] ?? []) delete row.words[peer]
      if (row.operation === 'local') delete row.words.yrs
      if (row.limit_ms) row.words = { stet: row.words.stet }
    }
  }
  return rows
}

export const not_measured = [
  'Yjs on 100,000 edits of the formatted text: it had not ended after 500 s',
  'diamond-types on C1 and C2, for which it needs minutes',
]
