/** A rich text as it was. */
import { Editor } from '@tiptap/core'
import { yXmlFragmentToProsemirrorJSON } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { h } from './dom'
import type { HistoryApi } from './history_api'
import { contentExtensions } from './rich_content'

const editors = new WeakMap<HTMLElement, Editor>()

export async function showMoment(host: HTMLElement, history: HistoryApi, seq: number): Promise<number> {
  const [update, { head_seq }] = await Promise.all([history.update(seq), history.text(seq)])
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  editorIn(host).commands.setContent(yXmlFragmentToProsemirrorJSON(doc.getXmlFragment('default')))
  return head_seq
}

/** One editor for all moments, which nobody can write in. */
function editorIn(host: HTMLElement): Editor {
  const there = editors.get(host)
  if (there !== undefined) return there
  const place = h('div')
  host.replaceChildren(place)
  const editor = new Editor({
    element: place,
    injectCSS: false,
    editable: false,
    extensions: contentExtensions,
    editorProps: { attributes: { class: 'rich-text' } }
  })
  editors.set(host, editor)
  return editor
}
