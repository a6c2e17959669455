/** The avatars in the bar and the panel behind them: who is here, my own name, the link to hand on. */
import { personClass } from './colors'
import { h, icon } from './dom'
import { cleanName, initials, maxNameLength } from './identity'
import { narrow } from './layout'
import { documentOfPath, livePath } from './names'
import type { Person } from './people'

/** More avatars than these become a number; a phone has less room. */
const avatarsWide = 4
const avatarsNarrow = 2

export class PeoplePanel {
  readonly button: HTMLButtonElement
  readonly panel: HTMLElement
  /** Gets my new name, cleaned and not empty, when I have entered it. */
  onRename: (name: string) => void = () => {}
  private readonly avatars = h('span', { class: 'avatars', 'aria-hidden': 'true' })
  private readonly label = h('span', { class: 'visually-hidden' })
  private readonly list = h('ul', { class: 'people' })
  private readonly nameField: HTMLInputElement
  private people: Person[] = []
  /** What is shown, to leave it alone when nothing has changed: who is pressed must still be there when let go. */
  private shown = ''

  constructor(name: string) {
    this.nameField = h('input', {
      id: 'my-name',
      value: name,
      maxlength: maxNameLength,
      autocomplete: 'nickname',
      spellcheck: 'false'
    })
    this.button = h(
      'button',
      { type: 'button', class: 'people-button', popovertarget: 'people-panel', 'aria-haspopup': 'dialog' },
      this.label,
      this.avatars
    )
    this.panel = h(
      'div',
      { id: 'people-panel', class: 'panel', popover: 'auto', role: 'dialog', 'aria-label': 'People' },
      this.nameForm(),
      h('h2', { class: 'panel-heading' }, 'Here now'),
      this.list,
      h('div', { class: 'panel-links' }, linkButton(), liveLink())
    )
    narrow.addEventListener('change', () => this.show(this.people))
  }

  show(people: Person[]): void {
    this.people = people
    const next = JSON.stringify([narrow.matches, people])
    if (next === this.shown) return
    this.shown = next
    const names = people.map((person) => (person.isSelf ? 'you' : person.name)).join(', ')
    const count = people.length === 1 ? '1 person' : `${people.length} people`
    this.label.textContent = `${count} here: ${names}`
    this.avatars.replaceChildren(...this.stack(people))
    this.list.replaceChildren(
      ...people.map((person) =>
        h(
          'li',
          {},
          avatar(person),
          h('span', { class: 'person-name' }, person.name),
          person.isSelf && h('span', { class: 'muted' }, 'you')
        )
      )
    )
  }

  /** Mine is the outermost and never moves; the others line up to its left. */
  private stack(people: Person[]): Node[] {
    const most = narrow.matches ? avatarsNarrow : avatarsWide
    const shown = people.length > most ? people.slice(0, most - 1) : people
    const nodes: Node[] = shown.map(avatar)
    if (shown.length < people.length)
      nodes.push(h('span', { class: 'avatar more' }, `+${people.length - shown.length}`))
    return nodes.reverse()
  }

  private nameForm(): HTMLFormElement {
    const form = h(
      'form',
      { class: 'name-form' },
      h('label', { for: 'my-name' }, 'Your name'),
      h('div', { class: 'field-row' }, this.nameField, h('button', { class: 'button' }, 'Save name'))
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const name = cleanName(this.nameField.value)
      if (name === '') {
        this.nameField.focus()
        return
      }
      this.nameField.value = name
      this.onRename(name)
      this.panel.hidePopover()
    })
    return form
  }
}

function avatar(person: Person): HTMLElement {
  return h('span', { class: `avatar ${personClass(person.color)}`, title: person.name }, initials(person.name))
}

/** To the page that only shows the text, which rich documents have none of. */
function liveLink(): HTMLElement | null {
  const place = documentOfPath(location.pathname)
  return place?.kind === 'text' ? h('a', { class: 'button wide', href: livePath(place.name) }, 'Live page') : null
}

/** Copies the page's address. Browsers offer the clipboard only to pages from this machine or over TLS. */
function linkButton(): HTMLElement | null {
  if (navigator.clipboard === undefined) return null
  const label = h('span', {}, 'Copy link')
  const button = h(
    'button',
    { type: 'button', class: 'button wide' },
    icon(
      'M8.5 11.5a3 3 0 0 0 4.2 0l2.6-2.6a3 3 0 0 0-4.2-4.2l-.9.9',
      'M11.5 8.5a3 3 0 0 0-4.2 0l-2.6 2.6a3 3 0 0 0 4.2 4.2l.9-.9'
    ),
    label
  )
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(location.href).then(
      () => (label.textContent = 'Link copied'),
      () => (label.textContent = 'Copying is blocked')
    )
  })
  return button
}
