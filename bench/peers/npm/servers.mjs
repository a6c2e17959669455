// node servers.mjs hocuspocus|y-websocket PORT [FOLDER]: a server of npm as its documentation sets it up; with a folder
// it keeps its documents there, in SQLite and in LevelDB. Prints a line once it listens.
import { createServer } from 'node:http'
import { join } from 'node:path'

const servers = {
  async hocuspocus(port, folder) {
    const { Server } = await import('@hocuspocus/server')
    const extensions = []
    if (folder) {
      const { SQLite } = await import('@hocuspocus/extension-sqlite')
      extensions.push(new SQLite({ database: join(folder, 'documents.sqlite') }))
    }
    await new Server({ port, address: '127.0.0.1', quiet: true, stopOnSignals: false, extensions }).listen()
  },

  async 'y-websocket'(port, folder) {
    const { Server: WebSocketServer } = (await import('ws')).default
    const { setPersistence, setupWSConnection } = await import('@y/websocket-server/utils')
    if (folder) {
      const { LeveldbPersistence } = await import('y-leveldb')
      const Y = await import('yjs')
      const store = new LeveldbPersistence(join(folder, 'leveldb'))
      setPersistence({
        provider: store,
        bindState: async (name, doc) => {
          const persisted = await store.getYDoc(name)
          await store.storeUpdate(name, Y.encodeStateAsUpdate(doc))
          Y.applyUpdate(doc, Y.encodeStateAsUpdate(persisted))
          doc.on('update', (update) => store.storeUpdate(name, update))
        },
        writeState: async () => {},
      })
    }
    const http = createServer()
    const sockets = new WebSocketServer({ server: http })
    sockets.on('connection', setupWSConnection)
    await new Promise((resolve) => http.listen(port, '127.0.0.1', resolve))
  },
}

const [name, port, folder] = process.argv.slice(2)
await servers[name](Number(port), folder)
console.log('listening')
