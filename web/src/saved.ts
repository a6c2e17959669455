/**
 * When the page may say “Saved”.
 *
 * The server answers the empty update with its echo when everything that it had received for the document before is
 * durable. So the tracker asks a question: how many edits were made when it was asked, is what the answer vouches for.
 * At most one question is on its way; edits made meanwhile wait for the next.
 *
 * The server echoes each edit as well, but an edit's bytes are no proof: two people who delete the same words send
 * identical updates, and after a crash another member may bring back this page's own lost edit byte by byte. Either
 * would look like an echo before its commit. Nobody but the server ever sends us the empty update.
 *
 * After a reconnect the question is asked once the connection is synced: by then the page has answered the server's
 * state vector with everything that the server lacks, so the answer covers what was typed offline and whatever was
 * unanswered when the old connection broke.
 *
 * No DOM, no Yjs, no clock: `test/saved.test.ts` drives it.
 */

/** The question and its answer: a sync frame (0) with an update (2) of two bytes, the empty update `00 00`. */
export const question = Uint8Array.of(0, 2, 2, 0, 0)

/** Whether a frame from the server is the answer to a question. */
export function isAnswer(frame: Uint8Array): boolean {
  return frame.length === question.length && question.every((byte, i) => frame[i] === byte)
}

/**
 * - `connecting`: a connection is being made, and none was lost.
 * - `saved`: connected, and all edits of this page are durable on the server.
 * - `saving`: connected, and the server has not yet vouched for all edits.
 * - `offline`: the connection is gone; it will be tried again.
 * - `refused`: the server has closed the document for us and will not take it again.
 */
export type SavedKind = 'connecting' | 'saved' | 'saving' | 'offline' | 'refused'

export interface SavedState {
  readonly kind: SavedKind
  /** Edits made here that the server has not vouched for. Zero where the kind is `saved`. */
  readonly unsaved: number
}

export class SavedTracker {
  private link: 'connecting' | 'synced' | 'offline' | 'refused' = 'connecting'
  /** Edits made so far. */
  private made: number
  /** So many of them are durable. */
  private durable = 0
  /** `made` when the question on its way was asked; null if none is. */
  private asked: number | null = null
  /** Whether a question of the present connection was answered. */
  private vouched = false

  /**
   * `ask` sends the question on the present connection, after all that was sent before. `changed` is told each new
   * state. `unsaved` edits of an earlier visit are known to be kept in this browser only.
   */
  constructor(
    private readonly ask: () => void,
    private readonly changed: (state: SavedState) => void,
    unsaved = 0
  ) {
    this.made = unsaved
  }

  get state(): SavedState {
    const unsaved = this.made - this.durable
    if (this.link !== 'synced') return { kind: this.link, unsaved }
    return { kind: this.vouched && unsaved === 0 ? 'saved' : 'saving', unsaved }
  }

  /** An edit was made that did not come from the server. If there is a connection, the edit was just sent. */
  edited(): void {
    this.made++
    this.askIfNeeded()
    this.changed(this.state)
  }

  /** The present connection is synced: all edits before this call were sent on it. */
  synced(): void {
    this.link = 'synced'
    this.vouched = false
    this.asked = null
    this.askIfNeeded()
    this.changed(this.state)
  }

  /** The connection is gone, or could not be made; what it had promised will not come. */
  lost(): void {
    if (this.link === 'refused') return
    this.link = 'offline'
    this.asked = null
    this.changed(this.state)
  }

  /** The server has closed the connection for good. */
  refused(): void {
    this.link = 'refused'
    this.asked = null
    this.changed(this.state)
  }

  /** The page itself connects anew: under another name, or although it was refused. */
  reconnecting(): void {
    this.link = 'connecting'
    this.asked = null
    this.changed(this.state)
  }

  /** The answer to the question came. */
  answered(): void {
    if (this.asked === null) return
    this.durable = this.asked
    this.asked = null
    this.vouched = true
    this.askIfNeeded()
    this.changed(this.state)
  }

  private askIfNeeded(): void {
    if (this.link !== 'synced' || this.asked !== null) return
    if (this.vouched && this.made === this.durable) return
    this.asked = this.made
    this.ask()
  }
}
