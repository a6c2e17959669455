/** Pictures in a rich text: read from files, made small enough to travel inside the document. */
import type { Editor } from '@tiptap/core'

/** The longer side of a picture in pixels, tried one after the other until it fits. */
const sides = [1600, 1200, 800, 500, 300]
/** What a picture may take in the document, in characters of its data address. */
const maxLength = 400_000

/** The pictures among what is pasted or dropped. */
export function imageFiles(data: DataTransfer | null): File[] {
  return [...(data?.files ?? [])].filter((file) => file.type.startsWith('image/'))
}

/** Inserts pictures at `at`, or where the selection is, once they are read. False if there are none. */
export function insertImages(editor: Editor, files: File[], at?: number): boolean {
  if (files.length === 0) return false
  void Promise.all(files.map(readImage)).then((images) => {
    const content = images
      .filter((image) => image !== null)
      .map((image) => ({ type: 'image', attrs: { src: image.src, alt: image.alt } }))
    editor
      .chain()
      .focus()
      .insertContentAt(at ?? editor.state.selection, content)
      .run()
  })
  return true
}

/** Null if the browser cannot read the file as a picture. */
async function readImage(file: File): Promise<{ src: string; alt: string } | null> {
  const bitmap = await createImageBitmap(file).catch(() => null)
  if (bitmap === null) return null
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  for (const side of sides) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height))
    canvas.width = Math.max(1, Math.round(bitmap.width * scale))
    canvas.height = Math.max(1, Math.round(bitmap.height * scale))
    context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    const src = canvas.toDataURL('image/webp', 0.85)
    if (src.length <= maxLength) return { src, alt: file.name.replace(/\.[^.]*$/, '') }
  }
  return null
}
