/** Bundles the TypeScript tests to plain modules and hands them to node's test runner. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const tests = readdirSync('test').filter((file) => file.endsWith('.test.ts'))
// Inside the package, so that bundled tests still find its modules.
const folder = mkdtempSync(join('node_modules', '.tests-'))
try {
  await build({
    entryPoints: tests.map((file) => join('test', file)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node18',
    format: 'esm',
    logLevel: 'warning'
  })
  const files = readdirSync(folder).map((file) => join(folder, file))
  process.exitCode = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
