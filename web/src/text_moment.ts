/** A plain text as it was, with who wrote what in their colours. */
import { colorOfAuthor } from './authors'
import { personClass } from './colors'
import { h } from './dom'
import type { HistoryApi } from './history_api'
import { timeAgo } from './time'

export async function showMoment(host: HTMLElement, history: HistoryApi, seq: number): Promise<number> {
  const { head_seq, parts } = await history.authors(seq)
  const spans = parts.map(({ text, author, last_ms }) =>
    author === undefined
      ? h('span', {}, text)
      : h(
          'span',
          {
            class: `written ${personClass(colorOfAuthor(author))}`,
            title: `${author || 'Someone'}, ${timeAgo(last_ms ?? 0, Date.now())}`
          },
          text
        )
  )
  host.replaceChildren(h('div', { class: 'moment-text' }, ...spans))
  return head_seq
}
