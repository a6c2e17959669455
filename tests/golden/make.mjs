// Writes the golden files anew: npm ci && node make.mjs
// One file for each released writer: the updates in the order in which they were made, the state at the end, and what
// the writer itself shows.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const { dependencies } = JSON.parse(readFileSync(here('package.json')))
for (const [name, version] of Object.entries(dependencies)) {
  const written = JSON.parse(execFileSync(process.execPath, [here('write.mjs'), name], { encoding: 'utf8' }))
  writeFileSync(
    here(`${name}.json`),
    `${JSON.stringify({ writer: version.replace(/^npm:/, ''), ...written }, null, 1)}\n`
  )
}
