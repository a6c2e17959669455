/** The editor: CodeMirror on a Yjs text. */
import { defaultKeymap } from '@codemirror/commands'
import { search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, keymap, placeholder } from '@codemirror/view'
import type { Awareness } from 'y-protocols/awareness'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import * as Y from 'yjs'
import { adoptPersonColors } from './colors'
import { peerCursors } from './cursors'
import { editorTheme } from './editor_theme'

/** The bar covers the top of the page: a cursor is not scrolled below it, nor to the very edge. */
const margins_px = { top: 80, bottom: 48 }

const readOnly = new Compartment()

/**
 * The editor lives in a shadow root: there CodeMirror adopts its style sheets as objects, where in a document it would
 * insert style elements, which the page's policy bars.
 */
export function createEditor(host: HTMLElement, text: Y.Text, awareness: Awareness): EditorView {
  const root = host.attachShadow({ mode: 'open' })
  adoptPersonColors(root)
  return new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text.toString(),
      extensions: [
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': 'Document text',
          spellcheck: 'true',
          autocorrect: 'on',
          autocapitalize: 'sentences'
        }),
        EditorView.scrollMargins.of(() => margins_px),
        EditorView.perLineTextDirection.of(true),
        readOnly.of([]),
        placeholder('Start writing…'),
        search({ top: true }),
        keymap.of([...yUndoManagerKeymap, ...searchKeymap, ...defaultKeymap]),
        // Without an awareness, as the cursors are drawn by our own extension, which must come after this one.
        yCollab(text, null, { undoManager: new Y.UndoManager(text) }),
        peerCursors(text, awareness),
        editorTheme
      ]
    })
  })
}

export function setReadOnly(view: EditorView, isReadOnly: boolean): void {
  view.dispatch({ effects: readOnly.reconfigure(isReadOnly ? EditorState.readOnly.of(true) : []) })
}
