/** Who wrote which part of a rich text, in positions of ProseMirror. */
import type { Schema } from '@tiptap/pm/model'
import * as Y from 'yjs'
import type { Attributions, Maker } from './attributions'

export interface AuthoredRange {
  from: number
  to: number
  maker: Maker
  /** An image or a line, not text. */
  isNode: boolean
}

/** Parts by the same author are one where there is no longer pause between them. */
const pause_ms = 5 * 60_000

/** `fragment` is what the ProseMirror document was made from, with nothing in it that the schema does not know. */
export function authoredRanges(fragment: Y.XmlFragment, schema: Schema, attributions: Attributions): AuthoredRange[] {
  const ranges: AuthoredRange[] = []
  const add = (from: number, to: number, maker: Maker | undefined, isNode: boolean): void => {
    const last = ranges.at(-1)
    if (maker === undefined) return
    if (last !== undefined && !isNode && !last.isNode && last.to === from && continues(last.maker, maker)) last.to = to
    else ranges.push({ from, to, maker, isNode })
  }
  const addUnits = (item: Y.Item, at: number, isNode: boolean): void => {
    for (const { length, maker } of attributions.madeIn(item.id.client, item.id.clock, item.length)) {
      add(at, at + length, maker, isNode)
      at += length
    }
  }
  const walk = (parent: Y.XmlFragment, at: number): number => {
    for (const child of parent.toArray()) {
      if (child instanceof Y.XmlText) {
        for (let item = child._start; item !== null; item = item.right) {
          if (item.deleted || !item.countable) continue
          addUnits(item, at, false)
          at += item.length
        }
      } else if (child instanceof Y.XmlElement) {
        if (schema.nodes[child.nodeName]?.isLeaf !== true) {
          at = walk(child, at + 1) + 1
          continue
        }
        if (child._item !== null) addUnits(child._item, at, true)
        at += 1
      }
    }
    return at
  }
  walk(fragment, 0)
  return ranges
}

function continues(last: Maker, next: Maker): boolean {
  return last.author === next.author && Math.abs(last.time_ms - next.time_ms) <= pause_ms
}
