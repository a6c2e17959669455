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

/** The address of a document's page: the name is one segment, so its slashes are escaped. */
export function documentPath(name: string): string {
  return '/d/' + encodeURIComponent(name)
}

/** The document that a page's path names; null if the path is not a document's or is not decodable. */
export function documentOfPath(path: string): string | null {
  if (!path.startsWith('/d/')) return null
  try {
    return decodeURIComponent(path.slice('/d/'.length))
  } catch {
    return null
  }
}

/** A name as people read it: `notes/2026/plan` is “plan” in “notes/2026”. */
export function splitName(name: string): { folder: string; leaf: string } {
  const slash = name.lastIndexOf('/')
  if (slash < 0 || slash === name.length - 1) return { folder: '', leaf: name }
  return { folder: name.slice(0, slash), leaf: name.slice(slash + 1) }
}
