#include "stet/history.hpp"

#include <algorithm>

#include "undo_redo.hpp"
#include "update_decoder.hpp"

namespace stet {

namespace {

using core::Item;
using core::ItemIndex;
using core::Kind;
using core::Store;
using core::TypeIndex;

void add(std::vector<UnitRange>& ranges, const UnitRange& range) {
  if (range.length == 0) return;
  if (!ranges.empty()) {
    UnitRange& last = ranges.back();
    if (last.client == range.client && last.clock + last.length == range.clock) {
      last.length += range.length;
      return;
    }
  }
  ranges.push_back(range);
}

template <class Columns>
Result<UpdateUnits> units_of(ByteView update) {
  core::UpdateDecoder<Columns> in(update);
  UpdateUnits units;
  while (const core::WireStruct* s = in.next()) {
    if (s->kind != Kind::skip) add(units.inserted, {s->client, s->clock, s->end() - s->clock});
  }
  std::vector<core::DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  for (const core::DeleteRange& range : deletes) add(units.deleted, {range.client, range.clock, range.length});
  return units;
}

// Those that the document has, all or only what is deleted of them.
core::UnitSet known_units(const Store& store, std::span<const UnitRange> ranges, bool only_deleted) {
  core::UnitSet set;
  for (const UnitRange& range : ranges) {
    const core::ClientIndex client = store.find_client(range.client);
    if (!client || range.clock >= store.state(client)) continue;
    const auto first = static_cast<std::uint32_t>(range.clock);
    const auto end =
        static_cast<std::uint32_t>(first + std::min<std::uint64_t>(range.length, store.state(client) - first));
    ItemIndex at = store.find(store.address_of({client, first}));
    for (std::uint32_t clock = first; clock < end; at = store.items[at].next) {
      const std::uint32_t item_end = store.id_of(store.items[at].address).clock + store.items[at].length;
      const std::uint32_t next = std::min(end, item_end);
      if (!only_deleted || store.items[at].deleted()) set.add({client, clock}, next - clock);
      clock = next;
    }
  }
  set.sort();
  return set;
}

// Whether the type shows something that is not of `units`, at whatever depth.
bool holds_others(const Store& store, TypeIndex type, const core::UnitSet& units) {
  std::vector<TypeIndex> todo{type};
  const auto visit = [&](const Item& item) {
    if (item.deleted()) return false;
    if (item.kind == Kind::type) {
      todo.push_back(item.content);
    } else if (item.countable()) {
      const core::Id id = store.id_of(item.address);
      for (std::uint32_t unit = 0; unit < item.length; ++unit) {
        if (!units.contains({id.client, id.clock + unit})) return true;
      }
    }
    return false;
  };
  while (!todo.empty()) {
    const core::Type& at = store.types[todo.back()];
    todo.pop_back();
    for (ItemIndex item = at.start; item; item = store.items[item].right) {
      if (visit(store.items[item])) return true;
    }
    for (core::SlotIndex slot = at.first_slot; slot; slot = store.slots[slot].next_slot) {
      if (store.slots[slot].last && visit(store.items[store.slots[slot].last])) return true;
    }
  }
  return false;
}

}  // namespace

Result<UpdateUnits> units_of_update(ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? units_of<core::ColumnsV1>(update) : units_of<core::ColumnsV2>(update);
}

std::vector<TextRun> text_runs(const Text& text) {
  std::vector<TextRun> runs;
  if (!text.alive()) return runs;
  const Store& store = text.impl()->store;
  for (ItemIndex at = store.types[text.index()].start; at; at = store.items[at].right) {
    const Item& item = store.items[at];
    if (!item.visible()) continue;
    const core::Id id = store.id_of(item.address);
    const UnitRange units{store.clients[id.client].id, id.clock, item.length};
    if (item.kind != Kind::string) {
      runs.push_back({units, {}});
    } else if (runs.empty() || runs.back().text.empty() || runs.back().units.client != units.client ||
               runs.back().units.clock + runs.back().units.length != units.clock) {
      runs.push_back({units, std::string(store.string(item))});
    } else {
      runs.back().units.length += units.length;
      runs.back().text += store.string(item);
    }
  }
  return runs;
}

bool take_back(Doc& doc, std::span<const UnitRange> inserted, std::span<const UnitRange> deleted,
               const Origin& origin) {
  Doc::Impl& impl = doc.impl();
  core::UndoStep step;
  step.insertions = known_units(impl.store, inserted, false);
  step.deletions = known_units(impl.store, deleted, true);
  bool done = false;
  const std::vector<TypeIndex> scope;
  const core::UndoSteps none;
  const std::function<bool(const UndoDeletion&)> may_delete = [&](const UndoDeletion& deletion) {
    return !deletion.type || !holds_others(impl.store, deletion.type->index(), step.insertions);
  };
  impl.transact(
      [&] {
        core::StepReverter reverter(impl, {scope, true, false, may_delete, none, none});
        done = reverter.run(step);
      },
      origin);
  return done;
}

}  // namespace stet
