// The servers that are measured, and how the load on one is started: a server runs on the first core, the load on the
// second.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import { join } from 'node:path'

import { execute, root, work } from './peers.mjs'

const npm = join(root, 'bench/peers/npm')
const release = (name) => join(root, 'build/release', name)
const patience_ms = 300_000

const version_of = (name) => JSON.parse(readFileSync(join(npm, 'node_modules', name, 'package.json'), 'utf8')).version
const npm_server = (name, dialect, packages) => ({
  command: (port, folder, keeps) => [process.execPath, join(npm, 'servers.mjs'), name, port, ...(keeps ? [folder] : [])],
  dialect: ['--dialect', dialect, '--path', '/'],
  missing: () => packages.some((each) => !existsSync(join(npm, 'node_modules', each))) && 'not installed',
  version: () => version_of(packages[0]),
})

// In the order of the table's columns. `keeps`: whether documents are to last: on disk (Stet's always are); the relay
// has one ready.
export const servers = {
  stet: {
    command: (port, folder) => [release('stet'), 'serve', '--listen', `127.0.0.1:${port}`, '--data', folder],
    dialect: ['--path', '/ws/'],
    missing: () => !existsSync(release('stet')) && 'not built',
  },
  'y-websocket': npm_server('y-websocket', 'y-websocket', ['@y/websocket-server', 'y-leveldb']),
  hocuspocus: npm_server('hocuspocus', 'hocuspocus', ['@hocuspocus/server', '@hocuspocus/extension-sqlite']),
  'beast relay': {
    command: (port) => [release('stet-beast-relay'), port],
    dialect: ['--path', '/'],
    missing: () => !existsSync(release('stet-beast-relay')) && 'not built',
  },
  relay: {
    command: (port, folder, keeps) => [release('stet-relay'), port, ...(keeps ? [join(work, 'automerge-paper.v1')] : [])],
    dialect: ['--dialect', 'relay'],
    missing: () => !existsSync(release('stet-relay')) && 'not built',
  },
}

const cores = os.cpus().length > 1
const pinned = (core, command) => (cores ? ['taskset', '-c', String(core), ...command] : command)

const free_port = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

export const new_folder = () => mkdtempSync(join(os.tmpdir(), 'stet-bench-server-'))
export const remove_folder = (folder) => rmSync(folder, { recursive: true, force: true })

const running = new Set()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

// Starts a server, whose documents are in `folder`, and waits until it listens.
export async function start(name, folder, keeps = false) {
  const port = await free_port()
  const [program, ...words] = pinned(0, servers[name].command(String(port), folder, keeps))
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let errors = ''
  child.stderr.on('data', (data) => (errors = (errors + data).slice(-2000)))
  const ended = new Promise((resolve) => child.once('close', resolve)).finally(() => running.delete(child))
  await new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (data) => (output += data).includes('listening') && resolve())
    ended.then(() => reject(new Error(`${name} does not start: ${errors.trim()}`)))
  })
  return {
    // taskset has become the server, under the same id.
    async load(scenario, ...more) {
      const words = [scenario, '--port', port, '--process', child.pid, '--doc', 'bench', ...servers[name].dialect, ...more]
      const { status, stdout, stderr } = await execute(pinned(1, [release('stet-load'), ...words.map(String)]), { limit_ms: patience_ms })
      if (status !== 0) throw new Error(status === null ? 'too slow' : (stderr.trim() || errors.trim()).split('\n').pop())
      return JSON.parse(stdout)
    },
    async stop(signal = 'SIGKILL') {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}

export function versions() {
  const found = { stet: execFileSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim() }
  for (const [name, { version, missing }] of Object.entries(servers)) if (version && !missing()) found[name] = version()
  return found
}
