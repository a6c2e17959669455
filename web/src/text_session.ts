/**
 * The session of a plain text: stock y-websocket with the questions of `saved.ts`, for its protocol does not say what is
 * saved.
 */
import type { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider, messageSync } from 'y-websocket'
import { isAnswer, question } from './saved'
import { Session, openCopy, socketAddress, type OpenedCopy, type SessionListener } from './session'

/** Opens a document with what this browser kept of it; `connect` then brings in the server. */
export async function openSession(name: string, author: string, listener: SessionListener): Promise<TextSession> {
  return new TextSession(await openCopy(name), author, listener)
}

export class TextSession extends Session {
  readonly awareness: Awareness
  private readonly provider: WebsocketProvider

  constructor(opened: OpenedCopy, author: string, listener: SessionListener) {
    super(opened, listener)
    const provider = new WebsocketProvider(socketAddress('/ws'), encodeURIComponent(opened.name), opened.doc, {
      connect: false,
      params: { user: author },
      // Tabs meet on the server only: then "the provider brought it" means "the server has it", and a tab never shows
      // as saved what another tab has not sent yet.
      disableBc: true
    })
    this.provider = provider
    this.awareness = provider.awareness
    this.watchEdits(provider)
    this.watchAnswers()
    this.watchConnection(listener)
  }

  override connect(): void {
    this.provider.connect()
  }

  override retry(): void {
    this.tracker.reconnecting()
    this.provider.connect()
  }

  override setAuthor(author: string): void {
    if (this.provider.params.user === author) return
    this.provider.params.user = author
    if (!this.provider.wsconnected) return
    this.provider.disconnect()
    this.provider.connect()
  }

  protected override ask(): void {
    this.provider.ws?.send(question)
  }

  private watchAnswers(): void {
    const handlers = this.provider.messageHandlers
    const stock = handlers[messageSync]
    if (stock === undefined) throw new Error('The provider has no handler for sync messages.')
    handlers[messageSync] = (encoder, decoder, provider, emitSynced, messageType) => {
      stock(encoder, decoder, provider, emitSynced, messageType)
      if (isAnswer(decoder.arr)) this.tracker.answered()
    }
  }

  private watchConnection(listener: SessionListener): void {
    this.provider.on('sync', (isSynced) => {
      if (isSynced) this.tracker.synced()
    })
    this.provider.on('connection-close', () => {
      if (this.provider.shouldConnect) this.tracker.lost()
      else this.tracker.reconnecting()
    })
    this.provider.on('status', ({ status }) => {
      if (status === 'disconnected') this.forgetPeers()
    })
    this.provider.on('closed', (refusal) => {
      this.tracker.refused()
      listener.refused(refusal)
    })
  }
}
