// Makes the corpora and the sample document of the fuzz targets from real updates, with stock Yjs:
//   node fuzz/make_corpus.mjs        (after npm ci in tests/)
// The same files come out each time. What a fuzzer found is added by hand under another name (found-…), and stays.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../tests/package.json'));
const Y = require('yjs');
const encoding = require('lib0/encoding');
const { Awareness, encodeAwarenessUpdate } = require('y-protocols/awareness');

// --- documents ---------------------------------------------------------------------------------------------------------

// Documents of clients 1, 2, … that hear of each other at once, and every update of theirs.
const group = (size, edit, options = {}) => {
  const docs = [];
  const updates = [];
  for (let i = 0; i < size; i++) {
    const doc = new Y.Doc(options);
    doc.clientID = i + 1;
    doc.on('update', (update, origin) => {
      if (origin === 'remote') return;
      updates.push(update);
    });
    docs.push(doc);
  }
  const exchange = () => {
    for (const update of updates) for (const doc of docs) Y.applyUpdate(doc, update, 'remote');
  };
  edit(docs, exchange);
  exchange();
  return { doc: docs[0], updates };
};

const element = (name, ...children) => {
  const made = new Y.XmlElement(name);
  if (children.length) made.insert(0, children);
  return made;
};

const histories = {
  typing: () =>
    group(1, ([doc]) => {
      const text = doc.getText('t');
      for (const letter of 'Hello, world') text.insert(text.length, letter);
      text.delete(4, 3);
      text.insert(4, 'ö €');
    }),
  concurrent: () =>
    group(3, (docs, exchange) => {
      docs.forEach((doc, i) => doc.getText('t').insert(0, 'abc'.slice(i)));
      exchange();
      docs.forEach((doc, i) => doc.getText('t').insert(2, `${i}`));
      docs[1].getText('t').delete(1, 3);
      exchange();
      docs.forEach((doc, i) => doc.getText('t').insert(i, 'xy'));
    }),
  emoji: () =>
    group(2, ([a, b], exchange) => {
      a.getText('t').insert(0, 'a😀b😀c');
      exchange();
      b.getText('t').insert(2, 'x');
      a.getText('t').delete(4, 1);
    }),
  rich: () =>
    group(2, ([a, b], exchange) => {
      const text = a.getText('t');
      text.insert(0, 'bold and plain');
      text.format(0, 4, { bold: true });
      exchange();
      b.getText('t').format(2, 8, { color: '#f00', bold: null });
      b.getText('t').insertEmbed(3, { image: 'x.png', width: 1.5 });
      text.applyDelta([{ retain: 5 }, { insert: 'new', attributes: { em: { level: 2 } } }, { delete: 3 }]);
      text.setAttribute('lang', 'en');
    }),
  map: () =>
    group(3, (docs, exchange) => {
      docs.forEach((doc, i) => doc.getMap('m').set('k', i));
      exchange();
      docs[0].getMap('m').set('k', { a: [1, null, 'x'], b: undefined });
      docs[1].getMap('m').set('k', 'later');
      docs[2].getMap('m').delete('k');
      docs[2].getMap('m').set('binary', new Uint8Array([0, 1, 255]));
    }),
  values: () =>
    group(1, ([doc]) => {
      doc.getArray('a').insert(0, [0, -1, 63, 64, 2 ** 31, -(2 ** 40), 0.5, 1e300, -0, true, false, null, 'é😀']);
      doc.getArray('a').insert(3, [{}, [], { deep: [[{ x: 1 }]] }, new Uint8Array(3), { big: 1234567890123n, none: undefined }]);
      doc.getArray('a').delete(1, 4);
    }),
  nested: () =>
    group(2, ([a, b], exchange) => {
      const list = a.getArray('a');
      list.insert(0, [new Y.Map([['x', 1]]), new Y.Array(), new Y.Text('in')]);
      exchange();
      b.getArray('a').get(0).set('y', new Y.Map([['z', new Y.Array()]]));
      b.getArray('a').get(2).insert(1, '…');
      exchange();
      list.delete(0, 1);
      b.getArray('a').get(0).get('y').set('late', true);
    }),
  xml: () =>
    group(2, ([a, b], exchange) => {
      const root = a.getXmlFragment('x');
      root.insert(0, [element('p', new Y.XmlText('text'), element('br')), new Y.XmlHook('hook')]);
      root.get(0).setAttribute('class', 'wide');
      exchange();
      b.getXmlFragment('x').get(0).insert(1, [new Y.XmlText('more')]);
      root.get(0).setAttribute('class', 'narrow');
      root.delete(1, 1);
    }),
  documents: () =>
    group(1, ([doc]) => {
      const sub = (guid, options) => new Y.Doc({ guid, ...options });
      doc.getMap('docs').set('one', sub('guid-1', { autoLoad: true }));
      doc.getMap('docs').set('two', sub('guid-2', { gc: false, meta: { title: 'T' } }));
    }),
  kept: () =>
    group(
      1,
      ([doc]) => {
        doc.getText('t').insert(0, 'kept though deleted');
        doc.getText('t').delete(4, 7);
        doc.getMap('m').set('k', new Y.Array());
        doc.getMap('m').delete('k');
      },
      { gc: false },
    ),
};

// --- inputs --------------------------------------------------------------------------------------------------------------

// mulberry32
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const shuffled = (list, seed) => {
  const next = random(seed);
  const keyed = list.map((value) => ({ value, key: next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
};

const join8 = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const sequence = (parts) => {
  const encoder = encoding.createEncoder();
  for (const part of parts) encoding.writeVarUint8Array(encoder, part);
  return encoding.toUint8Array(encoder);
};
const any = (value) => {
  const encoder = encoding.createEncoder();
  encoding.writeAny(encoder, value);
  return encoding.toUint8Array(encoder);
};
const toV2 = Y.convertUpdateFormatV1ToV2;

const folders = new Map();
const add = (target, name, bytes) => {
  if (!folders.has(target)) folders.set(target, new Map());
  folders.get(target).set(name, bytes);
};

for (const [name, make] of Object.entries(histories)) {
  const { doc, updates } = make();
  const state = Y.encodeStateAsUpdate(doc);
  const vector = Y.encodeStateVector(doc);
  const half = Y.mergeUpdates(updates.slice(0, updates.length >> 1));
  const halfVector = Y.encodeStateVectorFromUpdate(half);
  const late = Y.mergeUpdates(updates.slice(updates.length >> 1));
  const some = shuffled(updates, 1).slice(0, 5);

  add('update_v1', name, state);
  add('update_v2', name, Y.encodeStateAsUpdateV2(doc));
  add('update_v1', `${name}-late`, late);
  add('update_v2', `${name}-late`, toV2(late));
  add('apply_v1', name, sequence(some));
  add('apply_v2', name, sequence(some.map((update) => toV2(update))));
  add('apply_v1', `${name}-halves`, sequence([late, half]));
  add('apply_v2', `${name}-halves`, sequence([toV2(late), toV2(half)]));
  add('state_vector', name, vector);
  add('state_vector', `${name}-half`, halfVector);
  // An update against the whole state vector holds the delete set only.
  add('deletes', name, Y.encodeStateAsUpdate(doc, vector).slice(1));
  add('merge', name, join8([0], sequence(some.slice(0, 4))));
  add('merge', `${name}-v2`, join8([1], sequence(some.slice(0, 4).map((update) => toV2(update)))));
  add('diff', name, join8([0], sequence([halfVector]), state));
  add('diff', `${name}-v2`, join8([1], sequence([halfVector]), toV2(state)));
  add('convert', name, join8([0], state));
  add('convert', `${name}-v2`, join8([1], toV2(late)));
}

const values = [
  undefined, null, true, false, 0, -0, 1, -64, 2 ** 31 - 1, 2 ** 31, 0.1, -1.5, 1e21, 5e-324, NaN, 7n, '', 'text', 'é€😀',
  [], {}, [1, [2, [3]]], { a: 1, b: { c: [null] }, '': undefined }, new Uint8Array([1, 2, 3]),
];
values.forEach((value, i) => add('any', `value-${i}`, any(value)));

const json = [
  'null', '-0', '0.1e-7', '1e400', '123456789012345678901234567890', '"\\u00e9\\ud83d\\ude00\\ud800\\n\\/"',
  ' [ 1 , [ ] , { } ] ', '{"a":{"b":[true,false,null]},"":"\\u0000"}', '[[[[[[[[1]]]]]]]]', '5e-324', '0.00001', '1e21',
];
json.forEach((text, i) => add('json', `text-${i}`, Buffer.from(text)));

const present = new Y.Doc();
present.clientID = 1;
const awareness = new Awareness(present);
awareness.setLocalState({ user: { name: 'Ada', color: '#f00' }, cursor: null });
add('awareness', 'one', encodeAwarenessUpdate(awareness, [1]));
awareness.states.set(2, { user: 'Bob' });
awareness.meta.set(2, { clock: 7, lastUpdated: 0 });
awareness.meta.set(3, { clock: 9, lastUpdated: 0 });
add('awareness', 'three', encodeAwarenessUpdate(awareness, [1, 2, 3]));
add('awareness', 'none', encodeAwarenessUpdate(awareness, []));
awareness.destroy();

for (let seed = 1; seed <= 12; seed++) {
  const next = random(seed);
  add('replicas', `random-${seed}`, Uint8Array.from({ length: 20 * seed }, () => Math.floor(next() * 256)));
}

const kept = new Y.Doc({ gc: false });
kept.clientID = 1;
for (const [i, edit] of [
  (text) => text.insert(0, 'one 😀'),
  (text) => text.format(0, 2, { b: true }),
  (text) => text.delete(1, 3),
].entries()) {
  edit(kept.getText('t'));
  const snapshot = Y.snapshot(kept);
  add('snapshot', `edited-${i}`, join8([0], Y.encodeSnapshot(snapshot)));
  add('snapshot', `edited-${i}-v2`, join8([1], Y.encodeSnapshotV2(snapshot)));
}

const positioned = group(1, ([doc]) => {
  doc.getText('t').insert(0, 'abc');
  doc.getMap('m').set('inner', new Y.Text('in'));
}).doc;
for (const [i, [type, index, association]] of [
  ['t', 1, 0], ['t', 3, 0], ['t', 3, -1], ['t', 0, -1], ['inner', 1, 0], ['inner', 2, 0],
].entries()) {
  const inside = type === 't' ? positioned.getText('t') : positioned.getMap('m').get('inner');
  const position = Y.createRelativePositionFromTypeIndex(inside, index, association);
  add('relative_position', `at-${i}`, join8([0], Y.encodeRelativePosition(position)));
  add('relative_position', `at-${i}-json`, join8([1], Buffer.from(JSON.stringify(position))));
}

// One byte with the length of the texts, the texts, the state.
const texts = Buffer.from('\x02\x01a\x02ab\x01t\x03abc', 'latin1');
add('checkpoint', 'texts', join8([texts.length], texts, Y.encodeStateAsUpdateV2(group(1, ([doc]) => {
  doc.getText('a').insert(0, 'ab');
  doc.getText('t').insert(0, 'abc');
}).doc)));
add('checkpoint', 'other-texts', join8([texts.length], texts, Y.encodeStateAsUpdateV2(positioned)));

// --- messages of stet.v1, in MessagePack -----------------------------------------------------------------------------------

const byte = (...bytes) => Uint8Array.from(bytes);
const packText = (value) => {
  const utf8 = new TextEncoder().encode(value);
  return utf8.length < 32 ? byte(0xa0 | utf8.length, ...utf8) : byte(0xd9, utf8.length, ...utf8);
};
const pack = (value) => {
  if (value === null) return byte(0xc0);
  if (typeof value === 'string') return packText(value);
  if (typeof value === 'number') return value < 128 ? byte(value) : byte(0xcd, value >> 8, value & 255);
  if (Array.isArray(value)) return byte(0x90 | value.length, ...value.flatMap((element) => [...pack(element)]));
  return byte(0x80 | Object.keys(value).length, ...Object.entries(value).flatMap(([k, v]) => [...pack(k), ...pack(v)]));
};
const thin = {
  open: { t: 'open', doc: 'a/b', root: 'text', version: 300, epoch: 5, durable: 299, session: '0123456789abcdef' },
  edit: { t: 'edit', doc: 'a', id: 7, version: 3, splices: [[1, 2, 'x😀'], [4, 1, '']], agent: 'bot', asked_by: 'Ada' },
  presence: { t: 'presence', doc: 'a', name: 'Ada', color: '#fff', cursor: [1, 2] },
  close: { t: 'close', doc: 'a' },
  opened: {
    t: 'opened', doc: 'a', root: 'text', session: '0123456789abcdef', you: 5, epoch: 6, version: 7, durable: 6, applied: 2,
    text: 'whole',
  },
  delta: { t: 'delta', doc: 'a', version: 8, splices: [[0, 3, 'new']] },
  accepted: { t: 'accepted', doc: 'a', id: 1, version: 9, splices: [] },
  people: { t: 'presence', doc: 'a', version: 9, people: [{ id: 5, name: 'Ada', color: '', cursor: [0, 1] }] },
  refused: { t: 'refused', doc: 'a', id: 1, code: 'cut_pair', reason: '' },
  closed: { t: 'closed', doc: 'a', code: 4403, reason: 'no' },
};
for (const [name, message] of Object.entries(thin)) add('thin', name, pack(message));

for (const [target, files] of folders) {
  const folder = join(here, 'corpus', target);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (!file.startsWith('found-')) rmSync(join(folder, file));
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}

// --- the sample document -------------------------------------------------------------------------------------------------

const sample = group(3, ([a, b, c], exchange) => {
  a.getText('t').insert(0, 'sample 😀 text');
  a.getText('t').format(0, 3, { bold: true });
  exchange();
  b.getText('t').delete(2, 4);
  b.getMap('m').set('k', 1);
  b.getArray('a').insert(0, [new Y.Map([['x', new Y.Array()]]), 1, 'two']);
  exchange();
  c.getMap('m').set('k', 2);
  c.getArray('a').get(0).get('x').insert(0, [new Y.Text('deep')]);
  exchange();
  a.getArray('a').get(0).delete('x');
  c.getText('t').insert(5, 'mid');
});
const numbers = [...Y.encodeStateAsUpdate(sample.doc)];
const lines = [];
while (numbers.length) lines.push(`${numbers.splice(0, 24).join(', ')},\n`);
writeFileSync(join(here, 'sample_update.inc'), lines.join(''));
