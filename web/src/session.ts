/**
 * One open document: the Yjs document, its copy in this browser, its connection, and what is known to be saved.
 * Stock parts (y-indexeddb, y-websocket) with the questions of `saved.ts` between them.
 */
import type { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider, messageSync } from 'y-websocket'
import * as Y from 'yjs'
import { LocalCopy } from './local_copy'
import { SavedTracker, isAnswer, question, type SavedState } from './saved'

/** Why the server will not serve this document to this page: a WebSocket close code from 4400 to 4499. */
export interface Refusal {
  code: number
  reason: string
}

/** What a session tells its page. */
export interface SessionListener {
  stateChanged(state: SavedState): void
  refused(refusal: Refusal): void
}

/** Opens a document with what this browser kept of it; `connect` then brings in the server. */
export async function openSession(name: string, author: string, listener: SessionListener): Promise<Session> {
  const doc = new Y.Doc()
  const copy = new LocalCopy(name, doc)
  const unsaved = (await copy.open()) ? await copy.unsaved() : 0
  return new Session(name, author, doc, copy, unsaved, listener)
}

export class Session {
  readonly text: Y.Text
  /** Who is here and where their cursors are. */
  readonly awareness: Awareness
  private readonly provider: WebsocketProvider
  private readonly tracker: SavedTracker

  constructor(
    name: string,
    author: string,
    readonly doc: Y.Doc,
    readonly copy: LocalCopy,
    unsaved: number,
    listener: SessionListener
  ) {
    this.text = doc.getText('text')
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const provider = new WebsocketProvider(`${scheme}://${location.host}/ws`, encodeURIComponent(name), doc, {
      connect: false,
      params: { user: author },
      // Tabs meet on the server only: then "the provider brought it" means "the server has it", and a tab never shows
      // as saved what another tab has not sent yet.
      disableBc: true
    })
    this.provider = provider
    this.awareness = provider.awareness
    this.tracker = new SavedTracker(
      () => provider.ws?.send(question),
      (state) => {
        copy.rememberUnsaved(state.unsaved)
        listener.stateChanged(state)
      },
      unsaved
    )
    this.watchEdits()
    this.watchAnswers()
    this.watchConnection(listener)
  }

  connect(): void {
    this.provider.connect()
  }

  /** Tries again after a refusal. */
  retry(): void {
    this.tracker.reconnecting()
    this.provider.connect()
  }

  get state(): SavedState {
    return this.tracker.state
  }

  /** Whether closing the page now would lose edits: neither the server nor this browser has them for sure. */
  get wouldLoseEdits(): boolean {
    return this.tracker.state.unsaved > 0 && !this.copy.isComplete
  }

  /** The server records a connection's author when it opens, so a new name takes a new connection. */
  setAuthor(author: string): void {
    if (this.provider.params.user === author) return
    this.provider.params.user = author
    if (!this.provider.wsconnected) return
    this.provider.disconnect()
    this.provider.connect()
  }

  private watchEdits(): void {
    // The provider's own handler was there first, so the edit is sent before the tracker asks about it.
    this.doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin !== this.provider) this.tracker.edited()
    })
  }

  private watchAnswers(): void {
    const handlers = this.provider.messageHandlers
    const stock = handlers[messageSync]
    if (stock === undefined) throw new Error('The provider has no handler for sync messages.')
    handlers[messageSync] = (encoder, decoder, provider, emitSynced, messageType) => {
      stock(encoder, decoder, provider, emitSynced, messageType)
      if (isAnswer(decoder.arr)) this.tracker.answered()
    }
  }

  private watchConnection(listener: SessionListener): void {
    this.provider.on('sync', (isSynced) => {
      if (isSynced) this.tracker.synced()
    })
    this.provider.on('connection-close', () => {
      if (this.provider.shouldConnect) this.tracker.lost()
      else this.tracker.reconnecting()
    })
    this.provider.on('status', ({ status }) => {
      if (status === 'disconnected') this.forgetPeers()
    })
    this.provider.on('closed', (refusal) => {
      this.tracker.refused()
      listener.refused(refusal)
    })
  }

  /**
   * Awareness takes nobody back at the clock at which they were removed. So we come back at a later one, and forget
   * the clocks at which a lost connection made us remove the others; else people are invisible until their next move.
   */
  private forgetPeers(): void {
    for (const clientId of [...this.awareness.meta.keys()]) {
      if (clientId !== this.awareness.clientID) this.awareness.meta.delete(clientId)
    }
    this.awareness.setLocalState(this.awareness.getLocalState())
  }
}
