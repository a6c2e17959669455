/** A rich text as it was, with who wrote what in their colours, and what became of it. */
import { getSchema } from '@tiptap/core'
import { DOMSerializer, type Fragment, type Node, type Slice } from '@tiptap/pm/model'
import { EditorState } from '@tiptap/pm/state'
import { Decoration, DecorationSet, EditorView } from '@tiptap/pm/view'
import { initProseMirrorDoc } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { Attributions } from './attributions'
import { authorMark } from './authors'
import { h } from './dom'
import type { EditFilter, HistoryApi } from './history_api'
import { authoredRanges } from './rich_authors'
import { contentExtensions } from './rich_content'
import { richChanges, type RichChange } from './rich_difference'

const schema = getSchema(contentExtensions)
const views = new WeakMap<HTMLElement, EditorView>()
/** The last attributions that were fetched. They hold for all moments until their own. */
let known: { history: HistoryApi; head_seq: number; attributions: Attributions } | undefined

export async function showMoment(host: HTMLElement, history: HistoryApi, seq: number): Promise<number> {
  const { head_seq, bytes } = await history.update(seq)
  const attributions = await attributionsOf(history, head_seq)
  const { doc, fragment } = read(bytes)
  const marks = authoredRanges(fragment, schema, attributions).map(({ from, to, maker, isNode }) =>
    (isNode ? Decoration.node : Decoration.inline)(from, to, authorMark(maker.author, maker.time_ms))
  )
  show(host, doc, marks)
  return head_seq
}

export async function showDifference(host: HTMLElement, history: HistoryApi, from: number, to: number): Promise<void> {
  const [before, after] = await Promise.all([history.update(from), history.update(to)])
  showChanges(host, read(before.bytes).doc, read(after.bytes).doc)
}

export async function showPreview(
  host: HTMLElement,
  history: HistoryApi,
  filter: EditFilter,
  user: string
): Promise<boolean> {
  const { head_seq, bytes } = await history.previewUpdate(filter, user)
  if (bytes.length === 0) return false
  const newest = await history.update(head_seq)
  showChanges(host, read(newest.bytes).doc, read(newest.bytes, bytes).doc)
  return true
}

async function attributionsOf(history: HistoryApi, head_seq: number): Promise<Attributions> {
  if (known?.history !== history || known.head_seq < head_seq) {
    const answer = await history.attributions()
    known = { history, head_seq: answer.head_seq, attributions: new Attributions(answer.bytes) }
  }
  return known.attributions
}

/** What is not of the schema is taken out of the fragment, so that both have the same positions. */
function read(...updates: Uint8Array[]): { doc: Node; fragment: Y.XmlFragment } {
  const shared = new Y.Doc()
  for (const update of updates) Y.applyUpdate(shared, update)
  const fragment = shared.getXmlFragment('default')
  return { doc: initProseMirrorDoc(fragment, schema).doc, fragment }
}

/** One view for all moments, which nobody can write in. */
function show(host: HTMLElement, doc: Node, marks: Decoration[]): void {
  const decorations = DecorationSet.create(doc, marks)
  const state = EditorState.create({ doc })
  const there = views.get(host)
  if (there !== undefined) {
    there.setProps({ state, decorations: () => decorations })
    return
  }
  const place = h('div')
  host.replaceChildren(place)
  const view = new EditorView(place, {
    state,
    decorations: () => decorations,
    editable: () => false,
    attributes: { class: 'rich-text' }
  })
  views.set(host, view)
}

function showChanges(host: HTMLElement, before: Node, after: Node): void {
  show(
    host,
    after,
    richChanges(before, after).flatMap((change) => decorationsOf(change, before, after))
  )
}

function decorationsOf(change: RichChange, before: Node, after: Node): Decoration[] {
  if (change.kind === 'removed') {
    const removed = before.slice(change.of.from, change.of.to)
    return [Decoration.widget(change.at, () => removedElement(removed, after, change.at), { side: -1 })]
  }
  if (change.kind === 'changed') {
    const looks = { class: 'changed', title: change.what }
    return [(change.isNode ? Decoration.node : Decoration.inline)(change.from, change.to, looks)]
  }
  const { from, to } = change
  const marks = [Decoration.inline(from, to, { nodeName: 'ins' })]
  let isVisible = false
  let beginsBlock = false
  after.nodesBetween(from, to, (node, at) => {
    isVisible ||= node.isLeaf
    if (at < from || node.isInline) return
    if (node.isTextblock) beginsBlock = true
    else marks.push(Decoration.node(at, at + node.nodeSize, { class: 'added' }))
  })
  // Of a block that was split there is nothing else to be seen.
  return isVisible || !beginsBlock ? marks : [...marks, Decoration.widget(from, () => h('ins', {}, '¶'), { side: -1 })]
}

/** Whole blocks as blocks; else a line, in which a sign stands for where a block ended. */
function removedElement({ content, openStart, openEnd }: Slice, after: Node, at: number): HTMLElement {
  const serializer = DOMSerializer.fromSchema(schema)
  const isWithinText = after.resolve(at).parent.inlineContent
  if (openStart === 0 && openEnd === 0 && !isWithinText) {
    const block = h('del', { class: 'removed-blocks' })
    block.append(serializer.serializeFragment(content))
    return block
  }
  const line = h('del', { class: isWithinText ? '' : 'removed-blocks' })
  for (const part of inlineParts(content)) {
    line.append(typeof part === 'string' ? part : serializer.serializeNode(part))
  }
  return line
}

function inlineParts(content: Fragment): (Node | string)[] {
  const parts: (Node | string)[] = []
  let blocks = 0
  content.descendants((node) => {
    if (node.isTextblock && blocks++ > 0) parts.push('¶')
    if (node.isLeaf) parts.push(node.isText ? (node.text ?? '') : node)
  })
  return parts
}
