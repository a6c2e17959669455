// yrs as WebAssembly. It has no functions on updates without a document.
import * as Y from 'ywasm'

const editor = 2119614686
const apply = { v1: Y.applyUpdate, v2: Y.applyUpdateV2 }
const encode = { v1: Y.encodeStateAsUpdate, v2: Y.encodeStateAsUpdateV2 }

function loaded(update, encoding) {
  const doc = new Y.YDoc({})
  apply[encoding](doc, update)
  return doc
}

function made(doc, lap, part) {
  lap(part)
  const text = doc.getText('text').toString()
  lap('text')
  const bytes = () => ({ v1: encode.v1(doc).length, v2: encode.v2(doc).length })
  return { doc, text, bytes, free: () => doc.free() }
}

export const operations = () => ({
  local(files, path) {
    const trace = files.trace(path)
    const run = (lap) => {
      const doc = new Y.YDoc({ clientID: editor })
      const target = doc.getText('text')
      for (const patches of trace.transactions) {
        const txn = doc.beginTransaction()
        for (const [position, deleted, inserted] of patches) {
          if (deleted) target.delete(position, deleted, txn)
          if (inserted) target.insert(position, inserted, undefined, txn)
        }
        txn.commit()
        txn.free()
      }
      return made(doc, lap, 'edit')
    }
    return { run, check: (m) => m.text === trace.end }
  },
  remote(files, path, logPath) {
    const trace = files.trace(path)
    const log = files.log(logPath)
    const run = (lap) => {
      const doc = new Y.YDoc({})
      doc.getText('text')
      for (const update of log) Y.applyUpdate(doc, update)
      return made(doc, lap, 'apply')
    }
    return { run, check: (m) => m.text === trace.end }
  },
  load(files, path, encoding) {
    const update = files.bytes(path)
    return { run: (lap) => made(loaded(update, encoding), lap, 'apply') }
  },
  encode(files, path, encoding) {
    const doc = loaded(files.bytes(path), encoding)
    return { run: () => ({ out: encode[encoding](doc) }) }
  },
  docdiff(files, path, vectorPath) {
    const doc = loaded(files.bytes(path), 'v1')
    const vector = files.bytes(vectorPath)
    return { run: () => ({ out: Y.encodeStateAsUpdate(doc, vector) }) }
  },
})
