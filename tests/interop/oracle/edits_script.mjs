// Random edits as scripts that a stock document and a stet replica both run: arrays of
//   {path: [kind of the root, its name, then indexes and keys], op, ...}
//   texts   insert {at, text, attributes?}   embed {at, value, attributes?}   type {at, kind}   format {at, length, attributes}
//           delete {at, length}   delta {delta}   set {key, value}   remove {key}
//   lists   values {at, values}   type {at, kind, name?}   doc {at, guid}   delete {at, length}
//   maps    set {key, value}   settype {key, kind, name?}   setdoc {key, guid}   remove {key}   (attributes of XML elements too)
import * as Y from 'yjs';
import { splitsPair } from './edits.mjs';
import { randomJson, randomKey, randomString } from './values.mjs';

export const roots = [['text', 'text'], ['array', 'list'], ['map', 'map'], ['fragment', 'xml'], ['xmltext', 'rich']];

const rootOf = {
  text: (doc, name) => doc.getText(name),
  array: (doc, name) => doc.getArray(name),
  map: (doc, name) => doc.getMap(name),
  fragment: (doc, name) => doc.getXmlFragment(name),
  xmltext: (doc, name) => doc.get(name, Y.XmlText),
};
export const openRoots = (doc, which = roots) => which.map(([kind, name]) => rootOf[kind](doc, name));

const makers = {
  array: () => new Y.Array(),
  map: () => new Y.Map(),
  text: () => new Y.Text(),
  element: (name) => new Y.XmlElement(name),
  fragment: () => new Y.XmlFragment(),
  hook: (name) => new Y.XmlHook(name),
  xmltext: () => new Y.XmlText(),
};

// Maps, and what looks for keys in any type.
const mapGet = (type, key) => {
  const item = type._map.get(key);
  return item.content.getContent()[item.length - 1];
};

const unitAt = (type, index) => {
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    if (index < item.length) return item.content.getContent()[index];
    index -= item.length;
  }
  throw new Error('nothing there');
};

const findType = (doc, [kind, name, ...steps]) =>
  steps.reduce((type, step) => (typeof step === 'string' ? mapGet(type, step) : unitAt(type, step)), rootOf[kind](doc, name));

const plain = (value) => (value?.$bytes ? Uint8Array.from(value.$bytes) : structuredClone(value));

const runOn = (type, op) => {
  const isText = type instanceof Y.Text;
  switch (op.op) {
    case 'insert': return type.insert(op.at, op.text, op.attributes && plain(op.attributes));
    case 'embed': return type.insertEmbed(op.at, plain(op.value), op.attributes && plain(op.attributes));
    case 'format': return type.format(op.at, op.length, plain(op.attributes));
    case 'delta': return type.applyDelta(plain(op.delta));
    case 'delete': return type.delete(op.at, op.length);
    case 'values': return type.insert(op.at, op.values.map(plain));
    case 'doc': return type.insert(op.at, [new Y.Doc({ guid: op.guid })]);
    case 'type': return isText ? type.insertEmbed(op.at, makers[op.kind]()) : type.insert(op.at, [makers[op.kind](op.name)]);
    case 'set': return type instanceof Y.Map ? type.set(op.key, plain(op.value)) : type.setAttribute(op.key, plain(op.value));
    case 'settype': return type.set(op.key, makers[op.kind](op.name));
    case 'setdoc': return type.set(op.key, new Y.Doc({ guid: op.guid }));
    case 'remove': return type instanceof Y.Map ? type.delete(op.key) : type.removeAttribute(op.key);
    default: throw new Error(op.op);
  }
};

// Yjs compares some attributes by the identity of their objects, which a document that was loaded does not have: what is
// equal here is then only what is equal after a reload, too.
const forgetIdentity = (doc) => {
  for (const structs of doc.store.clients.values()) {
    for (const { content } of structs) {
      if (content instanceof Y.ContentFormat && typeof content.value === 'object') content.value = structuredClone(content.value);
    }
  }
};

export const runScript = (doc, script, origin) => {
  doc.transact(() => {
    for (const op of script) {
      runOn(findType(doc, op.path), op);
      forgetIdentity(doc);
    }
  }, origin);
};

// --- random scripts ---------------------------------------------------------------------------------------------------

const boundaries = (text) => {
  const positions = [0];
  let at = 0;
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    for (let i = 1; i <= item.length; i++) {
      if (!(item.content instanceof Y.ContentString) || !splitsPair(item.content.str, i)) positions.push(at + i);
    }
    at += item.length;
  }
  return positions;
};

const attributes = (random, objects = true) => {
  const made = {};
  for (let n = random.between(1, 3); n > 0; n--) {
    made[random.pick(['bold', 'em', 'link', '7', '10'])] = random.weighted([
      [4, () => true],
      [4, () => null],
      [objects ? 2 : 0, () => ({ href: random.pick(['x', 'y']) })],
      [2, () => random.pick(['', 'red', 0, 1.5])],
    ])();
  }
  return made;
};

const randomDelta = (random, positions) => {
  const delta = [];
  let at = 0;
  for (let n = random.between(1, 4); n > 0; n--) {
    const next = Math.min(positions.length - 1, at + random.below(6));
    const length = positions[next] - positions[at];
    const optional = random.chance(0.4) ? { attributes: attributes(random, false) } : {};
    random.weighted([
      [2, () => length > 0 && (delta.push({ retain: length, ...optional }), (at = next))],
      [2, () => delta.push({ insert: randomString(random), ...optional })],
      [1, () => delta.push({ insert: { image: random.below(3) }, ...optional })],
      [1, () => length > 0 && (delta.push({ delete: length }), (at = next))],
    ])();
  }
  return delta;
};

const editText = (random, text) => {
  const positions = boundaries(text);
  const from = random.below(positions.length);
  const to = Math.min(positions.length - 1, from + random.between(1, 8));
  const at = positions[from];
  const length = positions[to] - at;
  const optional = random.chance(0.4) ? { attributes: attributes(random) } : {};
  return random.weighted([
    [6, () => ({ op: 'insert', at, text: randomString(random) })],
    [3, () => ({ op: 'insert', at, text: randomString(random), attributes: random.chance(0.2) ? {} : attributes(random) })],
    [length && 6, () => ({ op: 'format', at, length, attributes: attributes(random) })],
    [length && 5, () => ({ op: 'delete', at, length })],
    [2, () => ({ op: 'embed', at, value: { image: random.below(3) }, ...optional })],
    [1, () => ({ op: 'type', at, kind: random.pick(['text', 'map', 'array', 'xmltext']) })],
    [3, () => ({ op: 'delta', delta: randomDelta(random, positions) })],
    [1, () => ({ op: 'set', key: randomKey(random), value: randomJson(random) })],
    [1, () => ({ op: 'remove', key: randomKey(random) })],
  ])();
};

const anyKind = (random) => random.pick(['array', 'map', 'text', 'xmltext', 'fragment']);
const bytes = (random) => ({ $bytes: Array.from({ length: random.below(4) }, () => random.below(256)) });

const editList = (random, list, xml) => {
  const at = random.below(list.length + 1);
  const length = Math.min(list.length - at, random.between(1, 3));
  const kind = random.pick(['element', 'xmltext', 'xmltext', 'hook']);
  const name = kind === 'xmltext' ? undefined : random.pick(['p', 'H1', 'hook']);
  const value = () => (random.chance(0.15) ? bytes(random) : randomJson(random));
  return random.weighted([
    [xml ? 0 : 5, () => ({ op: 'values', at, values: Array.from({ length: random.between(1, 4) }, value) })],
    [xml ? 0 : 2, () => ({ op: 'type', at, kind: anyKind(random) })],
    [xml ? 0 : 1, () => ({ op: 'doc', at, guid: `doc-${random.below(5)}` })],
    [xml ? 5 : 0, () => ({ op: 'type', at, kind, name })],
    [length && 3, () => ({ op: 'delete', at, length })],
    [list instanceof Y.XmlElement ? 4 : 0, () => ({ op: 'set', key: randomKey(random), value: randomString(random) })],
    [list instanceof Y.XmlElement ? 1 : 0, () => ({ op: 'remove', key: randomKey(random) })],
    [1, () => null],
  ])();
};

const editMap = (random) => {
  const key = randomKey(random);
  return random.weighted([
    [5, () => ({ op: 'set', key, value: random.chance(0.1) ? bytes(random) : randomJson(random) })],
    [2, () => ({ op: 'settype', key, kind: anyKind(random) })],
    [1, () => ({ op: 'setdoc', key, guid: `doc-${random.below(5)}` })],
    [3, () => ({ op: 'remove', key })],
  ])();
};

const children = (type) => {
  const found = [];
  let at = 0;
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    if (item.content instanceof Y.ContentType) found.push([at, item.content.type]);
    at += item.length;
  }
  type._map.forEach((item, key) => {
    if (!item.deleted && item.content instanceof Y.ContentType) found.push([key, item.content.type]);
  });
  return found;
};

const randomOp = (random, doc) => {
  const root = random.weighted([[6, 0], [2, 1], [2, 2], [3, 3], [1, 4]]);
  const path = [...roots[root]];
  let type = openRoots(doc)[root];
  while (random.chance(0.6)) {
    const inner = children(type);
    if (inner.length === 0) break;
    const [step, child] = random.pick(inner);
    path.push(step);
    type = child;
  }
  const edit = type instanceof Y.Text ? editText(random, type)
    : type instanceof Y.Map ? editMap(random)
    : editList(random, type, type instanceof Y.XmlFragment);
  return edit && { path, ...edit };
};

// A transaction of some edits that fit `doc` as it is, one after the other. Made on a copy.
export const randomScript = (random, doc) => {
  const copy = withoutCleanUp(new Y.Doc({ gc: false }));
  openRoots(copy);
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  const script = [];
  for (let n = random.chance(0.6) ? 1 : random.between(2, 4); n > 0; n--) {
    const op = randomOp(random, copy);
    if (op === null) continue;
    runScript(copy, [op]);
    script.push(op);
  }
  return script;
};

// --- what is compared -------------------------------------------------------------------------------------------------

const kindOf = (type) =>
  Object.keys(makers).find((kind) => type.constructor === makers[kind]('x').constructor);

// What Any::to_json() makes of values that JSON does not know, and UTF-8 of half a surrogate pair.
const sayable = (_, value) => {
  if (typeof value === 'string') return Buffer.from(value).toString();
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Y.Doc ? {} : value;
};
const asJson = (value) => JSON.parse(JSON.stringify([value], sayable))[0];

// As stet-replica shows values (JSON.stringify, types by their kind).
const show = (value) => {
  if (value instanceof Y.AbstractType) return { $type: kindOf(value) };
  if (value instanceof Y.Doc) return { $doc: value.guid };
  return asJson(value);
};

const showDelta = (delta) =>
  delta.map((op) => ({
    ...op,
    ...(op.insert === undefined ? {} : { insert: Array.isArray(op.insert) ? op.insert.map(show) : show(op.insert) }),
    ...(op.attributes && Object.keys(op.attributes).length > 0 ? { attributes: show(op.attributes) } : { attributes: undefined }),
  }));

export const shown = (doc, which = roots) => {
  openRoots(doc, which);
  return asJson(doc.toJSON());
};

// The deltas of all texts, by path.
export const shownDeltas = (doc, which = roots) => {
  const deltas = {};
  const look = (path, type) => {
    if (type instanceof Y.Text) deltas[JSON.stringify(path)] = JSON.parse(JSON.stringify(showDelta(type.toDelta())));
    for (const [step, child] of children(type)) look([...path, step], child);
  };
  openRoots(doc, which).forEach((type, i) => look(which[i], type));
  return deltas;
};

const bare = (value) => (value instanceof Y.AbstractType || value instanceof Y.Doc ? null : show(value));

// Keeps a document from cleaning up formats after remote transactions: no server does that.
export const withoutCleanUp = (doc) => {
  doc.on('beforeTransaction', (transaction) =>
    Object.defineProperty(transaction, '_needFormattingCleanup', { get: () => false, set: () => {} }),
  );
  return doc;
};

// Calls `change`, one transaction, on a document of this state, and returns the events that its observers saw.
// (Not those of later ones: stock Yjs cleans up some formats while an observer reads the delta.)
export const eventsOf = (state, clientID, gc, change) => {
  const doc = withoutCleanUp(new Y.Doc({ gc }));
  const events = [];
  openRoots(doc);
  if (state) Y.applyUpdate(doc, state);
  doc.clientID = clientID;
  let first;
  doc.once('beforeTransaction', (transaction) => (first = transaction));
  openRoots(doc).forEach((root, i) => root.observeDeep((seen, transaction) => {
    if (transaction !== first) return;
    for (const event of seen) {
      const keys = {};
      event.keys.forEach(({ action, oldValue }, key) => (keys[key] = { action, old: bare(oldValue) }));
      events.push({ root: roots[i][1], path: event.path, delta: showDelta(event.delta), keys });
    }
  }));
  change(doc);
  return sorted(events);
};

// In no particular order but that of depth.
export const sorted = (events) => {
  const key = (event) => JSON.stringify([event.root, event.path]);
  return JSON.parse(JSON.stringify(events)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
};
