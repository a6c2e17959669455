/** The page of one document: the bar with its state and its people, and the editor. */
import { Announcer } from './announcer'
import { brand } from './brand'
import { h } from './dom'
import { createEditor, setReadOnly } from './editor'
import { loadIdentity, saveIdentity } from './identity'
import { nameProblem, splitName } from './names'
import { announce, avoidSharedColor, peopleOf } from './people'
import { PeoplePanel } from './people_panel'
import { refusalNotice } from './refusal'
import { openSession, type Refusal } from './session'
import { StatusLine } from './status'
import { themeToggle } from './theme'

export async function showEditorPage(app: HTMLElement, name: string): Promise<void> {
  const problem = nameProblem(name)
  if (problem !== null) {
    showBadName(app, problem)
    return
  }
  document.title = `${splitName(name).leaf} · Stet`
  const announcer = new Announcer()
  const status = new StatusLine(announcer.say)
  const identity = loadIdentity()
  const people = new PeoplePanel(identity.name)
  const main = h('main', { id: 'main', class: 'editor', tabindex: -1 })
  app.replaceChildren(bar(name, status.element, people.button), main, people.panel, announcer.element)
  people.show([{ clientId: 0, name: identity.name, color: identity.color, isSelf: true }])

  const session = await openSession(name, identity.name, {
    stateChanged: (state) => status.show(state, session.copy.isWorking),
    refused: showRefusal
  })
  const { awareness, text } = session
  const view = createEditor(main, text, awareness)
  let notice: HTMLElement | undefined
  people.onRename = (newName) => {
    identity.name = newName
    saveIdentity(identity)
    session.setAuthor(newName)
    announce(awareness, identity)
  }
  awareness.on('change', () => {
    avoidSharedColor(awareness, identity)
    people.show(peopleOf(awareness))
  })
  addEventListener('beforeunload', (event) => {
    if (session.wouldLoseEdits) event.preventDefault()
  })
  announce(awareness, identity)
  session.connect()
  view.focus()

  function showRefusal(refusal: Refusal): void {
    notice?.remove()
    notice = refusalNotice(refusal, session.state.unsaved, {
      text: () => text.toString(),
      retry: () => {
        notice?.remove()
        setReadOnly(view, false)
        session.retry()
      },
      discard: async () => {
        await session.copy.discard()
        location.reload()
      }
    })
    app.append(notice)
    setReadOnly(view, true)
  }
}

function bar(name: string, status: HTMLElement, peopleButton: HTMLElement): HTMLElement {
  const { folder, leaf } = splitName(name)
  const heading = h(
    'h1',
    { class: 'document-name', title: name },
    folder && h('span', { class: 'muted' }, folder + '/'),
    leaf
  )
  return h(
    'header',
    { class: 'bar' },
    h('nav', { 'aria-label': 'Stet' }, brand()),
    h('div', { class: 'document-head' }, heading, status),
    h('div', { class: 'bar-end' }, peopleButton, themeToggle())
  )
}

function showBadName(app: HTMLElement, problem: string): void {
  document.title = 'Stet'
  app.replaceChildren(
    h(
      'header',
      { class: 'bar' },
      h('nav', { 'aria-label': 'Stet' }, brand()),
      h('div', { class: 'bar-end' }, themeToggle())
    ),
    h(
      'main',
      { id: 'main', class: 'page', tabindex: -1 },
      h(
        'div',
        { class: 'empty' },
        h('h1', {}, 'No document can have this name'),
        h('p', {}, problem),
        h('a', { class: 'button primary', href: '/' }, 'All documents')
      )
    )
  )
}
