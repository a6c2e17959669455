// Results as Markdown.
import { number, table, times } from './document.mjs'
import { peers } from './peers.mjs'
import { not_measured } from './plan.mjs'

const titles = {
  load: 'Open a document and read its text (ms)',
  local: 'Replay what one author typed (ms)',
  remote: 'Apply 259,778 updates one by one (ms)',
  rich: 'Insert, delete and format at random places of a formatted text of 1 MB (ms)',
  hostile: 'Updates made to be slow (ms)',
  encode: 'Encode from a document in memory (ms)',
  updates: 'On encoded updates, without a document (ms)',
  huge: 'A text of 100 MB (ms)',
  memory: 'Heap that one loaded document keeps (kB)',
}

// A ratio below 1 is told the other way round.
const speed = (ratio) => (ratio >= 1 ? times(ratio) : `${times(1 / ratio)} slower`)
const goal = (ratio) => (ratio >= 1 ? times(ratio) : `at most ${times(1 / ratio)} slower`)

// One result in the table: with how many times Stet's it is.
function cell(result, own) {
  if (!result || result.missing) return '–'
  if (result.slow) return `> ${number(result.slow)}`
  if (result.failed) return 'failed'
  const value = number(result.value) + (result.once ? '¹' : '') + (result.own_format ? '²' : '') + (result.ok ? '' : ' **wrong**')
  return own?.value && own !== result ? `${value} (${times(result.value / own.value)})` : value
}

function group_table(rows) {
  const columns = Object.keys(peers).filter((peer) => rows.some((row) => row.results[peer]?.value))
  return table(['', ...columns], rows.map((row) => [row.name, ...columns.map((peer) => cell(row.results[peer], row.results.stet))]))
}

// Microseconds for one of the trace's edits, at each size: what grows no faster than n·log n stays nearly level here.
function growth_chart(rows) {
  const members = rows.filter((row) => row.part && row.results.stet?.value)
  if (!members.length) return ''
  const edits = 259_778
  const parts = [...new Set(members.map((row) => row.part))]
  const sizes = [...new Set(members.map((row) => row.times))]
  const value = (part, times) => members.find((row) => row.part === part && row.times === times)?.results.stet.value
  // Remote edits are those of the last time only; what was there before is loaded first.
  const each = (part) =>
    sizes.map((times) => {
      const ms = part === 'remote' ? value(part, times) - value('load', times) : value(part, times) / times
      return (ms * 1000) / edits
    })
  const lines = parts.map((part) => [part, ...each(part).map((us) => us.toPrecision(2))])
  const chart = `xychart-beta\n  title "µs an edit"\n  x-axis [${sizes.map((size) => `"${size}×"`).join(', ')}]\n${parts.map((part) => `  line [${each(part).map((us) => us.toFixed(4)).join(', ')}]`).join('\n')}`
  return `### How cost grows (µs for each edit of automerge-paper, at so many times its size)

Local edits, loading (v2) and merging (one update for each time): all that is there; remote edits: 259,778 further ones, without loading what was
there before. The lines of the chart are in the order of the table.

${table(['', ...sizes.map((size) => `${size}×`)], lines)}

\`\`\`mermaid
${chart}
\`\`\`

`
}

// Each target of each row: how many times faster (or smaller) than that peer Stet is to be, and is.
export function verdicts(rows) {
  const list = []
  for (const row of rows) {
    for (const [peer, wanted] of Object.entries(row.targets)) {
      if (!row.words[peer]) continue
      const theirs = row.results[peer]?.value
      const ours = row.results.stet?.value
      const ratio = theirs && ours ? theirs / ours : null
      const reached = ratio && speed(ratio)
      list.push({ row: `${row.group}: ${row.name}`, peer, goal: goal(wanted), reached, met: ratio !== null && ratio >= wanted })
    }
    const { stet } = row.results
    if (row.at_most_ms && stet) {
      const goal_ms = `at most ${number(row.at_most_ms)} ms`
      list.push({ row: `${row.group}: ${row.name}`, peer: '', goal: goal_ms, reached: cell(stet), met: stet.value <= row.at_most_ms })
    }
  }
  return list
}

function targets_table(rows) {
  const lines = verdicts(rows).map(({ row, peer, goal: wanted, reached, met }) => {
    return [row, peer, wanted, reached ?? '–', reached === null ? 'not measured' : met ? 'yes' : '**no**']
  })
  return table(['', 'against', 'target', 'measured', 'met'], lines)
}

function instructions_table(rows) {
  const counted = rows.filter((row) => row.instructions)
  if (!counted.length) return ''
  const lines = counted.map((row) => {
    const each = row.per ? Math.round(row.instructions / row.per).toLocaleString('en-US') : ''
    return [`${row.group}: ${row.name}`, `${(row.instructions / 1e6).toFixed(1)} M`, each]
  })
  return `### Instructions (callgrind), Stet\n\n${table(['', 'in all', 'per edit'], lines)}\n\n`
}

export function markdown(rows, about, versions) {
  const parts = Object.entries(titles)
    .map(([group, title]) => [title, rows.filter((row) => row.group === group)])
    .filter(([, members]) => members.length)
    .map(([title, members]) => `### ${title}\n\n${group_table(members)}\n\n`)
  const listed = Object.entries(versions).map(([peer, version]) => `${peer} ${version}`)
  return `Measured ${about.date} on ${about.processor}, ${about.memory_gib} GiB, ${about.system}; ${about.compiler}, node ${about.node.slice(1)}, ${about.rust ?? 'no rustc'}.
Load average at the start ${about.load}, at the end ${about.load_end}. ${listed.join(', ')}.

Medians of ${about.clock}; in brackets how many times Stet's it is. – : the peer has no such operation, or was not asked.
¹ a single cold run. ² a format of its own, made from the same trace (or history), outside the clock.

${parts.join('')}${growth_chart(rows)}${instructions_table(rows)}### Where Stet stands

How many times faster (or smaller) than the peer. ${verdicts(rows).filter(({ met }) => met).length} of ${verdicts(rows).length} targets are met.

${targets_table(rows)}

Not measured yet: ${not_measured.join('; ')}.
`
}
