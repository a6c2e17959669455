import assert from 'node:assert/strict'

// Names the place where two long texts part instead of printing both.
export const assertSameText = (actual, expected, message = 'the text') => {
  if (actual === expected) return
  let at = 0
  while (actual[at] === expected[at]) at++
  const around = (text) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40))
  assert.fail(
    `${message} differs at ${at} of ${expected.length} (got ${actual.length}): ${around(actual)}, expected ${around(expected)}`
  )
}
