/** The editor of rich texts: TipTap on a Yjs XML fragment. */
import { Editor, Extension } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { yCursorPlugin } from '@tiptap/y-tiptap'
import type { Awareness } from 'y-protocols/awareness'
import { caretElement } from './caret'
import { personClass } from './colors'
import type { DocumentEditor } from './document_editor'
import { personOf, type Person } from './people'
import { contentExtensions } from './rich_content'
import { imageFiles, insertImages } from './rich_images'
import { RichToolbar } from './rich_toolbar'
import type { Session } from './session'

export function createEditor(host: HTMLElement, { doc, awareness }: Session): DocumentEditor {
  const editor: Editor = new Editor({
    // TipTap would insert a style element, which the page's policy bars: its rules are in rich.css.
    injectCSS: false,
    extensions: [...contentExtensions, Collaboration.configure({ document: doc }), peerCursors(awareness)],
    editorProps: {
      attributes: {
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': 'Document text',
        class: 'rich-text',
        spellcheck: 'true'
      },
      handlePaste: (_view, event) => insertImages(editor, imageFiles(event.clipboardData)),
      handleDrop: (view, event) => {
        const at = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos
        return insertImages(editor, imageFiles(event.dataTransfer), at)
      }
    }
  })
  const toolbar = new RichToolbar(editor)
  host.append(toolbar.element, toolbar.linkDialog)
  editor.mount(host)
  keepNamesTrue(editor, awareness)
  return {
    text: () => editor.getText(),
    focus: () => editor.commands.focus(),
    setReadOnly: (isReadOnly) => editor.setEditable(!isReadOnly)
  }
}

/** Publishes my cursor in the awareness field `cursor`, as y-prosemirror does, and draws those of the others. */
function peerCursors(awareness: Awareness): Extension {
  const personAt = (clientId: number): Person =>
    personOf(clientId, awareness.getStates().get(clientId)) ?? { clientId, name: 'Someone', color: 0, isSelf: false }
  return Extension.create({
    name: 'peerCursors',
    addProseMirrorPlugins: () => [
      yCursorPlugin(awareness, {
        cursorBuilder: (_user: unknown, clientId: number) => {
          const caret = caretElement(personAt(clientId))
          caret.dataset.clientId = String(clientId)
          return caret
        },
        selectionBuilder: (_user: unknown, clientId: number) => ({
          class: `peer-selection ${personClass(personAt(clientId).color)}`
        })
      })
    ]
  })
}

/** The editor keeps the element of a cursor as long as its person is here: it is renamed, and shows the name again, in place. */
function keepNamesTrue(editor: Editor, awareness: Awareness): void {
  awareness.on('change', ({ updated }: { updated: number[] }) => {
    for (const clientId of updated) {
      const person = personOf(clientId, awareness.getStates().get(clientId))
      const caret = editor.view.dom.querySelector(`.peer-caret[data-client-id="${clientId}"]`)
      const label = caret?.querySelector('.peer-name')
      if (person === null || caret == null || label == null) continue
      caret.className = `peer-caret ${personClass(person.color)}`
      label.textContent = person.name
      for (const animation of label.getAnimations()) {
        animation.cancel()
        animation.play()
      }
    }
  })
}
