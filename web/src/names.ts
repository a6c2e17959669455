/** Document names: what the server accepts, and their way into addresses. */

/** The server's limit, counted in bytes of UTF-8. */
export const maxNameBytes = 512

/** One clear sentence about why `name` cannot name a document, or null if it can. */
export function nameProblem(name: string): string | null {
  if (name === '') return 'Give the document a name.'
  const excess = new TextEncoder().encode(name).length - maxNameBytes
  if (excess > 0) return `This name is too long by ${excess} ${excess === 1 ? 'byte' : 'bytes'}.`
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'A name cannot contain control characters.'
  // `.` and `..` would be eaten by the browser when it resolves the address.
  if (name.split('/').some((segment) => segment === '..' || segment === '.')) {
    return 'A name cannot have “.” or “..” between its slashes.'
  }
  return null
}

/** Which editor a document has. It is chosen when the document is created. */
export type DocumentKind = 'text' | 'rich'

const pages: Record<DocumentKind, string> = { text: '/d/', rich: '/r/' }

/** The address of a document's page: the name is one segment, so its slashes are escaped. */
export function documentPath(name: string, kind: DocumentKind): string {
  return pages[kind] + encodeURIComponent(name)
}

/** The document that a page's path names; null if the path is not a document's. A name that is not decodable is empty. */
export function documentOfPath(path: string): { name: string; kind: DocumentKind } | null {
  const kind = (['text', 'rich'] as const).find((kind) => path.startsWith(pages[kind]))
  if (kind === undefined) return null
  try {
    return { name: decodeURIComponent(path.slice(pages[kind].length)), kind }
  } catch {
    return { name: '', kind }
  }
}

const livePage = '/live/'

/** The address of the page that shows a document for reading only. */
export function livePath(name: string): string {
  return livePage + encodeURIComponent(name)
}

/** The document whose live page is at a path; null if none is. A name that is not decodable is empty. */
export function liveNameOfPath(path: string): string | null {
  if (!path.startsWith(livePage)) return null
  try {
    return decodeURIComponent(path.slice(livePage.length))
  } catch {
    return ''
  }
}

/** A name as people read it: `notes/2026/plan` is “plan” in “notes/2026”. */
export function splitName(name: string): { folder: string; leaf: string } {
  const slash = name.lastIndexOf('/')
  if (slash < 0 || slash === name.length - 1) return { folder: '', leaf: name }
  return { folder: name.slice(0, slash), leaf: name.slice(slash + 1) }
}
