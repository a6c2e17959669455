/** The list of documents: find one, open it, create one. */
import { listDocuments, type DocumentInfo } from './api'
import { bar } from './bar'
import { CreateDialog } from './create_dialog'
import { h, icon } from './dom'
import { documentPath, splitName } from './names'
import { timeAgo } from './time'

const pageSize = 100
const typingPause_ms = 150
/** How often the list is brought up to date while somebody looks at it. */
const refreshEvery_ms = 5000

export function showListPage(app: HTMLElement): void {
  new ListPage(app).start()
}

class ListPage {
  private readonly search = h('input', {
    type: 'search',
    id: 'search',
    class: 'field search-field',
    placeholder: 'Search documents',
    'aria-label': 'Search documents',
    'aria-controls': 'documents',
    'aria-keyshortcuts': '/',
    autocomplete: 'off',
    spellcheck: 'false'
  })
  private readonly list = h('ul', { id: 'documents', class: 'documents' })
  private readonly empty = h('div', { class: 'empty', hidden: true })
  /** Says how many were found, or that the server does not answer; its line is always there. */
  private readonly summary = h('p', { class: 'summary', role: 'status' }, '\u00a0')
  private readonly create = new CreateDialog()
  private request: AbortController | undefined
  private pause: ReturnType<typeof setTimeout> | undefined
  /** What the list shows, to leave it alone when nothing has changed. */
  private shown = ''

  constructor(private readonly app: HTMLElement) {}

  start(): void {
    const newButton = h(
      'button',
      { type: 'button', class: 'button primary' },
      icon('M10 4v12M4 10h12'),
      h('span', {}, 'New', h('span', { class: 'on-wide' }, '\u00a0document'))
    )
    newButton.addEventListener('click', () => this.create.open(''))
    this.app.replaceChildren(
      bar(),
      h(
        'main',
        { id: 'main', class: 'page', tabindex: -1 },
        h('div', { class: 'page-head' }, h('h1', {}, 'Documents'), newButton),
        h(
          'div',
          { class: 'search', role: 'search' },
          icon('M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M13.2 13.2l3.8 3.8'),
          this.search
        ),
        this.summary,
        this.list,
        this.empty
      ),
      this.create.dialog
    )
    this.search.value = new URLSearchParams(location.search).get('q') ?? ''
    this.search.addEventListener('input', () => {
      clearTimeout(this.pause)
      this.pause = setTimeout(() => void this.load(), typingPause_ms)
    })
    this.watchKeys()
    document.addEventListener('visibilitychange', () => void this.refresh())
    setInterval(() => void this.refresh(), refreshEvery_ms)
    void this.load()
  }

  private async refresh(): Promise<void> {
    if (document.visibilityState === 'visible') await this.load()
  }

  private async load(): Promise<void> {
    clearTimeout(this.pause)
    this.request?.abort()
    const request = new AbortController()
    this.request = request
    const query = this.search.value.trim()
    rememberQuery(query)
    try {
      this.show(query, await listDocuments(query, pageSize, request.signal))
    } catch (error) {
      if (request.signal.aborted) return
      const sentence =
        error instanceof TypeError ? 'The server does not answer. Trying again…' : (error as Error).message
      this.summary.textContent = sentence
      this.summary.dataset.problem = ''
    }
  }

  private show(query: string, documents: DocumentInfo[]): void {
    const now_ms = Date.now()
    delete this.summary.dataset.problem
    this.setSummary(query, documents.length)
    const rows = documents.map((info) => ({ info, edited: timeAgo(info.modified_ms, now_ms) }))
    const next = JSON.stringify([query, rows.map(({ info, edited }) => [info.name, info.members, edited])])
    if (next === this.shown) return
    this.shown = next
    const focused = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.pathname : null
    this.list.replaceChildren(...rows.map(({ info, edited }) => row(info, edited)))
    this.empty.hidden = documents.length > 0
    this.empty.replaceChildren(
      ...(documents.length > 0 ? [] : query === '' ? this.welcome() : this.nothingFound(query))
    )
    if (focused !== null)
      this.links()
        .find((link) => link.pathname === focused)
        ?.focus()
  }

  private setSummary(query: string, count: number): void {
    let text = '\u00a0'
    if (count >= pageSize) text = `The ${pageSize} edited last. Search to find others.`
    else if (query !== '' && count > 0) text = count === 1 ? '1 document found' : `${count} documents found`
    if (this.summary.textContent !== text) this.summary.textContent = text
  }

  private welcome(): Node[] {
    const button = h('button', { type: 'button', class: 'button primary' }, 'Write the first document')
    button.addEventListener('click', () => this.create.open(''))
    return [
      h('h2', {}, 'Write together. ', h('span', { class: 'stet-dots' }, 'Let it stand.')),
      h(
        'p',
        {},
        'Open a document, hand on its link, and everyone types at once. When Stet says “Saved”, it is on disk.'
      ),
      button
    ]
  }

  private nothingFound(query: string): Node[] {
    const button = h('button', { type: 'button', class: 'button' }, `Create “${query}”`)
    button.addEventListener('click', () => this.create.open(query))
    return [h('h2', {}, 'Nothing found'), h('p', {}, `No document has “${query}” in its name.`), button]
  }

  /** `/` goes to the search, the arrow keys go through the documents, Escape clears. */
  private watchKeys(): void {
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || this.create.dialog.open) return
      const links = this.links()
      const at = links.indexOf(document.activeElement as HTMLAnchorElement)
      const inSearch = document.activeElement === this.search
      let target: HTMLElement | undefined
      if (event.key === '/' && !inSearch) target = this.search
      else if (event.key === 'ArrowDown' && (inSearch || at >= 0)) target = links[at + 1]
      else if (event.key === 'ArrowUp' && at >= 0) target = links[at - 1] ?? this.search
      if (target === undefined) return
      event.preventDefault()
      target.focus()
    })
    this.search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.links()[0]?.click()
      if (event.key === 'Escape') {
        this.search.value = ''
        void this.load()
      }
    })
  }

  private links(): HTMLAnchorElement[] {
    return [...this.list.querySelectorAll('a')]
  }
}

function row(info: DocumentInfo, edited: string): HTMLElement {
  const { folder, leaf } = splitName(info.name)
  const people = info.members === 1 ? '1 person here' : `${info.members} people here`
  return h(
    'li',
    {},
    h(
      'a',
      { class: 'document', href: documentPath(info.name, info.kind), title: info.name },
      h('span', { class: 'document-title' }, folder && h('span', { class: 'muted' }, folder + '/'), leaf),
      h(
        'span',
        { class: 'document-facts' },
        info.members > 0 && h('span', { class: 'members' }, people),
        h(
          'time',
          { datetime: new Date(info.modified_ms).toISOString() },
          info.seq > 0 ? `Edited ${edited}` : `Created ${edited}`
        )
      )
    )
  )
}

/** Keeps the search in the address, for a reload and the way back. */
function rememberQuery(query: string): void {
  const address = query === '' ? '/' : '/?' + new URLSearchParams({ q: query }).toString()
  if (location.pathname + location.search !== address) history.replaceState(null, '', address)
}
