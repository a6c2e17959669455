import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SavedTracker, isAnswer, question } from '../src/saved'

/**
 * Each case is one line of events and, behind `=>`, the states after them. Events: e an edit, s synced, x connection
 * lost, a answer, r refused, t made anew by the page. After each event come the questions asked (?), exactly those.
 */
function run(script: string, unsaved = 0): void {
  const [events = '', expected = ''] = script.split('=>').map((part) => part.trim())
  let questions = 0
  const tracker = new SavedTracker(
    () => questions++,
    () => {},
    unsaved
  )
  const act: Record<string, () => void> = {
    e: () => tracker.edited(),
    s: () => tracker.synced(),
    x: () => tracker.lost(),
    a: () => tracker.answered(),
    r: () => tracker.refused(),
    t: () => tracker.reconnecting()
  }
  for (const event of events.split(/\s+/).filter((word) => word !== '')) {
    questions = 0
    act[event[0] ?? '']?.()
    assert.equal(questions, event.length - 1, `questions after "${event}" of: ${events}`)
  }
  assert.equal(`${tracker.state.kind} ${tracker.state.unsaved}`, expected, events)
}

const cases: [what: string, scripts: string[]][] = [
  ['nothing is saved before the first answer', ['=> connecting 0', 's? => saving 0', 's? a => saved 0']],
  ['an edit is saved with the answer, not before', ['s? a e? => saving 1', 's? a e? a => saved 0']],
  [
    'an answer vouches only for what was made before its question',
    ['s? a e? e e => saving 3', 's? a e? e e a? => saving 2', 's? a e? e e a? a => saved 0']
  ],
  [
    'edits before the first sync are covered by its question',
    ['e e => connecting 2', 'e e s? => saving 2', 'e e s? a => saved 0']
  ],
  ['a lost connection is never saved', ['s? a x => offline 0', 's? a e? x => offline 1', 'x => offline 0']],
  ['an answer of a lost connection counts for nothing', ['s? a e? x a => offline 1', 's? x s? a => saved 0']],
  ['a new connection is asked again, even where all was saved', ['s? a x s? => saving 0', 's? a x s? a => saved 0']],
  [
    'offline edits wait for the answer after the sync',
    ['s? a x e e => offline 2', 's? a x e e s? => saving 2', 's? a x e e s? a => saved 0']
  ],
  [
    'an edit while the first question is on its way',
    ['s? e => saving 1', 's? e a? => saving 1', 's? e a? a => saved 0']
  ],
  ['an answer that nobody asked for', ['a => connecting 0', 's? a a => saved 0', 's? a e? a a e? => saving 1']],
  [
    'a refusal stays until it is tried again',
    ['s? a e? x r => refused 1', 'r x => refused 0', 'r e => refused 1', 'r e t s? a => saved 0']
  ],
  [
    'a connection made anew is asked again',
    ['s? a e? t => connecting 1', 's? a e? t a => connecting 1', 's? a t s? a => saved 0']
  ]
]
for (const [what, scripts] of cases) {
  test(what, () => scripts.forEach((script) => run(script)))
}

test('edits of an earlier visit count until they are answered for', () => {
  run('=> connecting 3', 3)
  run('x => offline 3', 3)
  run('s? => saving 3', 3)
  run('s? a => saved 0', 3)
})

test('only the exact frame is an answer', () => {
  assert.ok(isAnswer(question.slice()))
  assert.ok(!isAnswer(Uint8Array.of()))
  assert.ok(!isAnswer(Uint8Array.of(0, 1, 2, 0, 0)), 'step 2')
  assert.ok(!isAnswer(Uint8Array.of(0, 2, 2, 0, 1)), 'another update')
  assert.ok(!isAnswer(Uint8Array.of(0, 2, 2, 0, 0, 0)), 'a longer frame')
})

test('in any order of events, saved means that each edit was answered for', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`SEED=${seed}`)
  let random = seed
  const below = (n: number): number => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    return Math.floor((random / 2 ** 32) * n)
  }
  // A model server: it receives edits and questions in order, commits later, and answers after the commit.
  let made = 0
  let sent = 0 // how many edits the present connection has brought to the server
  let durable = 0
  let questions: number[] = [] // for each unanswered one: the edits that it asks about
  let synced = false
  const tracker = new SavedTracker(
    () => questions.push(sent),
    (state) => {
      if (state.kind === 'saved') assert.equal(durable, made, `seed ${seed}: said saved too early`)
    }
  )
  for (let step = 0; step < 20_000; step++) {
    const dice = below(10)
    if (dice < 4) {
      made++
      if (synced) sent = made
      tracker.edited()
    } else if (dice < 6) {
      durable = Math.max(durable, sent - below(2))
    } else if (dice < 8) {
      if (synced && questions[0] !== undefined && questions[0] <= durable) {
        questions.shift()
        tracker.answered()
      }
    } else if (synced && below(4) === 0) {
      synced = false
      questions = []
      tracker.lost()
    } else if (!synced) {
      synced = true
      sent = made
      tracker.synced()
    }
  }
})
