// json-joy has a format of its own: what Yjs peers read from a file it makes from the trace, outside the clock.
import crdt from 'json-joy/lib/json-crdt/index.js'
import patch from 'json-joy/lib/json-crdt-patch/index.js'

const { Model } = crdt
const { Patch } = patch

function edit(model, transactions, flushed) {
  const target = model.api.str(['text'])
  for (const patches of transactions) {
    for (const [position, deleted, inserted] of patches) {
      if (deleted) target.del(position, deleted)
      if (inserted) target.ins(position, inserted)
    }
    flushed(model.api.flush())
  }
}

function empty(flushed) {
  const model = Model.create()
  model.api.set({ text: '' })
  flushed(model.api.flush())
  return model
}

function edited(trace, flushed = () => {}) {
  const model = empty(flushed)
  edit(model, trace.transactions, flushed)
  return model
}

function made(model, lap, part) {
  lap(part)
  const { text } = model.view()
  lap('text')
  return { model, text }
}

export const operations = () => ({
  local(files, path) {
    const trace = files.trace(path)
    return { run: (lap) => made(edited(trace), lap, 'edit'), check: (m) => m.text === trace.end }
  },
  remote(files, path) {
    const trace = files.trace(path)
    const log = []
    edited(trace, (change) => log.push(change.toBinary()))
    const run = (lap) => {
      const model = Model.create()
      for (const change of log) model.applyPatch(Patch.fromBinary(change))
      return made(model, lap, 'apply')
    }
    return { run, check: (m) => m.text === trace.end }
  },
  snapshot(files, path) {
    const trace = files.trace(path)
    const bytes = edited(trace).toBinary()
    return { run: (lap) => made(Model.fromBinary(bytes), lap, 'apply'), check: (m) => m.text === trace.end }
  },
})
