/**
 * The copy of a document that the browser keeps (IndexedDB), so that it can be edited offline and closed at any time.
 * Knows one thing that stock y-indexeddb does not tell: whether what was edited has reached the browser's disk.
 */
import { IndexeddbPersistence } from 'y-indexeddb'
import type * as Y from 'yjs'

/** How long opening a document waits for its local copy; a browser without storage must not keep a page from opening. */
const openTimeout_ms = 2000
const unsavedKey = 'unsaved'

export class LocalCopy {
  private readonly persistence: IndexeddbPersistence
  /** Edits handed to IndexedDB, and how many of them are known to be stored. */
  private written = 0
  private stored = 0
  private checking = false
  private failed = false
  private unsavedToStore: number | null = null

  constructor(name: string, doc: Y.Doc) {
    this.persistence = new IndexeddbPersistence(databaseName(name), doc)
    // Runs after y-indexeddb's own handler, which has started its write by then.
    doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin === this.persistence) return
      this.written++
      this.check()
    })
    void this.persistence.whenSynced.then(() => {
      this.persistence.db?.addEventListener('abort', () => (this.failed = true))
      this.written++
      this.check()
    })
  }

  /** Loads the copy into the document. False if the browser keeps none, because its storage is off or does not answer. */
  async open(): Promise<boolean> {
    const timeout = new Promise<false>((resolve) => setTimeout(resolve, openTimeout_ms, false))
    return Promise.race([this.persistence.whenSynced.then(() => true), timeout])
  }

  /** Whether all edits so far are on this browser's disk. */
  get isComplete(): boolean {
    return this.persistence.db !== null && !this.failed && this.stored === this.written
  }

  /** Whether the browser takes edits at all. */
  get isWorking(): boolean {
    return this.persistence.db !== null && !this.failed
  }

  /** How many edits of earlier visits the server has not vouched for. */
  async unsaved(): Promise<number> {
    const count: unknown = await this.persistence.get(unsavedKey)
    return typeof count === 'number' ? count : 0
  }

  /** Remembers that count for the next visit. Only the newest of several waits to be written. */
  rememberUnsaved(count: number): void {
    if (!this.isWorking) return
    const idle = this.unsavedToStore === null
    this.unsavedToStore = count
    if (idle) void this.writeUnsaved()
  }

  /** Forgets the copy for good, edits that the server never got included. */
  async discard(): Promise<void> {
    await this.persistence.clearData()
  }

  private async writeUnsaved(): Promise<void> {
    for (let written: number | null = null; written !== this.unsavedToStore; ) {
      written = this.unsavedToStore
      await this.persistence.set(unsavedKey, written ?? 0).catch(() => (this.failed = true))
    }
    this.unsavedToStore = null
  }

  /** A transaction on the same store is ordered behind the writes before it, so its end tells that they are stored. */
  private check(): void {
    const database = this.persistence.db
    if (database === null || this.checking) return
    this.checking = true
    const upTo = this.written
    const transaction = database.transaction(['updates'], 'readonly')
    transaction.objectStore('updates').getKey(0)
    transaction.oncomplete = () => {
      this.stored = upTo
      this.checking = false
      if (this.stored !== this.written) this.check()
    }
    transaction.onabort = () => (this.checking = false)
  }
}

function databaseName(name: string): string {
  return 'stet/' + name
}
