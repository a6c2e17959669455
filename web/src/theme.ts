/** Light or dark: the system's preference until the toggle is used, then what was chosen, kept in this browser. */
import { h, icon } from './dom'

type Theme = 'light' | 'dark'

const key = 'stet.theme' // public/theme.js reads it before the first paint
const systemIsDark = matchMedia('(prefers-color-scheme: dark)')

/** A button that switches the theme. */
export function themeToggle(): HTMLButtonElement {
  const sun = icon(
    'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7',
    'M10 1.75v1.5M10 16.75v1.5M1.75 10h1.5M16.75 10h1.5',
    'M4.2 4.2l1 1M14.8 14.8l1 1M4.2 15.8l1-1M14.8 5.2l1-1'
  )
  const moon = icon('M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z')
  const button = h('button', { type: 'button', class: 'icon-button theme-toggle' })
  const show = (): void => {
    const dark = current() === 'dark'
    button.replaceChildren(dark ? sun : moon)
    const label = dark ? 'Use the light theme' : 'Use the dark theme'
    button.setAttribute('aria-label', label)
    button.title = label
  }
  button.addEventListener('click', () => {
    choose(current() === 'dark' ? 'light' : 'dark')
    show()
  })
  systemIsDark.addEventListener('change', show)
  show()
  return button
}

function current(): Theme {
  const chosen = document.documentElement.dataset.theme
  if (chosen === 'light' || chosen === 'dark') return chosen
  return systemIsDark.matches ? 'dark' : 'light'
}

function choose(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(key, theme)
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
}
