/** Speaks to screen readers without showing anything. */
import { h } from './dom'

export class Announcer {
  readonly element = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' })

  readonly say = (sentence: string): void => {
    this.element.textContent = sentence
  }
}
