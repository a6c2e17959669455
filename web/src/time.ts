/** Points in time in human words. */

const steps: [unit: Intl.RelativeTimeFormatUnit, seconds: number, below: number][] = [
  ['minute', 60, 60],
  ['hour', 3600, 24],
  ['day', 86400, 7]
]

/** “just now”, “5 minutes ago”, “yesterday”; from a week on, the date. */
export function timeAgo(then_ms: number, now_ms: number, locale = 'en'): string {
  const seconds = Math.max(0, (now_ms - then_ms) / 1000)
  if (seconds < 60) return 'just now'
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, length, below] of steps) {
    const count = Math.floor(seconds / length)
    if (count < below) return words.format(-count, unit)
  }
  const sameYear = new Date(then_ms).getFullYear() === new Date(now_ms).getFullYear()
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' })
  }).format(then_ms)
}
