/** CodeMirror's looks, in the page's own variables, so that they follow the theme. */
import { EditorView } from '@codemirror/view'

/** Nothing of the page's style sheets reaches into the editor's shadow root but variables. */
export const editorTheme = EditorView.theme({
  '&': { color: 'var(--ink)', fontSize: 'var(--text-size)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--serif)', lineHeight: '1.7', overflow: 'visible' },
  // The margins belong to the text: a click there sets the cursor.
  '.cm-content': {
    padding: 'var(--text-top) 0 30vh',
    minHeight: 'calc(100dvh - var(--bar-height))',
    caretColor: 'var(--ink)'
  },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--faint)', visibility: 'var(--placeholder)' },
  '&.cm-focused .cm-content ::selection, .cm-content ::selection': { background: 'var(--selection)' },
  '.cm-panels': { background: 'var(--paper)', color: 'var(--ink)', fontFamily: 'var(--sans)', zIndex: '5' },
  '.cm-panels-top': { borderBottom: '1px solid var(--line)', top: 'var(--bar-height) !important' },
  '.cm-panel.cm-search': {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: '8px',
    padding: '20px 44px 14px 0'
  },
  '.cm-panel.cm-search :is(input, button, label)': { margin: '0', font: '500 14px/1.4 var(--sans)' },
  '.cm-panel.cm-search :is(input, button):focus-visible': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  // Finding in the first row, replacing in the second, the choices in the third: the fields are wide enough for that.
  '.cm-panel.cm-search .cm-textfield': { flex: '1 1 300px', minWidth: '0' },
  '.cm-panel.cm-search :is([name=replace], [name=replaceAll])': { order: '1' },
  '.cm-panel.cm-search label': {
    display: 'inline-flex',
    order: '2',
    alignItems: 'center',
    gap: '6px',
    minHeight: '32px',
    marginRight: '12px',
    color: 'var(--muted)'
  },
  '.cm-panel.cm-search input[type=checkbox]': { accentColor: 'var(--accent)', width: '16px', height: '16px' },
  '.cm-panel.cm-search :is(.cm-textfield, .cm-button)': {
    boxSizing: 'border-box',
    minHeight: '40px',
    border: '1px solid var(--line-strong)',
    borderRadius: '10px',
    color: 'var(--ink)'
  },
  '.cm-panel.cm-search .cm-textfield[name]': { padding: '0 12px', background: 'var(--field)', fontSize: '16px' },
  '.cm-panel.cm-search .cm-button': {
    padding: '0 14px',
    backgroundColor: 'var(--surface)',
    backgroundImage: 'none',
    textTransform: 'capitalize'
  },
  '.cm-panel.cm-search .cm-button:hover': { backgroundColor: 'var(--hover)' },
  '.cm-panel.cm-search [name=close]': {
    top: '20px',
    right: '0',
    width: '40px',
    height: '40px',
    color: 'var(--muted)',
    fontSize: '24px',
    cursor: 'pointer'
  },
  '.cm-searchMatch': { backgroundColor: 'var(--match)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--match-strong)' }
})
