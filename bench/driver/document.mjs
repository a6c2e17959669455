// What all tables of docs/BENCHMARKS.md share.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './peers.mjs'

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function number(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toPrecision(2)
}

export const times = (ratio) => `${ratio >= 20 ? Math.round(ratio).toLocaleString('en-US') : ratio.toFixed(1)}×`

export function table(header, lines) {
  return [header, header.map((_, column) => (column ? '--:' : '---')), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

// Replaces what stands between the marks of `section` in docs/BENCHMARKS.md, which `command` writes.
export function write_section(section, command, text) {
  const path = join(root, 'docs/BENCHMARKS.md')
  const [from, to] = [`<!-- ${section}: written by ${command} -->\n`, `<!-- end of ${section} -->`]
  const old = readFileSync(path, 'utf8')
  if (!old.includes(from) || !old.includes(to)) throw new Error(`${path} has no section "${section}"`)
  writeFileSync(path, old.slice(0, old.indexOf(from) + from.length) + '\n' + text + '\n' + old.slice(old.indexOf(to)))
}

const begin = performance.now()
export function say(line) {
  process.stderr.write(`${`${Math.round((performance.now() - begin) / 1000)} s`.padStart(5)}  ${line}\n`)
}
