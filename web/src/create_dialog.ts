/** The dialog that creates a document and goes there. */
import { ApiError, createDocument } from './api'
import { h } from './dom'
import { documentPath, nameProblem } from './names'

export class CreateDialog {
  readonly dialog: HTMLDialogElement
  private readonly field = h('input', {
    id: 'new-name',
    class: 'field',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'new-name-hint new-name-problem'
  })
  private readonly problem = h('p', { id: 'new-name-problem', class: 'field-problem', role: 'alert' })
  private readonly rich = h('input', { type: 'radio', name: 'kind', value: 'rich' })
  private readonly plain = h('input', { type: 'radio', name: 'kind', value: 'text' })
  private readonly submit = h('button', { class: 'button primary' }, 'Create')

  constructor() {
    const cancel = h('button', { type: 'button', class: 'button' }, 'Cancel')
    cancel.addEventListener('click', () => this.dialog.close())
    const form = h(
      'form',
      { class: 'dialog-form', novalidate: true },
      h('h2', { id: 'create-heading' }, 'New document'),
      h('label', { for: 'new-name' }, 'Name'),
      this.field,
      h('p', { id: 'new-name-hint', class: 'muted hint' }, 'A slash makes a folder: notes/2026/plan'),
      this.problem,
      h(
        'fieldset',
        { class: 'choice' },
        h('legend', {}, 'What to write'),
        h(
          'label',
          {},
          this.plain,
          h('span', {}, 'Plain text'),
          h('span', { class: 'muted hint' }, 'Words and nothing else')
        ),
        h(
          'label',
          {},
          this.rich,
          h('span', {}, 'Rich text'),
          h('span', { class: 'muted hint' }, 'Headings, lists, pictures')
        )
      ),
      h('div', { class: 'dialog-actions' }, cancel, this.submit)
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.create()
    })
    this.field.addEventListener('input', () => this.complain(''))
    this.dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'create-heading' }, form)
  }

  open(name: string): void {
    this.field.value = name
    this.plain.checked = true
    this.complain('')
    this.dialog.showModal()
    this.field.focus()
  }

  private async create(): Promise<void> {
    const name = this.field.value.trim()
    const problem = nameProblem(name)
    if (problem !== null) {
      this.complain(problem)
      return
    }
    this.submit.disabled = true
    try {
      const { kind } = await createDocument(name, this.rich.checked ? 'rich' : 'text')
      location.assign(documentPath(name, kind))
    } catch (error) {
      this.complain(error instanceof ApiError ? error.message : 'The server does not answer. Try again in a moment.')
    } finally {
      this.submit.disabled = false
    }
  }

  private complain(problem: string): void {
    this.problem.textContent = problem
    this.field.setAttribute('aria-invalid', String(problem !== ''))
    if (problem !== '') this.field.focus()
  }
}
