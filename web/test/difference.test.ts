import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesOf } from '../src/difference'
import type { Delta } from '../src/history_api'

/** Kept as it is, [added], {removed}. */
function shown(before: string, delta: Delta): string {
  const marks = { kept: ['', ''], added: ['[', ']'], removed: ['{', '}'] } as const
  return changesOf(before, delta)
    .map(({ kind, text }) => marks[kind][0] + text + marks[kind][1])
    .join('')
}

test('nothing changed', () => {
  assert.equal(shown('as it was', []), 'as it was')
  assert.equal(shown('', []), '')
})

test('words come, go and are replaced', () => {
  assert.equal(shown('', [{ insert: 'new' }]), '[new]')
  assert.equal(shown('old', [{ delete: 3 }]), '{old}')
  assert.equal(shown('Hello world', [{ retain: 6 }, { insert: 'whole ' }]), 'Hello [whole ]world')
  assert.equal(shown('Hello world', [{ delete: 1 }, { insert: 'J' }]), '{H}[J]ello world')
  assert.equal(shown('abc', [{ retain: 1 }, { delete: 1 }, { retain: 1 }, { insert: 'd' }]), 'a{b}c[d]')
})

test('neighbours of one kind are one change, and what is no text has a sign', () => {
  assert.equal(changesOf('', [{ insert: 'a' }, { insert: { image: 'x' } }, { insert: 'b' }]).length, 1)
  assert.equal(shown('', [{ insert: {} }]), '[\ufffc]')
})
