/** A connection to a server, and the documents that are open on it. Reconnects by itself. */
import { decode, encode } from '@msgpack/msgpack'
import { RefusedError, ThinDocument, type Message } from './document.js'

/** What is used of a WebSocket: that of browsers, of Node 22, and of the package ws. */
interface Socket {
  binaryType: string
  readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(data: Uint8Array): void
  close(): void
}
export type SocketConstructor = new (url: string, protocol: string) => Socket

export interface ClientOptions {
  /** What the log names as the author. */
  user?: string
  /** The server refuses all edits of this client. */
  readOnly?: boolean
  /** Where there is no global WebSocket (Node before 22): the one of the package ws. */
  WebSocket?: SocketConstructor
}

const subprotocol = 'stet.v1'
const firstPause_ms = 200
const longestPause_ms = 5_000

export class ThinClient {
  private readonly documents = new Map<string, ThinDocument>()
  private readonly url: string
  private readonly Socket: SocketConstructor
  private socket: Socket | undefined
  private isOpen = false
  private isClosed = false
  private pause_ms = firstPause_ms
  private timer: ReturnType<typeof setTimeout> | undefined

  /** `server`: `ws://HOST` or `wss://HOST`. */
  constructor(server: string, options: ClientOptions = {}) {
    const query = new URLSearchParams()
    if (options.user !== undefined) query.set('user', options.user)
    if (options.readOnly === true) query.set('readonly', 'true')
    this.url = `${server.replace(/\/$/, '')}/thin?${query}`
    const found = options.WebSocket ?? (globalThis as { WebSocket?: unknown }).WebSocket
    if (found === undefined) throw new Error('There is no WebSocket here; hand one in as an option.')
    this.Socket = found as SocketConstructor
    this.connect()
  }

  /** Opens a document, or gives it where it is open already. Await its `opened` before you edit. */
  open(name: string, root = 'text'): ThinDocument {
    const known = this.documents.get(name)
    if (known !== undefined) return known
    const document = new ThinDocument(name, root, (message) => this.send(message))
    this.documents.set(name, document)
    if (this.isOpen) document.open()
    return document
  }

  /** Leaves a document. What is not durable yet may still become so; its promises fail. */
  leave(document: ThinDocument): void {
    if (this.documents.get(document.name) !== document) return
    this.documents.delete(document.name)
    if (this.isOpen) this.send({ t: 'close', doc: document.name })
    document.close()
  }

  close(): void {
    this.isClosed = true
    clearTimeout(this.timer)
    this.socket?.close()
    for (const document of this.documents.values()) document.close()
    this.documents.clear()
  }

  private send(message: Message): void {
    this.socket?.send(encode(message, { ignoreUndefined: true }))
  }

  private connect(): void {
    const socket = new this.Socket(this.url, subprotocol)
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.isOpen = true
      for (const document of this.documents.values()) document.open()
    }
    socket.onmessage = ({ data }: { data: ArrayBuffer }) => this.receive(decode(data) as Message)
    socket.onerror = () => {} // a close follows
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.lost(code, reason)
  }

  private receive(message: Message): void {
    const document = this.documents.get(message.doc)
    if (document === undefined) return
    if (message.t !== 'closed') {
      if (message.t === 'opened') this.pause_ms = firstPause_ms
      document.receive(message)
      return
    }
    const code = message.code as number
    if (isPermanent(code)) {
      this.documents.delete(document.name)
      document.close(new RefusedError(code, message.reason as string))
    } else {
      document.lost()
      setTimeout(() => {
        if (this.isOpen && this.documents.get(document.name) === document) document.open()
      }, this.nextPause())
    }
  }

  private lost(code: number, reason: string): void {
    this.isOpen = false
    if (this.isClosed) return
    if (isPermanent(code)) {
      for (const document of this.documents.values()) document.close(new RefusedError(code, reason))
      this.documents.clear()
      return
    }
    for (const document of this.documents.values()) document.lost()
    this.timer = setTimeout(() => this.connect(), this.nextPause())
  }

  /** Twice as long each time, with some chance, so that not all clients of a server come back at once. */
  private nextPause(): number {
    const pause_ms = this.pause_ms * (0.5 + Math.random() / 2)
    this.pause_ms = Math.min(longestPause_ms, this.pause_ms * 2)
    return pause_ms
  }
}

const isPermanent = (code: number): boolean => code >= 4400 && code < 4500
