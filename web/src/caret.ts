/** Another person's cursor, as every editor shows it. */
import { personClass } from './colors'
import { h } from './dom'
import type { Person } from './people'

export function caretElement(person: Person): HTMLElement {
  return h(
    'span',
    { class: `peer-caret ${personClass(person.color)}`, 'aria-hidden': 'true' },
    h('span', { class: 'peer-name' }, person.name)
  )
}
