#include "store_lines.hpp"

#include "core/src/doc_impl.hpp"

namespace replica {

namespace {

using namespace stet::core;

class Lines {
 public:
  explicit Lines(const Store& store) : store_(store) {}

  std::vector<std::string> all() {
    for (const ClientIndex client : store_.clients_descending()) {
      for (ItemIndex item = store_.clients[client].first; item;) item = add(item);
    }
    return std::move(lines_);
  }

 private:
  // Adds the struct that begins with the item. Returns the item behind it.
  ItemIndex add(ItemIndex first) {
    const Item& item = store_.items[first];
    ItemIndex last = first;
    std::uint64_t length = item.length;
    while (store_.items[last].next && store_.mergeable(last, store_.items[last].next)) {
      last = store_.items[last].next;
      length += store_.items[last].length;
    }
    std::string line = id(item.address) + '+' + std::to_string(length);
    if (item.kind == Kind::gc) {
      line += " GC";
    } else {
      const ItemIndex right = store_.items[last].right;
      line += " kind " + std::to_string(static_cast<int>(item.kind)) + (item.deleted() ? " deleted" : "") + " left " +
              id(item.left ? store_.items[item.left].last() : 0) + " right " +
              id(right ? store_.items[right].address : 0) + " origin " + id(item.origin) + " right origin " +
              id(item.right_origin) + " in " + parent(item);
    }
    lines_.push_back(std::move(line));
    return store_.items[last].next;
  }

  std::string id(Address address) const {
    if (!address) return "-";
    const Id unit = store_.id_of(address);
    return std::to_string(store_.clients[unit.client].id) + ':' + std::to_string(unit.clock);
  }

  std::string parent(const Item& item) const {
    const Type& type = store_.types[store_.type_of(item)];
    std::string name = type.item ? id(store_.items[type.item].address) : std::string(store_.key(type.name));
    if (item.keyed()) name += " key " + std::string(store_.key(store_.slots[item.parent].key));
    return name;
  }

  const Store& store_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> store_lines(const stet::Doc& doc) { return Lines(doc.impl().store).all(); }

}  // namespace replica
