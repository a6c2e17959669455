/** Which edits are to be taken back: those of somebody, of one session, with a tag, or from one edit to another. */
import { nameOfAuthor } from './authors'
import { h } from './dom'
import type { Activity, EditFilter } from './history_api'
import { timeAgo } from './time'

const kinds = {
  author: 'everything by',
  session: 'one session of',
  tag: 'everything tagged',
  interval: 'edits from'
} as const
type Kind = keyof typeof kinds

export class TakeBackForm {
  readonly element: HTMLFormElement
  private readonly kind = h('select', { id: 'take-back-kind', class: 'field' })
  private readonly value = h('select', { class: 'field', 'aria-label': 'Whose' })
  private readonly first = h('input', { type: 'number', min: 1, class: 'field', 'aria-label': 'First edit' })
  private readonly last = h('input', { type: 'number', min: 1, class: 'field', 'aria-label': 'Last edit' })
  private readonly interval = h('span', { class: 'take-back-interval' }, this.first, ' to ', this.last)
  private activities: Activity[] = []
  private current: Activity | undefined

  /** `preview` gets the edits that were chosen. */
  constructor(preview: (filter: EditFilter) => void, cancel: () => void) {
    const cancelButton = h('button', { type: 'button', class: 'button' }, 'Cancel')
    this.element = h(
      'form',
      { class: 'take-back', hidden: true },
      h('label', { for: 'take-back-kind' }, 'Take back'),
      this.kind,
      this.value,
      this.interval,
      cancelButton,
      h('button', { class: 'button primary' }, 'Preview')
    )
    cancelButton.addEventListener('click', cancel)
    this.kind.addEventListener('change', () => this.offerValues())
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      preview(this.filter())
    })
  }

  /** Offers what these activities tell; `current` is suggested, and the edits from one to another. */
  open(activities: Activity[], current: Activity | undefined, first: number, last: number, head: number): void {
    this.activities = activities
    this.current = current
    const offered = (Object.keys(kinds) as Kind[]).filter((kind) => kind === 'interval' || this.values(kind).size > 0)
    this.kind.replaceChildren(...offered.map((kind) => h('option', { value: kind }, kinds[kind])))
    for (const [input, value] of [
      [this.first, first],
      [this.last, last]
    ] as const) {
      input.max = String(head)
      input.value = String(value)
    }
    this.offerValues()
    this.element.hidden = false
    this.kind.focus()
  }

  private offerValues(): void {
    const options = [...this.values(this.kind.value as Kind)].map(([value, label]) => h('option', { value }, label))
    this.value.replaceChildren(...options)
    this.value.hidden = options.length === 0
    this.interval.hidden = options.length > 0
  }

  /** What can be chosen, with its label: the first of the activities first. */
  private values(kind: Kind): Map<string, string> {
    const values = new Map<string, string>()
    const offer = (value: string, label: string): unknown => values.has(value) || values.set(value, label)
    for (const activity of this.current === undefined ? this.activities : [this.current, ...this.activities]) {
      const { author, sessions, tags, last_ms } = activity
      const name = nameOfAuthor(author)
      if (kind === 'author') offer(author, name)
      if (kind === 'session') {
        const when = activity === this.current ? 'of the edit shown' : timeAgo(last_ms, Date.now())
        for (let i = sessions.length; i > 0; i--) {
          offer(sessions[i - 1] ?? '', `${name}, ${when}${sessions.length > 1 ? ` (${i} of ${sessions.length})` : ''}`)
        }
      }
      if (kind === 'tag') for (const tag of tags) offer(tag, tag)
    }
    return values
  }

  private filter(): EditFilter {
    if (this.kind.value !== 'interval') return { [this.kind.value]: this.value.value }
    const [first, last] = [Number(this.first.value), Number(this.last.value)]
    return { after_seq: Math.max(0, Math.min(first, last) - 1), to_seq: Math.max(first, last) }
  }
}
