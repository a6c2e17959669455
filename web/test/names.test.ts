import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentOfPath, documentPath, nameProblem, splitName } from '../src/names'

test('names that the server refuses are explained', () => {
  for (const name of ['', '..', 'a/../b', '../a', '.', 'a/.', 'a\0b', 'a\nb', 'ä'.repeat(257)]) {
    assert.notEqual(nameProblem(name), null, JSON.stringify(name))
  }
})

test('names that it takes', () => {
  for (const name of ['a', 'notes/2026/plan', 'a..b', '...', 'ä'.repeat(256), '<b>', '100 % sure?', '日本']) {
    assert.equal(nameProblem(name), null, name)
    for (const kind of ['text', 'rich'] as const) {
      const path = documentPath(name, kind)
      assert.deepEqual(documentOfPath(path), { name, kind })
      assert.deepEqual(documentOfPath(new URL(path, 'http://host').pathname), { name, kind })
    }
  }
})

test('the length is said in bytes', () => {
  assert.equal(nameProblem('a'.repeat(513)), 'This name is too long by 1 byte.')
})

test('paths that are no document', () => {
  assert.equal(documentOfPath('/'), null)
  assert.deepEqual(documentOfPath('/d/%ff'), { name: '', kind: 'text' })
})

test('folder and leaf', () => {
  assert.deepEqual(splitName('a/b/c'), { folder: 'a/b', leaf: 'c' })
  assert.deepEqual(splitName('c'), { folder: '', leaf: 'c' })
  assert.deepEqual(splitName('c/'), { folder: '', leaf: 'c/' })
})
