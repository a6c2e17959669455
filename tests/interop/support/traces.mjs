// Real editing histories, kept outside of the project: the folder is $STET_TRACES, by default ../shared/data.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = process.env.STET_TRACES ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))

export const tracePath = (name) => `${folder}/${name}`

// For node:test: false, or why the test is skipped.
export const skipWithout = (name) =>
  existsSync(tracePath(name)) ? false : `${name} is not there (set STET_TRACES to its folder)`
