/** The past of a document over HTTP: docs/HISTORY.md tells the requests. Each may throw ApiError, or what fetch throws. */
import { apiAddress, read } from './api'

/** Edits of one author without a long pause. */
export interface Activity {
  author: string
  tags: string[]
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

export class HistoryApi {
  constructor(private readonly name: string) {}

  /** Who worked when, the newest first. */
  activity(): Promise<{ head_seq: number; activity: Activity[] }> {
    return this.get('activity', {})
  }

  text(seq: number): Promise<{ head_seq: number; text: string }> {
    return this.get('at', { seq })
  }

  /** The document at a moment, as a Yjs update. */
  async update(seq: number): Promise<Uint8Array> {
    const response = await fetch(this.address('at', { seq, as: 'update' }))
    if (!response.ok) return read(response)
    return new Uint8Array(await response.arrayBuffer())
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
    return this.post('versions', user, { name, seq })
  }

  /** Takes back all edits after a moment, as new edits; or tells what that would change in the newest text. */
  restore(after_seq: number, user: string, preview: boolean): Promise<{ seq: number; changed: boolean; delta: Delta }> {
    return this.post('revert', user, { after_seq, preview })
  }

  private address(what: string, query: Record<string, string | number>): string {
    const parameters = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))
    return `${apiAddress(this.name)}/${what}?${parameters}`
  }

  private async get<T>(what: string, query: Record<string, string | number>): Promise<T> {
    return read<T>(await fetch(this.address(what, query)))
  }

  private async post<T>(what: string, user: string, body: object): Promise<T> {
    const headers = { 'Content-Type': 'application/json' }
    return read<T>(await fetch(this.address(what, { user }), { method: 'POST', headers, body: JSON.stringify(body) }))
  }
}
