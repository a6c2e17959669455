import { getSchema } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentExtensions } from '../src/rich_content'
import { richChanges } from '../src/rich_difference'

const schema = getSchema(contentExtensions)
type Part = Node | string
const content = (parts: Part[]): Node[] => parts.map((part) => (typeof part === 'string' ? schema.text(part) : part))
const node =
  (name: string, attrs = {}) =>
  (...parts: Part[]): Node =>
    schema.node(name, attrs, content(parts))
const doc = node('doc')
const p = node('paragraph')
const quote = node('blockquote')
const list = node('bulletList')
const item = node('listItem')
const line = node('horizontalRule')
const h = (level: number) => node('heading', { level })
const bold = (text: string): Node => schema.text(text, [schema.mark('bold')])

/** What was added as [text], removed as {text}, and <what> became different of text that stayed; | ends a block. */
function shown(before: Node, after: Node): string {
  const text = (of: Node, from: number, to: number): string =>
    of.textBetween(from, to, '|', (leaf) => `(${leaf.type.name})`)
  return richChanges(before, after)
    .map((change) => {
      if (change.kind === 'added') return `[${text(after, change.from, change.to)}]`
      if (change.kind === 'removed') return `{${text(before, change.of.from, change.of.to)}}`
      return `${text(after, change.from, change.to)}<${change.what}>`
    })
    .join(' ')
}

test('nothing changed', () => {
  assert.equal(shown(doc(p('same'), p('same')), doc(p('same'), p('same'))), '')
  assert.equal(shown(doc(p()), doc(p())), '')
})

test('letters and words', () => {
  assert.equal(shown(doc(p('one three')), doc(p('one two three'))), '[two ]')
  assert.equal(shown(doc(p('one two three')), doc(p('one three'))), '{two }')
  assert.equal(shown(doc(p('an old word')), doc(p('the new word'))), '{an old} [the new]')
})

test('blocks come, go, are split and joined', () => {
  assert.equal(shown(doc(p('one')), doc(p('one'), p('two'))), '[two]')
  assert.equal(shown(doc(p('one'), p('two'), p('three')), doc(p('one'), p('three'))), '{two}')
  assert.equal(shown(doc(p('one two')), doc(p('one'), p(' two'))), '[|]')
  assert.equal(shown(doc(p('one'), p('two')), doc(p('onetwo'))), '{|}')
  assert.equal(shown(doc(p('one')), doc(p('one'), line())), '[(horizontalRule)]')
})

test('formats and kinds of blocks', () => {
  assert.equal(shown(doc(p('one two')), doc(p('one ', bold('two')))), 'two<now bold>')
  assert.equal(shown(doc(p(bold('one'))), doc(p('one'))), 'one<no longer bold>')
  assert.equal(shown(doc(p('one')), doc(h(2)('one'))), 'one<was paragraph>')
  assert.equal(shown(doc(h(2)('one')), doc(h(3)('one!'))), 'one!<was heading 2> [!]')
  assert.equal(shown(doc(list(item(p('one')))), doc(node('orderedList')(item(p('one'))))), 'one<was bullet list>')
})

test('all at once', () => {
  const before = doc(p('Title'), p('plain words here'))
  const after = doc(h(1)('Title'), p(' words ', bold('here')), p(bold('a new paragraph')))
  assert.equal(shown(before, after), 'Title<was paragraph> {plain} here<now bold> [|a new paragraph]')
})

test('what is put into a quotation stays', () => {
  const changes = richChanges(doc(p('one')), doc(quote(p('one'))))
  assert.deepEqual(changes, [
    { kind: 'added', from: 0, to: 1 },
    { kind: 'added', from: 6, to: 7 }
  ])
})

test('changes far apart in a long text are told one by one', () => {
  const filler = Array.from({ length: 400 }, (_, i) =>
    p(`paragraph ${i % 7 === 0 ? 'again' : i} with some words in it`)
  )
  const before = doc(p('the first'), ...filler, p('the last'))
  const after = doc(p('the very first'), ...filler.slice(0, 200), p('in the middle'), ...filler.slice(200), p('last'))
  assert.equal(shown(before, after), '[very ] [in the middle] {the }')
})

test('the changes lead from the one document to the other', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  let state = seed
  const draw = (below: number): number => (state = (state * 48271 + 11) % 2147483647) % below
  const words = (): string => Array.from({ length: 1 + draw(5) }, () => 'abcd'.slice(draw(4))).join(' ')
  const random = (): Node => doc(...Array.from({ length: 1 + draw(6) }, () => p(...(draw(5) === 0 ? [] : [words()]))))
  /** One character for each position: the letter, or where a block begins or ends. */
  const flat = (of: Node, from = 0, to = of.content.size): string => {
    const at = (i: number): string =>
      of.nodeAt(i)?.isText === true ? of.textBetween(i, i + 1) : of.nodeAt(i) ? '<' : '>'
    return Array.from({ length: to - from }, (_, i) => at(from + i)).join('')
  }
  for (let round = 0; round < 300; round++) {
    const [before, after] = [random(), random()]
    let rebuilt = ''
    let a = 0
    const keepUpTo = (b: number): void => {
      const kept = b - rebuilt.length
      rebuilt += flat(before, a, a + kept)
      a += kept
    }
    for (const change of richChanges(before, after)) {
      if (change.kind === 'removed') {
        keepUpTo(change.at)
        a = change.of.to
      } else if (change.kind === 'added') {
        keepUpTo(change.from)
        rebuilt += flat(after, change.from, change.to)
      }
    }
    keepUpTo(after.content.size)
    assert.equal(a, before.content.size, `SEED=${seed}`)
    assert.equal(rebuilt, flat(after), `SEED=${seed}`)
  }
})
