/** Which page this is. Pages are loaded whole, so that an address is all that there is to know. */
import './styles/index.css'
import { showListPage } from './list_page'
import { documentOfPath, liveNameOfPath } from './names'
import { adoptPersonStyles } from './person_styles'

const app = document.getElementById('app')
if (app === null) throw new Error('The page has no #app.')

adoptPersonStyles(document)
const place = documentOfPath(location.pathname)
const liveName = liveNameOfPath(location.pathname)
if (liveName !== null) {
  void import('./live_page').then(({ showLivePage }) => showLivePage(app, liveName))
} else if (place === null) {
  showListPage(app)
} else {
  // Not awaited: the page's other parts may import what is bundled with this module, and would wait for it for ever.
  void import('./document_page').then(({ showDocumentPage }) => showDocumentPage(app, place.name, place.kind))
}
