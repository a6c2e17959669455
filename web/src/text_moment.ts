/** A plain text as it was, with who wrote what in their colours, and what became of it. */
import { authorMark } from './authors'
import { changesOf, type Change } from './difference'
import { h } from './dom'
import type { EditFilter, HistoryApi } from './history_api'

export async function showMoment(host: HTMLElement, history: HistoryApi, seq: number): Promise<number> {
  const { head_seq, parts } = await history.authors(seq)
  const spans = parts.map(({ text, author, last_ms }) =>
    h('span', author === undefined ? {} : authorMark(author, last_ms ?? 0), text)
  )
  host.replaceChildren(h('div', { class: 'moment-text' }, ...spans))
  return head_seq
}

export async function showDifference(host: HTMLElement, history: HistoryApi, from: number, to: number): Promise<void> {
  const [{ text }, { delta }] = await Promise.all([history.text(from), history.difference(from, to)])
  showChanges(host, changesOf(text, delta))
}

export async function showPreview(
  host: HTMLElement,
  history: HistoryApi,
  filter: EditFilter,
  user: string
): Promise<boolean> {
  const { seq, changed, delta } = await history.preview(filter, user)
  if (changed) showChanges(host, changesOf((await history.text(seq)).text, delta))
  return changed
}

function showChanges(host: HTMLElement, changes: Change[]): void {
  const tags = { kept: 'span', added: 'ins', removed: 'del' } as const
  const text = h('div', { class: 'moment-text' }, ...changes.map(({ kind, text }) => h(tags[kind], {}, text)))
  host.replaceChildren(text)
}
