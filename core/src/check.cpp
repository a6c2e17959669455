// The invariants of the store, in code. Called by tests and fuzzers after each step.
#include "store.hpp"

namespace stet::core {

namespace {

class Checker {
 public:
  explicit Checker(const Store& store) : store_(store) {}

  std::string run() {
    for (ClientIndex client = 1; client < store_.clients.size(); ++client) check_client(client);
    for (TypeIndex type = 1; type < store_.types.size(); ++type) check_type(type);
    for (SlotIndex slot = 1; slot < store_.slots.size(); ++slot) check_slot(slot);
    std::size_t used = 0;
    for (ItemIndex item = 1; item < store_.items.size(); ++item) used += !(store_.items[item].flags & flag_free);
    expect(used == seen_, "an item belongs to no client", 0);
    expect(listed_ + gc_ == seen_, "an item stands in no list", 0);
    return problem_;
  }

 private:
  void expect(bool holds, const char* what, std::uint32_t index) {
    if (!holds && problem_.empty()) problem_ = std::string(what) + " (" + std::to_string(index) + ")";
  }

  // Structs are contiguous in clock, and each unit is found at its address.
  void check_client(ClientIndex client) {
    const Client& owner = store_.clients[client];
    std::uint64_t clock = 0;
    ItemIndex last = 0;
    for (ItemIndex at = owner.first; at && problem_.empty(); at = store_.items[at].next) {
      const Item& item = store_.items[at];
      expect(item.length > 0 && !(item.flags & flag_free), "empty or free item in use", at);
      const Address address = store_.address_of({client, static_cast<std::uint32_t>(clock)});
      expect(item.address == address, "item lies at another address than its clock", at);
      expect(store_.find(item.address) == at && store_.find(item.last()) == at, "unit leads to another item", at);
      expect(store_.id_of(item.last()) == Id{client, static_cast<std::uint32_t>(clock + item.length - 1)},
             "address leads to another id", at);
      expect(item.wire == 0, "item was not integrated", at);
      gc_ += item.kind == Kind::gc;
      if (item.kind == Kind::gc || item.kind == Kind::deleted) expect(item.deleted(), "collected, not deleted", at);
      if (item.kind == Kind::string) {
        expect(item.content + store_.string_bytes(item) <= store_.data.size() && valid_utf8(store_.string(item)) &&
                   utf16_length(store_.string(item)) == item.length,
               "text of another length", at);
      }
      if (item.kind == Kind::type) expect(store_.types[item.content].item == at, "type has another holder", at);
      clock += item.length;
      last = at;
      ++seen_;
    }
    expect(clock == owner.state && last == owner.last, "client ends elsewhere", client);
  }

  // Links are mutual and end; returns the last item.
  ItemIndex check_list(ItemIndex start, std::uint32_t parent, bool keyed, std::uint64_t& visible) {
    ItemIndex before = 0;
    for (ItemIndex at = start; at && problem_.empty(); at = store_.items[at].right) {
      const Item& item = store_.items[at];
      expect(item.left == before, "left and right disagree", at);
      expect(item.parent == parent && item.keyed() == keyed, "item names another parent", at);
      expect(item.kind != Kind::gc, "GC struct in a list", at);
      // (Of a hostile value of several units a part may be deleted, or others may lie in between: as with Yjs.)
      expect(!keyed || !item.right || item.deleted() || store_.items[item.next].origin == item.last(),
             "value of a key that is not the last one", at);
      if (item.visible()) visible += item.length;
      before = at;
      expect(++listed_ <= store_.items.size(), "list without end", at);
    }
    return before;
  }

  void check_type(TypeIndex index) {
    const Type& type = store_.types[index];
    std::uint64_t visible = 0;
    check_list(type.start, index, false, visible);
    expect(visible == type.length, "type has another length", index);
    if (type.index && problem_.empty()) problem_ = type.index->check(type.start);
  }

  void check_slot(SlotIndex index) {
    std::uint64_t visible = 0;
    const ItemIndex last = check_list(store_.slots[index].start, index, true, visible);
    expect(store_.slots[index].last == last, "slot ends elsewhere", index);
  }

  const Store& store_;
  std::string problem_;
  std::size_t seen_ = 0;
  std::size_t listed_ = 0;
  std::size_t gc_ = 0;
};

}  // namespace

std::string Store::check() const { return Checker(*this).run(); }

}  // namespace stet::core
