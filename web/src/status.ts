/** What is saved, in words: the line under the document's name, and what a screen reader is told. */
import { h } from './dom'
import { narrow } from './layout'
import type { SavedKind, SavedState } from './saved'

/** “Saved” waits until the typing pauses, so that the word does not flicker with each key. It is never early. */
const calm_ms = 300

const words: Record<SavedKind, string> = {
  connecting: 'Connecting…',
  saving: 'Saving…',
  saved: 'Saved',
  offline: 'Offline',
  refused: 'Disconnected'
}

export class StatusLine {
  readonly element: HTMLElement
  private readonly word = h('span', { class: 'status-word' })
  private readonly detail = h('span', { class: 'status-detail' })
  private shown: SavedKind = 'connecting'
  private calm: ReturnType<typeof setTimeout> | undefined

  /** `announce` speaks a sentence to screen readers: only for changes that matter, not for each saved edit. */
  constructor(private readonly announce: (sentence: string) => void) {
    this.element = h('p', { class: 'status', id: 'status' }, this.word, this.detail)
    this.render('connecting', '')
  }

  /** `isKept`: whether this browser keeps the unsaved edits. */
  show(state: SavedState, isKept: boolean): void {
    clearTimeout(this.calm)
    if (state.kind === 'saved' && this.shown === 'saving') {
      this.calm = setTimeout(() => this.render('saved', ''), calm_ms)
    } else {
      this.render(state.kind, detailOf(state, isKept))
    }
  }

  private render(kind: SavedKind, detail: string): void {
    if (kind !== this.shown) this.speak(kind, detail)
    this.shown = kind
    this.element.dataset.state = kind
    this.word.textContent = words[kind]
    this.detail.textContent = detail
    this.element.title = kind === 'saved' ? 'Everything you wrote is on the server’s disk.' : ''
  }

  private speak(kind: SavedKind, detail: string): void {
    if (kind === 'offline') this.announce(`Offline. ${detail || 'You can go on writing.'}`)
    if (kind === 'saved' && this.shown !== 'saving') this.announce('Connected. Everything is saved.')
    if (kind === 'saving' && this.shown === 'offline') this.announce('Connected again.')
  }
}

/** How many edits wait, and where they are safe meanwhile. */
function detailOf({ kind, unsaved }: SavedState, isKept: boolean): string {
  if (unsaved === 0 || kind === 'saving' || kind === 'saved') return ''
  const edits = unsaved === 1 ? '1 edit' : `${unsaved} edits`
  if (!isKept) return `${edits} only in this tab`
  return narrow.matches ? `${edits} kept here` : `${edits} kept in this browser`
}
