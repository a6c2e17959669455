/**
 * The colours that stand for people. All have the same luminance: white text on them has a contrast of 5:1, and a caret
 * of that colour at least 3.5:1 against the light and the dark page (`test/people.test.ts` computes it), so that nobody
 * is given a colour that is hard to see.
 */
export const personColors = [
  '#c93a3a',
  '#1a74b1',
  '#117f49',
  '#924bd1',
  '#af5618',
  '#077c77',
  '#c13786',
  '#5762d9',
  '#8d6901',
  '#647612'
] as const

/** An index into personColors. */
export type ColorIndex = number

/** The class that gives an element its person's colour as `--person`. */
export function personClass(color: ColorIndex): string {
  return `person-${color}`
}

/**
 * The palette index for what another program says its user's colour is. A colour from elsewhere is not used as it is
 * (it could be invisible, or not a colour at all): the person gets one of ours, by client id.
 */
export function colorOf(claimed: unknown, clientId: number): ColorIndex {
  const known = personColors.findIndex((color) => color === claimed)
  return known >= 0 ? known : clientId % personColors.length
}

/** The first colour from `wanted` on that is not in `taken`; `wanted` if all are. */
export function freeColor(wanted: ColorIndex, taken: ReadonlySet<ColorIndex>): ColorIndex {
  for (let i = 0; i < personColors.length; i++) {
    const color = (wanted + i) % personColors.length
    if (!taken.has(color)) return color
  }
  return wanted
}
