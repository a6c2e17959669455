/**
 * Building the page without HTML strings: whatever people type (document names, their own names) only ever becomes
 * text nodes and attribute values.
 */

type Child = Node | string | null | undefined | false
type Attributes = Record<string, string | number | boolean | null | undefined>

/** Creates an element. An attribute that is false, null or undefined is left out; true makes it empty. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  setAttributes(element, attributes)
  element.append(...children.filter((child): child is Node | string => child != null && child !== false))
  return element
}

const svgNamespace = 'http://www.w3.org/2000/svg'

/** A line icon of 20 × 20 units from the data of its paths; it is decoration, so screen readers skip it. */
export function icon(...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg')
  setAttributes(svg, { viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true' })
  for (const d of paths) {
    const path = document.createElementNS(svgNamespace, 'path')
    path.setAttribute('d', d)
    svg.append(path)
  }
  return svg
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue
    element.setAttribute(name, value === true ? '' : String(value))
  }
}
