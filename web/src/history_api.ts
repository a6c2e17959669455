/** The past of a document over HTTP: docs/HISTORY.md tells the requests. Each may throw ApiError, or what fetch throws. */
import { apiAddress, read } from './api'

/** Edits of one author without a long pause. */
export interface Activity {
  author: string
  tags: string[]
  sessions: string[]
  first_seq: number
  last_seq: number
  last_ms: number
  /** UTF-16 code units. */
  inserted: number
  deleted: number
}

/** A part of a text and who wrote it; written before the log begins where there is no author. */
export interface Part {
  text: string
  author?: string
  last_ms?: number
}

export interface Version {
  name: string
  seq: number
  time_ms: number
}

export type Delta = { retain?: number; delete?: number; insert?: unknown }[]

/** Which edits are meant: those that fit all that is given. */
export interface EditFilter {
  author?: string
  session?: string
  tag?: string
  after_seq?: number
  to_seq?: number
}

export class HistoryApi {
  constructor(private readonly name: string) {}

  /** Who worked when, the newest first: at most so many groups, and whether there are more. */
  activity(limit: number): Promise<{ head_seq: number; activity: Activity[]; more: boolean }> {
    return this.get('activity', { limit })
  }

  /** Who made one edit. */
  async edit(seq: number): Promise<Activity | undefined> {
    return (await this.get<{ activity: Activity[] }>('activity', { after_seq: seq - 1, to_seq: seq })).activity[0]
  }

  text(seq: number): Promise<{ head_seq: number; text: string }> {
    return this.get('at', { seq })
  }

  /** The document at a moment, as a Yjs update. */
  update(seq: number): Promise<{ head_seq: number; bytes: Uint8Array }> {
    return readBytes(fetch(this.address('at', { seq, as: 'update' })))
  }

  /** Who inserted what, in the whole document until now: for `Attributions`. */
  attributions(): Promise<{ head_seq: number; bytes: Uint8Array }> {
    return readBytes(fetch(this.address('attributions', {})))
  }

  /** The text at a moment, with who wrote what. */
  authors(seq: number): Promise<{ head_seq: number; parts: Part[] }> {
    return this.get('blame', { seq })
  }

  /** What became of the text between two moments. */
  difference(from: number, to: number): Promise<{ delta: Delta }> {
    return this.get('diff', { from, to })
  }

  async versions(): Promise<Version[]> {
    return (await this.get<{ versions: Version[] }>('versions', {})).versions
  }

  keepVersion(name: string, seq: number, user: string): Promise<Version> {
    return this.post('versions', { user }, { name, seq })
  }

  /** Makes a moment a new document. Throws ApiError with status 409 if the name is taken. */
  copy(name: string, seq: number, user: string): Promise<{ name: string }> {
    return this.post('copy', { user }, { name, seq })
  }

  /** Takes back edits, as a new one. */
  takeBack(filter: EditFilter, user: string): Promise<unknown> {
    return this.post('revert', { user }, filter)
  }

  /** What that would change in the newest text, the one after edit `seq`. */
  preview(filter: EditFilter, user: string): Promise<{ seq: number; changed: boolean; delta: Delta }> {
    return this.post('revert', { user }, { ...filter, preview: true })
  }

  /** The same as a Yjs update; without bytes where it changes nothing. */
  previewUpdate(filter: EditFilter, user: string): Promise<{ head_seq: number; bytes: Uint8Array }> {
    return readBytes(this.send('revert', { user, as: 'update' }, { ...filter, preview: true }))
  }

  private address(what: string, query: Record<string, string | number>): string {
    const parameters = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))
    return `${apiAddress(this.name)}/${what}?${parameters}`
  }

  private async get<T>(what: string, query: Record<string, string | number>): Promise<T> {
    return read<T>(await fetch(this.address(what, query)))
  }

  private async post<T>(what: string, query: Record<string, string>, body: object): Promise<T> {
    return read<T>(await this.send(what, query, body))
  }

  private send(what: string, query: Record<string, string>, body: object): Promise<Response> {
    const headers = { 'Content-Type': 'application/json' }
    return fetch(this.address(what, query), { method: 'POST', headers, body: JSON.stringify(body) })
  }
}

async function readBytes(answer: Promise<Response>): Promise<{ head_seq: number; bytes: Uint8Array }> {
  const response = await answer
  if (!response.ok) return read(response)
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { head_seq: Number(response.headers.get('Stet-Head-Seq')), bytes }
}
