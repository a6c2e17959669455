// A small seeded generator of random numbers, so that every run is replayed by its seed.

export class Random {
  // `seed`: any non-negative integer up to 2^53 - 1.
  constructor(seed) {
    this.low = seed >>> 0
    this.high = Math.floor(seed / 2 ** 32) >>> 0
    for (let i = 0; i < 4; i++) this.uint32()
  }

  uint32() {
    // Two Weyl sequences, mixed by multiplications (the finaliser of murmur3).
    this.low = (this.low + 0x9e3779b9) >>> 0
    this.high = (this.high + 0x7f4a7c15) >>> 0
    let z = (this.low ^ Math.imul(this.high, 0x85ebca6b)) >>> 0
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }

  // An integer from 0 to `bound` - 1.
  below(bound) {
    return Math.floor((this.uint32() / 2 ** 32) * bound)
  }

  // An integer from `low` to `high`, both included.
  between(low, high) {
    return low + this.below(high - low + 1)
  }

  chance(probability) {
    return this.uint32() / 2 ** 32 < probability
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  // `table`: [[weight, value], ...].
  weighted(table) {
    let point = this.below(table.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, value] of table) {
      if (point < weight) return value
      point -= weight
    }
    throw new Error('empty table')
  }
}

// The seed that the run was given (STET_SEED), or a fresh one.
export const runSeed = () => Number(process.env.STET_SEED ?? Math.floor(Math.random() * 2 ** 40))
