/** Whether the page is laid out for a phone; the style sheets use the same width. */
export const narrow = matchMedia('(max-width: 560px)')
