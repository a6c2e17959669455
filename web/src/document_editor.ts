/** What the page of a document needs to know of the editor in it. */
export interface DocumentEditor {
  /** The text as it is shown, without formats. */
  text(): string
  focus(): void
  setReadOnly(isReadOnly: boolean): void
}
