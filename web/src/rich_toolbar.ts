/** The tools above a rich text. One tab stop: the arrow keys go from tool to tool. */
import type { ChainedCommands, Editor } from '@tiptap/core'
import { h, icon } from './dom'
import { insertImages } from './rich_images'

/** How long the browser may take to tell the selection. */
const focusTakes_ms = 50

interface Tool {
  label: string
  face: Node | string
  /** As browsers write shortcuts: `aria-keyshortcuts`. */
  keys?: string
  run(): void
  isOn?(): boolean
  isPossible?(): boolean
}

export class RichToolbar {
  readonly element: HTMLElement
  readonly linkDialog: HTMLDialogElement
  private readonly buttons: { tool: Tool; button: HTMLButtonElement }[] = []
  private readonly address = h('input', { id: 'link-address', class: 'field', type: 'url', placeholder: 'https://' })
  private readonly file = h('input', { type: 'file', accept: 'image/*', multiple: true, hidden: true })

  constructor(private readonly editor: Editor) {
    this.linkDialog = this.createLinkDialog()
    const groups = this.tools().map((tools) =>
      h('div', { class: 'tools', role: 'group' }, ...tools.map((tool) => this.createButton(tool)))
    )
    this.element = h(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Formats', 'aria-orientation': 'horizontal' },
      ...groups,
      this.file
    )
    this.file.addEventListener('change', () => {
      insertImages(editor, [...(this.file.files ?? [])])
      this.file.value = ''
    })
    this.element.addEventListener('keydown', (event) => this.moveFocus(event))
    editor.on('transaction', () => this.show())
    this.show()
  }

  private tools(): Tool[][] {
    const { editor } = this
    const chain = (act: (chain: ChainedCommands) => ChainedCommands) => () => void act(editor.chain().focus()).run()
    const mark = (label: string, face: Node | string, name: string, keys: string): Tool => ({
      label,
      face,
      keys,
      run: chain((c) => c.toggleMark(name)),
      isOn: () => editor.isActive(name)
    })
    const heading = (level: 1 | 2 | 3): Tool => ({
      label: `Heading ${level}`,
      face: `H${level}`,
      keys: `Control+Alt+${level}`,
      run: chain((c) => c.toggleHeading({ level })),
      isOn: () => editor.isActive('heading', { level })
    })
    return [
      [
        mark('Bold', h('b', {}, 'B'), 'bold', 'Control+B'),
        mark('Italic', h('i', {}, 'I'), 'italic', 'Control+I'),
        mark('Underline', h('u', {}, 'U'), 'underline', 'Control+U'),
        mark('Strikethrough', h('s', {}, 'S'), 'strike', 'Control+Shift+S'),
        mark('Code', icon('M7 6l-4 4 4 4M13 6l4 4-4 4'), 'code', 'Control+E')
      ],
      [heading(1), heading(2), heading(3)],
      [
        {
          label: 'Bulleted list',
          face: icon('M8 5h9M8 10h9M8 15h9', 'M3.5 5h.01M3.5 10h.01M3.5 15h.01'),
          keys: 'Control+Shift+8',
          run: chain((c) => c.toggleBulletList()),
          isOn: () => editor.isActive('bulletList')
        },
        {
          label: 'Numbered list',
          face: icon('M8 5h9M8 10h9M8 15h9', 'M3 3.6l1-.6v4M2.8 12.4a1.1 1.1 0 1 1 1.9.9L2.8 16h2.2'),
          keys: 'Control+Shift+7',
          run: chain((c) => c.toggleOrderedList()),
          isOn: () => editor.isActive('orderedList')
        },
        {
          label: 'Quote',
          face: icon('M4 4v12', 'M8 6h9M8 10h9M8 14h6'),
          keys: 'Control+Shift+B',
          run: chain((c) => c.toggleBlockquote()),
          isOn: () => editor.isActive('blockquote')
        },
        {
          label: 'Code block',
          face: icon('M3 4h14v12H3z', 'M8 8l-2 2 2 2M12 8l2 2-2 2'),
          keys: 'Control+Alt+C',
          run: chain((c) => c.toggleCodeBlock()),
          isOn: () => editor.isActive('codeBlock')
        }
      ],
      [
        {
          label: 'Link',
          face: icon(
            'M8.5 11.5a3 3 0 0 0 4.2 0l2.6-2.6a3 3 0 0 0-4.2-4.2l-.9.9',
            'M11.5 8.5a3 3 0 0 0-4.2 0l-2.6 2.6a3 3 0 0 0 4.2 4.2l.9-.9'
          ),
          run: () => this.askForLink(),
          isOn: () => editor.isActive('link')
        },
        {
          label: 'Picture',
          face: icon('M3 4h14v12H3z', 'M3 13l4-4 4 4 2-2 4 4', 'M12.5 7.5h.01'),
          run: () => this.file.click()
        }
      ],
      [
        {
          label: 'Undo',
          face: icon('M7 5L3.5 8.5 7 12', 'M4 8.5h8a4 4 0 0 1 0 8H9'),
          keys: 'Control+Z',
          run: chain((c) => c.undo()),
          isPossible: () => editor.can().undo()
        },
        {
          label: 'Redo',
          face: icon('M13 5l3.5 3.5L13 12', 'M16 8.5H8a4 4 0 0 0 0 8h3'),
          keys: 'Control+Shift+Z',
          run: chain((c) => c.redo()),
          isPossible: () => editor.can().redo()
        }
      ]
    ]
  }

  private createButton(tool: Tool): HTMLButtonElement {
    const button = h(
      'button',
      {
        type: 'button',
        class: 'tool',
        title: tool.label,
        'aria-label': tool.label,
        'aria-keyshortcuts': tool.keys,
        tabindex: this.buttons.length === 0 ? 0 : -1
      },
      tool.face
    )
    // The selection in the text stays, whatever is pressed here.
    button.addEventListener('mousedown', (event) => event.preventDefault())
    button.addEventListener('click', () => this.use(tool))
    this.buttons.push({ tool, button })
    return button
  }

  /**
   * Pressed by keyboard, the editor has to get the focus back first: it then takes the selection from the browser, and
   * would drop a format that was chosen before.
   */
  private use(tool: Tool): void {
    if (this.editor.isFocused) return tool.run()
    this.editor.view.focus()
    setTimeout(() => tool.run(), focusTakes_ms)
  }

  private show(): void {
    for (const { tool, button } of this.buttons) {
      if (tool.isOn !== undefined) button.setAttribute('aria-pressed', String(tool.isOn()))
      // Not `disabled`, which would take the focus away from whoever has just pressed it.
      if (tool.isPossible !== undefined) button.setAttribute('aria-disabled', String(!tool.isPossible()))
    }
  }

  private moveFocus(event: KeyboardEvent): void {
    const all = this.buttons.map(({ button }) => button)
    const at = all.indexOf(event.target as HTMLButtonElement)
    const to: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }
    const next = all[((to[event.key] ?? NaN) + all.length) % all.length]
    if (at < 0 || next === undefined) return
    event.preventDefault()
    all[at]?.setAttribute('tabindex', '-1')
    next.setAttribute('tabindex', '0')
    next.focus()
  }

  private createLinkDialog(): HTMLDialogElement {
    const remove = h('button', { type: 'button', class: 'button' }, 'Remove link')
    const form = h(
      'form',
      { class: 'dialog-form', method: 'dialog' },
      h('h2', { id: 'link-heading' }, 'Link'),
      h('label', { for: 'link-address' }, 'Address'),
      this.address,
      h('div', { class: 'dialog-actions' }, remove, h('button', { class: 'button primary' }, 'Set link'))
    )
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'link-heading' }, form)
    const range = () => this.editor.chain().focus().extendMarkRange('link')
    form.addEventListener('submit', () => {
      const href = this.address.value.trim()
      if (href === '') return
      if (this.editor.state.selection.empty && !this.editor.isActive('link')) {
        const text = { type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] }
        this.editor.chain().focus().insertContent(text).run()
      } else {
        range().setLink({ href }).run()
      }
    })
    remove.addEventListener('click', () => {
      dialog.close()
      range().unsetLink().run()
    })
    return dialog
  }

  private askForLink(): void {
    const { href } = this.editor.getAttributes('link') as { href?: string }
    this.address.value = href ?? ''
    this.linkDialog.showModal()
    this.address.select()
  }
}
