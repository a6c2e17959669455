/** How the history shows documents of a kind; `text_moment` and `rich_moment` are the two. */
import type { EditFilter, HistoryApi } from './history_api'

export interface MomentView {
  /** Shows the document as it was after an edit, with its authors in colour; gives the newest edit's number. */
  showMoment(host: HTMLElement, history: HistoryApi, seq: number): Promise<number>
  /** Shows what came and what went between two moments, the earlier one first. */
  showDifference(host: HTMLElement, history: HistoryApi, from: number, to: number): Promise<void>
  /** Shows what taking back edits would change; whether it would change anything. */
  showPreview(host: HTMLElement, history: HistoryApi, filter: EditFilter, user: string): Promise<boolean>
}
