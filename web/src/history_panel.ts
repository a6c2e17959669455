/**
 * The past of a document: a slider over its edits, who wrote what, what became of it between two moments, versions to
 * keep, and the way back. It asks the server for one moment at a time and never loads the log.
 */
import { ApiError } from './api'
import { colorOfAuthor, nameOfAuthor } from './authors'
import { personClass } from './colors'
import { h, icon } from './dom'
import { HistoryApi, type Activity, type EditFilter, type Version } from './history_api'
import { initials } from './identity'
import type { MomentView } from './moment_view'
import { documentPath } from './names'
import { TakeBackForm } from './take_back_form'
import { timeAgo } from './time'

/** A film takes about so long, and shows so many pictures. */
const film_ms = 12_000
const pictures = 120
/** Groups of activity in the list; with each press of its button so many more. */
const groups_at_once = 100
const most_groups = 1000

const playFace = () => icon('M6 4l10 6-10 6z')
const pauseFace = () => icon('M6 4v12M14 4v12')

export class HistoryPanel {
  readonly button = h(
    'button',
    { type: 'button', class: 'icon-button', title: 'History', 'aria-label': 'History' },
    icon('M3 10a7 7 0 1 0 2.3-5.2L3 7', 'M3 3v4h4', 'M10 6.5V10l2.5 1.5')
  )
  readonly dialog: HTMLDialogElement
  private readonly history: HistoryApi
  private readonly text = h('div', { class: 'moment', tabindex: 0, role: 'region', 'aria-label': 'The document then' })
  private readonly slider = h('input', { type: 'range', min: 0, step: 1, class: 'timeline', 'aria-label': 'Moment' })
  private readonly from = h('input', {
    type: 'range',
    min: 0,
    step: 1,
    class: 'timeline',
    'aria-label': 'Compared with'
  })
  private readonly compare = h('input', { type: 'checkbox', id: 'history-compare' })
  private readonly since = h('output', { class: 'history-where' })
  private readonly where = h('p', { class: 'history-where', role: 'status' })
  private readonly play = h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Play' }, playFace())
  private readonly list = h('ul', { class: 'activity' })
  private readonly versionList = h('ul', { class: 'activity versions' })
  private readonly versionName = h('input', { id: 'version-name', class: 'field', maxlength: 80, autocomplete: 'off' })
  private readonly restoring = h('div', { class: 'history-restore', hidden: true })
  private readonly more = h('button', { type: 'button', class: 'button', hidden: true }, 'Show earlier activity')
  private readonly takeBack = h('button', { type: 'button', class: 'button' }, 'Take back…')
  private readonly form = new TakeBackForm(
    (filter) => void this.attempt(() => this.preview(filter, 'Take back', this.takeBack)),
    () => void this.show().then(() => this.takeBack.focus())
  )
  private readonly actions: HTMLElement
  private activities: Activity[] = []
  /** The edit that is shown. */
  private current: Activity | undefined
  private film: ReturnType<typeof setTimeout> | undefined
  /** A moment is on its way; another one is wanted after it. */
  private showing = false
  private stale = false

  constructor(
    name: string,
    private readonly author: () => string,
    private readonly loadView: () => Promise<MomentView>
  ) {
    this.history = new HistoryApi(name)
    const close = h('button', { type: 'button', class: 'button' }, 'Back to writing')
    const restore = h('button', { type: 'button', class: 'button primary' }, 'Restore this moment')
    const copy = h('button', { type: 'button', class: 'button' }, 'Copy')
    copy.title = 'Make this moment a new document of that name'
    const keep = h(
      'form',
      { class: 'field-row' },
      h('label', { for: 'version-name', class: 'visually-hidden' }, 'Name of the version'),
      this.versionName,
      h('button', { class: 'button' }, 'Keep version'),
      copy
    )
    this.versionName.placeholder = 'Name this moment'
    this.actions = h('div', { class: 'history-actions' }, keep, this.takeBack, restore)
    this.dialog = h(
      'dialog',
      { class: 'history', 'aria-labelledby': 'history-heading' },
      h('header', { class: 'history-head' }, h('h2', { id: 'history-heading' }, 'History of ', name), close),
      this.text,
      h(
        'aside',
        { class: 'history-side', 'aria-label': 'Versions and activity' },
        h('h3', { class: 'panel-heading' }, 'Versions'),
        this.versionList,
        h('h3', { class: 'panel-heading' }, 'Activity'),
        this.list,
        this.more
      ),
      h(
        'footer',
        { class: 'history-foot' },
        h('div', { class: 'history-line' }, this.play, this.slider, this.where),
        h(
          'div',
          { class: 'history-line' },
          this.compare,
          h('label', { for: 'history-compare' }, 'Show what changed since'),
          this.from,
          this.since
        ),
        this.actions,
        this.form.element,
        this.restoring
      )
    )
    this.button.addEventListener('click', () => void this.open())
    close.addEventListener('click', () => this.dialog.close())
    restore.addEventListener(
      'click',
      () => void this.attempt(() => this.preview({ after_seq: this.seq }, 'Restore', restore))
    )
    this.takeBack.addEventListener('click', () => this.openForm())
    this.more.addEventListener('click', () => void this.attempt(() => this.showMore()))
    keep.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.attempt(() => this.keepVersion())
    })
    copy.addEventListener('click', () => void this.attempt(() => this.copy()))
    this.dialog.addEventListener('close', () => this.pause())
    this.play.addEventListener('click', () => (this.film === undefined ? this.start() : this.pause()))
    this.slider.addEventListener('input', () => {
      this.pause()
      void this.show()
    })
    this.from.addEventListener('input', () => {
      this.compare.checked = true
      void this.show()
    })
    this.compare.addEventListener('change', () => void this.show())
  }

  private async open(): Promise<void> {
    this.dialog.showModal()
    this.leaveActions()
    await this.attempt(async () => {
      const versions = await this.history.versions()
      const head_seq = await this.listActivity(groups_at_once)
      this.slider.value = String(head_seq)
      this.from.value = '0'
      this.showVersions(versions)
      await this.show()
      this.slider.focus()
    })
  }

  /** Lists the newest groups; gives the newest edit's number. */
  private async listActivity(limit: number): Promise<number> {
    const { head_seq, activity, more } = await this.history.activity(limit)
    this.activities = activity
    this.setHead(head_seq)
    this.list.replaceChildren(...activity.map((group) => this.activityRow(group)))
    this.more.hidden = !more || limit >= most_groups
    return head_seq
  }

  /** The first of the new rows gets the focus. */
  private async showMore(): Promise<void> {
    const shown = this.activities.length
    await this.listActivity(Math.min(most_groups, shown + groups_at_once))
    this.list.children[shown]?.querySelector('button')?.focus()
  }

  private get seq(): number {
    return Number(this.slider.value)
  }

  private setHead(head_seq: number): void {
    this.slider.max = String(head_seq)
    this.from.max = String(head_seq)
  }

  /** Brings the picture up to date. While one is being fetched, only the last one asked for is fetched next. */
  private async show(): Promise<void> {
    this.stale = true
    if (this.showing) return
    this.showing = true
    await this.attempt(async () => {
      while (this.stale) {
        this.stale = false
        await this.showNow(this.seq)
      }
    })
    this.showing = false
  }

  private async showNow(seq: number): Promise<void> {
    this.leaveActions()
    const view = await this.loadView()
    const from = Number(this.from.value)
    const compares = this.compare.checked && from !== seq
    const shown = compares
      ? view.showDifference(this.text, this.history, Math.min(seq, from), Math.max(seq, from))
      : view.showMoment(this.text, this.history, seq).then((head_seq) => this.setHead(head_seq))
    ;[, this.current] = await Promise.all([shown, seq === 0 ? undefined : this.history.edit(seq)])
    this.describe(seq, from)
  }

  private describe(seq: number, from: number): void {
    const { current } = this
    const who =
      current === undefined ? '' : ` · ${nameOfAuthor(current.author)}, ${timeAgo(current.last_ms, Date.now())}`
    this.where.textContent = seq === 0 ? 'Before the first edit' : `Edit ${seq} of ${this.slider.max}${who}`
    this.since.textContent = from === 0 ? 'the beginning' : `edit ${from}`
    this.slider.setAttribute('aria-valuetext', this.where.textContent)
    this.from.setAttribute('aria-valuetext', this.since.textContent)
  }

  // --- the film ------------------------------------------------------------------------------------------------------

  private start(): void {
    if (this.seq >= Number(this.slider.max)) this.slider.value = '0'
    this.play.replaceChildren(pauseFace())
    this.play.setAttribute('aria-label', 'Pause')
    const step = Math.max(1, Math.round(Number(this.slider.max) / pictures))
    const next = async (): Promise<void> => {
      this.slider.value = String(this.seq + step)
      await this.show()
      if (this.film === undefined) return
      if (this.seq >= Number(this.slider.max)) this.pause()
      else this.film = setTimeout(() => void next(), film_ms / pictures)
    }
    this.film = setTimeout(() => void next())
  }

  private pause(): void {
    clearTimeout(this.film)
    this.film = undefined
    this.play.replaceChildren(playFace())
    this.play.setAttribute('aria-label', 'Play')
  }

  // --- the lists -----------------------------------------------------------------------------------------------------

  private activityRow(group: Activity): HTMLElement {
    const author = nameOfAuthor(group.author)
    const amount = [group.inserted > 0 && `+${group.inserted}`, group.deleted > 0 && `−${group.deleted}`]
    const facts = [...amount, timeAgo(group.last_ms, Date.now()), ...group.tags]
    const row = h(
      'button',
      { type: 'button', class: 'activity-row' },
      h(
        'span',
        { class: `avatar ${personClass(colorOfAuthor(group.author))}`, 'aria-hidden': 'true' },
        initials(author)
      ),
      h('span', {}, author, h('span', { class: 'muted' }, facts.filter(Boolean).join(' · ')))
    )
    row.addEventListener('click', () => this.go(group.last_seq, group.first_seq - 1))
    return h('li', {}, row)
  }

  private showVersions(versions: Version[]): void {
    const rows = versions.map((version) => {
      const row = h(
        'button',
        { type: 'button', class: 'activity-row' },
        h('span', {}, version.name, h('span', { class: 'muted' }, timeAgo(version.time_ms, Date.now())))
      )
      row.addEventListener('click', () => this.go(version.seq))
      return h('li', {}, row)
    })
    this.versionList.replaceChildren(...(rows.length > 0 ? rows : [h('li', { class: 'muted' }, 'None kept yet')]))
  }

  /** Goes to a moment; with `from`, to what changed since then. */
  private go(seq: number, from?: number): void {
    this.pause()
    this.slider.value = String(seq)
    this.compare.checked = from !== undefined
    if (from !== undefined) this.from.value = String(from)
    void this.show()
  }

  private async keepVersion(): Promise<void> {
    await this.history.keepVersion(this.versionName.value.trim(), this.seq, this.author())
    this.versionName.value = ''
    this.showVersions(await this.history.versions())
  }

  /** The page goes to the new document. */
  private async copy(): Promise<void> {
    const { name } = await this.history.copy(this.versionName.value.trim(), this.seq, this.author())
    location.assign(documentPath(name, 'text'))
  }

  // --- the way back --------------------------------------------------------------------------------------------------

  private openForm(): void {
    this.pause()
    this.actions.hidden = true
    const first = this.compare.checked ? Math.min(this.seq, Number(this.from.value)) + 1 : this.seq
    this.form.open(this.activities, this.current, Math.max(1, first), Math.max(1, this.seq), Number(this.slider.max))
  }

  /** Shows what it would be like to take these edits back, and asks; `word` says it, `opener` is where it began. */
  private async preview(filter: EditFilter, word: string, opener: HTMLElement): Promise<void> {
    this.pause()
    const changed = await (await this.loadView()).showPreview(this.text, this.history, filter, this.author())
    const confirm = h('button', { type: 'button', class: 'button primary' }, word)
    const cancel = h('button', { type: 'button', class: 'button' }, 'Cancel')
    cancel.addEventListener('click', () => void this.show().then(() => opener.focus()))
    confirm.addEventListener('click', () => {
      void this.attempt(async () => {
        await this.history.takeBack(filter, this.author())
        this.dialog.close()
      })
    })
    const sentence = changed
      ? 'This is what the document would become. What others type meanwhile stays.'
      : 'Nothing of that is in the document any more: there is nothing to change.'
    this.leaveActions()
    this.restoring.replaceChildren(h('p', { role: 'status' }, sentence), cancel, changed ? confirm : '')
    this.restoring.hidden = false
    this.actions.hidden = true
    ;(changed ? confirm : cancel).focus()
  }

  private leaveActions(): void {
    this.restoring.hidden = true
    this.form.element.hidden = true
    this.actions.hidden = false
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.pause()
      this.where.textContent = error instanceof ApiError ? error.message : 'The server does not answer. Try again.'
    }
  }
}
