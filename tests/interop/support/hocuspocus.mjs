// Stock providers of Hocuspocus, of every major version in use.
import * as provider2 from 'hocuspocus-provider-2'
import * as provider3 from 'hocuspocus-provider-3'
import * as provider4 from 'hocuspocus-provider-4'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { within } from './client.mjs'

export const versions = { 2: provider2, 3: provider3, 4: provider4 }

// A socket; providers attach to it with `open`.
export const openSocket = (t, version, server) => {
  const socket = new versions[version].HocuspocusProviderWebsocket({
    url: `${server.ws.replace(/\/ws$/, '')}/hocuspocus`,
    WebSocketPolyfill: WebSocket,
    delay: 100,
    minDelay: 100,
    maxDelay: 500
  })
  t.after(() => socket.destroy())
  return socket
}

export const open = (t, version, socket, name, options = {}) => {
  const provider = new versions[version].HocuspocusProvider({
    name,
    websocketProvider: socket,
    document: new Y.Doc(),
    ...options
  })
  if (version >= 3) provider.attach()
  t.after(() => provider.destroy())
  return provider
}

// Synced: everything of both sides is known to the other, and durable.
export const synced = async (provider) => {
  if (!provider.synced || provider.hasUnsyncedChanges) {
    await within(
      'a provider to be synced',
      new Promise((resolve) => {
        const look = () => {
          if (provider.synced && !provider.hasUnsyncedChanges) resolve()
        }
        for (const event of ['synced', 'unsyncedChanges', 'message']) provider.on(event, () => setTimeout(look))
        look()
      })
    )
  }
  return provider
}

export const textOf = (provider) => provider.document.getText('text').toString()
