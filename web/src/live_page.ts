/**
 * A document for reading only, as it is being written: text, who is there, and what is saved, all by server-sent
 * events. No Yjs, no editor; the browser's EventSource reconnects and resumes by itself.
 */
import { cutsPair, splice, type Splices } from '../thin/src/splices'
import { Announcer } from './announcer'
import { documentBar } from './bar'
import { colorOf, personClass } from './colors'
import { h } from './dom'
import { cleanName, initials } from './identity'
import { documentPath, splitName } from './names'

type State = 'connecting' | 'saving' | 'saved' | 'offline'

const words: Record<State, string> = {
  connecting: 'Connecting…',
  saving: 'Saving…',
  saved: 'Saved',
  offline: 'Reconnecting…'
}

/** The browser gives up where it is answered by an error; we ask again after this time. */
const retry_ms = 3_000
const mostAvatars = 6

interface Person {
  id: number
  name: string
  color: string
}

export function showLivePage(app: HTMLElement, name: string): void {
  document.title = `${splitName(name).leaf} · live · Stet`
  const announcer = new Announcer()
  const status = h('p', { class: 'status', id: 'status', 'data-state': 'connecting' })
  const word = h('span', { class: 'status-word' }, words.connecting)
  status.append(word, h('span', { class: 'status-detail' }, 'for reading only'))
  const people = h('div', { class: 'live-people', role: 'img' })
  const text = document.createTextNode('')
  const page = h('pre', { class: 'live-text' })
  page.append(text)
  const empty = h('p', { class: 'live-empty muted', hidden: true }, 'Nothing is written here yet.')
  app.replaceChildren(
    documentBar(name, status, people, h('a', { class: 'button', href: documentPath(name, 'text') }, 'Edit')),
    h('main', { id: 'main', class: 'live', tabindex: -1 }, page, empty),
    announcer.element
  )

  let version = 0
  let durable = 0
  let isConnected = false

  const showState = (): void => {
    const wasOffline = status.dataset.state === 'offline'
    const state: State = isConnected ? (durable >= version ? 'saved' : 'saving') : 'offline'
    status.dataset.state = state
    word.textContent = words[state]
    empty.hidden = text.data !== ''
    if (state === 'offline' && !wasOffline) announcer.say('The connection is lost. Reconnecting.')
    if (state !== 'offline' && wasOffline) announcer.say('Connected again.')
  }

  const showPeople = (here: Person[]): void => {
    const shown = here.length > mostAvatars ? here.slice(0, mostAvatars - 1) : here
    people.replaceChildren(
      ...shown.map(({ id, name, color }) =>
        h('span', { class: `avatar ${personClass(colorOf(color, id))}`, title: clean(name) }, initials(clean(name)))
      )
    )
    if (shown.length < here.length) {
      people.append(h('span', { class: 'avatar more' }, `+${here.length - shown.length}`))
    }
    const names = here.map(({ name }) => clean(name)).join(', ')
    people.ariaLabel = here.length === 0 ? 'Nobody is writing' : `Here: ${names}`
  }

  const connect = (): void => {
    const source = new EventSource(`/api/docs/${encodeURIComponent(name)}/events`)
    const on = <T>(event: string, take: (data: T) => void): void => {
      source.addEventListener(event, (message) => {
        isConnected = true
        take(JSON.parse((message as MessageEvent<string>).data) as T)
        showState()
      })
    }
    on<{ version: number; text: string }>('text', (whole) => {
      version = whole.version
      text.data = whole.text
    })
    on<{ version: number; splices: Splices }>('delta', (delta) => {
      version = delta.version
      change(text, delta.splices)
    })
    on<{ version: number }>('durable', (upTo) => (durable = upTo.version))
    on<{ people: Person[] }>('presence', ({ people: here }) => showPeople(here))
    source.addEventListener('error', () => {
      isConnected = false
      showState()
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, retry_ms)
    })
  }
  showPeople([])
  connect()
}

const clean = (name: string): string => cleanName(name) || 'Someone'

/** In place, so that a selection outside of the change stays. */
function change(text: Text, splices: Splices): void {
  const cuts = splices.some(([at, erased]) => cutsPair(text.data, at) || cutsPair(text.data, at + erased))
  if (cuts) {
    text.data = splice(text.data, splices)
    return
  }
  for (const [position, erased, inserted] of [...splices].reverse()) text.replaceData(position, erased, inserted)
}
