// A collaborative document: merges Yjs updates in any order and encodes its state as Yjs does.
//
// Thread rule: a Doc belongs to one thread at a time; nothing in it locks. Different Docs are independent.
// Units: text positions and lengths are UTF-16 code units (as in Yjs); text itself is UTF-8.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "stet/bytes.hpp"
#include "stet/result.hpp"

namespace [[gnu::visibility("default")]] stet {

// The two encodings of an update (Yjs: encodeStateAsUpdate and encodeStateAsUpdateV2).
enum class Encoding : std::uint8_t { v1, v2 };

struct DocOptions {
  // Id under which local edits are made, at most 2^53 - 1. Never use one again for other content: draw it fresh for
  // each Doc that edits. 0 is fine for a Doc that only merges.
  std::uint64_t client_id = 0;
  // Whether deleted content is dropped (Yjs: doc.gc).
  bool gc = true;
};

// What apply_update() did.
struct Applied {
  // Something was integrated or deleted.
  bool changed = false;
  // The bytes given say exactly what was integrated: every struct was new, contiguous, and nothing of it had to wait.
  // Then (and only then) they may be relayed and logged as they are.
  bool exact = false;
  // The document holds parts that wait for missing ones (of this update or of earlier ones).
  bool pending = false;
  // If changed and not exact: the transaction as an update (v1), to relay instead of the bytes given. Else empty.
  Bytes update;
};

struct DocStats {
  std::uint64_t items = 0;    // structs held, as split now
  std::uint64_t clients = 0;  // clients that contributed
  std::uint64_t pending_bytes = 0;
};

// Who or what made a transaction; the application's own word. Observers and the undo manager tell edits apart by it.
using Origin = std::string;

// Keeps an observer registered as long as it lives; it may outlive the Doc. Observers must not throw, nor end the Doc.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::shared_ptr<void> registration) : registration_(std::move(registration)) {}
  void cancel() { registration_.reset(); }

 private:
  std::shared_ptr<void> registration_;
};

// A transaction that has ended, as observers see it.
struct TransactionInfo {
  const Origin& origin;
  bool local = true;  // made here, not by apply_update()
};

class Any;
class Array;
class Map;
class Text;
class XmlFragment;
class XmlText;

class Doc {
 public:
  explicit Doc(DocOptions options = {});
  ~Doc();
  Doc(Doc&&) noexcept;
  Doc& operator=(Doc&&) noexcept;
  Doc(const Doc&) = delete;
  Doc& operator=(const Doc&) = delete;

  std::uint64_t client_id() const;

  // --- merging ---

  // Merges an update. Whole or not at all: after an Error the document is as before. Parts whose dependencies are
  // missing wait inside the document and are part of its encoded state. Not within transact(), but observers may.
  Result<Applied> apply_update(ByteView update, Encoding encoding = Encoding::v1, const Origin& origin = {});

  // From now on refuses updates (too_large) for whose conflicts it would have to pass more than `steps` items in search
  // of the places of new ones. Honest editors make few conflicts; but an update can be made to cost the square of its
  // size, and the order of the merge leaves no way around. A million steps take some 50 ms. Parts that have waited and
  // would cost more go on waiting. Unlimited at first: what was accepted once must load again.
  void limit_work(std::uint64_t steps);

  // The full state as one update, pending parts included.
  Bytes encode_state(Encoding encoding = Encoding::v1) const;

  // What a peer with this encoded state vector lacks (Yjs: encodeStateAsUpdate(doc, sv)). Error if `state_vector` does
  // not parse.
  Result<Bytes> encode_diff(ByteView state_vector, Encoding encoding = Encoding::v1) const;

  // The encoded state vector (Yjs: encodeStateVector(doc)).
  Bytes encode_state_vector() const;

  bool has_pending() const;
  DocStats stats() const;

  // --- editing ---

  // Runs `edit`; whatever it changes is one transaction: one update, one call of each observer. A call within another
  // joins it. An edit outside of transact() is a transaction of its own.
  void transact(const std::function<void()>& edit, const Origin& origin = {});

  // The root type of that name; created empty where it does not exist. The first call gives a root its kind, which the
  // wire does not tell: how its events and its JSON look. (Yjs refuses a later one of another kind; here that is only
  // another view of it.) Handles are small, copied by value, and valid as long as the Doc (they follow it when it is
  // moved).
  Text text(std::string_view name);
  Array array(std::string_view name);
  Map map(std::string_view name);
  XmlFragment xml_fragment(std::string_view name);
  XmlText xml_text(std::string_view name);

  // An object of all roots by name, in the order in which they came up, each as SharedType::to_json() shows it (Yjs:
  // Doc.toJSON(), which leaves out roots that nobody asked for).
  Any to_json() const;

  // --- observing ---

  // Called after each transaction that changed something, local or not, with its update. The view lives until the
  // callback returns. Callbacks may edit the document: that is a transaction of its own, after this one.
  using OnUpdate = std::function<void(ByteView update, const TransactionInfo& transaction)>;
  Subscription on_update(OnUpdate callback, Encoding encoding = Encoding::v1);

  // Verifies every invariant of the structure. Returns an empty string, or what is broken.
  std::string check() const;

  // For the library's own use.
  class Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace stet
