import * as Y from 'yjs'

// What `stet inspect --json` is to say, from what stock Yjs decodes.
export const inspected = (encoding, bytes) => {
  const { structs, ds } = (encoding === 'v1' ? Y.decodeUpdate : Y.decodeUpdateV2)(bytes)
  const clients = new Map()
  const roots = new Set()
  for (const struct of structs) {
    const { client, clock } = struct.id
    const known = clients.get(client) ?? { id: client, structs: 0, first_clock: clock, end_clock: 0 }
    clients.set(client, { ...known, structs: known.structs + 1, end_clock: clock + struct.length })
    if (typeof struct.parent === 'string') roots.add(struct.parent)
  }
  const ranges = [...ds.clients.values()].flat()
  const doc = new Y.Doc()
  ;(encoding === 'v1' ? Y.applyUpdate : Y.applyUpdateV2)(doc, bytes)
  return {
    encoding,
    bytes: bytes.length,
    structs: structs.length,
    gc: structs.filter((struct) => struct instanceof Y.GC).length,
    skip: structs.filter((struct) => struct instanceof Y.Skip).length,
    clients: [...clients.values()],
    delete_ranges: ranges.length,
    deleted: ranges.reduce((sum, { len }) => sum + len, 0),
    roots: [...roots],
    text_length: doc.getText('text').length,
    pending: Boolean(doc.store.pendingStructs || doc.store.pendingDs)
  }
}
