/** Changes of a text, as docs/PROTOCOL.md has them. Positions and lengths are UTF-16 code units, as in JavaScript. */

/** At `position` so many units are erased and the text comes. */
export type Splice = [position: number, erased: number, text: string]

/** In ascending order without overlap; all positions are those of the text before the change. */
export type Splices = readonly Readonly<Splice>[]

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000

/** Whether `position` is between the halves of a surrogate pair. */
export function cutsPair(text: string, position: number): boolean {
  return position > 0 && isHigh(text.charCodeAt(position - 1)) && isLow(text.charCodeAt(position))
}

/** The text after the change. Half a surrogate pair that is left over becomes U+FFFD, as in Yjs. */
export function splice(text: string, splices: Splices): string {
  const parts: string[] = []
  let at = 0
  const keep = (end: number): void => {
    const head = cutsPair(text, at) ? '\ufffd' : ''
    const tail = end > at && cutsPair(text, end) ? '\ufffd' : ''
    parts.push(head + text.slice(at + head.length, Math.max(at + head.length, end - tail.length)) + tail)
  }
  for (const [position, erased, inserted] of splices) {
    keep(position)
    parts.push(inserted)
    at = position + erased
  }
  keep(text.length)
  return parts.join('')
}

/**
 * `splices` and `over` are changes of the same text; gives the first one as a change of the text after `over`. What it
 * inserts comes behind what `over` inserted there, and it erases nothing that `over` inserted.
 */
export function transform(splices: Splices, over: Splices): Splice[] {
  const out: Splice[] = []
  for (const [position, erased, inserted] of splices) {
    if (inserted !== '') add(out, [movedBehind(position, over), 0, inserted])
    // What is still there of the erased units, piece by piece.
    let from = position
    for (const [otherPosition, otherErased] of over) {
      const start = Math.max(from, Math.min(position + erased, otherPosition))
      if (start > from) add(out, [movedBehind(from, over), start - from, ''])
      from = Math.max(from, Math.min(position + erased, otherPosition + otherErased))
      // An insertion within parts them, even where it erases nothing.
    }
    if (position + erased > from) add(out, [movedBehind(from, over), position + erased - from, ''])
  }
  return out
}

function add(out: Splice[], next: Splice): void {
  const last = out.at(-1)
  if (last !== undefined && last[0] + last[1] === next[0]) {
    last[1] += next[1]
    last[2] += next[2]
  } else {
    out.push(next)
  }
}

/** Where a position is after `over`: behind what was inserted there. */
export function movedBehind(position: number, over: Splices): number {
  let moved = position
  for (const [at, erased, inserted] of over) {
    if (at > position) break
    moved += inserted.length - Math.min(erased, position - at)
  }
  return moved
}

/** What leads from one text to another: at most one splice, around all that differs. */
export function difference(from: string, to: string): Splice[] {
  if (from === to) return []
  const shorter = Math.min(from.length, to.length)
  let head = 0
  while (head < shorter && from[head] === to[head]) head++
  if (cutsPair(from, head) || cutsPair(to, head)) head--
  let tail = 0
  while (tail < shorter - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++
  if (cutsPair(from, from.length - tail) || cutsPair(to, to.length - tail)) tail--
  return [[head, from.length - tail - head, to.slice(head, to.length - tail)]]
}
