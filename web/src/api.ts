/** The server's HTTP interface, as far as the app needs it. */
import type { DocumentKind } from './names'

export interface DocumentInfo {
  name: string
  kind: DocumentKind
  created_ms: number
  modified_ms: number
  /** Sequence number of the last logged edit. */
  seq: number
  /** How many connections have the document open now. */
  members: number
}

/** The server's answer was a refusal; `message` is its own sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message)
  }
}

/** The documents whose name contains `query`, the newest edit first. Throws ApiError, or what fetch throws. */
export async function listDocuments(query: string, limit: number, signal: AbortSignal): Promise<DocumentInfo[]> {
  const parameters = new URLSearchParams({ q: query, limit: String(limit) })
  const answer = await read<{ docs: DocumentInfo[] }>(await fetch(`/api/docs?${parameters}`, { signal }))
  return answer.docs
}

/** The document of that name; null if there is none. Throws ApiError, or what fetch throws. */
export async function findDocument(name: string, signal: AbortSignal): Promise<DocumentInfo | null> {
  const response = await fetch(apiAddress(name), { signal })
  return response.status === 404 ? null : read<DocumentInfo>(response)
}

/** Creates an empty document. Throws ApiError with status 409 if the name is taken. */
export async function createDocument(name: string, kind: DocumentKind): Promise<DocumentInfo> {
  return read<DocumentInfo>(
    await fetch('/api/docs', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, kind })
    })
  )
}

/** What a document's answers are below. */
export const apiAddress = (name: string): string => `/api/docs/${encodeURIComponent(name)}`

/** The body of an answer. */
export async function read<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null)
  if (response.ok && body !== null) return body as T
  const sentence = (body as { error?: unknown } | null)?.error
  throw new ApiError(
    response.status,
    typeof sentence === 'string' ? sentence : `The server answered with status ${response.status}.`
  )
}
