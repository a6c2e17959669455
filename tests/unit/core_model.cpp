// The indexes of the store against naive ones, step by step.
#include <iostream>
#include <random>

#include "catch.hpp"
#include "core_notation.hpp"
#include "seed.hpp"

using namespace stet;
using namespace stet::test;
using core::Item;
using core::ItemIndex;
using core::Kind;
using core::PositionIndex;

namespace {

// A list of items, and beside it what the index must say: the naive model is the list itself.
class Listed {
 public:
  explicit Listed(std::size_t items) {
    for (std::size_t i = 0; i < items; ++i) link(i, static_cast<std::uint32_t>(i % 5));
    index_ = std::make_unique<PositionIndex>(store_, start());
  }

  std::size_t count() const { return order_.size(); }
  std::uint64_t length() const { return index_->length(); }

  void insert(std::size_t place, std::uint32_t visible) {
    const ItemIndex item = link(place, visible);
    store_.leaf_of.resize(store_.items.size());
    index_->insert(place ? order_[place - 1] : 0, item, visible);
  }

  void resize(std::size_t place, std::uint32_t visible) {
    set(store_.items[order_[place]], visible);
    index_->resize(order_[place], visible);
  }

  void erase(std::size_t place) {
    const ItemIndex item = order_[place];
    if (place > 0) store_.items[order_[place - 1]].right = store_.items[item].right;
    order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(place));
    index_->erase(item);
  }

  void check(std::uint64_t position) const {
    REQUIRE(index_->check(start()) == "");
    std::uint64_t before = 0;
    PositionIndex::Place expected;
    for (const ItemIndex item : order_) {
      const std::uint32_t visible = store_.items[item].visible() ? store_.items[item].length : 0;
      if (position >= before && position < before + visible) expected = {item, position - before};
      if (item == order_[position % order_.size()]) REQUIRE(index_->position_of(item) == before);
      before += visible;
    }
    REQUIRE(index_->length() == before);
    const PositionIndex::Place found = index_->find(position);
    REQUIRE(found.item == expected.item);
    REQUIRE(found.offset == expected.offset);
  }

 private:
  ItemIndex start() const { return order_.empty() ? 0 : order_[0]; }

  static void set(Item& item, std::uint32_t visible) {
    item.kind = Kind::string;
    item.length = visible ? visible : 3;
    item.flags = visible ? 0 : core::flag_deleted;
  }

  ItemIndex link(std::size_t place, std::uint32_t visible) {
    Item item{};
    set(item, visible);
    item.right = place < order_.size() ? order_[place] : 0;
    store_.items.push_back(item);
    const auto made = static_cast<ItemIndex>(store_.items.size() - 1);
    if (place > 0) store_.items[order_[place - 1]].right = made;
    order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(place), made);
    return made;
  }

  core::Store store_;
  std::vector<ItemIndex> order_;
  std::unique_ptr<PositionIndex> index_;
};

// The item that holds the unit, found step by step.
ItemIndex walk(const core::Store& store, core::Id id) {
  std::uint64_t clock = 0;
  for (ItemIndex item = store.clients[id.client].first; item; item = store.items[item].next) {
    if (id.clock < clock + store.items[item].length) return item;
    clock += store.items[item].length;
  }
  return 0;
}

}  // namespace

TEST_CASE("core: the position index against a list") {
  for (const std::size_t size : {0, 1, 3, 4, 5, 40, 300}) {
    std::mt19937 random(seed("position index", size));
    const auto below = [&](std::uint64_t limit) { return limit ? random() % limit : 0; };
    Listed listed(size);
    for (int step = 0; step < 250; ++step) {
      const auto units = static_cast<std::uint32_t>(below(4) ? 1 + below(9) : 0);
      const auto what = below(10);
      if (what < 6 || listed.count() == 0) {
        listed.insert(below(3) ? below(listed.count() + 1) : 0, units);
      } else if (what < 9) {
        listed.resize(below(listed.count()), units);
      } else {
        listed.erase(below(listed.count()));
      }
      if (listed.count() > 0) listed.check(below(listed.length() + 3));
    }
  }
}

TEST_CASE("core: units are found where walking finds them") {
  for (std::size_t round = 0; round < 6; ++round) {
    std::mt19937 random(seed("address space", round));
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    Doc::Impl doc;
    core::Store& store = doc.store;
    const std::uint64_t clients = 1 + below(6);
    // Runs as short as a key stroke, and as long as several blocks of the page table.
    const std::uint32_t longest = round % 2 ? 40'000 : 100;
    for (int step = 0; step < 120; ++step) {
      const std::uint64_t client = 1 + below(clients);
      const core::ClientIndex index = store.find_client(client);
      const std::uint64_t state = index ? store.state(index) : 0;
      const std::string id = std::to_string(client) + ':' + std::to_string(state);
      const std::uint64_t length = 1 + below(below(3) ? 5 : longest);
      std::string notation;
      switch (state ? below(5) : 0) {
        case 0:
          notation = id + " dead+" + std::to_string(length) + " @t";
          break;
        case 1:
          notation = id + " gc+" + std::to_string(length);
          break;
        case 2:
          notation = id + " '" + std::string(length, 'x') + "' @t";
          break;
        case 3:  // goes into the middle of something
          notation = id + " 'y' <" + std::to_string(client) + ':' + std::to_string(below(state));
          break;
        default:
          notation =
              "del " + std::to_string(client) + ':' + std::to_string(below(state)) + '+' + std::to_string(length);
      }
      INFO(notation);
      REQUIRE(core::apply(doc, update(notation), Encoding::v1, {}).ok());
      REQUIRE(store.check() == "");
      for (core::ClientIndex at = 1; at < store.clients.size(); ++at) {
        if (store.state(at) == 0) continue;
        const core::Id unit{at, static_cast<std::uint32_t>(below(store.state(at)))};
        const core::Address address = store.address_of(unit);
        REQUIRE(store.id_of(address) == unit);
        REQUIRE(store.find(address) == walk(store, unit));
      }
    }
  }
}
