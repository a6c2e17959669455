// What the files of the C interface share: the bodies of its handles, views and buffers, and the boundary that no
// exception crosses.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "stet.h"
#include "stet/awareness.hpp"
#include "stet/doc.hpp"
#include "stet/event.hpp"
#include "stet/lib0.hpp"
#include "stet/types.hpp"
#include "stet/undo.hpp"

// NOLINTBEGIN(readability-identifier-naming): names as is usual in C
struct stet_doc {
  stet::Doc doc;
  bool editing = false;  // within stet_doc_transact()
};
struct stet_subscription {
  stet::Subscription registration;
};
struct stet_event {
  const stet::Event& event;
};
struct stet_undo {
  stet::UndoManager manager;
};
struct stet_undo_event {
  const stet::UndoEvent& event;
};
struct stet_awareness {
  stet::Awareness awareness;
};
// NOLINTEND(readability-identifier-naming)

namespace stet::c {

// What a function of the interface fails with; thrown inside of it only.
struct Failure {
  stet_status status;
  std::string message;
};

// Keeps `message` for stet_last_error().
stet_status fail(stet_status status, const char* message) noexcept;

// Runs the body of a function of the interface.
template <class Body>
stet_status guard(Body&& body) noexcept {
  try {
    body();
    return STET_OK;
  } catch (const Failure& failure) {
    return fail(failure.status, failure.message.c_str());
  } catch (const std::bad_alloc&) {
    return fail(STET_NO_MEMORY, "out of memory");
  } catch (const std::exception& bug) {
    return fail(STET_INTERNAL, bug.what());
  } catch (...) {
    return fail(STET_INTERNAL, "unknown exception");
  }
}

inline void require(bool holds, const char* otherwise) {
  if (!holds) throw Failure{STET_INVALID_ARGUMENT, otherwise};
}

[[noreturn]] void refuse(const Error& error);

template <class T>
T take(Result<T> result) {
  if (!result) refuse(result.error());
  return std::move(*result);
}

// --- in ---

inline ByteView bytes(stet_view view) { return {static_cast<const std::uint8_t*>(view.data), view.length}; }
inline std::string_view raw_text(stet_view view) { return stet::as_text(bytes(view)); }

inline std::string_view text(stet_view view) {
  const std::string_view utf8 = raw_text(view);
  require(valid_utf8(utf8), "text that is not UTF-8");
  return utf8;
}

inline Any json(stet_view view) { return take(Any::from_json(raw_text(view))); }
// An object; empty where the view is.
inline AnyObject json_object(stet_view view) {
  if (view.length == 0) return {};
  const Any value = json(view);
  const AnyObject* object = value.get<AnyObject>();
  require(object, "JSON that is not an object");
  return *object;
}

inline Encoding encoding(stet_encoding value) {
  require(value == STET_V1 || value == STET_V2, "no such encoding");
  return value == STET_V1 ? Encoding::v1 : Encoding::v2;
}

// A kind that can be inserted.
inline TypeKind kind(stet_kind value) {
  require(value <= STET_XML_TEXT, "no such kind of type");
  return static_cast<TypeKind>(value);
}

inline DocOptions doc_options(std::uint64_t client_id, bool gc) {
  require(client_id <= max_safe_integer, "client id over 2^53 - 1");
  return {.client_id = client_id, .gc = gc};
}

template <class View>
View as(stet_type type) {
  return View(SharedType(static_cast<Doc::Impl*>(type.doc), type.index));
}

// --- out ---

stet_buffer make_buffer(std::string_view bytes);
inline void put(stet_buffer* out, std::string_view text) { *out = make_buffer(text); }
inline void put(stet_buffer* out, ByteView bytes) { put(out, stet::as_text(bytes)); }
inline stet_view view(std::string_view text) { return {text.data(), text.size()}; }
inline stet_type type(const SharedType& shared) { return {shared.impl(), shared.index()}; }
inline stet_transaction transaction(const TransactionInfo& info) { return {view(info.origin), info.local}; }

inline void put(stet_subscription** out, Subscription registration) {
  *out = new stet_subscription{std::move(registration)};
}

}  // namespace stet::c
