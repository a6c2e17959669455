// What a golden document shows, as JSON: roots `plain` and `text` (texts), `list`, `map` and `xml`.
// Works with every yjs 13.

// JSON.stringify() asks a sub-document for its JSON first; `this` still has it.
function plain(key, value) {
  const { guid, meta } = this[key] ?? {}
  if (typeof guid === 'string') return { guid, meta }
  return value instanceof Uint8Array ? { bytes: Array.from(value) } : value
}

export const asJson = (shown) => JSON.parse(JSON.stringify(shown, plain))

// Neighbours of equal format are one piece, wherever the writer split them.
export const joined = (delta) => {
  const pieces = []
  for (const { insert, attributes = {} } of delta) {
    const last = pieces[pieces.length - 1]
    const key = JSON.stringify(Object.entries(attributes).sort())
    if (last && typeof insert === 'string' && typeof last.insert === 'string' && last.key === key) last.insert += insert
    else pieces.push({ insert, attributes, key })
  }
  return pieces.map(({ insert, attributes }) => ({ insert, attributes }))
}

export const shownBy = (doc) =>
  asJson({
    plain: doc.getText('plain').toString(),
    text: joined(doc.getText('text').toDelta()),
    list: doc.getArray('list').toJSON(),
    map: doc.getMap('map').toJSON(),
    xml: doc.getXmlFragment('xml').toString()
  })
