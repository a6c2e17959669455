/**
 * One open document: the Yjs document, its copy in this browser, its connection, and what is known to be saved. How it
 * is connected, and so what tells that it is saved, is `text_session.ts` or `rich_session.ts`.
 */
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { LocalCopy } from './local_copy'
import { SavedTracker, type SavedState } from './saved'

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

/** A document with what this browser kept of it. */
export interface OpenedCopy {
  name: string
  doc: Y.Doc
  copy: LocalCopy
  /** How many edits of earlier visits the server has not vouched for. */
  unsaved: number
}

export async function openCopy(name: string): Promise<OpenedCopy> {
  const doc = new Y.Doc()
  const copy = new LocalCopy(name, doc)
  const unsaved = (await copy.open()) ? await copy.unsaved() : 0
  return { name, doc, copy, unsaved }
}

/** The address of the server's WebSockets. */
export function socketAddress(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`
}

export abstract class Session {
  readonly doc: Y.Doc
  readonly copy: LocalCopy
  /** Who is here and where their cursors are. */
  abstract readonly awareness: Awareness
  protected readonly tracker: SavedTracker

  constructor(opened: OpenedCopy, listener: SessionListener) {
    this.doc = opened.doc
    this.copy = opened.copy
    this.tracker = new SavedTracker(
      () => this.ask(),
      (state) => {
        opened.copy.rememberUnsaved(state.unsaved)
        listener.stateChanged(state)
      },
      opened.unsaved
    )
  }

  /** Brings in the server. */
  abstract connect(): void
  /** Tries again after a refusal. */
  abstract retry(): void
  /** The server records a connection's author when it opens, so a new name takes a new connection. */
  abstract setAuthor(author: string): void
  /** See SavedTracker: `tracker.answered()` is to follow once all that was sent before is durable. */
  protected abstract ask(): void

  get state(): SavedState {
    return this.tracker.state
  }

  /** Whether closing the page now would lose edits: neither the server nor this browser has them for sure. */
  get wouldLoseEdits(): boolean {
    return this.tracker.state.unsaved > 0 && !this.copy.isComplete
  }

  /** To be called after the provider listens to the document, so that an edit is sent before the tracker asks about it. */
  protected watchEdits(provider: unknown): void {
    this.doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin !== provider) this.tracker.edited()
    })
  }

  /**
   * Awareness takes nobody back at the clock at which they were removed. So after a lost connection we come back at a
   * later one, and forget the clocks at which the loss made us remove the others; else people are invisible until their
   * next move.
   */
  protected forgetPeers(): void {
    for (const clientId of [...this.awareness.meta.keys()]) {
      if (clientId !== this.awareness.clientID) this.awareness.meta.delete(clientId)
    }
    this.awareness.setLocalState(this.awareness.getLocalState())
  }
}
