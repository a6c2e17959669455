import { h } from './dom'

/**
 * The wordmark. Proofreaders put dots under struck-out words that are to stay and write "stet" beside them: let it
 * stand. The same dots mark what is saved.
 */
export function brand(): HTMLAnchorElement {
  return h(
    'a',
    { class: 'brand', href: '/', 'aria-label': 'Stet: all documents' },
    h('span', { class: 'stet-dots' }, 'stet')
  )
}
