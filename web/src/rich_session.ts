/**
 * The session of a rich text: stock @hocuspocus/provider. Its protocol counts what is not saved: each update that the
 * page sends, and its answer to the server's state vector, get a SyncStatus once they are durable.
 */
import { HocuspocusProvider, HocuspocusProviderWebsocket, WebSocketStatus } from '@hocuspocus/provider'
import { Awareness } from 'y-protocols/awareness'
import { Session, openCopy, socketAddress, type OpenedCopy, type SessionListener } from './session'

/** Opens a document with what this browser kept of it; `connect` then brings in the server. */
export async function openSession(name: string, author: string, listener: SessionListener): Promise<RichSession> {
  return new RichSession(await openCopy(name), author, listener)
}

/** The closes after which coming back would change nothing; other servers' providers come back for ever. */
const isRefusal = (code: number): boolean => code === 4400 || code === 4403

export class RichSession extends Session {
  readonly awareness: Awareness
  private readonly socket: HocuspocusProviderWebsocket
  private readonly provider: HocuspocusProvider
  /** The socket is being closed to come back under another name. */
  private renaming = false

  constructor(
    opened: OpenedCopy,
    private author: string,
    listener: SessionListener
  ) {
    super(opened, listener)
    this.awareness = new Awareness(opened.doc)
    this.socket = new HocuspocusProviderWebsocket({ url: address(author), autoConnect: false })
    this.provider = new HocuspocusProvider({
      name: opened.name,
      document: opened.doc,
      awareness: this.awareness,
      websocketProvider: this.socket
    })
    this.watchEdits(this.provider)
    this.provider.attach()
    // After the provider's own handlers, which forget the others when the connection is lost.
    this.watchConnection(listener)
  }

  override connect(): void {
    void this.socket.connect()
  }

  override retry(): void {
    this.tracker.reconnecting()
    void this.socket.connect()
  }

  override setAuthor(author: string): void {
    if (this.author === author) return
    this.author = author
    this.socket.configuration.url = address(author)
    if (this.socket.status !== WebSocketStatus.Connected) return
    this.renaming = true
    this.socket.disconnect()
  }

  protected override ask(): void {
    if (!this.provider.hasUnsyncedChanges) this.tracker.answered()
  }

  private watchConnection(listener: SessionListener): void {
    this.provider.on('synced', () => this.tracker.synced())
    this.provider.on('unsyncedChanges', ({ number }: { number: number }) => {
      if (number === 0) this.tracker.answered()
    })
    this.provider.on('authenticationFailed', ({ reason }: { reason: string }) => this.refuse(4403, reason, listener))
    this.socket.on('close', ({ event }: { event: { code: number; reason: string } }) => {
      if (isRefusal(event.code)) return this.refuse(event.code, event.reason, listener)
      this.forgetPeers()
      if (this.renaming) {
        this.renaming = false
        this.retry()
      } else {
        this.tracker.lost()
      }
    })
  }

  private refuse(code: number, reason: string, listener: SessionListener): void {
    this.socket.disconnect()
    this.tracker.refused()
    listener.refused({ code, reason })
  }
}

function address(author: string): string {
  return `${socketAddress('/hocuspocus')}?${new URLSearchParams({ user: author }).toString()}`
}
