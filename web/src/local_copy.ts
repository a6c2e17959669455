/**
 * The copy of a document that the browser keeps (IndexedDB), so that it can be edited offline and closed at any time.
 * Knows one thing that stock y-indexeddb does not tell: whether what was edited has reached the browser's disk.
 */
import { IndexeddbPersistence } from 'y-indexeddb'
import type * as Y from 'yjs'

/** How long opening a document waits for its local copy: storage that hangs must not keep a page from opening. */
const openTimeout_ms = 2000
const unsavedKey = 'unsaved'
const databasePrefix = 'stet/'
const probeName = 'stet'

export class LocalCopy {
  /** Null until the browser has shown that it stores anything. */
  private persistence: IndexeddbPersistence | null = null
  /** Edits handed to IndexedDB, and how many of them are known to be stored. */
  private written = 0
  private stored = 0
  private checking = false
  private failed = false
  private unsavedToStore: number | null = null

  constructor(
    private readonly name: string,
    private readonly doc: Y.Doc
  ) {}

  /** Loads the copy into the document. False if the browser keeps none: its storage is off, or does not answer. */
  async open(): Promise<boolean> {
    const timeout = new Promise<false>((resolve) => setTimeout(resolve, openTimeout_ms, false))
    return Promise.race([this.load(), timeout])
  }

  /** Whether all edits so far are on this browser's disk. */
  get isComplete(): boolean {
    return this.isWorking && this.stored === this.written
  }

  /** Whether the browser takes edits at all. */
  get isWorking(): boolean {
    return this.database !== null && !this.failed
  }

  /** How many edits of earlier visits the server has not vouched for. */
  async unsaved(): Promise<number> {
    const count: unknown = await this.persistence?.get(unsavedKey)
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
    await this.persistence?.clearData()
  }

  private get database(): IDBDatabase | null {
    return this.persistence?.db ?? null
  }

  private async load(): Promise<boolean> {
    if (!(await hasStorage())) return false
    const persistence = new IndexeddbPersistence(databasePrefix + this.name, this.doc)
    this.persistence = persistence
    // Runs after y-indexeddb's own handler, which has started its write by then.
    this.doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin === persistence) return
      this.written++
      this.check()
    })
    await persistence.whenSynced
    persistence.db?.addEventListener('abort', () => (this.failed = true))
    // What was typed while the copy was being opened is stored with the opening.
    this.written++
    this.check()
    return true
  }

  private async writeUnsaved(): Promise<void> {
    for (let written: number | null = null; written !== this.unsavedToStore; ) {
      written = this.unsavedToStore
      await this.persistence?.set(unsavedKey, written ?? 0).catch(() => (this.failed = true))
    }
    this.unsavedToStore = null
  }

  /** A transaction on the same store is ordered behind the writes before it, so its end tells that they are stored. */
  private check(): void {
    const { database } = this
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

/** y-indexeddb has no answer to a browser that refuses storage (private windows, settings), so it is asked first. */
function hasStorage(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(probeName)
      request.onsuccess = () => {
        request.result.close()
        resolve(true)
      }
      request.onerror = () => resolve(false)
    } catch {
      resolve(false)
    }
  })
}
