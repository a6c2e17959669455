// Scripts as JSON files, and how a failing one is made small.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { updateLines } from './dump.mjs'
import { Mismatch, play } from './player.mjs'

const outFolder = fileURLToPath(new URL('../output/', import.meta.url))

const encodeBytes = (_, value) =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
const decodeBytes = (_, value) =>
  value !== null && typeof value === 'object' && 'base64' in value
    ? new Uint8Array(Buffer.from(value.base64, 'base64'))
    : value

export const readScript = (path) => JSON.parse(readFileSync(path, 'utf8'), decodeBytes)

// Returns the path of the file.
export const writeScript = (name, script, mismatch) => {
  mkdirSync(outFolder, { recursive: true })
  const path = `${outFolder}${name}.json`
  const steps = script.steps.map((step) =>
    step.kind === 'apply' ? { ...step, holds: updateLines(step.update, step.encoding) } : step
  )
  writeFileSync(
    path,
    JSON.stringify({ mismatch: mismatch.message.split('\n'), options: script.options, steps }, encodeBytes, 1)
  )
  return path
}

// The mismatch that a script ends in, or null.
export const mismatchOf = async (script, replica) => {
  try {
    await play(script, replica)
    return null
  } catch (error) {
    if (error instanceof Mismatch) return error
    throw error
  }
}

const attempts = 500

// Leaves out steps as long as the same kind of mismatch stays.
export const minimise = async (script, mismatch, replica) => {
  let best = { script: { ...script, steps: script.steps.slice(0, mismatch.step + 1) }, mismatch }
  let left = attempts
  const tryOut = async (steps) => {
    left--
    try {
      const found = await mismatchOf({ ...script, steps }, replica)
      if (found?.kind !== mismatch.kind) return false
      best = { script: { ...script, steps }, mismatch: found }
      return true
    } catch {
      return false // a step that no longer fits (Yjs itself refuses it)
    }
  }
  for (
    let size = Math.ceil(best.script.steps.length / 2);
    size >= 1 && left > 0;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < best.script.steps.length && left > 0; ) {
      const steps = best.script.steps
      if (!(await tryOut([...steps.slice(0, from), ...steps.slice(from + size)]))) from += size
    }
  }
  return best
}
