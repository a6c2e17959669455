/** One open document: its text as the server has it, and the edits that are on their way. */
import { cutsPair, difference, movedBehind, splice, transform, type Splice, type Splices } from './splices.js'

export interface Person {
  id: number
  name: string
  color: string
  /** Offsets in the text. */
  cursor?: [anchor: number, head: number]
}

export type State = 'connecting' | 'open' | 'closed'

export interface EditOptions {
  /** What program made the edit, and for whom. */
  agent?: string
  askedBy?: string
}

/** An edit on its way. Both promises fail with RefusedError where the server refuses it. */
export interface Edit {
  id: number
  /** It is in the document, and the others have it. */
  accepted: Promise<void>
  /** It is on the server's disk. */
  durable: Promise<void>
}

export class RefusedError extends Error {
  constructor(
    readonly code: string | number,
    reason: string
  ) {
    super(reason)
  }
}

export type Message = Record<string, unknown> & { t: string; doc: string }

interface Pending {
  id: number
  /** A change of `text`; where it is accepted, of the text before that, with what was erased. */
  splices: Splices
  erased: string[]
  /** What was durable when it was made. In the log it is behind that, if it is there. */
  madeAt: number
  options: EditOptions
  /** The version that it made, once it is accepted. */
  version?: number
  resolveAccepted: () => void
  resolveDurable: () => void
  reject: (error: Error) => void
}

const noop = (): void => {}

export class ThinDocument {
  /** As the server has it: an edit of ours shows when it is accepted. */
  text = ''
  version = 0
  /** The version up to which all is on the server's disk. */
  durable = 0
  people: readonly Person[] = []
  /** Our number among the people. */
  you = 0
  state: State = 'connecting'
  /** Called after the text has changed. The splices lead from the text before; `isOwn`: our own edit. */
  onChange: (splices: Splices, isOwn: boolean) => void = noop
  onPeople: (people: readonly Person[]) => void = noop
  onState: (state: State) => void = noop
  /** Called when `durable` has grown. */
  onDurable: (version: number) => void = noop
  /** Settled when the document has first been opened. */
  readonly opened: Promise<void>
  private resolveOpened = noop
  private rejectOpened: (error: Error) => void = noop
  private pending: Pending[] = []
  /** Why it is closed, once it is. */
  private end: Error | undefined
  private lastId = 0
  private epoch = 0
  private session = ''
  private presence: Record<string, unknown> | undefined

  constructor(
    readonly name: string,
    readonly root: string,
    private readonly send: (message: Message) => void
  ) {
    this.opened = new Promise((resolve, reject) => {
      this.resolveOpened = resolve
      this.rejectOpened = reject
    })
    this.opened.catch(noop)
  }

  /** Edits the text. The splices are a change of `text` as it is now. Throws RangeError where they do not fit. */
  edit(splices: Splices, options: EditOptions = {}): Edit {
    check(this.text, splices)
    const id = ++this.lastId
    const pending: Pending = {
      id,
      splices,
      erased: [],
      madeAt: this.durable,
      options,
      resolveAccepted: noop,
      resolveDurable: noop,
      reject: noop
    }
    const accepted = new Promise<void>((resolve, reject) => {
      pending.resolveAccepted = resolve
      pending.reject = reject
    })
    const durable = new Promise<void>((resolve, reject) => {
      const rejectAccepted = pending.reject
      pending.resolveDurable = resolve
      pending.reject = (error) => {
        rejectAccepted(error)
        reject(error)
      }
    })
    accepted.catch(noop)
    durable.catch(noop)
    if (this.end === undefined) this.pending.push(pending)
    else pending.reject(this.end)
    if (this.state === 'open') this.sendEdit(pending)
    return { id, accepted, durable }
  }

  insert(position: number, text: string, options?: EditOptions): Edit {
    return this.edit([[position, 0, text]], options)
  }

  erase(position: number, length: number, options?: EditOptions): Edit {
    return this.edit([[position, length, '']], options)
  }

  append(text: string, options?: EditOptions): Edit {
    return this.insert(this.text.length, text, options)
  }

  /** Tells the others who we are and where. Kept over reconnections. */
  announce(name: string, color: string, cursor?: [anchor: number, head: number]): void {
    this.presence = { name, color, ...(cursor && { cursor }) }
    if (this.state === 'open') this.sendPresence()
  }

  // --- what the client calls ---

  /**
   * The socket is open. The server looks for edits of ours in the log behind `durable`, so that must be before the first
   * of which we do not know that it is on disk. (It may be, and we were only told that it is among what was applied.)
   */
  open(): void {
    const known = this.session !== '' && {
      version: this.version,
      epoch: this.epoch,
      durable: this.pending[0]?.madeAt ?? this.durable,
      session: this.session
    }
    this.send({ t: 'open', doc: this.name, root: this.root, ...known })
  }

  lost(): void {
    if (this.state === 'closed') return
    this.setState('connecting')
  }

  close(error: Error = new Error('the document is closed')): void {
    if (this.state === 'closed') return
    this.end = error
    this.setState('closed')
    this.rejectOpened(error)
    for (const edit of this.pending.splice(0)) edit.reject(error)
  }

  receive(message: Message): void {
    switch (message.t) {
      case 'opened':
        return this.onOpened(message)
      case 'delta':
        return this.change(message.splices as Splices, message.version as number, false)
      case 'text':
        this.epoch = message.epoch as number
        return this.change(difference(this.text, message.text as string), message.version as number, false)
      case 'accepted':
        return this.onAccepted(message.id as number, message.splices as Splices, message.version as number)
      case 'durable':
        return this.setDurable(message.version as number)
      case 'presence':
        this.people = message.people as Person[]
        return this.onPeople(this.people)
      case 'refused':
        return this.onRefused(message)
    }
  }

  // --- ---

  private onOpened(message: Message): void {
    const version = message.version as number
    const applied = message.applied as number
    this.you = message.you as number
    this.session = message.session as string
    this.epoch = message.epoch as number
    const splices =
      message.text === undefined ? (message.splices as Splices) : difference(this.text, message.text as string)
    const lost = this.pending.filter((edit) => edit.version !== undefined && edit.id > applied)
    // What was accepted and then lost with the server is made an edit of the present text again.
    for (const edit of lost) edit.version = -1
    this.change(splices, version, false)
    for (const edit of lost) {
      delete edit.version
      edit.splices = again(this.text, edit)
    }
    for (const edit of this.pending) {
      if (edit.id <= applied && edit.version === undefined) this.accept(edit, version)
    }
    this.setDurable(message.durable as number)
    this.setState('open')
    if (this.presence !== undefined) this.sendPresence()
    for (const edit of this.pending) if (edit.version === undefined) this.sendEdit(edit)
    this.resolveOpened()
  }

  private onAccepted(id: number, splices: Splices, version: number): void {
    const edit = this.pending.find((waiting) => waiting.id === id)
    if (edit !== undefined) {
      edit.splices = splices
      edit.erased = splices.map(([position, erased]) => this.text.slice(position, position + erased))
      this.accept(edit, version)
    }
    this.change(splices, version, true)
    // Nothing was left to do, so nothing of it has to reach the disk; but what it may repeat has.
    if (edit !== undefined) this.setDurable(this.durable)
  }

  private accept(edit: Pending, version: number): void {
    edit.version = version
    edit.resolveAccepted()
  }

  private onRefused(message: Message): void {
    const at = this.pending.findIndex((edit) => edit.id === message.id)
    if (at < 0) return
    const [edit] = this.pending.splice(at, 1)
    edit?.reject(new RefusedError(message.code as string, message.reason as string))
  }

  private change(splices: Splices, version: number, isOwn: boolean): void {
    this.version = version
    if (splices.length === 0) return
    // Also those that are accepted: where they were, should they have to be made again.
    for (const edit of this.pending) {
      if (edit.version === undefined) edit.splices = transform(edit.splices, splices)
      else if (edit.version < version) edit.splices = moved(edit.splices, splices)
    }
    this.text = splice(this.text, splices)
    this.onChange(splices, isOwn)
  }

  private setDurable(version: number): void {
    const hasGrown = version > this.durable
    this.durable = version
    this.pending = this.pending.filter((edit) => {
      if (edit.version === undefined || edit.version > version) return true
      edit.resolveDurable()
      return false
    })
    if (hasGrown) this.onDurable(version)
  }

  private setState(state: State): void {
    if (this.state === state) return
    this.state = state
    this.onState(state)
  }

  private sendEdit({ id, splices, options }: Pending): void {
    const { agent, askedBy } = options
    this.send({
      t: 'edit',
      doc: this.name,
      id,
      version: this.version,
      splices,
      ...(agent !== undefined && { agent }),
      ...(askedBy !== undefined && { asked_by: askedBy })
    })
  }

  private sendPresence(): void {
    this.send({ t: 'presence', doc: this.name, ...this.presence })
  }
}

function check(text: string, splices: Splices): void {
  let end = 0
  for (const [position, erased] of splices) {
    if (!(position >= end && erased >= 0 && position + erased <= text.length)) {
      throw new RangeError('the splices overlap, or reach beyond the text')
    }
    end = position + erased
    if (cutsPair(text, position) || cutsPair(text, end)) throw new RangeError('a splice cuts a surrogate pair')
  }
}

/** Where splices that are done have been, after a further change. */
function moved(splices: Splices, over: Splices): Splice[] {
  return splices.map(([position, erased, text]) => [movedBehind(position, over), erased, text])
}

/** An edit that was lost, as one of the present text: erases what it erased where that stands there again. */
function again(text: string, { splices, erased }: Pending): Splice[] {
  const out: Splice[] = []
  let end = 0
  splices.forEach(([position, , inserted], i) => {
    const gone = erased[i] ?? ''
    let at = Math.min(Math.max(end, position), text.length)
    if (cutsPair(text, at)) at--
    const found = gone !== '' && text.slice(at - gone.length, at) === gone ? at - gone.length : at
    const isThere = gone !== '' && found >= end && text.slice(found, found + gone.length) === gone
    out.push([isThere ? found : at, isThere ? gone.length : 0, inserted])
    end = isThere ? found + gone.length : at
  })
  return out
}
