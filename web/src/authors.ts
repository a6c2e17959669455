/** Colours for those who wrote in the past: the log knows their names only. */
import { personColors, type ColorIndex } from './colors'

const known = new Map<string, ColorIndex>()

/** The same colour for the same name as long as the page is open; different ones while there are enough. */
export function colorOfAuthor(author: string): ColorIndex {
  const color = known.get(author) ?? known.size % personColors.length
  known.set(author, color)
  return color
}
