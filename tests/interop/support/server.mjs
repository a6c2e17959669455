// The real server as a child process: on a free port, with a data folder of its own, killed and started again at will.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
export const serverBinary = () => process.env.STET_BIN ?? `${root}build/release/stet`

const ready_ms = 60_000
const running = new Set()
const folders = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

// A stock client that was reconnecting when it was destroyed goes on for ever, and its process with it.
const linger_ms = 5_000
after(() => setTimeout(() => process.exit(), linger_ms).unref())

export const temporaryFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'stet-interop-'))
  folders.add(folder)
  return folder
}

// Runs `stet ARGS` to its end: {code, signal, stdout, stderr}. Killed (signal SIGKILL) where it does not come to one.
export const runProgram = async (args, options = {}) => {
  const child = spawn(serverBinary(), args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  running.add(child)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      output[name] += chunk
    })
  }
  const late = setTimeout(() => child.kill('SIGKILL'), ready_ms)
  const [code, signal] = await once(child, 'close')
  clearTimeout(late)
  running.delete(child)
  return { code, signal, ...output }
}

export class Server {
  // `data`: an existing data folder; `args`: further arguments of `stet serve`.
  static async start({ data = temporaryFolder(), args = [] } = {}) {
    const server = new Server()
    Object.assign(server, { data, args, port: 0, stderr: '' })
    await server.restart()
    return server
  }

  get http() {
    return `http://127.0.0.1:${this.port}`
  }

  // What a WebsocketProvider takes as its first argument.
  get ws() {
    return `ws://127.0.0.1:${this.port}/ws`
  }

  // On the same port and the same data as before.
  async restart() {
    const child = spawn(
      serverBinary(),
      ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, ...this.args],
      {
        stdio: ['ignore', 'pipe', 'pipe']
      }
    )
    running.add(child)
    this.child = child
    this.ended = once(child, 'close').then(([code, signal]) => {
      running.delete(child)
      return { code, signal }
    })
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      this.stderr += chunk
    })
    this.port = await new Promise((resolve, reject) => {
      let stdout = ''
      const fail = (why) => reject(new Error(`${why}; stdout: ${stdout}; stderr: ${this.stderr}`))
      const late = setTimeout(() => fail('the server did not get ready'), ready_ms)
      this.ended.then(({ code, signal }) => fail(`the server ended (${signal ?? code})`))
      child.once('error', (error) => fail(error.message))
      child.stdout.setEncoding('utf8').on('data', (chunk) => {
        stdout += chunk
        const ready = /^stet: listening on http:\/\/127\.0\.0\.1:(\d+)\n/m.exec(stdout)
        if (!ready) return
        clearTimeout(late)
        resolve(Number(ready[1]))
      })
    })
  }

  // SIGKILL: nothing gets a chance to be finished.
  async kill() {
    this.child.kill('SIGKILL')
    await this.ended
  }

  async killAndRestart() {
    await this.kill()
    await this.restart()
  }

  // SIGTERM. Returns {code, signal}.
  async stop() {
    this.child.kill('SIGTERM')
    return this.ended
  }
}
