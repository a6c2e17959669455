/** Starts the real server on a data folder of its own, kills it, starts it again, and holds back its commits. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = process.env.STET_BIN ?? fileURLToPath(new URL('../../build/release/stet', import.meta.url))

export class Server {
  #process = null
  #folder = null
  /** A free port is drawn at the first start; each restart takes the same one. */
  #port = 0
  #args = []

  /** `args`: further arguments of `stet serve`. */
  static async start({ args = [] } = {}) {
    const server = new Server()
    server.#args = args
    server.#folder = await mkdtemp(join(tmpdir(), 'stet-e2e-'))
    await server.restart()
    return server
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`
  }

  async restart() {
    const child = spawn(
      program,
      ['serve', '--listen', `127.0.0.1:${this.#port}`, '--data', this.#folder, ...this.#args],
      {
        stdio: ['ignore', 'pipe', 'pipe']
      }
    )
    let log = ''
    child.stderr.on('data', (text) => (log += text))
    this.#process = child
    // once() itself fails with the error of a program that cannot be started
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`The server ended with ${code} before it was ready:\n${log}`)
    })
    failed.catch(() => {})
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed])
    const address = /^stet: listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)
    if (address === null) throw new Error(`Not the line of a ready server: ${line}`)
    this.#port = Number(address[1])
  }

  /** SIGKILL: nothing is finished, nothing is said. */
  async kill() {
    const child = this.#process
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async stop() {
    await this.kill()
    await rm(this.#folder, {
      recursive: true,
      force: true,
      maxRetries: 5,
      retryDelay: 100
    })
  }

  /** Takes the database's write lock, so that no commit can happen until the returned function gives it back. */
  async holdCommits() {
    const shell = spawn('sqlite3', [join(this.#folder, 'stet.db')], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    const lines = createInterface(shell.stdout)
    shell.stdin.write(".timeout 10000\nBEGIN IMMEDIATE;\nSELECT 'held';\n")
    const [line] = await once(lines, 'line')
    if (line !== 'held') throw new Error(`The write lock was not given: ${line}`)
    return async () => {
      const ended = once(shell, 'exit')
      shell.stdin.end('ROLLBACK;\n')
      await ended
    }
  }
}
