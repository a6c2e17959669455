/** The history of a document as its page shows it. */
import { editor, eventually, saved } from './browser.mjs'

/** Each part is one edit: pasted at the end. */
export async function write(page, ...parts) {
  for (const part of parts) {
    await editor(page).focus()
    await page.keyboard.press('Control+End')
    await page.keyboard.insertText(part)
    await saved(page)
  }
}
export const openHistory = async (page) => {
  await page.getByRole('button', { name: 'History', exact: true }).click()
  await page.getByRole('dialog', { name: /History of/ }).waitFor()
}
/** What a person did, in the list of activity; the page below has a button of that name, too. */
export const activityOf = (page, name) =>
  page
    .getByRole('dialog', { name: /History of/ })
    .getByRole('button', { name })
    .last()
export const then = (page) => page.getByRole('region', { name: 'The document then' })
export const timeline = (page) => page.getByRole('slider', { name: 'Moment' })
export const shows = (page, text) => eventually(() => then(page).textContent(), text)
