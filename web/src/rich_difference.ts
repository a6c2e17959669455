/** What became of a rich text between two moments. No DOM: `test/rich_difference.test.ts` drives it. */
import { ChangeSet, simplifyChanges, type Change, type TokenEncoder } from '@tiptap/pm/changeset'
import { Mark, type Node } from '@tiptap/pm/model'
import { StepMap } from '@tiptap/pm/transform'

/** Positions in the later document; `of` is the range of the earlier one that was removed. */
export type RichChange =
  | { kind: 'added'; from: number; to: number }
  | { kind: 'removed'; at: number; of: { from: number; to: number } }
  | { kind: 'changed'; from: number; to: number; isNode: boolean; what: string }

/** In the order of their positions, what was removed before what was added in its place. */
export function richChanges(before: Node, after: Node): RichChange[] {
  const { changes } = ChangeSet.create(before, undefined, tokens).addSteps(after, editedRuns(before, after), null)
  const found: RichChange[] = []
  let a = 0
  let b = 0
  for (const change of simplifyChanges(changes, after)) {
    const shift = Math.min(change.fromB - b, wordShift(before, after, change))
    const fromA = change.fromA - shift
    const toA = change.toA - shift
    const fromB = change.fromB - shift
    const toB = change.toB - shift
    found.push(...changedFormats(before, a, after, b, fromB))
    if (fromA < toA) found.push({ kind: 'removed', at: fromB, of: { from: fromA, to: toA } })
    if (fromB < toB) found.push({ kind: 'added', from: fromB, to: toB })
    a = toA
    b = toB
  }
  found.push(...changedFormats(before, a, after, b, after.content.size))
  return found
}

/** Letters and the skeleton of the document. Formats are compared later, where letters stayed. */
const tokens: TokenEncoder<string | number> = {
  encodeCharacter: (character) => character,
  encodeNodeStart: (node) => (node.isLeaf ? JSON.stringify(node.toJSON()) : skeleton(node)),
  encodeNodeEnd: (node) => `/${skeleton(node)}`,
  compareTokens: (one, other) => one === other
}

/** A paragraph that becomes a heading stays the same block, and so does a list that gets numbers. */
function skeleton(node: Node): string {
  if (node.isTextblock) return 'text'
  return node.type.name.endsWith('List') ? 'list' : node.type.name
}

/**
 * One step for each run of blocks that differ, the first one first. Letters are compared within each run only, so
 * changes far apart in a long document are found one by one.
 */
function editedRuns(before: Node, after: Node): StepMap[] {
  const one = before.children.map((block) => JSON.stringify(block.toJSON()))
  const other = after.children.map((block) => JSON.stringify(block.toJSON()))
  const sizeOf = (doc: Node, from: number, to: number): number =>
    doc.children.slice(from, to).reduce((size, block) => size + block.nodeSize, 0)
  const runs: StepMap[] = []
  let i = 0
  let j = 0
  for (const [keptOne, keptOther] of [...keptBlocks(one, other), [one.length, other.length] as const]) {
    // Blocks that occur more than once are no anchors, but beside one they are the same.
    let endOne = keptOne
    let endOther = keptOther
    for (; i < endOne && j < endOther && one[i] === other[j]; i++) j++
    for (; i < endOne && j < endOther && one[endOne - 1] === other[endOther - 1]; endOne--) endOther--
    if (i < endOne || j < endOther) {
      runs.push(new StepMap([sizeOf(after, 0, j), sizeOf(before, i, endOne), sizeOf(after, j, endOther)]))
    }
    i = keptOne + 1
    j = keptOther + 1
  }
  return runs
}

/** Pairs of equal blocks, rising on both sides: the longest such list of those that occur once on each side. */
function keptBlocks(one: string[], other: string[]): (readonly [number, number])[] {
  const places = (blocks: string[]): Map<string, number> => {
    const found = new Map<string, number>()
    blocks.forEach((block, i) => found.set(block, found.has(block) ? -1 : i))
    return found
  }
  const [inOne, inOther] = [places(one), places(other)]
  type Link = { pair: readonly [number, number]; before: Link | undefined }
  const piles: Link[] = [] // the last pair of the best list of each length
  for (const [block, i] of inOne) {
    const j = inOther.get(block) ?? -1
    if (i < 0 || j < 0) continue
    let [low, high] = [0, piles.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((piles[middle]?.pair[1] ?? 0) < j) low = middle + 1
      else high = middle
    }
    piles[low] = { pair: [i, j], before: piles[low - 1] }
  }
  const kept: (readonly [number, number])[] = []
  for (let link = piles.at(-1); link !== undefined; link = link.before) kept.unshift(link.pair)
  return kept
}

/** How far to the left letters that only came, or only went, can be moved so that they begin with a word. */
function wordShift(before: Node, after: Node, { fromA, toA, fromB, toB }: Change): number {
  if (fromA < toA && fromB < toB) return 0
  const [doc, from, length] = fromA === toA ? [after, fromB, toB - fromB] : [before, fromA, toA - fromA]
  const { parent, parentOffset } = doc.resolve(from)
  if (!parent.isTextblock || parentOffset + length > parent.content.size) return 0
  const text = parent.textBetween(0, parent.content.size, undefined, '\ufffc')
  for (let start = parentOffset; ; start--) {
    if (start === 0 || /\s/.test(text.charAt(start - 1))) return parentOffset - start
    if (text[start - 1] !== text[start - 1 + length]) return 0
  }
}

/** Other formats and other kinds of blocks in a part that has the same letters in both: from `a`, and from `b` to `end`. */
function* changedFormats(before: Node, a: number, after: Node, b: number, end: number): Generator<RichChange> {
  while (b < end) {
    const [older, newer] = [before.nodeAt(a), after.nodeAt(b)]
    let length = 1
    if (older !== null && newer !== null) {
      const from = b
      if (older.isText && newer.isText) {
        const [restA, restB] = [restOfText(before, older, a), restOfText(after, newer, b)]
        length = Math.min(restA, restB, end - b)
        const what = changedMarks(older.marks, newer.marks)
        if (what !== '') yield { kind: 'changed', from, to: from + length, isNode: false, what }
      } else if (!older.hasMarkup(newer.type, newer.attrs, older.marks)) {
        yield { kind: 'changed', from, to: from + newer.nodeSize, isNode: true, what: `was ${nameOf(older)}` }
      }
    }
    a += length
    b += length
  }
}

function restOfText(doc: Node, text: Node, at: number): number {
  return text.nodeSize - doc.resolve(at).textOffset
}

function changedMarks(older: readonly Mark[], newer: readonly Mark[]): string {
  if (Mark.sameSet(older, newer)) return ''
  const names = (marks: readonly Mark[], others: readonly Mark[], sign: string): string[] =>
    marks.filter((mark) => !mark.isInSet(others)).map((mark) => `${sign} ${mark.type.name}`)
  return [...names(newer, older, 'now'), ...names(older, newer, 'no longer')].join(', ')
}

function nameOf(node: Node): string {
  const level: unknown = node.attrs.level
  const words = node.type.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return typeof level === 'number' ? `${words} ${level}` : words
}
