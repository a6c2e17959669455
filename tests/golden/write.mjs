// Plays one history with one released writer and prints what it wrote, as JSON: node write.mjs PACKAGE
// Two clients (1 and 2) start from the same state, edit at the same time, and merge. Each transaction's update is kept.
import { asJson, joined, shownBy } from './shown.mjs'

const base64 = (bytes) => Buffer.from(bytes).toString('base64')

// --- yjs 13.0 to 13.6 ---

const begin13 = (Y, doc) => {
  doc.getText('plain').insert(0, 'Hello wörld 😀, ')
  doc.getText('text').insert(0, 'bold and plain', { bold: true })
  doc.getText('text').format(5, 9, { bold: null, em: true })
  doc.getText('text').insertEmbed(4, { image: 'cat.png', width: 0.5 })
  doc.getArray('list').insert(0, [1, -1.5, 2 ** 40, true, 'text', { nested: { list: [1, '2', null] } }, [[]]])
  doc.getArray('list').insert(2, [new Uint8Array([0, 255, 128])])
  const map = doc.getMap('map')
  map.set('number', 42)
  map.set('bytes', new Uint8Array([1, 2, 3]))
  map.set('', 'empty key')
  const inner = new Y.Map()
  map.set('inner', inner)
  inner.set('list', Y.Array.from ? Y.Array.from(['a', 'b']) : new Y.Array())
  const innerText = new Y.Text('nested text')
  inner.set('text', innerText)
  innerText.insert(6, ' and formatted', { link: { href: 'https://example.org' } })
  const paragraph = new Y.XmlElement('p')
  doc.getXmlFragment('xml').insert(0, [paragraph])
  // What 13.0 to 13.2 write for a hook they cannot read themselves.
  doc.getXmlFragment('xml').insert(1, [Y.encodeStateAsUpdateV2 ? new Y.XmlHook('hook') : new Y.XmlElement('hr')])
  paragraph.setAttribute('class', 'intro')
  const words = new Y.XmlText()
  paragraph.insert(0, [words])
  words.insert(0, 'words in XML')
  words.format(0, 5, { strong: true })
}

const first13 = (Y, doc) => {
  doc.getText('plain').insert(6, 'brave new ')
  doc.getText('plain').delete(0, 1)
  doc.getText('text').format(0, 4, { bold: null })
  doc.getArray('list').delete(3, 2)
  doc.getMap('map').set('number', 'of the first')
  doc.getMap('map').delete('')
  doc.getXmlFragment('xml').toArray()[0].setAttribute('class', 'first')
  for (const letter of 'typed') doc.getText('plain').insert(doc.getText('plain').length, letter)
}

const second13 = (Y, doc) => {
  doc.getText('plain').insert(6, 'other ')
  doc.getText('plain').delete(0, 5)
  doc.getText('text').format(2, 6, { em: null, link: 'x' })
  doc.getText('text').delete(6, 3)
  doc.getArray('list').insert(1, ['of the second'])
  doc.getArray('list').delete(4, 3)
  doc.getMap('map').set('number', 'of the second')
  doc.getMap('map').get('inner').set('text', 'replaced')
  doc
    .getXmlFragment('xml')
    .toArray()[0]
    .insert(1, [new Y.XmlElement('br')])
  doc.getXmlFragment('xml').delete(1, 1)
}

// Edits after all of it was merged.
const third13 = (Y, doc) => {
  doc.getText('plain').delete(3, 4)
  doc
    .getMap('map')
    .get('inner')
    .get('list')
    .push([new Uint8Array([9])])
  doc.getText('text').insert(3, 'last', { bold: true })
  // Sub-documents came with 13.4.
  if ('subdocs' in doc)
    doc.getMap('map').set('document', new Y.Doc({ guid: 'a-guid', autoLoad: true, meta: { title: 'sub' } }))
}

const write13 = (Y) => {
  const docs = [1, 2].map((client) => {
    const doc = new Y.Doc()
    doc.clientID = client
    return doc
  })
  const updates = []
  const take = (doc) => doc.on('update', (update, origin) => origin !== 'merge' && updates.push(update))
  docs.forEach(take)
  const merge = () => {
    for (const update of updates) for (const doc of docs) Y.applyUpdate(doc, update, 'merge')
  }
  docs[0].transact(() => begin13(Y, docs[0]))
  merge()
  first13(Y, docs[0])
  second13(Y, docs[1])
  merge()
  docs[0].transact(() => third13(Y, docs[0]))
  merge()
  const shown = docs.map(shownBy)
  if (JSON.stringify(shown[0]) !== JSON.stringify(shown[1])) throw new Error('the writer does not converge')
  return {
    updates,
    state: Y.encodeStateAsUpdate(docs[1]),
    ...(Y.encodeStateAsUpdateV2 ? { state_v2: Y.encodeStateAsUpdateV2(docs[1]) } : {}),
    state_vector: Y.encodeStateVector(docs[1]),
    shown: shown[1]
  }
}

// --- @y/y 14: one type for everything ---

const write14 = (Y) => {
  const docs = [1, 2].map((client) => {
    const doc = new Y.Doc()
    doc.clientID = client
    return doc
  })
  const updates = []
  docs.forEach((doc) => doc.on('update', (update, origin) => origin !== 'merge' && updates.push(update)))
  const merge = () => {
    for (const update of updates) for (const doc of docs) Y.applyUpdate(doc, update, 'merge')
  }
  docs[0].transact(() => {
    docs[0].get('plain').insert(0, 'Hello wörld 😀, ')
    docs[0].get('text').insert(0, 'bold and plain', { bold: true })
    docs[0].get('text').format(5, 9, { bold: null, em: true })
    docs[0]
      .get('list')
      .insert(0, [1, -1.5, 2 ** 40, true, null, { nested: { list: [1, '2'] } }, [[]], new Uint8Array([0, 255])])
    docs[0].get('map').setAttr('number', 42)
    docs[0].get('map').setAttr('', 'empty key')
    const inner = new Y.Type()
    docs[0].get('map').setAttr('inner', inner)
    // One type with children, formats and attributes at once.
    inner.insert(0, 'children of a map')
    inner.setAttr('title', 'both')
    docs[0].get('xml').insert(0, [new Y.Type('p')])
  })
  merge()
  docs[0].get('plain').insert(6, 'brave new ')
  docs[1].get('plain').insert(6, 'other ')
  docs[1].get('plain').delete(0, 5)
  docs[0].get('text').format(0, 4, { bold: null })
  docs[1].get('text').delete(6, 3)
  docs[0].get('list').delete(3, 2)
  docs[1].get('map').setAttr('number', 'of the second')
  docs[0].get('map').setAttr('number', 'of the first')
  merge()
  const text = (doc) => doc.get('plain').toString()
  if (text(docs[0]) !== text(docs[1])) throw new Error('the writer does not converge')
  return {
    updates,
    state: Y.encodeStateAsUpdate(docs[1]),
    state_v2: Y.encodeStateAsUpdateV2(docs[1]),
    state_vector: Y.encodeStateVector(docs[1]),
    shown: { plain: text(docs[1]) }
  }
}

// --- ywasm: the Rust port ---

const writeWasm = (Y) => {
  const docs = [1, 2].map((clientID) => new Y.YDoc({ clientID }))
  const updates = []
  const merge = () => {
    for (const update of updates) for (const doc of docs) Y.applyUpdate(doc, update, 'merge')
  }
  const edit = (doc, change) => {
    const transaction = doc.beginTransaction()
    change(transaction)
    transaction.commit()
    updates.push(transaction.encodeUpdate())
    transaction.free()
  }
  const roots = docs.map((doc) => ({
    plain: doc.getText('plain'),
    text: doc.getText('text'),
    list: doc.getArray('list'),
    map: doc.getMap('map'),
    xml: doc.getXmlFragment('xml')
  }))
  const [one, two] = roots
  edit(docs[0], (txn) => {
    one.plain.insert(0, 'Hello wörld 😀, ', undefined, txn)
    one.text.insert(0, 'bold and plain', { bold: true }, txn)
    one.text.format(5, 9, { bold: null, em: true }, txn)
    one.text.insertEmbed(4, { image: 'cat.png' }, {}, txn)
    // Left out is what Yjs reads and writes in other bytes: integers over 31 bits, and objects with numbers as keys.
    one.list.insert(0, [1, -1.5, 2 ** 30, true, null, 'text', { nested: { list: [1, '2'] } }], txn)
    one.map.set('number', 42, txn)
    one.map.set('inner', new Y.YMap({ list: new Y.YArray(['a', 'b']), text: new Y.YText('nested text') }), txn)
    one.xml.insert(0, new Y.YXmlElement('p', { class: 'intro' }, [new Y.YXmlText('words in XML', {})]), txn)
  })
  merge()
  edit(docs[0], (txn) => {
    one.plain.insert(6, 'brave new ', undefined, txn)
    one.text.format(0, 4, { bold: null }, txn)
    one.list.delete(3, 2, txn)
    one.map.set('number', 'of the first', txn)
  })
  edit(docs[1], (txn) => {
    two.plain.insert(6, 'other ', undefined, txn)
    two.plain.delete(0, 5, txn)
    two.text.delete(6, 3, txn)
    two.list.insert(1, ['of the second'], txn)
    two.map.set('number', 'of the second', txn)
    two.map.get('inner', txn).set('text', 'replaced', txn)
  })
  merge()
  const shown = roots.map(({ plain, text, list, map, xml }) =>
    asJson({
      plain: plain.toString(),
      text: joined(text.toDelta()),
      list: list.toJson(),
      map: map.toJson(),
      xml: xml.toString()
    })
  )
  if (JSON.stringify(shown[0].plain) !== JSON.stringify(shown[1].plain)) throw new Error('the writer does not converge')
  return {
    updates,
    state: Y.encodeStateAsUpdate(docs[1]),
    state_v2: Y.encodeStateAsUpdateV2(docs[1]),
    state_vector: Y.encodeStateVector(docs[1]),
    shown: shown[1]
  }
}

const [name] = process.argv.slice(2)
const Y = await import(name)
const writer = name === 'ywasm' ? writeWasm : name.startsWith('yjs-13') ? write13 : write14
const written = writer(Y)
const encoded = Object.entries(written).map(([key, value]) => [
  key,
  value instanceof Uint8Array ? base64(value) : key === 'updates' ? value.map(base64) : value
])
process.stdout.write(JSON.stringify(Object.fromEntries(encoded)))
