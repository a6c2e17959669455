// Runs before the first paint, so that a page never flashes in the other theme. See src/theme.ts.
try {
  const theme = localStorage.getItem('stet.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is blocked: the system's preference applies.
}
