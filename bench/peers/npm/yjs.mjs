// Yjs 13 and its successor: the same functions, but for the name of a text.
const editor = 2119614686

export async function operations(name) {
  const Y = await import(name)
  const text = (doc) => (name === '@y/y' ? doc.get('text') : doc.getText('text'))
  const textOf = (doc) => text(doc).toString()
  const apply = { v1: Y.applyUpdate, v2: Y.applyUpdateV2 }
  const encode = { v1: Y.encodeStateAsUpdate, v2: Y.encodeStateAsUpdateV2 }
  const bytes = (doc) => ({ v1: encode.v1(doc).length, v2: encode.v2(doc).length })
  const loaded = (update, encoding = 'v1') => {
    const doc = new Y.Doc()
    text(doc)
    apply[encoding](doc, update)
    return doc
  }
  const made = (doc, lap, part) => {
    lap(part)
    const result = { doc, text: textOf(doc), bytes: () => bytes(doc) }
    lap('text')
    return result
  }

  function replay(trace, lap, updates) {
    const doc = new Y.Doc()
    doc.clientID = editor
    const target = text(doc)
    if (updates) doc.on('update', (update) => updates.push(update))
    for (const patches of trace.transactions) {
      doc.transact(() => {
        for (const [position, deleted, inserted] of patches) {
          if (deleted) target.delete(position, deleted)
          if (inserted) target.insert(position, inserted)
        }
      })
    }
    return { ...made(doc, lap, 'edit'), ...(updates && { updates }) }
  }

  return {
    local(files, path) {
      const trace = files.trace(path)
      return { run: (lap) => replay(trace, lap), check: (m) => m.text === trace.end }
    },
    record(files, path) {
      const trace = files.trace(path)
      return { run: (lap) => replay(trace, lap, []), check: (m) => m.text === trace.end }
    },
    remote(files, path, logPath) {
      const trace = files.trace(path)
      const log = files.log(logPath)
      const run = (lap) => {
        const doc = new Y.Doc()
        text(doc)
        for (const update of log) Y.applyUpdate(doc, update)
        return made(doc, lap, 'apply')
      }
      return { run, check: (m) => m.text === trace.end }
    },
    rich(files, path, basePath) {
      const edits = JSON.parse(Buffer.from(files.bytes(path)).toString())
      const base = files.bytes(basePath)
      const run = (lap) => {
        const doc = loaded(base)
        doc.clientID = editor
        lap('load')
        const target = text(doc)
        for (const [position, length, inserted, attributes] of edits) {
          if (inserted) target.insert(position, inserted)
          else if (attributes) target.format(position, length, attributes)
          else target.delete(position, length)
        }
        lap('edit')
        const result = { text: textOf(doc), out: encode.v1(doc) }
        lap('encode')
        return result
      }
      return { run }
    },
    load(files, path, encoding) {
      const update = files.bytes(path)
      return { run: (lap) => made(loaded(update, encoding), lap, 'apply') }
    },
    encode(files, path, encoding) {
      const doc = loaded(files.bytes(path), encoding)
      return {
        run: () => ({ out: encode[encoding](doc) }),
        check: (m) => textOf(loaded(m.out, encoding)) === textOf(doc),
      }
    },
    mergeupdates(files, path, count) {
      const updates = files.log(path).slice(0, Number(count))
      return {
        run: () => ({ out: Y.mergeUpdates(updates) }),
        check(m) {
          const doc = loaded(updates[0])
          for (const update of updates) Y.applyUpdate(doc, update)
          return textOf(loaded(m.out)) === textOf(doc)
        },
      }
    },
    diff(files, path, vectorPath) {
      const update = files.bytes(path)
      const vector = files.bytes(vectorPath)
      return { run: () => ({ out: Y.diffUpdate(update, vector) }) }
    },
    docdiff(files, path, vectorPath) {
      const doc = loaded(files.bytes(path))
      const vector = files.bytes(vectorPath)
      return { run: () => ({ out: Y.encodeStateAsUpdate(doc, vector) }) }
    },
    svfrom(files, path) {
      const update = files.bytes(path)
      return { run: () => ({ out: Y.encodeStateVectorFromUpdate(update) }) }
    },
  }
}
