/** The bar on top of every page: the way home, what the page is about, its buttons, and the theme. */
import { brand } from './brand'
import { h } from './dom'
import { splitName } from './names'
import { themeToggle } from './theme'

export function bar(...buttons: HTMLElement[]): HTMLElement {
  return h(
    'header',
    { class: 'bar' },
    h('nav', { 'aria-label': 'Stet' }, brand()),
    h('div', { class: 'bar-end' }, ...buttons, themeToggle())
  )
}

/** Of a document: with its name and its state. */
export function documentBar(name: string, status: HTMLElement, ...buttons: HTMLElement[]): HTMLElement {
  const { folder, leaf } = splitName(name)
  const heading = h(
    'h1',
    { class: 'document-name', title: name },
    folder && h('span', { class: 'muted' }, folder + '/'),
    leaf
  )
  const element = bar(...buttons)
  element.firstElementChild?.after(h('div', { class: 'document-head' }, heading, status))
  return element
}
