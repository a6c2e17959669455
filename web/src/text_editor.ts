/** The editor of plain texts: CodeMirror on a Yjs text. */
import { defaultKeymap } from '@codemirror/commands'
import { search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, keymap, placeholder } from '@codemirror/view'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import * as Y from 'yjs'
import type { DocumentEditor } from './document_editor'
import { adoptPersonStyles } from './person_styles'
import type { Session } from './session'
import { peerCursors } from './text_cursors'
import { editorTheme } from './text_theme'

/** The bar covers the top of the page: a cursor is not scrolled below it, nor to the very edge. */
const margins_px = { top: 80, bottom: 48 }

const readOnly = new Compartment()

/**
 * The editor lives in a shadow root: there CodeMirror adopts its style sheets as objects, where in a document it would
 * insert style elements, which the page's policy bars.
 */
export function createEditor(host: HTMLElement, { doc, awareness }: Session): DocumentEditor {
  const text = doc.getText('text')
  const root = host.attachShadow({ mode: 'open' })
  adoptPersonStyles(root)
  const view = new EditorView({
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
  return {
    text: () => text.toString(),
    focus: () => view.focus(),
    setReadOnly: (isReadOnly) =>
      view.dispatch({ effects: readOnly.reconfigure(isReadOnly ? EditorState.readOnly.of(true) : []) })
  }
}
