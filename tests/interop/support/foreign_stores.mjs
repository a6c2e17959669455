// Stores as other servers write them. y-websocket's is written by its own package. The packages that write Hocuspocus'
// and y-sweet's are native programs: those two are written here, as they write them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LeveldbPersistence } from 'y-leveldb'

const hex = (bytes) => Buffer.from(bytes).toString('hex')

// @hocuspocus/extension-sqlite 4.7 (SQLite.ts: schema, upsertQuery). `documents`: {name: state}.
export const writeHocuspocus = (file, documents) => {
  const sql = ['CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL, "data" blob NOT NULL, UNIQUE(name));']
  for (const [name, state] of Object.entries(documents))
    sql.push(`INSERT INTO "documents" ("name", "data") VALUES (CAST(x'${hex(Buffer.from(name))}' AS TEXT), x'${hex(state)}');`)
  execFileSync('sqlite3', [file], { input: sql.join('\n') })
}

// `documents`: {name: [update, ...]}. Resolves with the open store.
export const writeYWebsocket = async (folder, documents) => {
  const store = new LeveldbPersistence(folder)
  for (const [name, updates] of Object.entries(documents)) for (const update of updates) await store.storeUpdate(name, update)
  return store
}

const number32 = (value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const length64 = (value) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

// y-sweet 0.9: the keys of yrs-kvstore 0.3 (keys.rs) in a BTreeMap, as bincode 1.3 writes it (sync_kv.rs).
export const ySweetData = ({ state, stateVector = new Uint8Array([0]), updates = [] }) => {
  const oid = number32(1)
  const key = (...rest) => Buffer.concat([Buffer.from([0, 1]), oid, Buffer.from(rest)])
  const entries = [[Buffer.from('\0\0doc\0'), oid]]
  if (state) entries.push([key(0), state], [key(1), stateVector])
  updates.forEach((update, i) => entries.push([key(2, ...number32(i + 1), 0), update]))
  const parts = [length64(entries.length)]
  for (const [name, value] of entries) parts.push(length64(name.length), name, length64(value.length), Buffer.from(value))
  return Buffer.concat(parts)
}

// `documents`: {name: bytes of its data.ysweet}
export const writeYSweet = (folder, documents) => {
  for (const [name, data] of Object.entries(documents)) {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'data.ysweet'), data)
  }
}
