/** Who inserted which units of a document: what `GET …/attributions` answers, encoded as in Yjs 14. */
import * as decoding from 'lib0/decoding'

export interface Maker {
  author: string
  time_ms: number
}

/** A range of units and who made it; nobody knows who made what was there before the log begins. */
export interface MadeRange {
  length: number
  maker: Maker | undefined
}

interface Range extends Maker {
  clock: number
  end: number
}

export class Attributions {
  private readonly clients = new Map<number, Range[]>()

  /** Reads the first of the two maps; the second one tells who deleted what. */
  constructor(bytes: Uint8Array) {
    const input = decoding.createDecoder(bytes)
    const names: string[] = []
    const attributes: [name: string, value: unknown][] = []
    let client = 0
    for (let clients = decoding.readVarUint(input); clients > 0; clients--) {
      client += decoding.readVarUint(input)
      const ranges: Range[] = []
      let end = 0
      for (let count = decoding.readVarUint(input); count > 0; count--) {
        const clock = end + decoding.readVarUint(input)
        end = clock + decoding.readVarUint(input) + 1
        const range: Range = { clock, end, author: '', time_ms: 0 }
        for (let listed = decoding.readVarUint(input); listed > 0; listed--) {
          const number = decoding.readVarUint(input)
          if (number >= attributes.length) {
            const name = decoding.readVarUint(input)
            if (name >= names.length) names.push(decoding.readVarString(input))
            attributes.push([names[name] ?? '', decoding.readAny(input) as unknown])
          }
          const [name, value] = attributes[number] ?? []
          if (name === 'insert') range.author = String(value)
          if (name === 'insertedAt') range.time_ms = Number(value)
        }
        ranges.push(range)
      }
      this.clients.set(client, ranges)
    }
  }

  /** The units from `clock` on, in ranges of one maker each. */
  *madeIn(client: number, clock: number, length: number): Generator<MadeRange> {
    const ranges = this.clients.get(client) ?? []
    const end = clock + length
    let i = firstEndingAfter(ranges, clock)
    while (clock < end) {
      const range = ranges[i]
      const isKnown = range !== undefined && range.clock <= clock
      const stop = Math.min(end, isKnown ? range.end : (range?.clock ?? end))
      yield { length: stop - clock, maker: isKnown ? range : undefined }
      clock = stop
      if (isKnown) i++
    }
  }
}

function firstEndingAfter(ranges: Range[], clock: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.end ?? Infinity) > clock) high = middle
    else low = middle + 1
  }
  return low
}
