/** Which page this is. Pages are loaded whole, so that an address is all that there is to know. */
import './styles/index.css'
import { adoptPersonColors } from './colors'
import { showListPage } from './list_page'
import { documentOfPath } from './names'

const app = document.getElementById('app')
if (app === null) throw new Error('The page has no #app.')

adoptPersonColors(document)
if (location.pathname.startsWith('/d/')) {
  const { showEditorPage } = await import('./editor_page')
  await showEditorPage(app, documentOfPath(location.pathname) ?? '')
} else {
  showListPage(app)
}
