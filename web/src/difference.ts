/** What became of a text, part by part. No DOM: `test/difference.test.ts` drives it. */
import type { Delta } from './history_api'

export interface Change {
  kind: 'kept' | 'added' | 'removed'
  text: string
}

/** Applies a delta to the text that it starts from, and keeps what it removes. What is no text shows as U+FFFC. */
export function changesOf(before: string, delta: Delta): Change[] {
  const changes: Change[] = []
  const push = (kind: Change['kind'], text: string): void => {
    const last = changes.at(-1)
    if (text === '') return
    if (last?.kind === kind) last.text += text
    else changes.push({ kind, text })
  }
  let at = 0
  for (const { retain = 0, delete: removed = 0, insert } of delta) {
    push('kept', before.slice(at, at + retain))
    push('removed', before.slice(at + retain, at + retain + removed))
    at += retain + removed
    if (insert !== undefined) push('added', typeof insert === 'string' ? insert : '\ufffc')
  }
  push('kept', before.slice(at))
  return changes
}
