// Random values: everything that Yjs can hold in a ContentAny, a ContentJSON, an embed, a format or a string.

const pieces = [
  'a',
  'b',
  'the ',
  'quick',
  '\n',
  ' ',
  'ß',
  'é',
  '中文',
  '𝒳',
  '😀',
  '👩‍👩‍👧',
  '\u0000',
  '\t',
  '"',
  '\\',
  '\u2028',
  '\uffff',
  '\u007f',
  'x'.repeat(130),
  'עברית',
  '🇨🇭'
]

export const randomString = (random, longest = 6) => {
  let text = ''
  for (let n = random.between(1, longest); n > 0; n--) text += random.pick(pieces)
  return text
}

export const randomKey = (random) => random.pick(['a', 'b', 'c', 'key', '', '0', '10', '__proto__x', 'clé', '😀'])

const integers = [0, 1, -1, 63, 64, -63, -64, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31) + 1]
const floats = [
  0.5,
  -0.5,
  0.1,
  1 / 3,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53 - 1,
  1e21,
  1e-7,
  1.5e300,
  123456789012345680000,
  5e-324,
  1e100,
  -1e-10
]

export const randomJson = (random, depth = 3) =>
  random.weighted([
    [3, () => random.pick(integers)],
    [2, () => random.pick(floats)],
    [2, () => random.chance(0.5)],
    [1, () => null],
    [3, () => (random.chance(0.1) ? '' : randomString(random))],
    [depth && 1, () => Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1))],
    [depth && 1, () => randomObject(random, () => randomJson(random, depth - 1))]
  ])()

// What only the Any encoding can hold comes in addition to JSON.
export const randomAny = (random, depth = 3) =>
  random.weighted([
    [8, () => randomJson(random, 1)],
    [1, () => undefined],
    [1, () => -0],
    [1, () => random.pick([NaN, Infinity, -Infinity])],
    [1, () => random.pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 12345678901234567890n - 2n ** 63n])],
    [1, () => randomBytes(random)],
    [depth && 1, () => Array.from({ length: random.below(4) }, () => randomAny(random, depth - 1))],
    [depth && 1, () => randomObject(random, () => randomAny(random, depth - 1))]
  ])()

export const randomBytes = (random) => Uint8Array.from({ length: random.below(6) }, () => random.below(256))

export const randomObject = (random, value) => {
  const object = {}
  for (let n = random.below(4); n > 0; n--) object[randomKey(random)] = value()
  return object
}

// Attributes of a format; null takes one away.
export const randomAttributes = (random) => {
  const attributes = {}
  for (let n = random.between(1, 2); n > 0; n--) {
    attributes[random.pick(['bold', 'em', 'link', 'n'])] = random.weighted([
      [3, true],
      [3, null],
      [1, { href: 'x' }],
      [1, random.pick([0, 1, 0.1, -1, 1e21])],
      [1, random.pick(['', 'red', '😀"'])]
    ])
  }
  return attributes
}
