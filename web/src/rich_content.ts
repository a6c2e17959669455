/** What a rich text may contain. */
import { Image } from '@tiptap/extension-image'
import { StarterKit } from '@tiptap/starter-kit'

export const contentExtensions = [
  // Yjs has an undo of its own; and a paragraph that every editor adds at the end would be added by each of them.
  StarterKit.configure({
    undoRedo: false,
    trailingNode: false,
    heading: { levels: [1, 2, 3] },
    link: { openOnClick: false, defaultProtocol: 'https' }
  }),
  // A picture is part of the document: its bytes are its address.
  Image.configure({ allowBase64: true })
]
