/**
 * Other people's cursors and selections in the editor, and mine for them. The awareness field `cursor` holds a pair of
 * relative positions, as in y-codemirror.next; the drawing is our own, since a name or colour that comes from elsewhere
 * must not become a style, and a label has to follow when its person is renamed.
 */
import { Annotation, type Range } from '@codemirror/state'
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { caretElement } from './caret'
import { personClass } from './colors'
import { personOf, type Person } from './people'

interface Cursor {
  anchor: number
  head: number
}

const othersChanged = Annotation.define<boolean>()

/** The editor extension. The view must show `text`, bound to it by an extension that comes before this one. */
export function peerCursors(text: Y.Text, awareness: Awareness) {
  return ViewPlugin.define((view) => new PeerCursors(view, text, awareness), {
    decorations: (plugin) => plugin.decorations
  })
}

class PeerCursors {
  decorations: DecorationSet = Decoration.none
  /** By client id: where the head was last seen, and how often it has moved. A move shows the name for a while. */
  private readonly moves = new Map<number, { head: string; count: number }>()

  constructor(
    private readonly view: EditorView,
    private readonly text: Y.Text,
    private readonly awareness: Awareness
  ) {
    awareness.on('change', this.onAwareness)
    this.decorations = this.draw()
  }

  update(update: ViewUpdate): void {
    if (update.docChanged || update.selectionSet || update.focusChanged) this.publish()
    const redraw = update.docChanged || update.transactions.some((transaction) => transaction.annotation(othersChanged))
    if (redraw) this.decorations = this.draw()
  }

  destroy(): void {
    this.awareness.off('change', this.onAwareness)
  }

  private readonly onAwareness = (change: { added: number[]; updated: number[]; removed: number[] }): void => {
    for (const id of change.removed) this.moves.delete(id)
    const changed = [...change.added, ...change.updated, ...change.removed]
    if (changed.every((id) => id === this.awareness.clientID)) return
    this.view.dispatch({ annotations: othersChanged.of(true) })
  }

  /** A cursor appears with the first focus and then stays where it was, so that others see where I work. */
  private publish(): void {
    const state = this.awareness.getLocalState()
    if (state === null || (!this.view.hasFocus && state.cursor == null)) return
    const { anchor, head } = this.view.state.selection.main
    const cursor = {
      anchor: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text, anchor)) as unknown,
      head: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text, head)) as unknown
    }
    if (JSON.stringify(cursor) !== JSON.stringify(state.cursor)) this.awareness.setLocalStateField('cursor', cursor)
  }

  private draw(): DecorationSet {
    const ranges: Range<Decoration>[] = []
    for (const [clientId, state] of this.awareness.getStates()) {
      if (clientId === this.awareness.clientID) continue
      const person = personOf(clientId, state)
      const cursor = this.resolve(state.cursor)
      if (person === null || cursor === null) continue
      this.drawSelection(ranges, person, cursor)
      const caret = new CaretWidget(person, this.countMoves(clientId, JSON.stringify(state.cursor)))
      // An own cursor at the same place is drawn outside of the other's selection.
      ranges.push(Decoration.widget({ widget: caret, side: cursor.head > cursor.anchor ? -1 : 1 }).range(cursor.head))
    }
    return Decoration.set(ranges, true)
  }

  private drawSelection(ranges: Range<Decoration>[], person: Person, { anchor, head }: Cursor): void {
    if (anchor === head) return
    const mark = Decoration.mark({ class: `peer-selection ${personClass(person.color)}` })
    ranges.push(mark.range(Math.min(anchor, head), Math.max(anchor, head)))
  }

  /** Where a cursor from elsewhere is in this text; null if it is nowhere, or not a cursor. */
  private resolve(cursor: unknown): Cursor | null {
    if (typeof cursor !== 'object' || cursor === null) return null
    const { anchor, head } = cursor as { anchor?: unknown; head?: unknown }
    const from = this.index(anchor)
    const to = this.index(head)
    return from === null || to === null ? null : { anchor: from, head: to }
  }

  private index(position: unknown): number | null {
    if (typeof position !== 'object' || position === null) return null
    try {
      const relative = Y.createRelativePositionFromJSON(position)
      const absolute = this.text.doc && Y.createAbsolutePositionFromRelativePosition(relative, this.text.doc)
      return absolute?.type === this.text ? Math.min(absolute.index, this.view.state.doc.length) : null
    } catch {
      return null // not a position: another program's idea of a cursor
    }
  }

  private countMoves(clientId: number, head: string): number {
    const last = this.moves.get(clientId)
    if (last?.head === head) return last.count
    const count = (last?.count ?? 0) + 1
    this.moves.set(clientId, { head, count })
    return count
  }
}

class CaretWidget extends WidgetType {
  constructor(
    private readonly person: Person,
    private readonly moves: number
  ) {
    super()
  }

  override eq(other: CaretWidget): boolean {
    return (
      other.moves === this.moves && other.person.name === this.person.name && other.person.color === this.person.color
    )
  }

  override toDOM(): HTMLElement {
    return caretElement(this.person)
  }

  override ignoreEvent(): boolean {
    return true
  }
}
