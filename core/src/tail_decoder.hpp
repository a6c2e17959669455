// The first half of applying an update: all of it is decoded into items behind those of the store, which hold wire ids
// yet (see Item::wire). Nothing that the store says of its document changes before the whole update has been read.
//
// A document that has no structs yet is loaded: its structs are integrated as they are read, as long as each has what
// it depends on. Where the update is bad after all, the store is made anew.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "flat_map.hpp"
#include "stet/result.hpp"
#include "store.hpp"
#include "wire.hpp"

namespace stet::core {

// A client's last clock that can be integrated: so no struct that is joined from others exceeds max_length.
inline constexpr std::uint64_t max_clock = max_length;

// The structs of one client in an update; their items lie one behind the other.
struct Block {
  ClientIndex client = 0;
  std::uint64_t end_clock = 0;
  std::uint64_t clock = 0;  // of the next one to integrate
  ItemIndex begin = 0;      // those from there on lie in the order of their clocks
  ItemIndex next = 0;
  ItemIndex end = 0;
  bool scattered = false;  // has holes, or units that cost no bytes: gets addresses struct by struct
  bool stuck = false;      // waits for something that is missing

  bool done() const { return next == end; }
};

struct Decoded {
  std::vector<Block> blocks;  // by client id, ascending
  std::vector<DeleteRange> deletes;
  // What was deleted already where it came from, of a document that is loaded; by client and clock as it was read.
  std::vector<DeleteRange> came_deleted;
  bool integrated = false;  // some structs have been already
};

template <class Columns>
class UpdateDecoder;

class TailDecoder {
 public:
  // `work_limit`: see Doc::limit_work.
  TailDecoder(Store& store, std::uint64_t work_limit)
      : store_(store),
        work_limit_(work_limit),
        loads_(store.items.size() == 1 && store.leaf_of.empty()),
        direct_(loads_),
        items_before_(store.items.size()),
        types_before_(store.types.size()),
        data_before_(store.data.size()),
        clients_before_(store.clients.size()),
        keys_before_(store.key_count()),
        roots_(store.root_count()),
        bare_units_(store.bare_units) {}

  // Refuses the whole update, and leaves no trace of it, where anything in it is wrong.
  template <class Columns>
  Result<Decoded> run(ByteView update);

  // How many structs do not simply follow the one before them of their client. Only those can be far from their place:
  // the search for that passes each item of the document at most once.
  std::uint64_t loose() const { return loose_; }

  // As if the update had been refused.
  void undo();

  // Once all is integrated: forgets the types of structs that were not.
  void drop_unused_types();

 private:
  static constexpr std::uint64_t alive = ~std::uint64_t{0};

  void make_room(std::uint64_t structs);
  void begin_block(Decoded& decoded, const WireStruct& s);
  void end_block(Decoded& decoded);
  bool sort_blocks(Decoded& decoded) const;
  ClientIndex client(std::uint64_t id);
  void refer(const WireId& id, std::uint32_t& client_field, std::uint32_t& clock_field);
  void add(const WireStruct& s);
  template <class Columns>
  void add_plain(UpdateDecoder<Columns>& in);
  bool integrate_added();
  template <class Columns>
  void place_plain(UpdateDecoder<Columns>& in);
  void add_parent(Item& item, const WireStruct& s);
  void add_content(Item& item, const WireStruct& s);
  void add_text(Item& item, std::string_view text);
  void copy_text();
  std::uint32_t add_data(ByteView bytes);
  std::uint32_t add_varuint(std::uint64_t value);
  void note_deleted(std::uint64_t clock);
  void note_alive(std::uint64_t clock);
  void end_deleted(std::uint64_t clock);
  void count_bare(const WireStruct& s);
  void count_root(KeyIndex name);
  void count_depth(const Item& item);

  Store& store_;
  std::uint64_t work_limit_;
  bool loads_;   // the document had no structs
  bool direct_;  // all structs so far have been integrated
  std::size_t items_before_;
  std::size_t types_before_;
  std::size_t data_before_;
  std::size_t clients_before_;
  std::size_t keys_before_;
  std::size_t roots_;

  // The clients looked up last, by the end of their id: an update names few, over and over.
  std::array<ClientIndex, 256> known_{};
  struct {
    std::uint64_t id = 0;
    ClientIndex client = 0;
  } own_;                               // whose structs are being read
  ItemIndex in_order_ = 0;              // see Adjoining
  std::uint32_t state_ = 0;             // of that client, in the store before the update
  std::uint64_t deleted_from_ = alive;  // the clock from which on that client's structs came deleted
  std::vector<DeleteRange> came_deleted_;
  std::string_view texts_;  // that still have to be copied to the end of Store::data: see add_text()

  bool within_limits_ = true;
  std::uint64_t loose_ = 0;
  std::uint64_t bare_units_;
  FlatMap new_roots_;
  FlatMap new_types_;  // id of the struct that holds it -> type
};

}  // namespace stet::core
