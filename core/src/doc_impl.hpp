// The inside of a Doc: the store, what waits for missing parts, and who observes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "stet/event.hpp"
#include "stet/types.hpp"
#include "store.hpp"
#include "wire.hpp"

namespace stet {

namespace core {

// A list of callbacks that unregister by themselves when their Subscription goes.
template <class Callback>
class Observers {
 public:
  Subscription add(Callback callback) {
    auto registration = std::make_shared<Callback>(std::move(callback));
    list_.emplace_back(registration);
    return Subscription(registration);
  }

  bool empty() const { return list_.empty(); }

  // Calls each that is registered now; they may add and remove others.
  template <class... Arguments>
  void call(const Arguments&... arguments) {
    std::erase_if(list_, [](const auto& entry) { return entry.expired(); });
    const auto now = list_;
    for (const auto& entry : now) {
      if (const auto callback = entry.lock()) (*callback)(arguments...);
    }
  }

 private:
  std::vector<std::weak_ptr<Callback>> list_;
};

// A transaction whose edits are made, as its observers see it.
struct EndedTransaction {
  Transaction what;
  Origin origin;
  bool local = true;
};

}  // namespace core

class Doc::Impl {
 public:
  using OnEvent = std::function<void(const Event&)>;
  using OnEvents = std::function<void(std::span<const Event>)>;
  // Called for each ended transaction after its observers, before deleted content is dropped.
  using OnEnded = std::function<void(const core::EndedTransaction&)>;

  DocOptions options;
  core::Store store;
  std::uint64_t work_limit = core::no_limit;  // see Doc::limit_work

  // Structs that wait for others: an update (v1) without a delete set, empty where none wait; and for each client that
  // they miss, the clock that is missing (Yjs: store.pendingStructs).
  Bytes pending_update;
  std::map<std::uint64_t, std::uint64_t> pending_missing;
  // Deletions of structs that are not there yet (Yjs: store.pendingDs). Normalized.
  std::vector<core::DeleteRange> pending_deletes;

  core::Observers<OnUpdate> on_update_v1;
  core::Observers<OnUpdate> on_update_v2;
  core::Observers<OnEnded> on_ended;
  std::map<core::TypeIndex, core::Observers<OnEvent>> on_event;
  std::map<core::TypeIndex, core::Observers<OnEvents>> on_deep_event;

  // The root of that name, which is of that kind from now on if nobody asked for it before (Yjs: Doc.get).
  SharedType root(std::string_view name, TypeKind kind) {
    const core::TypeIndex type = store.intern_root(store.intern_key(name));
    if (store.types[type].asked_for == TypeKind::root) store.types[type].asked_for = kind;
    return {this, type};
  }

  // The client that the document's own edits are by.
  core::ClientIndex editor() {
    if (editor_ == 0) find_editor();
    return editor_;
  }

  // Local edits: `edit` within the transaction that is open, or within one of its own (transaction.cpp).
  template <class Edit>
  void transact(const Edit& edit, const Origin& origin = no_origin) {
    if (open_) return edit();
    const OpenTransaction open(*this, origin);
    edit();
  }
  // The edits of the current transaction are made: calls observers, cleans up, sends the update. `update` (if any) gets
  // it too, v1. Observers that edit make transactions which end after this one.
  void end_transaction(const Origin& origin, bool local, Bytes* update = nullptr) {
    const bool quiet = !finishing_ && !update && !anyone_listens();
    if (!quiet || !store.end_tidy_transaction()) end_untidy_transaction(origin, local, update);
  }

 private:
  // The edit is the application's and may throw: what it did so far is a transaction all the same.
  struct OpenTransaction {
    OpenTransaction(Impl& opened, const Origin& made_by) : doc(opened), origin(made_by) { doc.open_ = true; }
    ~OpenTransaction() noexcept(false) {
      doc.open_ = false;
      if (!doc.store.transaction.empty()) doc.end_transaction(origin, true);
    }
    Impl& doc;
    const Origin& origin;
  };
  inline static const Origin no_origin;

  bool anyone_listens() const {
    return store.track_changes || !on_ended.empty() || !on_update_v1.empty() || !on_update_v2.empty();
  }
  [[gnu::noinline]] void find_editor() { editor_ = store.intern_client(options.client_id); }
  void end_untidy_transaction(const Origin& origin, bool local, Bytes* update);
  void finish(core::EndedTransaction& ended, Bytes* update);
  void call_observers(const core::EndedTransaction& ended);

  core::ClientIndex editor_ = 0;  // where it was found: a refused update forgets only clients of its own
  bool open_ = false;             // within transact()
  bool finishing_ = false;        // an ended transaction is being finished
  core::EndedTransaction ended_;  // that one; keeps its memory from one to the next
  std::deque<core::EndedTransaction> to_finish_;  // ended meanwhile
};

}  // namespace stet

namespace stet::core {

// apply.cpp
Result<Applied> apply(Doc::Impl& doc, ByteView update, Encoding encoding, const Origin& origin);

// integrate.cpp: a unit of another client, if any, that a decoded item of `own` names and the store has not. A struct
// that is known already waits for it, too, as in Yjs.
Id missing_unit(const Store& store, const Item& item, ClientIndex own);
// Places a decoded item (see Item::wire) of which the first `offset` units are known already, and all of
// whose dependencies are there. The client must have room (Store::reserve).
void integrate(Store& store, ClientIndex client, ItemIndex item, std::uint32_t offset);
// Integrates items of one client, from `index` on, as long as they are of the kind that nearly all are: nothing was put
// between their origins since, so they belong right there. Returns the item that takes more thought, or `end`. Those
// from `begin` on came before them in the update, and are integrated.
ItemIndex integrate_adjoining(Store& store, ClientIndex client, ItemIndex begin, ItemIndex index, ItemIndex end);
// The same for an item whose left neighbour, origins, parent and content are set.
void settle(Store& store, ClientIndex client, ItemIndex item);

// Client id -> next expected clock.
using StateVector = std::map<std::uint64_t, std::uint64_t>;

// encode.cpp
StateVector state_vector(const Store& store);
Bytes encode_state_vector(const Store& store);
Result<StateVector> decode_state_vector(ByteView bytes);
// The same where it comes at the end of something else.
Result<StateVector> read_last_state_vector(Reader& in);
// What a peer with that state lacks, pending parts included.
Bytes encode_state(const Doc::Impl& doc, const StateVector& state, Encoding encoding);
// Everything that is deleted. Normalized.
std::vector<DeleteRange> all_deletes(const Store& store);
// A transaction (after clean_up()) as an update.
Bytes encode_transaction(const Store& store, const Transaction& ended, Encoding encoding);

// merge.cpp: on encoded updates, without a document.
Result<Bytes> merge_updates(std::span<const ByteView> updates, Encoding encoding);
// Without deletions it is what waits in a document (v1), and then goes by client, highest first, in whatever order it
// came.
Result<Bytes> diff_update(ByteView update, const StateVector& state, Encoding encoding, bool with_deletes);
Result<Bytes> convert_update(ByteView update, Encoding from, Encoding to);
// The structs of a well-formed update (v1) before those clocks, with other deletions (arranged). A GC struct that
// begins before its client's clock stays whole, as in Yjs (createDocFromSnapshot), which never splits one.
Bytes update_until(ByteView update, const StateVector& end, const std::vector<DeleteRange>& deletes);

}  // namespace stet::core
