import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeAgo } from '../src/time'

test('points in time in human words', () => {
  const now = new Date(2026, 10, 22, 12).getTime()
  const ago = (seconds: number): string => timeAgo(now - seconds * 1000, now)
  assert.equal(ago(-5), 'just now')
  assert.equal(ago(59), 'just now')
  assert.equal(ago(60), '1 minute ago')
  assert.equal(ago(3599), '59 minutes ago')
  assert.equal(ago(7200), '2 hours ago')
  assert.equal(ago(86400), 'yesterday')
  assert.equal(ago(6 * 86400), '6 days ago')
  assert.equal(ago(7 * 86400), 'November 15')
  assert.equal(ago(365 * 86400), 'November 22, 2025')
})
