// Plays seeded histories on stock Yjs and on stet replicas and compares them after every delivery.
//   node differential.mjs [--count N] [--seconds T] [--seed S] [--replica PATH] [--failures N]
//   node differential.mjs --replay FILE
// History i of a run has the seed S + i, so `--seed X --count 1` plays a failing one again. A failing history is made
// small and written to output/, to be replayed. The run ends with the first failure, or after --failures of them.
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { History } from './oracle/history.mjs'
import { runSeed } from './oracle/random.mjs'
import { Replica, replicaBinary } from './oracle/replica.mjs'
import { minimise, mismatchOf, readScript, writeScript } from './oracle/script_file.mjs'

// Runs until `count` histories or `seconds` are over. Returns {histories, steps, failures: [{seed, path, mismatch}]}.
export const differential = async ({
  seed,
  count = Infinity,
  seconds = Infinity,
  command,
  failures: most = 1,
  log = console.log
}) => {
  const replica = new Replica(command)
  const end = Date.now() + seconds * 1000
  const result = { histories: 0, steps: 0, failures: [] }
  try {
    for (let i = 0; i < count && Date.now() < end; i++) {
      const history = new History(seed + i).run()
      result.histories++
      for (const [which, receiver] of history.receivers.entries()) {
        const script = { options: receiver.options, steps: receiver.steps }
        result.steps += script.steps.length
        const found = await mismatchOf(script, replica)
        if (found === null) continue
        log(`seed ${seed + i} (${history.profileName}, receiver ${which}): ${found.message}`)
        const small = await minimise(script, found, replica)
        const path = writeScript(`seed-${seed + i}-${which}`, small.script, small.mismatch)
        log(`made small: ${path} (${small.script.steps.length} of ${script.steps.length} steps)`)
        result.failures.push({ seed: seed + i, path, mismatch: small.mismatch })
        if (result.failures.length >= most) return result
      }
    }
    return result
  } finally {
    await replica.close()
  }
}

const replay = async (path, command) => {
  const replica = new Replica(command)
  const found = await mismatchOf(readScript(path), replica)
  await replica.close()
  console.log(found ? found.message : 'no mismatch')
  return found === null
}

const main = async () => {
  const { values } = parseArgs({
    options: {
      count: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      replica: { type: 'string' },
      replay: { type: 'string' },
      failures: { type: 'string', default: '1' }
    }
  })
  const command = (values.replica ?? replicaBinary()).split(' ')
  if (values.replay) return replay(values.replay, command)
  const seed = Number(values.seed ?? runSeed())
  const count = values.count ? Number(values.count) : values.seconds ? Infinity : 1000
  console.log(`seed ${seed}`)
  const { histories, steps, failures } = await differential({
    seed,
    count,
    seconds: values.seconds ? Number(values.seconds) : Infinity,
    command,
    failures: Number(values.failures)
  })
  const kinds = new Map()
  for (const { mismatch } of failures) kinds.set(mismatch.kind, (kinds.get(mismatch.kind) ?? 0) + 1)
  console.log(`${histories} histories, ${steps} steps, ${failures.length} failures`)
  for (const [kind, number] of kinds) console.log(`  ${number} × ${kind}`)
  return failures.length === 0
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = (await main()) ? 0 : 1
