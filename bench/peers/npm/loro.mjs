// Loro has a format of its own: what Yjs peers read from a file it makes from the trace, outside the clock.
import { LoroDoc } from 'loro-crdt'

function edit(doc, transactions, committed = () => {}) {
  const target = doc.getText('text')
  for (const patches of transactions) {
    for (const [position, deleted, inserted] of patches) {
      if (deleted) target.delete(position, deleted)
      if (inserted) target.insert(position, inserted)
    }
    doc.commit()
    committed()
  }
}

function made(doc, lap, part) {
  lap(part)
  const text = doc.getText('text').toString()
  lap('text')
  return { doc, text, free: () => doc.free() }
}

function edited(trace) {
  const doc = new LoroDoc()
  edit(doc, trace.transactions)
  return doc
}

export const operations = () => ({
  local(files, path) {
    const trace = files.trace(path)
    return { run: (lap) => made(edited(trace), lap, 'edit'), check: (m) => m.text === trace.end }
  },
  remote(files, path) {
    const trace = files.trace(path)
    const log = []
    const source = new LoroDoc()
    let version = source.version()
    edit(source, trace.transactions, () => {
      log.push(source.export({ mode: 'update', from: version }))
      version = source.version()
    })
    const run = (lap) => {
      const doc = new LoroDoc()
      for (const update of log) doc.import(update)
      return made(doc, lap, 'apply')
    }
    return { run, check: (m) => m.text === trace.end }
  },
  snapshot(files, path) {
    const trace = files.trace(path)
    const bytes = edited(trace).export({ mode: 'snapshot' })
    const run = (lap) => {
      const doc = new LoroDoc()
      doc.import(bytes)
      return made(doc, lap, 'apply')
    }
    return { run, check: (m) => m.text === trace.end }
  },
})
