/** What makes people visible: the palette's classes, and the looks of their cursors. */
import { personClass, personColors } from './colors'
import carets from './styles/carets.css?inline'

/** Adds them to a tree: as a style sheet object, since the page's policy bars inline styles. */
export function adoptPersonStyles(root: DocumentOrShadowRoot): void {
  const sheet = new CSSStyleSheet()
  const palette = personColors.map((color, i) => `.${personClass(i)} { --person: ${color} }`).join('\n')
  sheet.replaceSync(palette + carets)
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
}
