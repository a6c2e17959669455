/** The page of one document: the bar with its state and its people, and the editor. */
import { Announcer } from './announcer'
import { createDocument, findDocument } from './api'
import { meet } from './authors'
import { bar, documentBar } from './bar'
import type { DocumentEditor } from './document_editor'
import { h } from './dom'
import { HistoryPanel } from './history_panel'
import { loadIdentity, saveIdentity } from './identity'
import type { MomentView } from './moment_view'
import { documentPath, nameProblem, splitName, type DocumentKind } from './names'
import { announce, avoidSharedColor, peopleOf } from './people'
import { PeoplePanel } from './people_panel'
import { refusalNotice } from './refusal'
import type { Refusal, Session, SessionListener } from './session'
import { StatusLine } from './status'

/** What differs between the kinds of documents. */
interface Kind extends MomentView {
  openSession(name: string, author: string, listener: SessionListener): Promise<Session>
  createEditor(host: HTMLElement, session: Session): DocumentEditor
}

const kinds: Record<DocumentKind, () => Promise<Kind>> = {
  text: async () => ({
    ...(await import('./text_session')),
    ...(await import('./text_editor')),
    ...(await import('./text_moment'))
  }),
  rich: async () => ({
    ...(await import('./rich_session')),
    ...(await import('./rich_editor')),
    ...(await import('./rich_moment'))
  })
}

export async function showDocumentPage(app: HTMLElement, name: string, kind: DocumentKind): Promise<void> {
  const problem = nameProblem(name)
  if (problem !== null) {
    showBadName(app, problem)
    return
  }
  if ((await kindOf(name, kind)) !== kind) {
    location.replace(documentPath(name, kind === 'text' ? 'rich' : 'text'))
    return
  }
  document.title = `${splitName(name).leaf} · Stet`
  const announcer = new Announcer()
  const status = new StatusLine(announcer.say)
  const identity = loadIdentity()
  const people = new PeoplePanel(identity.name)
  const main = h('main', { id: 'main', class: 'editor', tabindex: -1 })
  const history = new HistoryPanel(name, () => identity.name, kinds[kind])
  app.replaceChildren(
    documentBar(name, status.element, history.button, people.button),
    main,
    people.panel,
    history.dialog,
    announcer.element
  )
  people.show([{ clientId: 0, name: identity.name, color: identity.color, isSelf: true }])

  const { openSession, createEditor } = await kinds[kind]()
  const session = await openSession(name, identity.name, {
    stateChanged: (state) => status.show(state, session.copy.isWorking),
    refused: showRefusal
  })
  const { awareness } = session
  const editor = createEditor(main, session)
  let notice: HTMLElement | undefined
  people.onRename = (newName) => {
    identity.name = newName
    saveIdentity(identity)
    session.setAuthor(newName)
    announce(awareness, identity)
  }
  awareness.on('change', () => {
    avoidSharedColor(awareness, identity)
    const here = peopleOf(awareness)
    people.show(here)
    meet(here)
  })
  addEventListener('beforeunload', (event) => {
    if (session.wouldLoseEdits) event.preventDefault()
  })
  announce(awareness, identity)
  session.connect()
  editor.focus()

  function showRefusal(refusal: Refusal): void {
    notice?.remove()
    notice = refusalNotice(refusal, session.state.unsaved, {
      text: () => editor.text(),
      retry: () => {
        notice?.remove()
        editor.setReadOnly(false)
        session.retry()
      },
      discard: async () => {
        await session.copy.discard()
        location.reload()
      }
    })
    app.append(notice)
    editor.setReadOnly(true)
  }
}

/** How long a page waits for the server before it shows what this browser has. */
const patience_ms = 2000

/**
 * The kind that the document was created with. One that does not exist yet becomes what the address says; so does any
 * while the server does not answer, for then this browser's copy is all there is.
 */
async function kindOf(name: string, addressed: DocumentKind): Promise<DocumentKind> {
  try {
    const info = await findDocument(name, AbortSignal.timeout(patience_ms))
    if (info !== null) return info.kind
    return addressed === 'text' ? addressed : (await createDocument(name, addressed)).kind
  } catch {
    return addressed
  }
}

function showBadName(app: HTMLElement, problem: string): void {
  document.title = 'Stet'
  app.replaceChildren(
    bar(),
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
