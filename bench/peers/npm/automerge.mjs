// Automerge has a format of its own: what Yjs peers read from a file it makes from the trace, outside the clock.
import * as A from '@automerge/automerge'

function edited(trace) {
  let doc = A.from({ text: '' })
  for (const patches of trace.transactions) {
    doc = A.change(doc, (draft) => {
      for (const [position, deleted, inserted] of patches) A.splice(draft, ['text'], position, deleted, inserted)
    })
  }
  return doc
}

function made(doc, lap, part) {
  lap(part)
  const text = doc.text
  lap('text')
  return { doc, text, free: () => A.free(doc) }
}

export const operations = () => ({
  local(files, path) {
    const trace = files.trace(path)
    return { run: (lap) => made(edited(trace), lap, 'edit'), check: (m) => m.text === trace.end }
  },
  snapshot(files, path) {
    const trace = files.trace(path)
    const bytes = A.save(edited(trace))
    return { run: (lap) => made(A.load(bytes), lap, 'apply'), check: (m) => m.text === trace.end }
  },
})
