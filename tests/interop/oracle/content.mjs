// What a document shows, as one string that is equal for equal documents: map keys sorted, equal neighbours of a delta
// joined, and every value that JSON would blur (undefined, bigint, -0, NaN, bytes) told apart.
import * as Y from 'yjs'

const canonical = (value) => {
  if (value instanceof Y.AbstractType) return typeContent(value)
  if (value instanceof Y.Doc) return { doc: value.guid, autoLoad: value.autoLoad, meta: canonical(value.meta) }
  if (value instanceof Uint8Array) return { bytes: Array.from(value) }
  if (value === undefined) return { undefined: true }
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { number: Object.is(value, -0) ? '-0' : String(value) }
  if (Array.isArray(value)) return value.map(canonical)
  if (value !== null && typeof value === 'object') return sorted(Object.entries(value))
  return value
}

const sorted = (entries) =>
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, value]) => [key, canonical(value)])

const attributesOf = (type) => {
  const attributes = []
  type._map.forEach((item, key) => {
    if (!item.deleted) attributes.push([key, item.content.getContent()[item.length - 1]])
  })
  return sorted(attributes)
}

const deltaContent = (text) => {
  const joined = []
  for (const { insert, attributes } of text.toDelta()) {
    const last = joined[joined.length - 1]
    const op = { insert: canonical(insert), attributes: sorted(Object.entries(attributes ?? {})) }
    if (
      last &&
      typeof last.insert === 'string' &&
      typeof op.insert === 'string' &&
      JSON.stringify(last.attributes) === JSON.stringify(op.attributes)
    ) {
      last.insert += op.insert
    } else {
      joined.push(op)
    }
  }
  return joined
}

const typeContent = (type) => {
  const name = type.nodeName ?? type.hookName
  return {
    type: type.constructor.name,
    ...(name === undefined ? {} : { name }),
    attributes: attributesOf(type),
    children:
      type instanceof Y.Text
        ? deltaContent(type)
        : type._start === null
          ? []
          : Y.getTypeChildren(type).flatMap((item) =>
              item.deleted || !item.countable ? [] : item.content.getContent().map(canonical)
            )
  }
}

// `roots`: types of one document, in the same order for every document that is compared.
export const contentOf = (roots) => JSON.stringify(roots.map(typeContent))

// The visible text of the root `name`, read without giving the root a type (so that nothing but merging happens to it).
export const plainTextOf = (doc, name) => {
  let text = ''
  for (let item = doc.share.get(name)?._start ?? null; item !== null; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) text += item.content.str
  }
  return text
}
