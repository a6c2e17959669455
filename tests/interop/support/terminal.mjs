// A program in a terminal: terminal.py is the terminal, and tells what the screen shows.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from './client.mjs'

const script = fileURLToPath(new URL('terminal.py', import.meta.url))

export class Terminal {
  /** {screen: lines, marked, alternate, cursor, echo, lines, faults}, and `status` when the program has ended. */
  state = { screen: [] }
  #told = 0
  #toldAt = 0

  constructor(size, program, ...args) {
    this.child = spawn('/usr/bin/python3', [script, ...size.map(String), program, ...args], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.state = JSON.parse(line)
      this.#told++
      this.#toldAt = Date.now()
    })
  }

  get text() {
    return this.state.screen.join('\n')
  }
  /** The last line of the screen from there on that begins with `edit`. */
  get status() {
    return this.state.screen.findLast((line) => line.startsWith('e')) ?? ''
  }

  press(keys) {
    this.#tell({ keys })
  }
  /** Until the program has answered and is still again: what it draws then is for the size of that moment. */
  async pressAndWait(keys) {
    const before = this.#told
    this.press(keys)
    await this.until(() => this.#told > before && Date.now() - this.#toldAt > 300)
  }
  resize(...size) {
    this.#tell({ resize: size })
  }
  signal(signal) {
    this.#tell({ signal })
  }
  #tell(command) {
    this.child.stdin.write(JSON.stringify(command) + '\n')
  }

  until(condition) {
    return until(
      () => `${condition}; the screen is:\n${this.text}\n${JSON.stringify({ ...this.state, screen: undefined })}`,
      () => condition(this.state, this),
      20_000
    )
  }
  async end() {
    await this.until(({ status }) => status !== undefined)
    return this.state.status
  }
  close() {
    this.child.stdin.end()
  }
}
