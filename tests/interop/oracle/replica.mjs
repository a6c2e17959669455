// The other side of stet-replica's line protocol: one request a line, one JSON answer a line, answers in order.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
export const replicaBinary = () => process.env.STET_REPLICA ?? `${root}build/release/stet-replica`

const silence_ms = 60_000

export class Replica {
  constructor(command = [replicaBinary()]) {
    this.command = command
    this.waiting = []
    this.open()
  }

  open() {
    const child = spawn(this.command[0], this.command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child = child
    this.stderr = ''
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) this.#answer(child, line)
    })
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-4000)
    })
    child.stdin.on('error', () => {}) // told by 'close'
    child.on('error', (error) => this.#died(child, error.message))
    child.on('close', (code, signal) => this.#died(child, `exit ${signal ?? code}`))
  }

  #answer(child, line) {
    if (child !== this.child || this.waiting.length === 0) return
    this.#watch()
    const { resolve, reject } = this.waiting.shift()
    try {
      resolve(JSON.parse(line))
    } catch {
      reject(new Error(`not an answer: ${line.slice(0, 200)}`))
    }
  }

  #died(child, why) {
    if (child !== this.child) return
    this.child = null
    clearTimeout(this.watchdog)
    for (const { reject } of this.waiting.splice(0))
      reject(new Error(`the replica died (${why}) ${this.stderr.trim()}`))
  }

  #watch() {
    clearTimeout(this.watchdog)
    const child = this.child
    this.watchdog = setTimeout(() => {
      if (this.waiting.length > 0) child.kill('SIGKILL')
    }, silence_ms)
    this.watchdog.unref()
  }

  // Starts the process anew where the last one died.
  request(...words) {
    if (this.child === null) this.open()
    if (this.waiting.length === 0) this.#watch()
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      this.child.stdin.write(`${words.join(' ')}\n`)
    })
  }

  close() {
    const child = this.child
    if (child === null) return Promise.resolve()
    clearTimeout(this.watchdog)
    child.stdin.end()
    return new Promise((resolve) => child.once('close', resolve))
  }
}
