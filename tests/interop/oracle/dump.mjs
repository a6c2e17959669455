// Updates as readable lines, one for each struct and each range of the delete set.
import * as Y from 'yjs'

const id = (value) => (value ? `${value.client}:${value.clock}` : '-')

const parentOf = (item) => {
  if (item.parent === null) return ''
  return ` parent=${typeof item.parent === 'string' ? JSON.stringify(item.parent) : id(item.parent)}`
}

const contentText = (content) => {
  const shown = content.arr ??
    content.str ??
    content.embed ??
    content.content ??
    content.len ??
    content.type?.constructor.name ??
    content.doc?.guid ?? [content.key, content.value]
  return JSON.stringify(shown, (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value === undefined ? 'undefined' : value
  )
}

const structLine = (struct) => {
  const head = `${struct.id.client}:${struct.id.clock}+${struct.length}`
  if (!(struct instanceof Y.Item)) return `${head} ${struct.constructor.name}`
  const sub = struct.parentSub === null ? '' : ` sub=${JSON.stringify(struct.parentSub)}`
  return `${head} ${struct.content.constructor.name} ${contentText(struct.content)} left=${id(struct.origin)} right=${id(struct.rightOrigin)}${parentOf(struct)}${sub}`
}

export const updateLines = (update, encoding = 'v1') => {
  const { structs, ds } = (encoding === 'v1' ? Y.decodeUpdate : Y.decodeUpdateV2)(update)
  const lines = structs.map(structLine)
  ds.clients.forEach((ranges, client) => {
    for (const { clock, len } of ranges) lines.push(`deleted ${client}:${clock}+${len}`)
  })
  return lines
}

// The structs of a document with their links: what its encoded state does not tell.
export const storeLines = (doc) => {
  const roots = new Map([...doc.share].map(([name, type]) => [type, name]))
  const parent = ({ parent, parentSub }) =>
    `${parent._item ? id(parent._item.id) : roots.get(parent)}${parentSub === null ? '' : ` key ${parentSub}`}`
  return [...doc.store.clients]
    .sort(([a], [b]) => b - a)
    .flatMap(([, structs]) => structs)
    .map((struct) => {
      const head = `${id(struct.id)}+${struct.length}`
      if (struct instanceof Y.GC) return `${head} GC`
      const { content, deleted, left, right, origin, rightOrigin } = struct
      return (
        `${head} kind ${content.getRef()}${deleted ? ' deleted' : ''} left ${id(left?.lastId)} right ${id(right?.id)} ` +
        `origin ${id(origin)} right origin ${id(rightOrigin)} in ${parent(struct)}`
      )
    })
}

const hex = (bytes) => Buffer.from(bytes).toString('hex')

// How two updates differ, as text.
export const explainDifference = (expected, actual, encoding) => {
  const report = [`expected ${expected.length} bytes, got ${actual.length}`]
  try {
    const wanted = updateLines(expected, encoding)
    const got = updateLines(actual, encoding)
    const missing = wanted.filter((line) => !got.includes(line)).map((line) => `- ${line}`)
    const extra = got.filter((line) => !wanted.includes(line)).map((line) => `+ ${line}`)
    if (missing.length + extra.length > 0) return [...report, ...missing, ...extra].join('\n')
    report.push(
      wanted.join('\n') === got.join('\n') ? 'the same structs, in other bytes:' : 'the same structs, in another order:'
    )
    report.push(...wanted.map((line) => `- ${line}`), ...got.map((line) => `+ ${line}`))
  } catch (error) {
    report.push(`it does not decode: ${error.message}`)
  }
  report.push(`- ${hex(expected)}`, `+ ${hex(actual)}`)
  return report.join('\n')
}
