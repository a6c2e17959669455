// Stet of now beside Stet of another commit: whether a change made something slower.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { execute, instructions, measure, peers, root, stet, work } from './peers.mjs'

const rounds = 7
// Processor times wobble less than others, but do: slower is what is slower in its median and in its best run alike.
const slower_than = 1.05
const more_instructions_than = 1.01

// stet-bench of that commit, built below build/bench.
function build(revision, say) {
  const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', `${revision}^{commit}`], { encoding: 'utf8' }).trim()
  const folder = join(work, `at-${commit}`)
  const binary = join(folder, 'build/stet-bench')
  if (!existsSync(binary)) {
    say(`building stet-bench of ${commit}`)
    mkdirSync(folder, { recursive: true })
    execFileSync('sh', ['-c', `git -C "${root}" archive ${commit} -- CMakeLists.txt core bench | tar -x -C "${folder}"`])
    const cmake = (...words) => execFileSync('cmake', words, { stdio: ['ignore', 'ignore', 'inherit'] })
    cmake('-S', folder, '-B', join(folder, 'build'), '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release')
    cmake('--build', join(folder, 'build'), '--target', 'stet-bench')
  }
  return { commit, peer: stet(binary) }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

// Prints a table; returns 1 where something is slower.
export async function compare(revision, rows, say) {
  const before = build(revision, say)
  const sides = { then: before.peer, now: peers.stet }
  const callgrind = (await execute(['sh', '-c', 'command -v valgrind'], { limit_ms: 5000 })).status === 0
  const lines = []
  for (const row of rows) {
    const words = row.words.stet
    const memory = row.group === 'memory'
    const env = memory ? { BENCH_RUNS: '0', BENCH_MEM: '1' } : { BENCH_RUNS: '3', BENCH_WARM_MS: '20', BENCH_MEASURE_MS: '50' }
    const values = { then: [], now: [] }
    for (let round = 0; round < (memory ? 1 : rounds); ++round) {
      for (const side of round % 2 ? ['now', 'then'] : ['then', 'now']) {
        const report = await measure(sides[side], words, env, 120_000)
        if (report.peer) values[side].push(...(memory ? [report.retained_kb] : (report.runs_cpu_ms ?? [])))
      }
    }
    if (!values.then.length || !values.now.length) {
      say(`${row.group}: ${row.name}: not in both`)
      continue
    }
    const [then, now] = [median(values.then), median(values.now)]
    const best = Math.min(...values.now) / Math.min(...values.then)
    const line = { row: `${row.group}: ${row.name}`, then, now, ratio: now / then, slower: Math.min(now / then, best) > slower_than }
    if (row.callgrind && callgrind) {
      const [count_then, count_now] = [await instructions(sides.then, words), await instructions(sides.now, words)]
      line.instructions = count_now / count_then
      line.slower ||= line.instructions > more_instructions_than
    }
    lines.push(line)
    say(`${line.row}: ${then.toFixed(3)} → ${now.toFixed(3)}`)
  }
  console.log(`| | ${before.commit} | now | ratio | instructions | |\n| --- | --: | --: | --: | --: | --- |`)
  for (const { row, then, now, ratio, instructions: count, slower } of lines) {
    const verdict = slower ? (row.startsWith('memory') ? '**larger**' : '**slower**') : ''
    console.log(`| ${row} | ${then.toFixed(3)} | ${now.toFixed(3)} | ${ratio.toFixed(2)} | ${count ? count.toFixed(3) : ''} | ${verdict} |`)
  }
  return lines.some((line) => line.slower) ? 1 : 0
}
