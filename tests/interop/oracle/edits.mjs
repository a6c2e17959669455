// Random edits of a stock Yjs document: every type and content kind, at any depth. Positions never lie inside a
// surrogate pair (stock Yjs replaces both halves there, for good).
import * as Y from 'yjs'
import {
  randomAny,
  randomAttributes,
  randomBytes,
  randomJson,
  randomKey,
  randomObject,
  randomString
} from './values.mjs'

// The root types that edits start from. `plain` is a text that is never formatted.
export const openRoots = (doc) => [
  doc.getText('text'),
  doc.getText('plain'),
  doc.getArray('list'),
  doc.getMap('map'),
  doc.getXmlFragment('xml')
]

// Kinds of histories: how often each root is the start of an edit, and how often an edit goes down to a child.
export const profiles = {
  everything: { roots: [3, 2, 3, 3, 3], descend: 0.5, remove: 0.4 },
  text: { roots: [6, 3, 0, 0, 0], descend: 0.1, remove: 0.4 },
  plain: { roots: [0, 1, 0, 0, 0], descend: 0, remove: 0.4 },
  maps: { roots: [0, 0, 1, 6, 0], descend: 0.3, remove: 0.3 },
  nested: { roots: [1, 0, 3, 3, 3], descend: 0.85, remove: 0.25 },
  erasing: { roots: [2, 2, 2, 2, 2], descend: 0.3, remove: 0.7 },
  typing: { roots: [1, 3, 0, 0, 0], descend: 0, remove: 0.3, types: true }
}

const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000
export const splitsPair = (text, index) =>
  index > 0 && index < text.length && isHigh(text.charCodeAt(index - 1)) && isLow(text.charCodeAt(index))

// The positions of a text between whole characters and embeds, 0 and the length included.
const boundaries = (text) => {
  const positions = [0]
  let at = 0
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue
    for (let i = 1; i <= item.length; i++) {
      if (!(item.content instanceof Y.ContentString) || !splitsPair(item.content.str, i)) positions.push(at + i)
    }
    at += item.length
  }
  return positions
}

const randomRange = (random, positions, longest) => {
  const from = random.below(positions.length)
  const to = Math.min(positions.length - 1, from + random.below(longest + 1))
  return [positions[from], positions[to] - positions[from]]
}

const childTypes = (type) => {
  const found = []
  const look = (item) => {
    if (!item.deleted && item.content instanceof Y.ContentType) found.push(item.content.type)
  }
  for (let item = type._start; item !== null; item = item.right) look(item)
  type._map.forEach(look)
  return found
}

const randomGuid = (random) => `doc-${random.below(6)}`

const randomDoc = (random) =>
  new Y.Doc({
    guid: randomGuid(random),
    ...(random.chance(0.3) ? { meta: randomAny(random, 2) } : {}),
    ...(random.chance(0.2) ? { autoLoad: true } : {}),
    ...(random.chance(0.2) ? { gc: false } : {})
  })

// A new type that is not yet part of a document, often with content.
const randomType = (random, depth = 2) =>
  random.weighted([
    [2, () => Y.Array.from(random.chance(0.7) ? randomElements(random, depth - 1) : [])],
    [
      2,
      () => {
        const map = new Y.Map()
        if (random.chance(0.7)) map.set(randomKey(random), randomMapValue(random, depth - 1))
        return map
      }
    ],
    [
      2,
      () => {
        const text = new Y.Text(random.chance(0.7) ? randomString(random) : undefined)
        if (random.chance(0.3))
          text.applyDelta([{ insert: randomString(random), attributes: randomAttributes(random) }])
        return text
      }
    ],
    [1, () => new Y.XmlFragment()],
    [1, () => randomXmlChild(random, depth)]
  ])()

const randomXmlChild = (random, depth = 2) =>
  random.weighted([
    [
      3,
      () => {
        const element = new Y.XmlElement(random.pick(['p', 'h1', 'UNDEFINED', 'längs']))
        if (random.chance(0.5)) element.setAttribute(randomKey(random), randomString(random))
        if (depth > 0 && random.chance(0.5)) element.insert(0, [randomXmlChild(random, depth - 1)])
        return element
      }
    ],
    [3, () => new Y.XmlText(random.chance(0.7) ? randomString(random) : undefined)],
    [1, () => new Y.XmlHook(random.pick(['hook', 'codemirror']))]
  ])()

// A run of JSON-like values or one value of another kind, as Y.Array.insert takes them.
const randomElements = (random, depth) =>
  random.weighted([
    [6, () => Array.from({ length: random.between(1, 4) }, () => definedAny(random))],
    [1, () => [randomBytes(random)]],
    [1, () => [randomDoc(random)]],
    [depth > 0 ? 3 : 0, () => [randomType(random, depth)]],
    [1, () => [definedAny(random), randomBytes(random), definedAny(random)]]
  ])()

// Y.Array takes undefined and bigint only inside of other values, and bytes only as a content of their own.
const definedAny = (random) => {
  const value = randomAny(random)
  return value === undefined || typeof value === 'bigint' || value instanceof Uint8Array ? [value] : value
}

const randomMapValue = (random, depth) =>
  random.weighted([
    [6, () => randomAny(random)],
    [1, () => randomBytes(random)],
    [1, () => randomDoc(random)],
    [depth > 0 ? 3 : 0, () => randomType(random, depth)]
  ])()

// ContentJSON: the predecessor of ContentAny, which released versions read but no longer write.
const insertLegacyJson = (random, array) => {
  Y.transact(array.doc, (transaction) => {
    const doc = transaction.doc
    const values = Array.from({ length: random.between(1, 3) }, () =>
      random.chance(0.2) ? undefined : randomJson(random)
    )
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID))
    const right = array._start
    array._searchMarker.length = 0 // positions that Yjs remembers, and would not move for an item made by hand
    new Y.Item(id, null, null, right, right && right.id, array, null, new Y.ContentJSON(values)).integrate(
      transaction,
      0
    )
  })
}

const editText = (random, text, remove, plain) => {
  const positions = boundaries(text)
  const position = random.pick(positions)
  if (random.chance(remove)) {
    const [from, length] = randomRange(random, positions, random.chance(0.2) ? 40 : 5)
    if (length > 0) text.delete(from, length)
    return
  }
  if (plain) {
    text.insert(random.chance(0.3) ? positions[positions.length - 1] : position, randomString(random))
    return
  }
  random.weighted([
    [5, () => text.insert(position, randomString(random))],
    [2, () => text.insert(position, randomString(random), randomAttributes(random))],
    [
      4,
      () => {
        const [from, length] = randomRange(random, positions, 12)
        if (length > 0) text.format(from, length, randomAttributes(random))
      }
    ],
    [
      1,
      () =>
        text.insertEmbed(
          position,
          randomObject(random, () => randomJson(random)),
          random.chance(0.3) ? randomAttributes(random) : {}
        )
    ],
    [1, () => text.insertEmbed(position, randomType(random, 1))],
    [1, () => text.setAttribute(randomKey(random), randomAny(random))],
    [1, () => text.removeAttribute(randomKey(random))],
    [
      1,
      () =>
        text.applyDelta([
          { retain: position },
          { insert: randomString(random) },
          { insert: '\n', attributes: { n: 1 } }
        ])
    ]
  ])()
}

const editSequence = (random, sequence, remove, elements) => {
  if (random.chance(remove)) {
    const from = random.below(sequence.length + 1)
    const length = Math.min(sequence.length - from, random.between(1, 3))
    if (length > 0) sequence.delete(from, length)
  } else {
    sequence.insert(random.below(sequence.length + 1), elements())
  }
}

const editMap = (random, map, remove) => {
  if (random.chance(remove)) {
    if (random.chance(0.1)) map.clear()
    else map.delete(randomKey(random))
  } else {
    map.set(randomKey(random), randomMapValue(random, 2))
  }
}

const editType = (random, type, remove, plain) => {
  if (type instanceof Y.Text) return editText(random, type, remove, plain)
  if (type instanceof Y.Map) return editMap(random, type, remove)
  if (type instanceof Y.Array) {
    if (random.chance(0.1)) return insertLegacyJson(random, type)
    return editSequence(random, type, remove, () => randomElements(random, 2))
  }
  if (type instanceof Y.XmlElement && random.chance(0.4)) {
    if (random.chance(remove)) type.removeAttribute(randomKey(random))
    else type.setAttribute(randomKey(random), random.chance(0.7) ? randomString(random) : randomAny(random))
    return undefined
  }
  return editSequence(random, type, remove, () => [randomXmlChild(random)])
}

// One random edit of a random type of `doc`, whose roots were opened by openRoots().
export const randomEdit = (random, doc, profile) => {
  const roots = openRoots(doc)
  const start = random.weighted(profile.roots.map((weight, i) => [weight, i]))
  let type = roots[start]
  let plain = start === 1
  while (random.chance(profile.descend)) {
    const children = childTypes(type)
    if (children.length === 0) break
    type = random.pick(children)
    plain = false
  }
  editType(random, type, profile.remove, plain)
}

// One keystroke where the last one was, or elsewhere. `cursor`: {after}, kept from one keystroke to the next.
export const typeOn = (random, doc, cursor) => {
  const text = doc.getText('plain')
  const last = cursor.after && Y.createAbsolutePositionFromRelativePosition(cursor.after, doc)
  const index = last && random.chance(0.97) ? last.index : random.pick(boundaries(text))
  if (index > 0 && random.chance(0.05) && !splitsPair(text.toString(), index - 1)) {
    text.delete(index - 1, 1)
    cursor.after = null
    return
  }
  const typed = random.chance(0.9) ? random.pick([...'abcdefghijklmnop ']) : random.pick(['é', '中', '😀'])
  text.insert(index, typed)
  cursor.after = Y.createRelativePositionFromTypeIndex(text, index + typed.length, -1)
}
