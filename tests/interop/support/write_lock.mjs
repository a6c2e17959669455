// Holds back the server's commits: takes the write lock of its database from outside, with the sqlite3 program.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export class WriteLock {
  static async take(server) {
    const lock = new WriteLock()
    lock.child = spawn('sqlite3', ['-batch', join(server.data, 'stet.db')], { stdio: ['pipe', 'pipe', 'inherit'] })
    lock.ended = once(lock.child, 'close')
    lock.child.stdin.write(".timeout 10000\nBEGIN IMMEDIATE;\nSELECT 'held';\n")
    await once(lock.child.stdout, 'data')
    return lock
  }

  // `end`: COMMIT or ROLLBACK of the empty transaction. Does nothing the second time.
  async release(end = 'COMMIT') {
    if (this.child.stdin.writableEnded) return
    this.child.stdin.end(`${end};\n`)
    await this.ended
  }
}
