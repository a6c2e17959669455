/** A browser and its pages, each page watched for what must never happen. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

// How pages are looked at, for pictures: options of a Person.
export const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { viewport: { width: 375, height: 720 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
}
export const screenshots = fileURLToPath(new URL('screenshots/', import.meta.url))
mkdirSync(screenshots, { recursive: true })

/** What the browser itself reports on the console when a test takes the server away, lets it refuse a name, or opens a new one. */
const expected =
  /WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|status of (409 \(Conflict\)|404 \(Not Found\))/

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run'
    ]
  })
}

/** One person: a browser context of their own, and the errors of all their pages. */
export class Person {
  #errors = []

  constructor(context, server) {
    this.context = context
    this.server = server
    context.on('page', (page) => {
      page.on('pageerror', (error) => this.#errors.push(`${error}`))
      page.on('console', (message) => {
        if (message.type() === 'error' && !expected.test(message.text())) this.#errors.push(message.text())
      })
    })
  }

  /** `options` are Playwright's for a context, the person's `name`, and the number of their `color`. */
  static async enter(browser, server, { name, color = 0, ...options } = {}) {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 800 },
      ...options
    })
    await context.addInitScript(watchPage)
    if (name !== undefined) await context.addInitScript(rememberIdentity, { name, color })
    return new Person(context, server)
  }

  async open(path) {
    const page = await this.context.newPage()
    await page.goto(this.server.url + path)
    return page
  }

  /** Opens a document and waits until it is connected and all in it is saved. */
  async openDocument(name, path = '/d/') {
    const page = await this.open(path + encodeURIComponent(name))
    await saved(page)
    return page
  }

  /** Ends the visit. Fails on an error on the console, an uncaught one, or a breach of the page's security policy. */
  async leave() {
    const breaches = []
    for (const page of this.context.pages()) breaches.push(...(await page.evaluate(() => globalThis.watched.breaches)))
    await this.context.close()
    assert.deepEqual({ errors: this.#errors, breaches }, { errors: [], breaches: [] })
  }
}

/** Runs in each page before its own scripts: who the person is, unless they were somebody here before. */
function rememberIdentity({ name, color }) {
  if (!location.protocol.startsWith('http') || localStorage.getItem('stet.name') !== null) return
  localStorage.setItem('stet.name', name)
  localStorage.setItem('stet.color', String(color))
}

/** Runs in each page before its own scripts. */
function watchPage() {
  const watched = {
    breaches: [],
    shifts: 0,
    moved: [],
    states: [],
    savedText: '',
    sockets: []
  }
  globalThis.watched = watched
  globalThis.WebSocket = class extends WebSocket {
    constructor(...parameters) {
      super(...parameters)
      watched.sockets.push(this)
    }
  }
  addEventListener('securitypolicyviolation', (event) => {
    watched.breaches.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)
  })
  // Shifts soon after typing count as well. Parts of the page must not move at all; what is in the editor's shadow tree
  // has no node here: the text, where a name on a cursor moves with it.
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      watched.shifts += entry.value
      for (const { node } of entry.sources) if (node !== null) watched.moved.push(node.outerHTML ?? node.textContent)
    }
  }).observe({ type: 'layout-shift', buffered: true })
  // Each state that the saved indicator has ever shown, so that no short-lived "Saved" is overlooked.
  const note = () => {
    const state = document.querySelector('#status')?.dataset.state
    if (state === undefined || state === watched.states.at(-1)) return
    watched.states.push(state)
    if (state === 'saved') {
      const main = document.querySelector('main')
      watched.savedText = (main.shadowRoot ?? main).querySelector('[role=textbox], .live-text').textContent
    }
  }
  new MutationObserver(note).observe(document, {
    subtree: true,
    childList: true,
    attributes: true
  })
}

export const editor = (page) => page.getByRole('textbox', { name: 'Document text' })
export const status = (page) => page.locator('#status')

/** The document's text as the page shows it. Only for documents that fit on the screen: the editor draws no more. */
export function shownText(page) {
  return page.locator('.cm-content').evaluate((content) => {
    const lines = [...content.querySelectorAll('.cm-line')].map((line) => {
      const copy = line.cloneNode(true)
      copy.querySelectorAll('.peer-caret, .cm-placeholder').forEach((mark) => mark.remove())
      return copy.textContent
    })
    return lines.join('\n').replaceAll('\u200b', '')
  })
}

/** Waits until `read` gives a value that `accept` (or equality with it) accepts; fails with the last value seen. */
export async function eventually(read, accept, patience_ms = 20_000) {
  const accepts = typeof accept === 'function' ? accept : (value) => value === accept
  const end = Date.now() + patience_ms
  for (;;) {
    const value = await read()
    if (accepts(value)) return value
    if (Date.now() > end) assert.fail(`Waited in vain for ${accept}; the last value was ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Types into a document, at its end. */
export async function typeAtEnd(page, text, options) {
  await editor(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(text, options)
}

export const state = (page) => status(page).getAttribute('data-state')
export const saved = (page) => eventually(() => state(page), 'saved')

/** The states shown from now on, as a list to be read later. */
export async function watchStates(page) {
  const from = await page.evaluate(() => globalThis.watched.states.length)
  return () => page.evaluate((from) => globalThis.watched.states.slice(from), from)
}
