/** The notice of a document that the server will not serve to this page: what happened and what can be done. */
import { h } from './dom'
import type { Refusal } from './session'

interface Actions {
  text(): string
  retry(): void
  discard(): Promise<void>
}

const explanations: Record<number, string> = {
  4400: 'The server could not accept an edit from this page and has ended the connection.',
  4401: 'You have to sign in to open this document.',
  4403: 'You are not allowed to open this document.',
  4404: 'This document does not exist on the server.'
}

/** One plain sentence for a close code. */
export function explain({ code }: Refusal): string {
  return explanations[code] ?? `The server has ended the connection and will not take it again (code ${code}).`
}

export function refusalNotice(refusal: Refusal, unsaved: number, actions: Actions): HTMLElement {
  const copy = h('button', { type: 'button', class: 'button' }, 'Copy the text')
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(actions.text()).then(
      () => (copy.textContent = 'Copied'),
      () => (copy.textContent = 'Copying is blocked')
    )
  })
  const retry = h('button', { type: 'button', class: 'button primary' }, 'Try again')
  retry.addEventListener('click', actions.retry)
  // Edits that can never be accepted would be sent again with each visit.
  const discard = h('button', { type: 'button', class: 'button danger' }, 'Discard my unsaved edits')
  discard.addEventListener('click', () => void actions.discard())
  return h(
    'div',
    { class: 'notice', role: 'alert' },
    h('p', { class: 'notice-title' }, explain(refusal)),
    refusal.reason !== '' && h('p', { class: 'muted' }, `The server says: ${refusal.reason}`),
    unsaved > 0 && h('p', {}, `${unsaved === 1 ? 'One edit is' : `${unsaved} edits are`} not on the server.`),
    h(
      'div',
      { class: 'notice-actions' },
      retry,
      navigator.clipboard !== undefined && copy,
      refusal.code === 4400 && unsaved > 0 && discard
    )
  )
}
