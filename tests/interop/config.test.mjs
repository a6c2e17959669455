// Limits and options from a file.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RawClient } from './support/raw.mjs'
import { Server, runProgram, temporaryFolder } from './support/server.mjs'

const written = (text) => {
  const file = join(temporaryFolder(), 'stet.toml')
  writeFileSync(file, text)
  return file
}

test('what is printed can be read again, and tells all limits', async () => {
  const printed = await runProgram(['serve', '--print-config'])
  assert.equal(printed.code, 0, printed.stderr)
  assert.match(printed.stdout, /^listen="?127\.0\.0\.1:8080"?$/m)
  assert.match(printed.stdout, /^message_bytes=16777216$/m)
  assert.match(printed.stdout, /^drain_ms=3000$/m)
  const again = await runProgram(['serve', '--config', written(printed.stdout), '--print-config'])
  assert.equal(again.stdout, printed.stdout, again.stderr)
})

test('a file sets limits, and the command line goes before it', async (t) => {
  const file = written('message_bytes = 100\ndoc_name_bytes = 5\n')
  const server = await Server.start({ args: ['--config', file, '--doc_name_bytes', '6'] })
  t.after(() => server.stop())
  const client = await RawClient.open(server, 'sixish')
  client.send(new Uint8Array(101))
  assert.equal(await client.closed, 1009)
  const long = await RawClient.open(server, 'sevenis')
  assert.equal(await long.closed, 4403)
})

test('a file with an unknown name, a wrong value, or no file at all is refused in one line', async () => {
  for (const [args, line] of [
    [['--config', written('mesage_bytes = 1\n')], /mesage_bytes/],
    [['--config', written('message_bytes = "many"\n')], /message_bytes/],
    [['--config', '/does/not/exist.toml'], /exist\.toml/]
  ]) {
    const { code, stderr } = await runProgram(['serve', ...args])
    assert.notEqual(code, 0)
    assert.match(stderr, line)
  }
})
