/*
 * Stet's document core for C, and for every language that can call C: a CRDT, byte-compatible with Yjs.
 *
 * - Errors: a function that can fail returns a stet_status; stet_last_error() then says what was wrong. What it was to
 *   give is written on success only. After a failure the document is as it was. No exception leaves the library.
 *
 * - Memory: a stet_view is borrowed for the call (or, in a callback, until the callback returns). A stet_buffer is the
 *   caller's: give it to stet_buffer_free(). Handles made by stet_..._new() and the like are the caller's until
 *   stet_..._free(), which accepts NULL. No other handle or pointer may be NULL unless it says so.
 *
 * - Text: UTF-8, checked. Positions and lengths in texts count UTF-16 code units, as in Yjs; those in arrays count
 *   elements. They are clamped to what is there. Times are milliseconds of any monotonic clock.
 *
 * - Values: plain values cross as JSON. What JSON cannot say: bytes have functions and a stet_value_kind of their own;
 *   within JSON they become an object of their numbers, a BigInt a number, undefined null. Where JSON shows a shared
 *   type it is as stet_type_to_json() shows it, and a sub-document is {}.
 *
 * - Threads: a document, and all that belongs to it (types, undo managers, subscriptions), is used by one thread at a
 *   time; the library does not lock. Different documents are independent. Functions without a handle are pure.
 *
 * - Callbacks run on the calling thread, within the call that caused them, and must return (no longjmp, no exception).
 *   They may edit the document: that is a transaction of its own, which ends after this one.
 */
#ifndef STET_H
#define STET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* NOLINTBEGIN(readability-identifier-naming): names as is usual in C */

#define STET_API __attribute__((visibility("default")))

/* C may hand over any number where an enum is asked for: C++ must be told. */
#ifdef __cplusplus
#define STET_ENUM : unsigned
extern "C" {
#else
#define STET_ENUM
#endif

/* "0.1.0" */
STET_API const char* stet_version(void);

/* --- errors, bytes and text ------------------------------------------------------------------------------------- */

typedef enum stet_status STET_ENUM {
  STET_OK = 0,
  STET_TRUNCATED = 1, /* the input ends inside a value */
  STET_MALFORMED = 2, /* bytes or JSON that no writer produces */
  STET_UNSUPPORTED =
      3,              /* a kind of content or type that this version does not know; a document that collects garbage */
  STET_TOO_LARGE = 4, /* a count, length or nesting over its limit */
  STET_CONFLICT = 5,  /* an update that refers to itself; a snapshot of another document */
  STET_INVALID_ARGUMENT =
      6, /* the caller's mistake: text that is not UTF-8, an unknown kind, a call at the wrong time */
  STET_NO_MEMORY = 7,
  STET_INTERNAL = 8 /* a bug of the library */
} stet_status;

/* What was wrong in the last call on this thread that failed, with the offset in bytes where input did not parse:
 * "unexpected end at byte 12". Zero-terminated, without content of the input, valid until the next failure. */
STET_API const char* stet_last_error(void);

/* Borrowed bytes or text, not zero-terminated. {NULL, 0} is empty. */
typedef struct stet_view {
  const void* data;
  size_t length;
} stet_view;

/* The view of a zero-terminated string. */
static inline stet_view stet_str(const char* text) {
  stet_view view;
  view.data = text;
  view.length = strlen(text);
  return view;
}

/* Bytes or text that the caller owns. A zero byte follows them that `length` does not count, so that text can be used
 * as a string. */
typedef struct stet_buffer {
  char* data;
  size_t length;
} stet_buffer;

static inline stet_view stet_view_of(stet_buffer buffer) {
  stet_view view;
  view.data = buffer.data;
  view.length = buffer.length;
  return view;
}

/* Frees what it holds and makes it empty. An empty buffer is fine. */
STET_API void stet_buffer_free(stet_buffer* buffer);

/* The two encodings of updates and snapshots (Yjs: encodeStateAsUpdate, encodeStateAsUpdateV2). */
typedef enum stet_encoding STET_ENUM { STET_V1 = 0, STET_V2 = 1 } stet_encoding;

/* --- documents ---------------------------------------------------------------------------------------------------- */

typedef struct stet_doc stet_doc;

/* An observer that is registered until it is freed. May outlive its document. */
typedef struct stet_subscription stet_subscription;
STET_API void stet_subscription_free(stet_subscription* subscription);

/* `client_id`: the id under which local edits are made, at most 2^53 - 1. Draw it fresh for each document that edits,
 * and never use one again for other content. 0 is fine for a document that only merges. `gc`: whether deleted content
 * is dropped; snapshots can be restored only from a document that keeps it. */
STET_API stet_status stet_doc_new(uint64_t client_id, bool gc, stet_doc** doc);
/* After this no type and no undo manager of it may be used. Not within a callback of it. */
STET_API void stet_doc_free(stet_doc* doc);
STET_API uint64_t stet_doc_client_id(const stet_doc* doc);

typedef struct stet_applied {
  bool changed; /* something was integrated or deleted */
  bool exact;   /* the bytes given say exactly what was integrated, and may be relayed and logged as they are */
  bool pending; /* the document holds parts that wait for missing ones */
} stet_applied;

/* Merges an update, whole or not at all. Parts whose dependencies are missing wait inside the document and are part of
 * its encoded state. `origin` is the application's own word for observers and undo; may be empty. `applied` may be
 * NULL. `relay` may be NULL; it gets the update (v1) to relay where something changed and the bytes given are not
 * exact, else it becomes empty. Not within stet_doc_transact() (STET_INVALID_ARGUMENT). */
STET_API stet_status stet_doc_apply_update(stet_doc* doc, stet_view update, stet_encoding encoding, stet_view origin,
                                           stet_applied* applied, stet_buffer* relay);

/* From now on refuses updates (STET_TOO_LARGE) for whose conflicts it would have to pass more than `steps` items: an
 * update can be made to cost the square of its size. A million steps take some 50 ms. Unlimited at first. */
STET_API void stet_doc_limit_work(stet_doc* doc, uint64_t steps);

/* The full state as one update, waiting parts included. */
STET_API stet_status stet_doc_encode_state(const stet_doc* doc, stet_encoding encoding, stet_buffer* update);
/* What a peer with this encoded state vector lacks. */
STET_API stet_status stet_doc_encode_diff(const stet_doc* doc, stet_view state_vector, stet_encoding encoding,
                                          stet_buffer* update);
STET_API stet_status stet_doc_encode_state_vector(const stet_doc* doc, stet_buffer* state_vector);
/* Whether parts wait for missing ones. */
STET_API bool stet_doc_has_pending(const stet_doc* doc);

typedef struct stet_stats {
  uint64_t items;   /* structs held, as split now */
  uint64_t clients; /* clients that contributed */
  uint64_t pending_bytes;
} stet_stats;
STET_API stet_stats stet_doc_stats(const stet_doc* doc);

/* Runs `edit`; whatever it changes is one transaction: one update, one call of each observer. A call within another
 * joins it. An edit outside of it is a transaction of its own, with an empty origin. */
STET_API stet_status stet_doc_transact(stet_doc* doc, void (*edit)(void* context), void* context, stet_view origin);

/* A transaction that has ended, as observers see it. */
typedef struct stet_transaction {
  stet_view origin;
  bool local; /* made here, not by stet_doc_apply_update() */
} stet_transaction;

/* `callback` gets the update of each transaction that changed something, local or not. */
typedef void (*stet_on_update)(void* context, stet_view update, const stet_transaction* transaction);
STET_API stet_status stet_doc_on_update(stet_doc* doc, stet_encoding encoding, stet_on_update callback, void* context,
                                        stet_subscription** subscription);

/* --- shared types ---------------------------------------------------------------------------------------------------
 */

/* What a type was made as. Roots are what the application asks for first; STET_ROOT is one it never asked for. */
typedef enum stet_kind STET_ENUM {
  STET_ARRAY = 0,
  STET_MAP = 1,
  STET_TEXT = 2,
  STET_XML_ELEMENT = 3,
  STET_XML_FRAGMENT = 4,
  STET_XML_HOOK = 5,
  STET_XML_TEXT = 6,
  STET_ROOT = 255
} stet_kind;

/* Names a type of a document. Copied by value, nothing to free, valid as long as the document; the fields are the
 * library's own. A type that was deleted reads as empty and ignores edits.
 *
 * Every type may be used through each family of functions below; they show other parts of it. So stet_array_... reads
 * and edits the children of XML fragments and elements (and reads the embeds of texts by position), and stet_map_...
 * the attributes of XML elements and texts. */
typedef struct stet_type {
  void* doc;
  uint32_t index;
} stet_type;

/* The root type of that name; created empty where it does not exist. `kind`: an array, map, text, XML fragment or XML
 * text. The first call gives a root its kind, which the wire does not tell: how its events and its JSON look. */
STET_API stet_status stet_doc_root(stet_doc* doc, stet_view name, stet_kind kind, stet_type* type);
/* An object of all roots by name, each as stet_type_to_json() shows it. */
STET_API stet_status stet_doc_to_json(const stet_doc* doc, stet_buffer* json);

STET_API stet_kind stet_type_kind(stet_type type);
/* Whether it is still part of the document. */
STET_API bool stet_type_alive(stet_type type);
STET_API bool stet_type_equal(stet_type a, stet_type b);
/* The root's name, the XML element's or hook's node name; empty for the others. */
STET_API stet_status stet_type_name(stet_type type, stet_buffer* name);
/* Writes the type that holds this one and returns true; returns false for a root. */
STET_API bool stet_type_parent(stet_type type, stet_type* parent);
/* As Yjs' toJSON(). A root that nobody asked for is shown as what it looks like. */
STET_API stet_status stet_type_to_json(stet_type type, stet_buffer* json);

/* What is stored at an index or under a key. */
typedef enum stet_value_kind STET_ENUM {
  STET_NOTHING = 0, /* no such index or key */
  STET_JSON = 1,    /* `data`: a plain value as JSON */
  STET_BYTES = 2,   /* `data`: the bytes */
  STET_TYPE = 3,    /* `type` */
  STET_DOC = 4      /* `data`: a sub-document as JSON {"guid": string, "options": object} */
} stet_value_kind;

typedef struct stet_value {
  stet_value_kind kind;
  stet_buffer data; /* empty where the kind says nothing of it; the caller's */
  stet_type type;
} stet_value;

/* --- arrays --- */

STET_API uint64_t stet_array_length(stet_type array);
STET_API stet_status stet_array_get(stet_type array, uint64_t index, stet_value* value);
/* `json`: an array of the elements to insert, e.g. [1, "two", {"three": 3}]. */
STET_API stet_status stet_array_insert(stet_type array, uint64_t index, stet_view json);
STET_API stet_status stet_array_insert_bytes(stet_type array, uint64_t index, stet_view bytes);
/* `kind`: not STET_ROOT. `name`: of XML elements and hooks, else empty. `type` may be NULL. */
STET_API stet_status stet_array_insert_type(stet_type array, uint64_t index, stet_kind kind, stet_view name,
                                            stet_type* type);
/* `options`: a JSON object, or empty. The application opens a document for `guid` where it wants to. */
STET_API stet_status stet_array_insert_doc(stet_type array, uint64_t index, stet_view guid, stet_view options);
STET_API stet_status stet_array_erase(stet_type array, uint64_t index, uint64_t length);

/* --- maps --- */

STET_API uint64_t stet_map_size(stet_type map);
/* A JSON array of strings, in no particular order. */
STET_API stet_status stet_map_keys(stet_type map, stet_buffer* json);
STET_API stet_status stet_map_get(stet_type map, stet_view key, stet_value* value);
STET_API stet_status stet_map_set(stet_type map, stet_view key, stet_view json);
STET_API stet_status stet_map_set_bytes(stet_type map, stet_view key, stet_view bytes);
/* As stet_array_insert_type(), stet_array_insert_doc(). */
STET_API stet_status stet_map_set_type(stet_type map, stet_view key, stet_kind kind, stet_view name, stet_type* type);
STET_API stet_status stet_map_set_doc(stet_type map, stet_view key, stet_view guid, stet_view options);
STET_API stet_status stet_map_erase(stet_type map, stet_view key);
STET_API stet_status stet_map_clear(stet_type map);

/* --- texts ---
 * `attributes` is a JSON object, such as {"bold": true}; null removes. */

STET_API uint64_t stet_text_length(stet_type text);
/* The visible text, embeds left out. */
STET_API stet_status stet_text_to_string(stet_type text, stet_buffer* utf8);
/* The text with its attributes as a JSON array of operations (the format of Quill, and of Yjs):
 * [{"insert": "bold", "attributes": {"bold": true}}, {"insert": {"image": "x.png"}}] */
STET_API stet_status stet_text_to_delta(stet_type text, stet_buffer* json);
/* Empty `attributes`: the text takes those of its surroundings, as typing does. Else it gets exactly these. */
STET_API stet_status stet_text_insert(stet_type text, uint64_t position, stet_view utf8, stet_view attributes);
/* `attributes` may be empty. `json`: the embed, one unit. */
STET_API stet_status stet_text_insert_embed(stet_type text, uint64_t position, stet_view json, stet_view attributes);
STET_API stet_status stet_text_insert_type(stet_type text, uint64_t position, stet_kind kind, stet_view attributes,
                                           stet_type* type);
STET_API stet_status stet_text_format(stet_type text, uint64_t position, uint64_t length, stet_view attributes);
STET_API stet_status stet_text_erase(stet_type text, uint64_t position, uint64_t length);
/* `json`: as of stet_text_to_delta(), also {"retain": n} (with attributes: what changes) and {"delete": n}. */
STET_API stet_status stet_text_apply_delta(stet_type text, stet_view json);

/* --- XML --- */

/* As Yjs' toString(): a fragment's children, an element with its attributes, a text with its formats as tags. Nothing
 * is escaped. */
STET_API stet_status stet_xml_to_string(stet_type xml, stet_buffer* utf8);

/* --- observing ---------------------------------------------------------------------------------------------------- */

/* What a transaction changed in one type; lives until the callback returns. */
typedef struct stet_event stet_event;

/* Called after each transaction that changed the type itself (one event), or it or something within it (events by
 * depth). */
typedef void (*stet_on_events)(void* context, const stet_event* const* events, size_t count);
STET_API stet_status stet_type_observe(stet_type type, stet_on_events callback, void* context,
                                       stet_subscription** subscription);
STET_API stet_status stet_type_observe_deep(stet_type type, stet_on_events callback, void* context,
                                            stet_subscription** subscription);

STET_API stet_transaction stet_event_transaction(const stet_event* event);
/* The type that changed. */
STET_API stet_type stet_event_target(const stet_event* event);
/* From the observed type to the one that changed: a JSON array of keys and indexes. */
STET_API stet_status stet_event_path(const stet_event* event, stet_buffer* json);
/* What changed in the list: [{"retain": 2}, {"insert": "text"}, {"delete": 1}]; of an array {"insert": [1, 2]}. */
STET_API stet_status stet_event_delta(const stet_event* event, stet_buffer* json);
/* What changed in the map: {"key": {"action": "add" | "update" | "delete", "oldValue": value}}; there is no "oldValue"
 * where there was none, or it was a type that is gone. */
STET_API stet_status stet_event_keys(const stet_event* event, stet_buffer* json);

/* --- undo -----------------------------------------------------------------------------------------------------------
 */

/* Undo and redo of what tracked origins changed within some types, leaving alone what others did meanwhile. */
typedef struct stet_undo stet_undo;

/* All zero is a good beginning: each transaction without an origin is a step of its own. */
typedef struct stet_undo_options {
  /* Handed to the callbacks below. */
  void* context;
  /* Changes that follow one another faster than `capture_timeout_ms` become one step. NULL: none do. */
  int64_t (*clock_ms)(void* context);
  int64_t capture_timeout_ms;
  /* The origins whose transactions are recorded. None: the empty one only, that of edits without an origin. */
  const stet_view* tracked_origins;
  size_t tracked_origin_count;
  /* Which of those transactions are recorded, and what undo and redo may delete: something in `parent`, at `key` (or
   * NULL), holding the type `type` (or NULL). NULL: all. */
  bool (*capture)(void* context, const stet_transaction* transaction);
  bool (*may_delete)(void* context, stet_type parent, const stet_view* key, const stet_type* type);
  /* Whether the value of a key comes back even where somebody else has set it since. */
  bool ignore_remote_map_changes;
} stet_undo_options;

/* Records what changes within the types of `scope` and all that is in them; without any (`count` 0), every change.
 * `options` may be NULL. Free it before its document. */
STET_API stet_status stet_undo_new(stet_doc* doc, const stet_type* scope, size_t count,
                                   const stet_undo_options* options, stet_undo** undo);
STET_API void stet_undo_free(stet_undo* undo);
/* Takes back the last step that still has an effect. `done` (may be NULL): whether there was one. */
STET_API stet_status stet_undo_undo(stet_undo* undo, bool* done);
/* The same with the last step that was taken back. */
STET_API stet_status stet_undo_redo(stet_undo* undo, bool* done);
STET_API bool stet_undo_can_undo(const stet_undo* undo);
STET_API bool stet_undo_can_redo(const stet_undo* undo);
/* Forgets the steps. */
STET_API stet_status stet_undo_clear(stet_undo* undo, bool undo_stack, bool redo_stack);
/* The next change begins a new step. */
STET_API void stet_undo_stop_capturing(stet_undo* undo);
STET_API stet_status stet_undo_add_to_scope(stet_undo* undo, stet_type type);
/* The origin of the transactions that undo and redo make; no other manager has it. Valid as long as the manager. */
STET_API stet_view stet_undo_origin(const stet_undo* undo);

/* A step that is new, grew, or was taken off by undo or redo (after its transaction); lives until the callback returns.
 */
typedef struct stet_undo_event stet_undo_event;
typedef enum stet_undo_change STET_ENUM {
  STET_UNDO_ADDED = 0,
  STET_UNDO_UPDATED = 1,
  STET_UNDO_POPPED = 2
} stet_undo_change;
typedef void (*stet_on_undo)(void* context, stet_undo_event* event);
STET_API stet_status stet_undo_on(stet_undo* undo, stet_undo_change change, stet_on_undo callback, void* context,
                                  stet_subscription** subscription);
/* Whether the step is on the undo stack (or was, if it was popped); else the redo stack. */
STET_API bool stet_undo_event_on_undo_stack(const stet_undo_event* event);
STET_API stet_view stet_undo_event_origin(const stet_undo_event* event);
/* The application's own notes on the step, such as a selection: bytes under a key. They do not move to the step that
 * undoes this one. Reading gives an empty buffer where there is no such note. */
STET_API stet_status stet_undo_event_set_note(stet_undo_event* event, stet_view key, stet_view note);
STET_API stet_status stet_undo_event_note(const stet_undo_event* event, stet_view key, stet_buffer* note);

/* --- relative positions
 * ----------------------------------------------------------------------------------------------- */

/* A position that stays with what it was made at, whatever is inserted or deleted around it, encoded as in Yjs.
 * `association`: with the unit behind it (>= 0) or before it (< 0). */
STET_API stet_status stet_relative_position(stet_type type, uint64_t index, int64_t association, stet_buffer* position);
/* E.g. {"item":{"client":1,"clock":5},"assoc":0}, and back. */
STET_API stet_status stet_relative_position_to_json(stet_view position, stet_buffer* json);
STET_API stet_status stet_relative_position_from_json(stet_view json, stet_buffer* position);

typedef struct stet_absolute_position {
  stet_type type;
  uint64_t index;
  int64_t association;
} stet_absolute_position;

/* Where it is now. `found` becomes false if the document does not know yet, or has forgotten, what it names.
 * `follow_undone`: what was deleted and brought back by an undo of this document counts as the same; false where all
 * peers must get the same result. */
STET_API stet_status stet_position_resolve(stet_doc* doc, stet_view position, bool follow_undone, bool* found,
                                           stet_absolute_position* absolute);

/* --- snapshots -------------------------------------------------------------------------------------------------------
 */

/* Which structs the document holds now and which of them are deleted. Small, for it holds no content. */
STET_API stet_status stet_snapshot_take(const stet_doc* doc, stet_encoding encoding, stet_buffer* snapshot);
/* A new document as `origin` was then. `origin` must not collect garbage (STET_UNSUPPORTED); it is left as it is. */
STET_API stet_status stet_snapshot_restore(const stet_doc* origin, stet_view snapshot, stet_encoding encoding,
                                           uint64_t client_id, bool gc, stet_doc** doc);
/* Whether a document at that state holds all of the update. */
STET_API stet_status stet_snapshot_contains_update(stet_view snapshot, stet_encoding snapshot_encoding,
                                                   stet_view update, stet_encoding update_encoding, bool* contains);

/* --- updates without a document --------------------------------------------------------------------------------------
 */

/* One update that says what all of them say. */
STET_API stet_status stet_updates_merge(const stet_view* updates, size_t count, stet_encoding encoding,
                                        stet_buffer* merged);
/* What a peer with this encoded state vector lacks of the update. Deletions go along whole. */
STET_API stet_status stet_update_diff(stet_view update, stet_view state_vector, stet_encoding encoding,
                                      stet_buffer* diff);
STET_API stet_status stet_update_convert(stet_view update, stet_encoding from, stet_encoding to,
                                         stet_buffer* converted);
/* The encoded state vector of a document that holds this update alone. */
STET_API stet_status stet_update_state_vector(stet_view update, stet_encoding encoding, stet_buffer* state_vector);
/* What the update holds, counted as it is on the wire: {"clients": [{"id", "structs", "first_clock", "end_clock"},
 * ...], "structs", "gc", "skip", "delete_ranges", "deleted", "roots": [name, ...]} */
STET_API stet_status stet_update_inspect(stet_view update, stet_encoding encoding, stet_buffer* json);

/* --- awareness
 * --------------------------------------------------------------------------------------------------------- */

/* Presence: who is here, and where their cursor is. A JSON state per client id. Messages are those of
 * y-protocols/awareness, without the type byte that a protocol puts in front. */
typedef struct stet_awareness stet_awareness;

STET_API stet_status stet_awareness_new(stet_awareness** awareness);
STET_API void stet_awareness_free(stet_awareness* awareness);
/* Takes what is news in a message. `news` (may be NULL): the message that says only that, or empty. */
STET_API stet_status stet_awareness_apply(stet_awareness* awareness, stet_view message, int64_t now_ms,
                                          stet_buffer* news);
/* Sets the state of a client (one's own, as a rule); "null" says that it has gone. Call it again with the same state at
 * least every 15 s, for after 30 s without news others take the client for gone. `message`: what to send. */
STET_API stet_status stet_awareness_set(stet_awareness* awareness, uint64_t client, stet_view json, int64_t now_ms,
                                        stet_buffer* message);
/* Removes the clients that have not been renewed for 30 s. `message`: what to send, or empty. */
STET_API stet_status stet_awareness_expire(stet_awareness* awareness, int64_t now_ms, stet_buffer* message);
/* A message with the states of all that are present, for who joins. */
STET_API stet_status stet_awareness_encode(const stet_awareness* awareness, stet_buffer* message);
/* Those states as a JSON object: {"client id": state}. */
STET_API stet_status stet_awareness_states(const stet_awareness* awareness, stet_buffer* json);

#ifdef __cplusplus
}
#endif

/* NOLINTEND(readability-identifier-naming) */

#endif
