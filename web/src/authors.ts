/** Colours for those who wrote in the past: the log knows their names only. Who is here has the same one in both. */
import { freeColor, personClass, personColors, type ColorIndex } from './colors'
import type { Person } from './people'
import { timeAgo } from './time'

const known = new Map<string, ColorIndex>()

/** Remembers the colours of those who are here. Of several with one name the first counts. */
export function meet(people: readonly Person[]): void {
  for (const person of [...people].reverse()) known.set(person.name, person.color)
}

/** The same colour for the same name as long as the page is open; different ones while there are enough. */
export function colorOfAuthor(author: string): ColorIndex {
  const color = known.get(author) ?? freeColor(known.size % personColors.length, new Set(known.values()))
  known.set(author, color)
  return color
}

/** What people without a name are called. */
export const nameOfAuthor = (author: string): string => author || 'Someone'

/** The attributes that mark what somebody wrote. */
export function authorMark(author: string, time_ms: number): { class: string; title: string } {
  return {
    class: `written ${personClass(colorOfAuthor(author))}`,
    title: `${nameOfAuthor(author)}, ${timeAgo(time_ms, Date.now())}`
  }
}
