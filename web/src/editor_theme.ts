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
    padding: '12px 44px 12px 0',
    fontSize: '14px'
  },
  '.cm-panel.cm-search br': { flexBasis: '100%', height: '0', content: '""' },
  '.cm-panel.cm-search input, .cm-panel.cm-search button, .cm-panel.cm-search label': { margin: '0', fontSize: '14px' },
  '.cm-panel.cm-search label': { display: 'inline-flex', alignItems: 'center', gap: '6px', color: 'var(--muted)' },
  '.cm-textfield': {
    background: 'var(--field)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    color: 'var(--ink)',
    padding: '6px 10px',
    minHeight: '36px'
  },
  '.cm-button': {
    background: 'var(--surface)',
    backgroundImage: 'none',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    color: 'var(--ink)',
    padding: '6px 12px',
    minHeight: '36px',
    textTransform: 'capitalize'
  },
  '.cm-button:active': { backgroundImage: 'none', background: 'var(--hover)' },
  '.cm-panel.cm-search [name=close]': {
    top: '12px',
    right: '0',
    width: '36px',
    height: '36px',
    fontSize: '22px',
    color: 'var(--muted)'
  },
  '.cm-searchMatch': { backgroundColor: 'var(--match)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--match-strong)' },

  '.peer-selection': { backgroundColor: 
      'light-dark(color-mix(in srgb, var(--person) 26%, transparent), color-mix(in srgb, var(--person) 48%, transparent))' },
  '.peer-caret': {
    position: 'relative',
    borderLeft: '2px solid var(--person)',
    marginLeft: '-1px',
    marginRight: '-1px'
  },
  '.peer-name': {
    position: 'absolute',
    left: '-2px',
    bottom: '100%',
    zIndex: '4',
    padding: '2px 7px',
    borderRadius: '6px 6px 6px 0',
    background: 'var(--person)',
    color: '#fff',
    font: '600 11.5px/1.4 var(--sans)',
    maxWidth: '14em',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    userSelect: 'none',
    pointerEvents: 'none',
    animation: 'peer-name-leaves 3s ease-in forwards'
  },
  '@keyframes peer-name-leaves': { '0%, 85%': { opacity: '1' }, '100%': { opacity: '0' } },
  '.peer-caret:hover .peer-name': { animation: 'none', opacity: '1' }
})
