/**
 * The past of a document: a slider over its edits, who wrote what, what became of it between two moments, versions to
 * keep, and the way back. It asks the server for one moment at a time and never loads the log.
 */
import { ApiError } from './api'
import { colorOfAuthor } from './authors'
import { personClass } from './colors'
import { changesOf, type Change } from './difference'
import { h, icon } from './dom'
import { HistoryApi, type Activity, type Version } from './history_api'
import { initials } from './identity'
import { timeAgo } from './time'

/** Shows the document as it was after an edit; gives the newest edit's number. */
export type ShowMoment = (host: HTMLElement, history: HistoryApi, seq: number) => Promise<number>

/** A film takes about so long, and shows so many pictures. */
const film_ms = 12_000
const pictures = 120

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
  private readonly where = h('p', { class: 'history-where', role: 'status' })
  private readonly play = h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Play' }, playFace())
  private readonly list = h('ul', { class: 'activity' })
  private readonly versionList = h('ul', { class: 'activity versions' })
  private readonly versionName = h('input', { id: 'version-name', class: 'field', maxlength: 80, autocomplete: 'off' })
  private readonly restoring = h('div', { class: 'history-restore', hidden: true })
  private readonly actions: HTMLElement
  private activities: Activity[] = []
  private film: ReturnType<typeof setTimeout> | undefined
  /** A moment is on its way; another one is wanted after it. */
  private showing = false
  private stale = false

  constructor(
    name: string,
    private readonly author: () => string,
    private readonly showMoment: ShowMoment,
    private readonly canCompare: boolean
  ) {
    this.history = new HistoryApi(name)
    const close = h('button', { type: 'button', class: 'button' }, 'Back to writing')
    const restore = h('button', { type: 'button', class: 'button primary' }, 'Restore this moment')
    const keep = h(
      'form',
      { class: 'field-row' },
      h('label', { for: 'version-name', class: 'visually-hidden' }, 'Name of the version'),
      this.versionName,
      h('button', { class: 'button' }, 'Keep version')
    )
    this.versionName.placeholder = 'Name this moment'
    this.actions = h('div', { class: 'history-actions' }, keep, restore)
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
        this.list
      ),
      h(
        'footer',
        { class: 'history-foot' },
        h('div', { class: 'history-line' }, this.play, this.slider, this.where),
        canCompare &&
          h(
            'div',
            { class: 'history-line' },
            this.compare,
            h('label', { for: 'history-compare' }, 'Show what changed since'),
            this.from
          ),
        this.actions,
        this.restoring
      )
    )
    this.button.addEventListener('click', () => void this.open())
    close.addEventListener('click', () => this.dialog.close())
    restore.addEventListener('click', () => void this.attempt(() => this.previewRestore()))
    keep.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.attempt(() => this.keepVersion())
    })
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
    this.leaveRestore()
    await this.attempt(async () => {
      const [{ head_seq, activity }, versions] = await Promise.all([this.history.activity(), this.history.versions()])
      this.activities = activity
      this.setHead(head_seq)
      this.slider.value = String(head_seq)
      this.from.value = '0'
      this.list.replaceChildren(...activity.map((group) => this.activityRow(group)))
      this.showVersions(versions)
      await this.show()
      this.slider.focus()
    })
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
    this.leaveRestore()
    this.describe(seq)
    if (!this.canCompare || !this.compare.checked) {
      this.setHead(await this.showMoment(this.text, this.history, seq))
      return
    }
    const [earlier, later] = [Math.min(seq, Number(this.from.value)), Math.max(seq, Number(this.from.value))]
    const [{ text }, { delta }] = await Promise.all([
      this.history.text(earlier),
      this.history.difference(earlier, later)
    ])
    showChanges(this.text, changesOf(text, delta))
  }

  private describe(seq: number): void {
    const group = this.activities.find(({ first_seq, last_seq }) => first_seq <= seq && seq <= last_seq)
    const who = group === undefined ? '' : ` · ${group.author || 'Someone'}, ${timeAgo(group.last_ms, Date.now())}`
    this.where.textContent = seq === 0 ? 'Before the first edit' : `Edit ${seq} of ${this.slider.max}${who}`
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
    const author = group.author || 'Someone'
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
    if (this.canCompare && from !== undefined) {
      this.compare.checked = true
      this.from.value = String(from)
    } else {
      this.compare.checked = false
    }
    void this.show()
  }

  private async keepVersion(): Promise<void> {
    await this.history.keepVersion(this.versionName.value.trim(), this.seq, this.author())
    this.versionName.value = ''
    this.showVersions(await this.history.versions())
  }

  // --- the way back --------------------------------------------------------------------------------------------------

  private async previewRestore(): Promise<void> {
    this.pause()
    const { seq } = this
    const { seq: newest, changed, delta } = await this.history.restore(seq, this.author(), true)
    const restore = h('button', { type: 'button', class: 'button primary' }, 'Restore')
    const cancel = h('button', { type: 'button', class: 'button' }, 'Cancel')
    cancel.addEventListener('click', () => void this.show())
    restore.addEventListener('click', () => {
      void this.attempt(async () => {
        await this.history.restore(seq, this.author(), false)
        this.dialog.close()
      })
    })
    if (changed && this.canCompare) {
      showChanges(this.text, changesOf((await this.history.text(newest)).text, delta))
    }
    const sentence = changed
      ? 'This is what the document would become. What others type meanwhile stays.'
      : 'The document is already as it was then.'
    this.restoring.replaceChildren(h('p', { role: 'status' }, sentence), cancel, changed ? restore : '')
    this.restoring.hidden = false
    this.actions.hidden = true
    ;(changed ? restore : cancel).focus()
  }

  private leaveRestore(): void {
    this.restoring.hidden = true
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

function showChanges(host: HTMLElement, changes: Change[]): void {
  const tags = { kept: 'span', added: 'ins', removed: 'del' } as const
  const text = h('div', { class: 'moment-text' }, ...changes.map(({ kind, text }) => h(tags[kind], {}, text)))
  host.replaceChildren(text)
}
