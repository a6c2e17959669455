import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { colorOfAuthor, meet } from '../src/authors'
import { colorOf, freeColor, personColors } from '../src/colors'
import { cleanName, initials } from '../src/identity'
import { personOf } from '../src/people'

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

/** A colour token as [light, dark]. */
function token(name: string): [string, string] {
  const css = readFileSync('src/styles/tokens.css', 'utf8')
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css)
  if (found === null) throw new Error(`No token ${name}`)
  return [found[1] ?? '', found[2] ?? '']
}

test('each person can be seen: names on their colour, carets on both papers', () => {
  for (const color of personColors) {
    assert.ok(contrast(color, '#ffffff') >= 4.5, color)
    for (const paper of token('paper')) assert.ok(contrast(color, paper) >= 3, `${color} on ${paper}`)
  }
})

test('all text of the page can be read on all its grounds', () => {
  for (const theme of [0, 1] as const) {
    for (const ground of ['paper', 'surface', 'field', 'hover']) {
      for (const ink of ['ink', 'muted', 'accent', 'warn', 'danger']) {
        const ratio = contrast(token(ink)[theme], token(ground)[theme])
        assert.ok(ratio >= 4.5, `${ink} on ${ground}, theme ${theme}: ${ratio.toFixed(2)}`)
      }
    }
    for (const ground of ['paper', 'surface', 'field']) {
      assert.ok(contrast(token('line-strong')[theme], token(ground)[theme]) >= 3, `border on ${ground}, theme ${theme}`)
    }
    for (const ground of ['paper', 'field']) {
      assert.ok(contrast(token('faint')[theme], token(ground)[theme]) >= 4.5, `faint on ${ground}, theme ${theme}`)
    }
    assert.ok(contrast(token('on-accent')[theme], token('accent')[theme]) >= 4.5)
  }
})

test('two people get two colours as long as there are enough', () => {
  const taken = new Set<number>()
  for (const _ of personColors) {
    const color = freeColor(3, taken)
    assert.ok(!taken.has(color))
    taken.add(color)
  }
  assert.equal(freeColor(3, taken), 3)
})

test('states of other programs never become styles, and always have a name', () => {
  assert.equal(colorOf('red; background: url(//x)', 13), 13 % personColors.length)
  assert.equal(colorOf(personColors[4], 13), 4)
  assert.equal(personOf(1, null), null)
  assert.equal(personOf(1, { user: 'x' }), null)
  assert.equal(personOf(1, { user: { name: 7 } })?.name, 'Someone')
  assert.equal(personOf(1, { user: { name: ' \u202e\n ' } })?.name, 'Someone')
})

test('names are one short line', () => {
  assert.equal(cleanName(' Ada\n\u0000Lovelace '), 'Ada Lovelace')
  assert.equal(Array.from(cleanName('👩'.repeat(100))).length, 40)
})

test('initials', () => {
  assert.equal(initials('ada king lovelace'), 'AL')
  assert.equal(initials('Ben'), 'B')
  assert.equal(initials('👩 x'), '👩X')
})

test('who wrote has the colour that they have here, and nobody else that one', () => {
  meet([
    { clientId: 1, name: 'Ada', color: 3, isSelf: true },
    { clientId: 2, name: 'Ben', color: 2, isSelf: false },
    { clientId: 3, name: 'Ada', color: 5, isSelf: false }
  ])
  assert.equal(colorOfAuthor('Ada'), 3)
  assert.equal(colorOfAuthor('Ben'), 2)
  const others = ['Cy', 'Dee', 'Eve', 'Fay'].map(colorOfAuthor)
  assert.equal(new Set([2, 3, ...others]).size, 6)
  assert.equal(colorOfAuthor('Cy'), others[0])
})
